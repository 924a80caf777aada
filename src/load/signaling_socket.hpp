// The TCP connection of a participant's signaling, without waiting: Swarm says when it is ready.

#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/tls.hpp"
#include "load/web_socket.hpp"
#include "net/address.hpp"
#include "runtime/file_descriptor.hpp"

namespace parley::load {

/// The server, looked up once for all.
struct ServerAddress {
    Url url;
    net::SocketAddress address;
    std::string query;                              // "token=..." or empty
    std::shared_ptr<const crypto::TlsContext> tls;  // for wss://
};
/// The error names the cause and what to change.
std::expected<ServerAddress, std::string> resolve_server(std::string_view url,
                                                         std::string_view token,
                                                         crypto::TlsTrust trust);

/// What went wrong, and what to try, when the connection to `address` fails with `error` of errno.
/// `tls`: it is asked for; `was_up`: the WebSocket had been open.
std::string connection_problem(const std::string& address, int error, bool tls, bool was_up);

/// The same when TLS with `host` fails, with `cause`, before it is there.
std::string tls_problem(const std::string& host, const std::string& cause);

class SignalingSocket {
 public:
    SignalingSocket(const ServerAddress& server, Random& random)
        : server_(server), web_socket_(server.url, server.query, random) {}
    SignalingSocket(const SignalingSocket&) = delete;
    SignalingSocket& operator=(const SignalingSocket&) = delete;

    void connect();
    /// Reads and writes what is possible.
    void on_ready();
    std::optional<std::string> poll_text() { return web_socket_.poll_text(); }
    void send_text(std::string_view text);
    void close();

    int fd() const { return fd_.get(); }
    bool wants_write() const {
        if (connecting_ || tls_wants_write_) return true;
        return (!tls_ || tls_->established()) && !web_socket_.outgoing().empty();
    }
    bool open() const { return web_socket_.open(); }
    bool failed() const { return !failure_.empty() || web_socket_.failed(); }
    const std::string& failure() const {
        return failure_.empty() ? web_socket_.failure() : failure_;
    }

 private:
    /// The TCP connection as TLS sees it.
    struct Channel final : crypto::ByteChannel {
        int fd = -1;
        std::ptrdiff_t receive(BytesSpan into) override;
        std::ptrdiff_t send(BytesView bytes) override;
    };

    /// False while, or because, octets cannot pass yet.
    bool ready();
    void read();
    void write();
    std::ptrdiff_t read_some(BytesSpan into);
    std::ptrdiff_t write_some(BytesView bytes);
    std::ptrdiff_t outcome(crypto::TlsResult result);
    void fail(int error);

    const ServerAddress& server_;
    WebSocketClient web_socket_;
    runtime::FileDescriptor fd_;
    Channel channel_;
    std::optional<crypto::TlsSession> tls_;
    bool connecting_ = false;
    bool tls_wants_write_ = false;
    std::string failure_;
};

}  // namespace parley::load
