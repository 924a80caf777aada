// The one binary: serving is in server/, the load generator in load/.

#include <malloc.h>
#include <memory>
#include <string>
#include <vector>

#include "crypto/secure_random.hpp"
#include "load/command.hpp"
#include "server/cli.hpp"
#include "server/media_threads.hpp"

int main(int argc, char** argv) {
#ifdef __GLIBC__
    // Fixed where the allocator begins: else the web app's files, read at start, would teach it
    // to keep megabytes of what a crowd's handshakes give back.
    ::mallopt(M_MMAP_THRESHOLD, 128 << 10);
    ::mallopt(M_TRIM_THRESHOLD, 128 << 10);
#endif
    parley::crypto::SystemRandom secret;
    parley::server::OtherCommands others;
    others.push_back({"load", "Join rooms of a server with many participants and measure it",
                      &parley::load::run_command});
    return parley::server::run_cli(
        argc, argv, [&] { return std::make_unique<parley::server::MediaThreads>(secret); }, others);
}
