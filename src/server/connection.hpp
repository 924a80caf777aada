// One accepted TCP connection. Its first octet tells what it is: TLS, HTTP, or media in RFC 4571
// framing, which is handed to the media threads. HTTP may become a signaling WebSocket. Reads come
// through the server's one buffer and TLS releases its records, so that an idle socket is small.

#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "crypto/tls.hpp"
#include "server/control.hpp"
#include "server/http.hpp"
#include "server/out_queue.hpp"
#include "server/websocket.hpp"

namespace parley::server {

class Connection final : public std::enable_shared_from_this<Connection>,
                         private crypto::ByteChannel {
 public:
    using Socket = boost::asio::ip::tcp::socket;

    /// `place`: among the server's connections, kept until this one is closed, wherever.
    Connection(Control& control, Socket socket, net::SocketAddress local, Caller caller,
               runtime::Admission::Place place);
    ~Connection() override;

    void start();
    /// Called a few times a second.
    void check_deadline(Instant now);
    /// The media threads caught up, or the server stops.
    void resume();

    // For the signaling service.
    void send_text(std::string_view text);
    /// Waits until `send_waiting()` or until something else is sent. True: the first that waits.
    bool send_text_later(std::string_view text);
    void send_waiting();
    void send_ping();
    void close_websocket(std::uint16_t code, std::string_view reason);

    /// Ends the connection now.
    void drop();
    const Caller& caller() const { return caller_; }
    bool has_output() const { return !out_.empty(); }

 private:
    enum class Phase : std::uint8_t {
        kSniff,      // nothing read yet
        kHandshake,  // TLS
        kFramed,     // collecting the first RFC 4571 frame
        kHttp,
        kWebSocket,
        kWebSocketClosing,  // our close frame is out
        kDraining,          // our side is shut; what the client still sends is thrown away
        kClosed,
    };
    enum class Step : std::uint8_t { kAgain, kWait };

    // The socket as TLS sees it.
    std::ptrdiff_t receive(BytesSpan into) override;
    std::ptrdiff_t send(BytesView bytes) override;

    void on_readable();
    void arm();
    bool wants_read() const;
    Step read_step();
    Step sniff();
    Step handshake();
    Step read_bytes();
    crypto::TlsResult read_some(BytesSpan into);
    crypto::TlsResult write_some(BytesView bytes);

    void consume(BytesView bytes);
    BytesView consume_http(BytesView bytes);
    BytesView consume_websocket(BytesView bytes);
    void consume_framed(BytesView bytes);
    void hand_over();
    void process_pending();

    void handle_request(HttpRequest request);
    void respond(HttpResponse response, bool keep_alive, bool head_only);
    void refuse_unreadable(unsigned status, std::string reason);
    void open_websocket(signal::ConnectionInfo info);
    void on_websocket_event(WebSocketEvent event);
    void queue_frame(std::string frame);
    bool fits_or_closes(std::size_t size);
    void begin_websocket_close(std::uint16_t code, std::string_view reason);
    void tell_closed(std::uint16_t code);

    void flush();
    void on_drained();
    void begin_drain();
    void peer_ended();
    void set_deadline(Duration from_now);

    Control& control_;
    Socket socket_;
    net::SocketAddress local_;
    Caller caller_;
    runtime::Admission::Place place_;
    Phase phase_ = Phase::kSniff;
    bool reading_ = false;  // an asynchronous wait is under way
    bool writing_ = false;  // the same
    bool write_blocked_ = false;
    bool close_after_flush_ = false;
    bool between_requests_ = false;
    bool flush_waits_ = false;  // the server comes back for it
    Instant deadline_ = kNever;
    OutQueue out_;
    std::string pending_;  // read but not yet consumed
    std::unique_ptr<crypto::TlsSession> tls_;
    std::unique_ptr<HttpRequestReader> http_;
    std::unique_ptr<WebSocketReader> websocket_;
    std::optional<signal::ConnectionId> id_;  // while the service knows it
};

}  // namespace parley::server
