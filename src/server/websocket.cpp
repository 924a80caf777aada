#include "server/websocket.hpp"

#include <algorithm>
#include <utility>

#include "base/base64.hpp"
#include "crypto/digest.hpp"
#include "server/text.hpp"

namespace parley::server {
namespace {

constexpr std::uint8_t kContinuation = 0x0;
constexpr std::uint8_t kText = 0x1;
constexpr std::uint8_t kBinary = 0x2;
constexpr std::uint8_t kClose = 0x8;
constexpr std::uint8_t kPing = 0x9;
constexpr std::uint8_t kPong = 0xA;

HttpResponse refuse(unsigned status, std::string text) {
    HttpResponse response;
    response.status = status;
    response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    response.body = std::move(text);
    response.close = true;
    return response;
}

/// RFC 6455 §7.4: what may stand in a close frame.
bool sendable(std::uint16_t code) {
    if (code >= 3000 && code <= 4999) return true;
    return code >= 1000 && code <= 1014 && code != 1004 && code != close_code::kNone &&
           code != close_code::kAbnormal;
}

std::string write_frame(std::uint8_t opcode, std::string_view payload) {
    std::string frame;
    frame.reserve(payload.size() + 10);
    frame += static_cast<char>(0x80 | opcode);
    std::uint8_t length[8];
    if (payload.size() < 126) {
        frame += static_cast<char>(payload.size());
    } else if (payload.size() <= 0xFFFF) {
        frame += static_cast<char>(126);
        store_be16(length, static_cast<std::uint16_t>(payload.size()));
        frame.append(reinterpret_cast<const char*>(length), 2);
    } else {
        frame += static_cast<char>(127);
        store_be64(length, payload.size());
        frame.append(reinterpret_cast<const char*>(length), 8);
    }
    frame += payload;
    return frame;
}

}  // namespace

bool is_websocket_request(const HttpRequest& request) {
    return request.header_has_token("upgrade", "websocket");
}

HttpResponse answer_websocket(const HttpRequest& request) {
    if (request.method != "GET") return refuse(405, "A WebSocket begins with GET.\n");
    if (!request.header_has_token("connection", "upgrade")) {
        return refuse(400, "The Connection field of a WebSocket request holds \"Upgrade\".\n");
    }
    if (request.header("sec-websocket-version") != "13") {
        auto response = refuse(426, "WebSocket version 13 is spoken here.\n");
        response.headers.emplace_back("Sec-WebSocket-Version", "13");
        response.headers.emplace_back("Upgrade", "websocket");
        return response;
    }
    const auto key = request.header("sec-websocket-key");
    const auto nonce = key ? base64_decode(*key) : std::nullopt;
    constexpr std::size_t kNonceBytes = 16;
    if (!nonce || nonce->size() != kNonceBytes) {
        return refuse(400, "Sec-WebSocket-Key must be 16 octets in base64.\n");
    }
    // RFC 6455 §1.3
    const auto digest =
        crypto::sha1(as_bytes(std::string(*key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    HttpResponse response;
    response.status = 101;
    response.headers = {{"Upgrade", "websocket"},
                        {"Connection", "Upgrade"},
                        {"Sec-WebSocket-Accept", base64_encode(digest)}};
    return response;
}

WebSocketEvent WebSocketReader::violation(std::uint16_t code, std::string_view reason) {
    done_ = true;
    message_ = {};
    control_ = {};
    return WebSocketViolation{code, reason};
}

/// True when the whole header is there.
bool WebSocketReader::take_header(BytesView& bytes) {
    while (!bytes.empty()) {
        header_[header_size_++] = bytes.front();
        bytes = bytes.subspan(1);
        if (header_size_ < 2) continue;
        const unsigned length = header_[1] & 0x7F;
        const bool masked = (header_[1] & 0x80) != 0;
        const std::size_t needed = 2U +
                                   (length == 126   ? 2U
                                    : length == 127 ? 8U
                                                    : 0U) +
                                   (masked ? 4U : 0U);
        if (header_size_ == needed) return true;
    }
    return false;
}

WebSocketEvent WebSocketReader::check_header() {
    constexpr auto kError = close_code::kProtocolError;
    final_ = (header_[0] & 0x80) != 0;
    opcode_ = header_[0] & 0x0F;
    const unsigned length = header_[1] & 0x7F;
    payload_left_ = length == 126   ? load_be16(&header_[2])
                    : length == 127 ? load_be64(&header_[2])
                                    : length;
    if ((header_[0] & 0x70) != 0) return violation(kError, "reserved bits are set");
    if ((header_[1] & 0x80) == 0) return violation(kError, "a client's frame must be masked");
    if ((length == 126 && payload_left_ < 126) || (length == 127 && payload_left_ <= 0xFFFF)) {
        return violation(kError, "the length is not in its shortest form");
    }
    if (control_frame()) {
        if (opcode_ > kPong) return violation(kError, "unknown opcode");
        if (!final_) return violation(kError, "a control frame is fragmented");
        if (payload_left_ > kLargestControl) return violation(kError, "control frame too long");
        control_.clear();
    } else {
        if (opcode_ > kBinary) return violation(kError, "unknown opcode");
        if (opcode_ == kBinary) {
            return violation(close_code::kUnsupported, "messages here are text, not binary");
        }
        if ((opcode_ == kContinuation) != in_message_) {
            return violation(kError, in_message_ ? "a message begins inside another"
                                                 : "a continuation without a beginning");
        }
        if (++fragments_ > limits_.fragments) {
            return violation(close_code::kTooBig, "the message comes in too many frames");
        }
        if (payload_left_ > limits_.message_bytes - message_.size()) {
            return violation(close_code::kTooBig, "the message is too long");
        }
        in_message_ = true;
    }
    std::copy_n(&header_[header_size_ - 4], 4, mask_);
    mask_at_ = 0;
    header_size_ = 0;
    in_payload_ = true;
    return WebSocketNothing{};
}

WebSocketEvent WebSocketReader::finish_close() {
    done_ = true;
    if (control_.empty()) return WebSocketClose{};
    if (control_.size() == 1) return violation(close_code::kProtocolError, "half a close code");
    const auto code = load_be16(as_bytes(control_).data());
    const auto reason = std::string_view(control_).substr(2);
    if (!sendable(code)) return violation(close_code::kProtocolError, "a close code that is none");
    if (!is_utf8(reason)) return violation(close_code::kInvalidData, "the reason is not UTF-8");
    return WebSocketClose{code, std::string(reason)};
}

WebSocketEvent WebSocketReader::finish_frame() {
    in_payload_ = false;
    switch (opcode_) {
        case kPing: return WebSocketPing{std::exchange(control_, {})};
        case kPong: control_ = {}; return WebSocketPong{};
        case kClose: return finish_close();
        default: break;
    }
    if (!final_) return WebSocketNothing{};
    in_message_ = false;
    fragments_ = 0;
    if (!is_utf8(message_)) {
        return violation(close_code::kInvalidData, "the message is not UTF-8");
    }
    return WebSocketText{std::exchange(message_, {})};
}

WebSocketEvent WebSocketReader::read(BytesView& bytes) {
    while (!done_ && (!bytes.empty() || (in_payload_ && payload_left_ == 0))) {
        if (!in_payload_) {
            if (!take_header(bytes)) break;
            auto checked = check_header();
            if (!std::holds_alternative<WebSocketNothing>(checked)) return checked;
        }
        const auto size =
            static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, bytes.size()));
        auto& out = target();
        const std::size_t at = out.size();
        out += as_text(bytes.first(size));
        for (std::size_t i = 0; i < size; ++i) {
            out[at + i] = static_cast<char>(static_cast<std::uint8_t>(out[at + i]) ^
                                            mask_[(mask_at_ + i) & 3]);
        }
        mask_at_ += size;
        payload_left_ -= size;
        bytes = bytes.subspan(size);
        if (payload_left_ > 0) break;
        auto event = finish_frame();
        if (!std::holds_alternative<WebSocketNothing>(event)) return event;
    }
    if (done_) bytes = {};
    return WebSocketNothing{};
}

std::string write_text_frame(std::string_view text) {
    return write_frame(kText, text);
}
std::string write_ping_frame() {
    return write_frame(kPing, {});
}
std::string write_pong_frame(std::string_view payload) {
    return write_frame(kPong, payload);
}

std::string write_close_frame(std::uint16_t code, std::string_view reason) {
    if (!sendable(code)) return write_frame(kClose, {});
    constexpr std::size_t kLongestReason = 123;
    std::size_t size = std::min(reason.size(), kLongestReason);
    while (size > 0 && size < reason.size() &&
           (static_cast<unsigned char>(reason[size]) & 0xC0) == 0x80) {
        --size;
    }
    std::string payload(2, '\0');
    payload[0] = static_cast<char>(code >> 8);
    payload[1] = static_cast<char>(code & 0xFF);
    payload += reason.substr(0, size);
    return write_frame(kClose, payload);
}

}  // namespace parley::server
