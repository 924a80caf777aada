#include "server/connection.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <sys/socket.h>

#include "server/log.hpp"
#include "server/text.hpp"

namespace parley::server {
namespace {

namespace asio = boost::asio;
using crypto::TlsStatus;

/// How long a client may take to take note of the end.
constexpr Duration kClosingTime = 2s;
/// Reads of one connection before the others get their turn.
constexpr int kReadsPerTurn = 8;
/// RFC 8446 §6.2: handshake_failure, for a client that speaks TLS to a plain listener.
constexpr std::string_view kTlsAlert("\x15\x03\x01\x00\x02\x02\x28", 7);
/// A binding request over TCP fits into a usual datagram.
constexpr std::size_t kLargestFirstFrame = 1500;
constexpr std::uint32_t kStunCookie = 0x2112A442;  // RFC 8489 §5

HttpReaderLimits reader_limits(const HttpLimits& http) {
    return {http.header_bytes, http.headers, http.target_bytes, http.body_bytes};
}

/// False as soon as a frame cannot begin with STUN.
bool may_be_stun(std::string_view frame) {
    const auto bytes = as_bytes(frame);
    if (bytes.size() >= 2) {
        const auto size = load_be16(bytes.data());
        if (size < 20 || size > kLargestFirstFrame) return false;
    }
    if (bytes.size() >= 3 && bytes[2] > 3) return false;  // RFC 7983: STUN begins with 0..3
    return bytes.size() < 10 || load_be32(&bytes[6]) == kStunCookie;
}

}  // namespace

Connection::Connection(Control& control, Socket socket, net::SocketAddress local, Caller caller,
                       runtime::Admission::Place place)
    : control_(control),
      socket_(std::move(socket)),
      local_(local),
      caller_(caller),
      place_(std::move(place)) {}

Connection::~Connection() = default;

void Connection::start() {
    set_deadline(control_.settings().http.request_timeout);
    arm();
}

void Connection::set_deadline(Duration from_now) {
    deadline_ = control_.time().now + from_now;
}

// ---- the socket ---------------------------------------------------------------------------------

std::ptrdiff_t Connection::receive(BytesSpan into) {
    while (true) {
        const auto got = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
        if (got > 0) control_.counters().bytes_received += static_cast<std::uint64_t>(got);
        if (got >= 0) return got;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == EWOULDBLOCK ? kWouldBlock : kBroken;
    }
}

std::ptrdiff_t Connection::send(BytesView bytes) {
    while (true) {
        const auto put = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put > 0) control_.counters().bytes_sent += static_cast<std::uint64_t>(put);
        if (put >= 0) return put > 0 ? put : kWouldBlock;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == EWOULDBLOCK ? kWouldBlock : kBroken;
    }
}

crypto::TlsResult Connection::read_some(BytesSpan into) {
    if (tls_) return tls_->read(into);
    const auto got = receive(into);
    if (got > 0) return {TlsStatus::kDone, static_cast<std::size_t>(got)};
    if (got == kEnd) return {TlsStatus::kClosed, 0};
    return {got == kWouldBlock ? TlsStatus::kWantRead : TlsStatus::kFailed, 0};
}

crypto::TlsResult Connection::write_some(BytesView bytes) {
    if (tls_) return tls_->write(bytes);
    const auto put = send(bytes);
    if (put > 0) return {TlsStatus::kDone, static_cast<std::size_t>(put)};
    return {put == kWouldBlock ? TlsStatus::kWantWrite : TlsStatus::kFailed, 0};
}

// ---- readiness ----------------------------------------------------------------------------------

bool Connection::wants_read() const {
    switch (phase_) {
        case Phase::kClosed: return false;
        // One request at a time: who does not read answers sends no more questions.
        case Phase::kHttp: return out_.empty() && !close_after_flush_ && pending_.empty();
        case Phase::kWebSocket: return !control_.reads_paused() && pending_.empty();
        default: return true;
    }
}

void Connection::arm() {
    if (phase_ == Phase::kClosed) return;
    if (!reading_ && wants_read()) {
        reading_ = true;
        socket_.async_wait(Socket::wait_read,
                           [self = shared_from_this()](const boost::system::error_code& error) {
                               self->reading_ = false;
                               if (!error) self->on_readable();
                           });
    }
    if (!writing_ && write_blocked_) {
        writing_ = true;
        socket_.async_wait(Socket::wait_write,
                           [self = shared_from_this()](const boost::system::error_code& error) {
                               self->writing_ = false;
                               self->write_blocked_ = false;
                               if (error || self->phase_ == Phase::kClosed) return;
                               if (self->phase_ == Phase::kHandshake) return self->on_readable();
                               self->flush();
                               self->arm();
                           });
    }
}

void Connection::on_readable() {
    for (int i = 0; i < kReadsPerTurn && wants_read(); ++i) {
        if (read_step() == Step::kWait) return arm();
    }
    if (!wants_read() || reading_) return arm();
    // TLS may hold octets that the kernel no longer tells of, so the next turn comes by itself.
    reading_ = true;
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
        self->reading_ = false;
        self->on_readable();
    });
}

Connection::Step Connection::read_step() {
    switch (phase_) {
        case Phase::kSniff: return sniff();
        case Phase::kHandshake: return handshake();
        default: return read_bytes();
    }
}

Connection::Step Connection::sniff() {
    std::uint8_t first = 0;
    const auto got = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Step::kWait;
    if (got <= 0) {
        drop();
        return Step::kWait;
    }
    constexpr std::uint8_t kTlsHandshake = 0x16;  // RFC 8446 §5.1
    if (first == kTlsHandshake && control_.tls() != nullptr) {
        tls_ = std::make_unique<crypto::TlsSession>(*control_.tls(),
                                                    static_cast<crypto::ByteChannel&>(*this));
        caller_.tls = true;
        phase_ = Phase::kHandshake;
        return Step::kAgain;
    }
    if (first >= 'A' && first <= 'Z') {
        phase_ = Phase::kHttp;
        return Step::kAgain;
    }
    // The length of a STUN message is below 1,500, so its frame begins with 0 to 5.
    if (first <= kLargestFirstFrame / 256 && control_.settings().media.tcp) {
        phase_ = Phase::kFramed;
        return Step::kAgain;
    }
    control_.counters().drop(Drop::kNotOurProtocol);
    if (first == kTlsHandshake) {
        log::debug("{} spoke TLS to a plain listener; --tls turns TLS on",
                   caller_.remote.to_string());
        (void)send(as_bytes(kTlsAlert));
        begin_drain();
        return Step::kWait;
    }
    drop();
    return Step::kWait;
}

Connection::Step Connection::handshake() {
    const auto result = tls_->handshake();
    switch (result.status) {
        case TlsStatus::kDone:
            ++control_.counters().tls_handshakes;
            phase_ = Phase::kHttp;
            return Step::kAgain;
        case TlsStatus::kWantRead: return Step::kWait;
        case TlsStatus::kWantWrite: write_blocked_ = true; return Step::kWait;
        default: break;
    }
    control_.counters().drop(Drop::kTlsFailed);
    log::debug("TLS with {} failed: {}", caller_.remote.to_string(), tls_->failure());
    drop();
    return Step::kWait;
}

Connection::Step Connection::read_bytes() {
    const auto buffer = control_.scratch();
    const auto result = read_some(buffer);
    switch (result.status) {
        case TlsStatus::kDone:
            if (phase_ != Phase::kDraining) consume(buffer.first(result.size));
            return Step::kAgain;
        case TlsStatus::kWantRead: return Step::kWait;
        case TlsStatus::kWantWrite: write_blocked_ = true; return Step::kWait;
        default: break;
    }
    peer_ended();
    return Step::kWait;
}

// ---- what was read ------------------------------------------------------------------------------

void Connection::consume(BytesView bytes) {
    while (!bytes.empty()) {
        switch (phase_) {
            case Phase::kFramed: return consume_framed(bytes);
            case Phase::kHttp:
                if (!out_.empty() || close_after_flush_) {
                    if (!close_after_flush_) pending_ += as_text(bytes);
                    return;
                }
                bytes = consume_http(bytes);
                break;
            case Phase::kWebSocket:
                if (control_.reads_paused()) {
                    pending_ += as_text(bytes);
                    return;
                }
                [[fallthrough]];
            case Phase::kWebSocketClosing: bytes = consume_websocket(bytes); break;
            default: return;
        }
    }
}

void Connection::process_pending() {
    if (pending_.empty()) return;
    const std::string held = std::exchange(pending_, {});
    consume(as_bytes(held));
}

BytesView Connection::consume_http(BytesView bytes) {
    const auto& limits = control_.settings().http;
    if (!http_) {
        http_ = std::make_unique<HttpRequestReader>(reader_limits(limits));
        if (between_requests_) set_deadline(limits.request_timeout);
        between_requests_ = false;
    }
    const auto used = http_->feed(bytes);
    bytes = bytes.subspan(used);
    if (http_->state() == HttpRequestReader::State::kBad) {
        refuse_unreadable(http_->bad_status(), http_->bad_reason());
        return {};
    }
    if (http_->wants_continue()) {
        out_.push(std::string("HTTP/1.1 100 Continue\r\n\r\n"));
        flush();
    }
    if (http_->state() == HttpRequestReader::State::kNeedMore) return bytes;
    auto request = http_->take();
    http_.reset();
    handle_request(std::move(request));
    return bytes;
}

BytesView Connection::consume_websocket(BytesView bytes) {
    auto event = websocket_->read(bytes);
    on_websocket_event(std::move(event));
    return bytes;
}

void Connection::consume_framed(BytesView bytes) {
    pending_ += as_text(bytes);
    if (!may_be_stun(pending_)) {
        control_.counters().drop(Drop::kNotOurProtocol);
        return drop();
    }
    const auto held = as_bytes(pending_);
    if (held.size() >= 10 && held.size() >= 2U + load_be16(held.data())) hand_over();
}

void Connection::hand_over() {
    const auto self = shared_from_this();
    const auto bytes = as_bytes(pending_);
    runtime::AdoptedConnection adopted{
        {}, local_, caller_.remote, {bytes.begin(), bytes.end()}, std::move(place_)};
    pending_ = {};
    boost::system::error_code error;
    socket_.cancel(error);
    const int fd = socket_.release(error);
    phase_ = Phase::kClosed;
    if (!error) {
        adopted.fd = runtime::FileDescriptor(fd);
        if (control_.adopt_tcp(std::move(adopted))) {
            ++control_.counters().tcp_media_adopted;
        } else {
            control_.counters().drop(Drop::kTcpMediaRefused);
        }
    }
    control_.forget(*this);
}

// ---- HTTP ---------------------------------------------------------------------------------------

void Connection::handle_request(HttpRequest request) {
    const bool keep_alive = request.keep_alive && !control_.stopping();
    const bool head_only = request.method == "HEAD";
    const auto method = request.method;
    const auto target = request.target;
    if (control_.tls() != nullptr && !caller_.tls && !target.starts_with("/healthz")) {
        HttpResponse redirect;
        redirect.status = 308;
        redirect.headers = {
            {"Location",
             "https://" + std::string(request.header("host").value_or("localhost")) + target}};
        return respond(std::move(redirect), false, head_only);
    }
    auto routed = control_.route(std::move(request), caller_);
    // Without the query: it may hold a token.
    log::debug("{} {} {} {}", caller_.remote.to_string(), method,
               target.substr(0, target.find('?')), routed.response.status);
    const bool close = routed.response.close;
    if (routed.upgrade) {
        ++control_.counters().responses[1];
        out_.push(write_head(routed.response, true));
        return open_websocket(std::move(*routed.upgrade));
    }
    respond(std::move(routed.response), keep_alive && !close, head_only);
}

void Connection::respond(HttpResponse response, bool keep_alive, bool head_only) {
    const auto kind = std::min<std::size_t>(response.status / 100, 5);
    ++control_.counters().responses[kind];
    out_.push(write_head(response, keep_alive));
    if (!head_only && response.status != 304 && response.status != 204) {
        out_.push(std::move(response.body));
        out_.push(std::move(response.shared_body));
    }
    close_after_flush_ = !keep_alive;
    set_deadline(control_.settings().http.request_timeout);
    flush();
}

void Connection::refuse_unreadable(unsigned status, std::string reason) {
    control_.counters().drop(status == 408 ? Drop::kSlow : Drop::kBadRequest);
    log::debug("{} sent a request that is refused with {}: {}", caller_.remote.to_string(), status,
               reason);
    http_.reset();
    respond(Router::refuse({status, "bad_request", std::string(status_text(status)) + ".",
                            std::move(reason),
                            "send a request that HTTP/1.1 allows, within the server's limits"}),
            false, false);
}

// ---- WebSocket ----------------------------------------------------------------------------------

void Connection::open_websocket(signal::ConnectionInfo info) {
    phase_ = Phase::kWebSocket;
    deadline_ = kNever;  // the service's heartbeat watches from here on
    const auto& settings = control_.settings();
    websocket_ = std::make_unique<WebSocketReader>(
        WebSocketLimits{settings.signal.limits.message_bytes, settings.http.websocket_fragments});
    flush();
    if (phase_ != Phase::kWebSocket) return;
    info.id = control_.new_socket_id();
    id_ = info.id;  // before the service's first word comes back
    control_.websocket_opened(*this, std::move(info));
}

void Connection::on_websocket_event(WebSocketEvent event) {
    const auto self = shared_from_this();
    if (const auto* close = std::get_if<WebSocketClose>(&event)) {
        tell_closed(close->code);
        if (phase_ == Phase::kWebSocket) {
            out_.push(write_close_frame(close->code, close->reason));
        }
        close_after_flush_ = true;
        phase_ = Phase::kWebSocketClosing;
        set_deadline(kClosingTime);
        return flush();
    }
    if (phase_ != Phase::kWebSocket) return;
    if (auto* text = std::get_if<WebSocketText>(&event)) {
        if (id_) control_.websocket_text(*id_, text->text);
    } else if (auto* ping = std::get_if<WebSocketPing>(&event)) {
        queue_frame(write_pong_frame(ping->payload));
    } else if (std::holds_alternative<WebSocketPong>(event)) {
        if (id_) control_.websocket_pong(*id_);
    } else if (const auto* bad = std::get_if<WebSocketViolation>(&event)) {
        control_.counters().drop(Drop::kWebSocketViolation);
        log::debug("{} broke the WebSocket rules: {}", caller_.remote.to_string(), bad->reason);
        tell_closed(close_code::kAbnormal);
        begin_websocket_close(bad->code, bad->reason);
        close_after_flush_ = true;
        flush();
    }
}

bool Connection::fits_or_closes(std::size_t size) {
    if (out_.bytes() + size <= control_.settings().http.send_queue_bytes) return true;
    control_.counters().drop(Drop::kSendQueueFull);
    log::info("{} reads too slowly: {} wait for it; closing", caller_.remote.to_string(),
              show_size(out_.bytes()));
    out_.keep_started();
    tell_closed(close_code::kAbnormal);
    begin_websocket_close(close_code::kTryAgainLater, "too slow: the send queue is full");
    return false;
}

void Connection::queue_frame(std::string frame) {
    if (phase_ != Phase::kWebSocket || !fits_or_closes(frame.size())) return;
    out_.push(std::move(frame));
    if (!write_blocked_) flush();
    arm();
}

bool Connection::send_text_later(std::string_view text) {
    std::string frame = write_text_frame(text);
    if (phase_ != Phase::kWebSocket || !fits_or_closes(frame.size())) return false;
    out_.push(std::move(frame));
    return !write_blocked_ && !std::exchange(flush_waits_, true);
}

void Connection::send_waiting() {
    flush_waits_ = false;
    if (!write_blocked_) flush();
    arm();
}

void Connection::send_text(std::string_view text) {
    queue_frame(write_text_frame(text));
}
void Connection::send_ping() {
    queue_frame(write_ping_frame());
}

void Connection::close_websocket(std::uint16_t code, std::string_view reason) {
    id_.reset();  // the service has forgotten it
    if (phase_ == Phase::kWebSocket) begin_websocket_close(code, reason);
}

void Connection::begin_websocket_close(std::uint16_t code, std::string_view reason) {
    phase_ = Phase::kWebSocketClosing;
    pending_.clear();
    set_deadline(kClosingTime);
    out_.push(write_close_frame(code, reason));
    if (!write_blocked_) flush();
    arm();
}

void Connection::tell_closed(std::uint16_t code) {
    if (const auto id = std::exchange(id_, std::nullopt)) control_.websocket_closed(*id, code);
}

// ---- sending and the end ------------------------------------------------------------------------

void Connection::flush() {
    flush_waits_ = false;
    if (phase_ == Phase::kClosed) return;
    while (!out_.empty()) {
        const auto result = write_some(out_.front());
        if (result.status == TlsStatus::kDone) {
            out_.consume(result.size);
            if (phase_ == Phase::kHttp) set_deadline(control_.settings().http.request_timeout);
            continue;
        }
        if (result.status == TlsStatus::kWantWrite) write_blocked_ = true;
        if (result.status == TlsStatus::kWantWrite || result.status == TlsStatus::kWantRead) {
            return arm();
        }
        return drop();
    }
    on_drained();
}

void Connection::on_drained() {
    if (close_after_flush_) return begin_drain();
    if (phase_ != Phase::kHttp || http_) return;
    between_requests_ = true;
    set_deadline(control_.settings().http.idle_timeout);
    if (pending_.empty()) return;
    // Not from here: ten thousand pipelined requests would become ten thousand nested calls.
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
        if (self->phase_ == Phase::kClosed) return;
        self->process_pending();
        self->arm();
    });
}

/// Shuts our side and waits for the client's end, so that a reset does not eat the last answer.
void Connection::begin_drain() {
    if (phase_ == Phase::kDraining || phase_ == Phase::kClosed) return;
    if (tls_) tls_->close();
    boost::system::error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    phase_ = Phase::kDraining;
    pending_ = {};
    set_deadline(kClosingTime);
    arm();
}

void Connection::peer_ended() {
    if (phase_ == Phase::kHttp && !out_.empty()) {
        // The client half-closed after its request: the answer still goes out.
        close_after_flush_ = true;
        return;
    }
    drop();
}

void Connection::drop() {
    if (phase_ == Phase::kClosed) return;
    const auto self = shared_from_this();
    phase_ = Phase::kClosed;
    out_ = {};
    boost::system::error_code error;
    socket_.close(error);
    place_.leave();
    tell_closed(close_code::kAbnormal);
    control_.forget(*this);
}

void Connection::check_deadline(Instant now) {
    if (now < deadline_ || phase_ == Phase::kClosed) return;
    if (phase_ == Phase::kHttp && http_ && out_.empty() && !between_requests_) {
        refuse_unreadable(408, "the request did not arrive in limits.request_timeout");
        return;
    }
    const bool was_slow = phase_ == Phase::kSniff || phase_ == Phase::kHandshake ||
                          phase_ == Phase::kFramed || (phase_ == Phase::kHttp && !out_.empty());
    if (was_slow) control_.counters().drop(Drop::kSlow);
    drop();
}

void Connection::resume() {
    if (phase_ == Phase::kWebSocket) process_pending();
    if (control_.stopping() && phase_ == Phase::kSniff) return drop();
    if (control_.stopping() && phase_ == Phase::kHttp && out_.empty()) return begin_drain();
    arm();
}

}  // namespace parley::server
