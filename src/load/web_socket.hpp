// WebSocket (RFC 6455), client side, over a connected byte stream: the handshake, masked text
// frames out, text frames in. Sans-IO. Left out: extensions, subprotocols, binary messages.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/random.hpp"

namespace parley::load {

/// "ws://host:port/path?query" taken apart.
struct Url {
    bool secure = false;
    std::string host;  // without brackets
    std::string port;
    std::string target;  // path and query
};
std::optional<Url> parse_url(std::string_view text);

class WebSocketClient {
 public:
    /// `query` is added to the target, as "token=...".
    WebSocketClient(const Url& url, std::string_view query, Random& random);

    /// Takes what arrived.
    void receive(BytesView bytes);
    /// The next text message.
    std::optional<std::string> poll_text();
    void send_text(std::string_view text);
    void send_close();

    /// What must be written to the stream; take_written() forgets the front of it.
    BytesView outgoing() const { return as_bytes(out_); }
    void take_written(std::size_t size) { out_.erase(0, size); }

    bool open() const { return open_; }
    /// Nothing more will come: why, for people.
    const std::string& failure() const { return failure_; }
    bool failed() const { return !failure_.empty(); }

 private:
    void read_handshake();
    bool read_frame();
    void on_close(BytesView payload);
    void write_frame(std::uint8_t opcode, std::string_view payload);
    void fail(std::string why);

    /// A server's message is never larger than this: descriptions of large rooms are some 100 kB.
    static constexpr std::size_t kMaxMessage = 16 << 20;
    static constexpr std::size_t kMaxHandshake = 16 << 10;

    Random& random_;
    std::string expected_accept_;
    bool open_ = false;
    std::string in_;
    std::size_t at_ = 0;  // how far in_ was read
    std::string message_;
    std::string ready_;
    bool has_ready_ = false;
    std::string out_;
    std::string failure_;
};

}  // namespace parley::load
