// The one binary: everything is in server/.

#include <memory>

#include "server/cli.hpp"
#include "server/null_media_plane.hpp"

int main(int argc, char** argv) {
    return parley::server::run_cli(
        argc, argv, [] { return std::make_unique<parley::server::NullMediaPlane>(); });
}
