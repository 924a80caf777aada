// A whole conference server, signaling service and media node, against a thousand clients in one
// thread and in virtual time. Signaling is JSON, media is real ICE, DTLS and SRTP over a wire with
// delay and loss; the media thread has one processor's time and a socket's queue, no more.

#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "signal/json.hpp"
#include "signal/service.hpp"
#include "tests/pair/world.hpp"

namespace parley::testing {

/// One who comes, and may go.
struct Guest {
    std::unique_ptr<Client> client;
    signal::ConnectionId connection;
    std::string room;
    bool publishes = false;
    Instant opened{};
    std::optional<Instant> joined;  // signaling said so
    bool gone = false;
    Instant due{};  // of the client's timers
    std::uint64_t answered = 0;
    std::uint16_t picture = 0;
    std::vector<Instant> asked;  // when keyframe requests arrived
};

class Storm {
 public:
    /// What the media thread spends, in round figures of a slow core.
    static constexpr Duration kHandshakeDatagram = 400us;
    static constexpr Duration kDescription = 500us;
    static constexpr Duration kDatagramIn = 5us;
    static constexpr Duration kDatagramOut = 4us;
    /// Octets that its socket holds (server/media_threads.cpp).
    static constexpr std::size_t kSocketBuffer = 8 * 1024 * 1024;

    Storm(std::uint64_t seed, signal::Config config);

    Guest& open(const std::string& room, bool publishes, bool resumes = false);
    /// Closes the socket as a page that is left does.
    void leave(Guest& guest);
    /// The line is cut: nothing comes from there any more.
    void vanish(Guest& guest);
    void ask_for_keyframes(Guest& guest);

    void run(Duration duration);
    template <typename Condition>
    bool run_until(Condition&& condition, Duration limit) {
        const Instant end = now + limit;
        while (now < end) {
            if (condition()) return true;
            run(100ms);
        }
        return condition();
    }
    /// Video of so many streams has begun with a keyframe.
    static bool sees(const Guest& guest, std::size_t streams);

    Instant now{3600s};
    Duration delay = 20ms;  // each way, of signaling too
    double loss = 0.02;     // of datagrams, both ways
    bool silent = false;    // publishers pause
    std::vector<std::unique_ptr<Guest>> guests;
    signal::Service& service() { return *service_; }
    node::Node& node() { return *node_; }

    // The largest that was seen.
    std::size_t most_socket_octets = 0;
    std::size_t most_commands = 0;
    std::uint64_t socket_drops = 0;
    std::vector<std::string> errors;  // that the server said

 private:
    struct Flight {
        Instant at{};
        std::size_t guest = 0;
        std::vector<std::uint8_t> bytes;
    };
    struct Text {
        Instant at{};
        std::size_t guest = 0;
        std::string text;
    };

    void step();
    void carry_texts();
    void on_text(Guest& guest, const std::string& text);
    void say(std::size_t guest, const signal::Json& message);
    void say_description(std::size_t guest, std::string_view type, const std::string& sdp);
    void carry_datagrams();
    void drive_node();
    void handle_command(const signal::MediaCommand& command);
    void drain_node();
    void drain_service();
    void publish(Guest& guest);
    void drain_client(std::size_t index);
    net::SocketAddress address(std::size_t guest) const;

    SeededSecret secret_;
    Random random_;
    std::unique_ptr<crypto::CipherEngine> ciphers_;
    std::shared_ptr<const crypto::DtlsContext> server_dtls_;
    std::shared_ptr<const crypto::DtlsContext> client_dtls_;
    net::SocketAddress server_{net::IpAddress::v4(192, 0, 2, 1), 7882};
    std::unique_ptr<node::Node> node_;
    std::unique_ptr<signal::Service> service_;
    std::deque<Flight> up_;      // on the wire
    std::deque<Flight> socket_;  // arrived, not read
    std::size_t socket_octets_ = 0;
    std::deque<Flight> down_;
    std::deque<Text> texts_up_;
    std::deque<Text> texts_down_;
    std::deque<signal::MediaCommand> commands_;
    std::unordered_map<std::uint64_t, std::size_t> by_connection_;
    Duration budget_{};
    std::vector<std::uint8_t> scratch_ = std::vector<std::uint8_t>(65'536);
};

}  // namespace parley::testing
