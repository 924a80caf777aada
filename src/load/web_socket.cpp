#include "load/web_socket.hpp"

#include <algorithm>
#include <array>

#include "base/base64.hpp"
#include "crypto/digest.hpp"

namespace parley::load {
namespace {

constexpr std::uint8_t kContinuation = 0x0;
constexpr std::uint8_t kText = 0x1;
constexpr std::uint8_t kClose = 0x8;
constexpr std::uint8_t kPing = 0x9;
constexpr std::uint8_t kPong = 0xA;

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return result;
}

/// The value of a header field, "" where it is missing.
std::string field(std::string_view head, std::string_view name) {
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
         at = head.find("\r\n", at + 2)) {
        const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || lower(line.substr(0, colon)) != name) continue;
        const auto start = line.find_first_not_of(' ', colon + 1);
        return start == std::string_view::npos ? "" : std::string(line.substr(start));
    }
    return {};
}

std::string refusal(std::string_view status) {
    const auto code = status.substr(std::min<std::size_t>(status.size(), 9), 3);
    std::string text = "the server refused the WebSocket: " + std::string(status);
    if (code == "401" || code == "403") text += "; give a token for the room with --token";
    if (code.starts_with('2')) {
        text += "; that is a page, so the path of --url is probably wrong: signaling is at /signal";
    }
    if (code == "404") text += "; the path of --url is usually /signal";
    if (code == "429" || code == "503") text += "; the server has reached a limit";
    return text;
}

/// RFC 3986 has any digits; TCP has 16 bits.
bool valid_port(std::string_view text) {
    const bool digits = !text.empty() && text.size() <= 5 &&
                        std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return false;
    const int port = std::stoi(std::string(text));
    return port >= 1 && port <= 65535;
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
    Url url;
    if (text.starts_with("wss://")) {
        url.secure = true;
        text.remove_prefix(6);
    } else if (text.starts_with("ws://")) {
        text.remove_prefix(5);
    } else {
        return {};
    }
    const auto slash = std::min(text.find_first_of("/?"), text.size());
    auto authority = text.substr(0, slash);
    url.target = std::string(text.substr(slash));
    if (url.target.empty() || url.target[0] == '?') url.target.insert(0, "/");
    url.port = url.secure ? "443" : "80";
    const auto bracket = authority.find(']');
    const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        url.port = std::string(authority.substr(colon + 1));
        authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[') && authority.ends_with(']')) {
        authority = authority.substr(1, authority.size() - 2);
    }
    url.host = std::string(authority);
    if (url.host.empty() || !valid_port(url.port)) return {};
    const auto bad = [](char c) { return c <= ' ' || c == '\x7f'; };
    if (std::any_of(url.host.begin(), url.host.end(), bad) ||
        std::any_of(url.target.begin(), url.target.end(), bad)) {
        return {};
    }
    return url;
}

WebSocketClient::WebSocketClient(const Url& url, std::string_view query, Random& random)
    : random_(random) {
    std::array<std::uint8_t, 16> nonce{};
    for (auto& octet : nonce) octet = static_cast<std::uint8_t>(random_());
    const std::string key = base64_encode(nonce);
    // RFC 6455 §4.2.2: proof that the other side speaks WebSocket.
    expected_accept_ =
        base64_encode(crypto::sha1(as_bytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
    std::string target = url.target;
    if (!query.empty()) {
        target += (target.find('?') == std::string::npos ? '?' : '&');
        target += query;
    }
    const bool v6 = url.host.find(':') != std::string::npos;
    out_ = "GET " + target + " HTTP/1.1\r\nHost: " + (v6 ? "[" + url.host + "]" : url.host) + ":" +
           url.port +
           "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: " +
           key + "\r\n\r\n";
}

void WebSocketClient::fail(std::string why) {
    if (failure_.empty()) failure_ = std::move(why);
}

void WebSocketClient::receive(BytesView bytes) {
    in_.append(as_text(bytes));
    if (!open_) read_handshake();
}

void WebSocketClient::read_handshake() {
    const auto end = in_.find("\r\n\r\n");
    if (end == std::string::npos) {
        if (in_.size() > kMaxHandshake) fail("the server's answer to the handshake has no end");
        return;
    }
    const std::string_view head = std::string_view(in_).substr(0, end);
    const auto status = head.substr(0, head.find("\r\n"));
    if (!status.starts_with("HTTP/1.1 101")) {
        fail(status.starts_with("HTTP/") ? refusal(status)
                                         : "what answers there does not speak HTTP; a server with "
                                           "TLS wants wss://");
    } else if (field(head, "sec-websocket-accept") != expected_accept_) {
        fail("what answers there is no WebSocket server");
    } else {
        open_ = true;
    }
    in_.erase(0, end + 4);
}

std::optional<std::string> WebSocketClient::poll_text() {
    while (open_ && failure_.empty() && !has_ready_) {
        if (!read_frame()) break;
    }
    if (at_ > 0) {
        in_.erase(0, at_);
        at_ = 0;
    }
    if (!has_ready_) return {};
    has_ready_ = false;
    return std::move(ready_);
}

bool WebSocketClient::read_frame() {
    ByteReader reader(as_bytes(in_).subspan(at_));
    const std::uint8_t first = reader.u8();
    const std::uint8_t second = reader.u8();
    std::uint64_t size = second & 0x7F;
    if (size == 126) size = reader.u16();
    if (size == 127) size = reader.u64();
    if (!reader.ok()) return false;
    if ((second & 0x80) != 0 || size > kMaxMessage || message_.size() + size > kMaxMessage) {
        fail("the server broke the rules of WebSocket");
        return false;
    }
    const BytesView payload = reader.take(static_cast<std::size_t>(size));
    if (!reader.ok()) return false;
    at_ += reader.position();
    const auto opcode = static_cast<std::uint8_t>(first & 0x0F);
    if (opcode == kPing) write_frame(kPong, as_text(payload));
    if (opcode == kClose) on_close(payload);
    if (opcode != kText && opcode != kContinuation) return true;
    message_.append(as_text(payload));
    if ((first & 0x80) == 0) return true;
    ready_ = std::move(message_);
    message_.clear();
    has_ready_ = true;
    return true;
}

void WebSocketClient::on_close(BytesView payload) {
    std::string why = "the server closed the connection";
    if (payload.size() >= 2) {
        why += " (" + std::to_string(load_be16(payload.data())) +
               (payload.size() > 2 ? ": " + std::string(as_text(payload.subspan(2))) : "") + ")";
    }
    fail(std::move(why));
}

void WebSocketClient::send_text(std::string_view text) {
    write_frame(kText, text);
}

void WebSocketClient::send_close() {
    write_frame(kClose, std::string_view("\x03\xE8", 2));  // 1000
}

void WebSocketClient::write_frame(std::uint8_t opcode, std::string_view payload) {
    out_ += static_cast<char>(0x80 | opcode);
    if (payload.size() < 126) {
        out_ += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() < 65536) {
        out_ += static_cast<char>(0x80 | 126);
        out_ += static_cast<char>(payload.size() >> 8);
        out_ += static_cast<char>(payload.size());
    } else {
        out_ += static_cast<char>(0x80 | 127);
        for (int shift = 56; shift >= 0; shift -= 8) {
            out_ += static_cast<char>(std::uint64_t{payload.size()} >> shift);
        }
    }
    std::array<char, 4> mask{};
    for (char& octet : mask) octet = static_cast<char>(random_());
    out_.append(mask.data(), mask.size());
    for (std::size_t i = 0; i < payload.size(); ++i) {
        out_ += static_cast<char>(payload[i] ^ mask[i % 4]);
    }
}

}  // namespace parley::load
