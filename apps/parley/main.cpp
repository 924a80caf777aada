// The one binary: everything is in server/.

#include <memory>

#include "crypto/secure_random.hpp"
#include "server/cli.hpp"
#include "server/media_threads.hpp"

int main(int argc, char** argv) {
    parley::crypto::SystemRandom secret;
    return parley::server::run_cli(
        argc, argv, [&] { return std::make_unique<parley::server::MediaThreads>(secret); });
}
