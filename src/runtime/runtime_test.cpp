// The room with the system calls is tested with real ones, on loopback, each wait bounded by the
// kernel handing over what was already sent.

#include <atomic>
#include <deque>
#include <gtest/gtest.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>

#include "runtime/interfaces.hpp"
#include "runtime/mailbox.hpp"
#include "runtime/media_loop.hpp"
#include "runtime/sockaddr.hpp"

namespace parley::runtime {
namespace {

const net::SocketAddress kAnyPort{net::IpAddress::v4(127, 0, 0, 1), 0};

void wait_readable(int fd) {
    pollfd poll_fd{fd, POLLIN, 0};
    ASSERT_EQ(::poll(&poll_fd, 1, 5000), 1);
}

UdpSocket open_socket() {
    auto socket = UdpSocket::open(kAnyPort, 1 << 20);
    EXPECT_TRUE(socket) << socket.error().text;
    return std::move(*socket);
}

std::vector<std::string> receive_all(UdpSocket& socket, std::size_t expected) {
    std::vector<std::string> seen;
    while (seen.size() < expected) {
        wait_readable(socket.fd());
        if (testing::Test::HasFatalFailure()) break;
        socket.receive_batch(
            [&](net::Datagram& datagram) { seen.emplace_back(as_text(datagram.bytes)); });
    }
    return seen;
}

TEST(UdpSocket, CarriesBatchesAndTrains) {
    UdpSocket a = open_socket();
    UdpSocket b = open_socket();
    const std::string train = "aaaabbbbcc";
    const std::string single = "single";
    const UdpSocket::Outgoing batch[] = {{b.local(), as_bytes(train), 4},
                                         {b.local(), as_bytes(single), 0}};
    const SendResult result = a.send_batch(batch);
    EXPECT_EQ(result.sent, 4U);
    EXPECT_EQ(result.failed, 0U);
    EXPECT_EQ(receive_all(b, 4), (std::vector<std::string>{"aaaa", "bbbb", "cc", "single"}));
}

TEST(UdpSocket, SaysWhyItCannotBind) {
    UdpSocket first = open_socket();
    const auto second = UdpSocket::open(first.local(), 1 << 16);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().text.find("another program uses it"), std::string::npos);
    EXPECT_TRUE(second.error().port_taken);
    const auto foreign = UdpSocket::open({net::IpAddress::v4(192, 0, 2, 1), 0}, 1 << 16);
    ASSERT_FALSE(foreign);
    EXPECT_NE(foreign.error().text.find("no such address"), std::string::npos);
    EXPECT_FALSE(foreign.error().port_taken);
}

TEST(Mailbox, RefusesWhatExceedsItsLimitAndKeepsOrder) {
    Mailbox<int> mailbox(2);
    EXPECT_TRUE(mailbox.post(1));
    EXPECT_TRUE(mailbox.post(2));
    EXPECT_FALSE(mailbox.post(3));
    std::vector<int> seen;
    EXPECT_EQ(mailbox.drain([&](int value) { seen.push_back(value); }), 2U);
    EXPECT_EQ(seen, (std::vector<int>{1, 2}));
}

bool readable(int fd) {
    pollfd poll_fd{fd, POLLIN, 0};
    return ::poll(&poll_fd, 1, 0) == 1;
}

TEST(Mailbox, WakesTheReaderOnceAndNotForWhatMayWait) {
    Mailbox<int> mailbox(8);
    using Wake = Mailbox<int>::Wake;
    EXPECT_TRUE(mailbox.post(1, Wake::kNever));
    EXPECT_FALSE(readable(mailbox.fd()));
    EXPECT_TRUE(mailbox.post(2));
    EXPECT_TRUE(mailbox.post(3));
    EXPECT_TRUE(readable(mailbox.fd()));
    std::vector<int> seen;
    const auto take = [&](int value) { seen.push_back(value); };
    EXPECT_EQ(mailbox.drain(take), 3U);
    EXPECT_FALSE(readable(mailbox.fd()));
    EXPECT_EQ(mailbox.drain(take), 0U);
    EXPECT_TRUE(mailbox.post(4));
    EXPECT_TRUE(readable(mailbox.fd()));
    EXPECT_EQ(mailbox.drain(take), 1U);
    EXPECT_EQ(seen, (std::vector<int>{1, 2, 3, 4}));
}

TEST(Sockaddr, RoundTripsBothFamilies) {
    for (const char* text : {"192.0.2.7:99", "[2001:db8::7]:99"}) {
        const auto address = net::SocketAddress::parse(text);
        sockaddr_storage storage{};
        to_sockaddr(*address, storage);
        EXPECT_EQ(from_sockaddr(storage), *address);
    }
}

TEST(MediaAddresses, LeaveLoopbackOutWhereThereIsMore) {
    const auto addresses = media_addresses();
    ASSERT_FALSE(addresses.empty());
    const bool first_is_loopback = addresses.front().is_loopback();
    for (const auto& ip : addresses) EXPECT_EQ(ip.is_loopback(), first_is_loopback);
}

TEST(WaitTime, IsNeverNegativeAndNeverBeyondTheCap) {
    const Instant now{10s};
    EXPECT_EQ(wait_time(now - 1s, now, 1s).tv_nsec, 0);
    EXPECT_EQ(wait_time(now + 5ms, now, 1s).tv_nsec, 5'000'000);
    EXPECT_EQ(wait_time(kNever, now, 1s).tv_sec, 1);
}

/// Sends back what it gets.
class Echo {
 public:
    void handle_receive(net::Datagram& datagram, Instant) {
        queue_.emplace_back(datagram.path, std::string(as_text(datagram.bytes)));
    }
    void handle_timeout(Instant) {}
    Instant next_timeout() const { return kNever; }
    std::optional<net::Transmit> poll_transmit(Instant, BytesSpan out) {
        if (queue_.empty()) return {};
        const auto [path, text] = queue_.front();
        queue_.pop_front();
        std::copy(text.begin(), text.end(), out.begin());
        return net::Transmit{path, text.size(), 0, net::Ecn::kNotEct};
    }
    void handle_connection_closed(const net::Path&, Instant) { ++closed; }
    bool knows_path(const net::Path&) const { return proven; }
    void on_send_failures(std::uint32_t count) { failures += count; }

    std::atomic<bool> proven = true;
    std::atomic<int> closed = 0;
    std::atomic<std::uint32_t> failures = 0;

 private:
    std::deque<std::pair<net::Path, std::string>> queue_;
};

TEST(MediaLoop, DrivesAMachineOverUdpAndTcp) {
    std::vector<UdpSocket> sockets;
    sockets.push_back(open_socket());
    const net::SocketAddress server = sockets[0].local();
    Echo echo;
    MediaLoop<Echo> loop(echo, std::move(sockets));
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const FileDescriptor client_end(pair[0]);
    Mailbox<AdoptedConnection> adoptions(4);
    loop.watch_mailbox(adoptions.fd());
    ASSERT_TRUE(adoptions.post({FileDescriptor(pair[1]), kAnyPort, kAnyPort, {0, 2, 'h', 'i'}}));
    std::atomic<bool> stop = false;
    std::thread thread([&] {
        const auto take_adoptions = [&] {
            adoptions.drain([&](AdoptedConnection&& adopted) { loop.adopt(std::move(adopted)); });
        };
        loop.run(stop, take_adoptions, [] {});
    });

    UdpSocket client = open_socket();
    const std::string hello = "hello";
    const UdpSocket::Outgoing batch[] = {{server, as_bytes(hello), 0}};
    client.send_batch(batch);
    EXPECT_EQ(receive_all(client, 1), std::vector<std::string>{"hello"});

    std::array<char, 8> answer{};
    wait_readable(client_end.get());
    EXPECT_EQ(::recv(client_end.get(), answer.data(), answer.size(), 0), 4);
    EXPECT_EQ(std::string(answer.data() + 2, 2), "hi");

    stop = true;
    ASSERT_TRUE(adoptions.post({}));  // wakes the loop so that it sees the flag
    thread.join();
    EXPECT_EQ(echo.failures, 0U);
}

TEST(MediaLoop, ClosesConnectionsThatNobodyProves) {
    Echo echo;
    echo.proven = false;
    MediaLoop<Echo> loop(echo, {}, 20ms);
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const FileDescriptor client_end(pair[0]);
    loop.adopt({FileDescriptor(pair[1]), kAnyPort, kAnyPort, {}});
    ASSERT_EQ(loop.connections(), 1U);
    std::atomic<bool> stop = false;
    Mailbox<int> wake(4);
    loop.watch_mailbox(wake.fd());
    std::thread thread([&] { loop.run(stop, [&] { wake.drain([](int) {}); }, [] {}); });
    char octet = 0;
    wait_readable(client_end.get());
    EXPECT_EQ(::recv(client_end.get(), &octet, 1, 0), 0) << "the end of the stream";
    stop = true;
    ASSERT_TRUE(wake.post(1));
    thread.join();
    EXPECT_EQ(loop.connections(), 0U);
}

}  // namespace
}  // namespace parley::runtime
