// WebSocket (RFC 6455), server side: the handshake's rules, a reader of masked frames and a writer
// of plain ones. Sans-IO. Left out on purpose: extensions (permessage-deflate would let 1 kB cost
// 1 GB, and keeps a window for each connection) and subprotocols.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "server/http.hpp"

namespace parley::server {

/// The request asks for a WebSocket, rightly or not.
bool is_websocket_request(const HttpRequest& request);
/// 101 with the accept key, or the refusal that RFC 6455 §4.2.2 asks for.
HttpResponse answer_websocket(const HttpRequest& request);

namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kUnsupported = 1003;
inline constexpr std::uint16_t kNone = 1005;      // a close frame without a code; never sent
inline constexpr std::uint16_t kAbnormal = 1006;  // no close frame; never sent
inline constexpr std::uint16_t kInvalidData = 1007;
inline constexpr std::uint16_t kPolicy = 1008;
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kTryAgainLater = 1013;
}  // namespace close_code

struct WebSocketText {
    std::string text;  // valid UTF-8
};
struct WebSocketPing {
    std::string payload;
};
struct WebSocketPong {};
/// The client's close frame; kNone when it has no code.
struct WebSocketClose {
    std::uint16_t code = close_code::kNone;
    std::string reason;
};
/// The client broke the rules: answer with this code and reason, and read no more.
struct WebSocketViolation {
    std::uint16_t code = close_code::kProtocolError;
    std::string_view reason;
};
struct WebSocketNothing {};
using WebSocketEvent = std::variant<WebSocketNothing, WebSocketText, WebSocketPing, WebSocketPong,
                                    WebSocketClose, WebSocketViolation>;

struct WebSocketLimits {
    std::size_t message_bytes = 1024 * 1024;
    std::size_t fragments = 1024;
};

/// Reads frames. After WebSocketClose or WebSocketViolation it takes nothing more.
class WebSocketReader {
 public:
    explicit WebSocketReader(const WebSocketLimits& limits) : limits_(limits) {}

    /// Takes octets from the front of `bytes` until an event is there or all are used, and moves
    /// `bytes` past them.
    WebSocketEvent read(BytesView& bytes);
    /// Memory held for an unfinished message.
    std::size_t buffered() const { return message_.capacity() + control_.capacity(); }

 private:
    static constexpr std::size_t kLargestHeader = 14;
    static constexpr std::size_t kLargestControl = 125;  // RFC 6455 §5.5

    bool take_header(BytesView& bytes);
    WebSocketEvent check_header();
    WebSocketEvent finish_frame();
    WebSocketEvent finish_close();
    WebSocketEvent violation(std::uint16_t code, std::string_view reason);
    std::string& target() { return control_frame() ? control_ : message_; }
    bool control_frame() const { return (opcode_ & 0x8) != 0; }

    WebSocketLimits limits_;
    std::uint8_t header_[kLargestHeader] = {};
    std::size_t header_size_ = 0;
    bool in_payload_ = false;
    bool done_ = false;
    bool in_message_ = false;
    std::uint8_t opcode_ = 0;
    bool final_ = false;
    std::size_t fragments_ = 0;
    std::uint64_t payload_left_ = 0;
    std::uint8_t mask_[4] = {};
    std::size_t mask_at_ = 0;
    std::string message_;
    std::string control_;
};

std::string write_text_frame(std::string_view text);
std::string write_ping_frame();
std::string write_pong_frame(std::string_view payload);
/// The reason is cut to 123 octets at a character's edge. For kNone and kAbnormal the frame is
/// empty (RFC 6455 §7.4.1).
std::string write_close_frame(std::uint16_t code, std::string_view reason);

}  // namespace parley::server
