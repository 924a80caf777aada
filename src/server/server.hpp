// The control thread: listeners, connections, the signaling service and its way to the media
// threads.

#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "net/address.hpp"
#include "server/media_plane.hpp"
#include "server/settings.hpp"

namespace parley::server {

class Server {
 public:
    /// `media` and `random` outlive the server.
    Server(Settings settings, MediaPlane& media, SecretRandom& random);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Reads certificates and the app, binds, starts media. The error names the cause and the fix.
    std::expected<void, std::string> start();
    /// Serves on the calling thread until the server has stopped. With `handle_signals`, the first
    /// SIGINT or SIGTERM begins the shutdown and the second stops at once.
    void run(bool handle_signals);
    /// First call: tell clients, wait for them at most server.shutdown_grace. Second: stop now. May
    /// be called from any thread.
    void request_stop();

    /// Where it listens, with the ports that the kernel chose for port 0.
    std::vector<net::SocketAddress> listening() const;

 private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace parley::server
