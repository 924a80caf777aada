// The TCP connection of a participant's signaling, without waiting: Swarm says when it is ready.

#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "load/web_socket.hpp"
#include "net/address.hpp"
#include "runtime/file_descriptor.hpp"

namespace parley::load {

/// The server, looked up once for all.
struct ServerAddress {
    Url url;
    net::SocketAddress address;
    std::string query;  // "token=..." or empty
};
/// The error names the cause and what to change.
std::expected<ServerAddress, std::string> resolve_server(std::string_view url,
                                                         std::string_view token);

class SignalingSocket {
 public:
    SignalingSocket(const ServerAddress& server, Random& random)
        : server_(server), web_socket_(server.url, server.query, random) {}

    void connect();
    /// Reads and writes what is possible.
    void on_ready();
    std::optional<std::string> poll_text() { return web_socket_.poll_text(); }
    void send_text(std::string_view text);
    void close();

    int fd() const { return fd_.get(); }
    bool wants_write() const { return connecting_ || !web_socket_.outgoing().empty(); }
    bool open() const { return web_socket_.open(); }
    bool failed() const { return !failure_.empty() || web_socket_.failed(); }
    const std::string& failure() const {
        return failure_.empty() ? web_socket_.failure() : failure_;
    }

 private:
    void read();
    void write();
    void fail(int error);

    const ServerAddress& server_;
    WebSocketClient web_socket_;
    runtime::FileDescriptor fd_;
    bool connecting_ = false;
    std::string failure_;
};

}  // namespace parley::load
