// For tests: a server on a loopback port in a thread, and a plain client whose every wait is
// bounded.

#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <deque>
#include <gtest/gtest.h>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "server/null_media_plane.hpp"
#include "server/server.hpp"

namespace parley::server::testing {

/// Remembers what it is given; can pretend to be behind. It greets TCP connections and closes
/// them, or keeps them as one does that has media.
class RecordingMedia final : public NullMediaPlane {
 public:
    std::expected<void, std::string> start(const MediaSettings& settings,
                                           std::function<void()> wake) override {
        started_with = settings;
        wake_ = std::move(wake);
        return {};
    }
    void stop() override { stopped = true; }
    void post(signal::MediaCommand command) override {
        const std::lock_guard lock(mutex_);
        commands_.push_back(std::move(command));
    }
    bool congested() const override { return behind; }
    std::optional<signal::MediaEvent> poll_event() override {
        const std::lock_guard lock(mutex_);
        if (events_.empty()) return std::nullopt;
        auto event = std::move(events_.front());
        events_.pop_front();
        return event;
    }
    bool adopt_tcp(runtime::AdoptedConnection&& connection) override {
        const std::lock_guard lock(mutex_);
        runtime::AdoptedConnection taken = std::move(connection);
        const std::string_view hello = "adopted";
        (void)!::write(taken.fd.get(), hello.data(), hello.size());
        adopted_.emplace_back(taken.already_read, taken.remote);
        if (keeps_connections) kept_.push_back(std::move(taken));
        return true;
    }
    void close_connections() {
        const std::lock_guard lock(mutex_);
        kept_.clear();
    }

    void say(signal::MediaEvent event) {
        {
            const std::lock_guard lock(mutex_);
            events_.push_back(std::move(event));
        }
        wake_();
    }
    void wake() { wake_(); }
    std::vector<signal::MediaCommand> commands() {
        const std::lock_guard lock(mutex_);
        return commands_;
    }
    std::vector<std::pair<std::vector<std::uint8_t>, net::SocketAddress>> adopted() {
        const std::lock_guard lock(mutex_);
        return adopted_;
    }

    MediaSettings started_with;
    std::atomic<bool> behind{false};
    std::atomic<bool> stopped{false};
    std::atomic<bool> keeps_connections{false};

 private:
    std::mutex mutex_;
    std::function<void()> wake_;
    std::vector<signal::MediaCommand> commands_;
    std::deque<signal::MediaEvent> events_;
    std::vector<std::pair<std::vector<std::uint8_t>, net::SocketAddress>> adopted_;
    std::vector<runtime::AdoptedConnection> kept_;
};

class TestServer {
 public:
    /// With another plane than `media` if there is one; it lives longer.
    explicit TestServer(Settings settings, MediaPlane* plane = nullptr) {
        log::setup(log::Level::kOff, log::Format::kText);
        settings.server.addresses = {{net::IpAddress::v4(127, 0, 0, 1), 0}};
        server_.emplace(std::move(settings), plane != nullptr ? *plane : media, random_);
        const auto started = server_->start();
        EXPECT_TRUE(started.has_value()) << started.error();
        port = server_->listening().at(0).port;
        thread_ = std::jthread([this] {
            server_->run(false);
            finished = true;
        });
    }
    ~TestServer() {
        stop();
        stop();
    }
    void stop() { server_->request_stop(); }
    void join() { thread_.join(); }

    RecordingMedia media;
    std::uint16_t port = 0;
    std::atomic<bool> finished{false};

 private:
    SeededSecret random_{7};
    std::optional<Server> server_;
    std::jthread thread_;
};

/// Waits for a condition that another thread brings about, at most five seconds.
template <typename Condition>
bool eventually(Condition condition) {
    for (int i = 0; i < 500; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

class Client {
 public:
    explicit Client(std::uint16_t port, int receive_buffer = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        timeval limit{5, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (receive_buffer > 0) {
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~Client() { ::close(fd_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    bool connected() const { return connected_; }
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (put <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(put));
        }
        return true;
    }
    /// What arrives up to and with `mark`; all there is when the connection ends first.
    std::string read_until(std::string_view mark) {
        while (held_.find(mark) == std::string::npos && fill()) {
        }
        const auto at = held_.find(mark);
        return take(at == std::string::npos ? held_.size() : at + mark.size());
    }
    std::string read(std::size_t size) {
        while (held_.size() < size && fill()) {
        }
        return take(std::min(size, held_.size()));
    }
    std::string read_to_end() {
        while (fill()) {
        }
        return take(held_.size());
    }
    bool ended() {
        while (fill()) {
        }
        return ended_;
    }

    // ---- WebSocket ----
    /// The head of the answer.
    std::string upgrade(std::string_view target = "/signal", std::string_view more = {}) {
        send("GET " + std::string(target) +
             " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
             std::string(more) + "\r\n");
        return read_until("\r\n\r\n");
    }
    static std::string frame(std::uint8_t first, std::string_view payload) {
        std::string out(1, static_cast<char>(first));
        if (payload.size() < 126) {
            out += static_cast<char>(0x80 | payload.size());
        } else {
            out += static_cast<char>(0xFE);
            out += static_cast<char>(payload.size() >> 8);
            out += static_cast<char>(payload.size() & 0xFF);
        }
        out.append(4, '\0');  // the mask that changes nothing
        return out + std::string(payload);
    }
    void send_text(std::string_view text) { send(frame(0x81, text)); }
    struct Frame {
        int opcode = -1;
        std::string payload;
        std::uint16_t close_code() const {
            return payload.size() < 2 ? std::uint16_t{0} : load_be16(as_bytes(payload).data());
        }
    };
    Frame read_frame() {
        const auto head = read(2);
        if (head.size() < 2) return {};
        std::size_t size = static_cast<unsigned char>(head[1]);
        if (size == 126)
            size = load_be16(as_bytes(read(2)).data());
        else if (size == 127)
            size = static_cast<std::size_t>(load_be64(as_bytes(read(8)).data()));
        return {static_cast<unsigned char>(head[0]) & 0x0F, read(size)};
    }
    /// The next message that is text with this in it.
    std::string read_message(std::string_view part) {
        for (int i = 0; i < 1000; ++i) {
            const auto next = read_frame();
            if (next.opcode < 0) return {};
            if (next.opcode == 1 && next.payload.find(part) != std::string::npos) {
                return next.payload;
            }
        }
        return {};
    }
    Frame read_close() {
        for (int i = 0; i < 100'000; ++i) {
            auto next = read_frame();
            if (next.opcode < 0 || next.opcode == 8) return next;
        }
        return {};
    }

 private:
    bool fill() {
        char buffer[16 * 1024];
        const auto got = ::recv(fd_, buffer, sizeof buffer, 0);
        if (got == 0 || (got < 0 && errno == ECONNRESET)) ended_ = true;
        if (got <= 0) return false;
        held_.append(buffer, static_cast<std::size_t>(got));
        return true;
    }
    std::string take(std::size_t size) {
        auto out = held_.substr(0, size);
        held_.erase(0, size);
        return out;
    }

    int fd_;
    bool connected_ = false;
    bool ended_ = false;
    std::string held_;
};

}  // namespace parley::server::testing
