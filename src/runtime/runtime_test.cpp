// The room with the system calls is tested with real ones, on loopback, each wait bounded by the
// kernel handing over what was already sent.

#include <atomic>
#include <deque>
#include <gtest/gtest.h>
#include <poll.h>
#include <set>
#include <string>
#include <sys/socket.h>
#include <thread>

#include "runtime/admission.hpp"
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

/// Sends back what it gets. A datagram that begins with kProof proves its path.
class Echo {
 public:
    void handle_receive(net::Datagram& datagram, Instant) {
        const auto text = as_text(datagram.bytes);
        if (text.starts_with(kProof)) proven_paths.insert(datagram.path);
        queue_.emplace_back(datagram.path, std::string(text));
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
    bool knows_path(const net::Path& path) const { return proven || proven_paths.contains(path); }
    void on_send_failures(std::uint32_t count) { failures += count; }

    /// STUN by its first octet.
    static constexpr std::string_view kProof{"\x01proof", 6};

    std::atomic<bool> proven = true;
    std::set<net::Path> proven_paths;
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
    ASSERT_TRUE(adoptions.post({FileDescriptor(pair[1]), kAnyPort, kAnyPort, {0, 2, 0, 'i'}, {}}));
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
    EXPECT_EQ(std::string(answer.data() + 2, 2), std::string("\0i", 2));

    stop = true;
    ASSERT_TRUE(adoptions.post({}));  // wakes the loop so that it sees the flag
    thread.join();
    EXPECT_EQ(echo.failures, 0U);
}

/// A client's end of a connection that a loop adopts.
class TcpClient {
 public:
    TcpClient() {
        int pair[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        ours_ = FileDescriptor(pair[0]);
        theirs_ = FileDescriptor(pair[1]);
    }
    AdoptedConnection adopted(std::string_view from, std::string_view first_frames = {}) {
        return {std::move(theirs_),
                kAnyPort,
                {*net::IpAddress::parse(from), 4711},
                {first_frames.begin(), first_frames.end()},
                {}};
    }
    void send(std::string_view bytes) {
        EXPECT_EQ(::send(ours_.get(), bytes.data(), bytes.size(), 0),
                  static_cast<ssize_t>(bytes.size()));
    }
    bool ended() const {
        std::array<char, 4096> bytes;
        ssize_t count = 1;
        while (count > 0) count = ::recv(ours_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        return count == 0;
    }
    int fd() const { return ours_.get(); }

 private:
    FileDescriptor ours_;
    FileDescriptor theirs_;
};

std::string framed(std::string_view text) {
    std::string frame{static_cast<char>(text.size() >> 8), static_cast<char>(text.size())};
    frame.append(text);
    return frame;
}
const std::string kRequest = framed(std::string_view("\0\1 who knows", 12));
const std::string kProofFrame = framed(Echo::kProof);

/// One turn, for which something must be waiting.
void turn(MediaLoop<Echo>& loop) {
    std::atomic<bool> stop = false;
    loop.run(stop, [&] { stop = true; }, [] {});
}

std::vector<TcpClient> fill_with_unproven(MediaLoop<Echo>& loop, const char* address) {
    std::vector<TcpClient> clients(kMaxUnprovenOfClient);
    for (auto& client : clients) loop.adopt(client.adopted(address, kRequest));
    return clients;
}

TEST(MediaLoop, ClosesConnectionsThatNobodyProves) {
    Echo echo;
    echo.proven = false;
    MediaLoop<Echo> loop(echo, {}, 20ms);
    TcpClient client;
    loop.adopt(client.adopted("192.0.2.1"));
    ASSERT_EQ(loop.tcp_figures().open, 1U);
    std::atomic<bool> stop = false;
    Mailbox<int> wake(4);
    loop.watch_mailbox(wake.fd());
    std::thread thread([&] { loop.run(stop, [&] { wake.drain([](int) {}); }, [] {}); });
    wait_readable(client.fd());
    EXPECT_TRUE(client.ended());
    stop = true;
    ASSERT_TRUE(wake.post(1));
    thread.join();
    EXPECT_EQ(loop.tcp_figures().open, 0U);
    EXPECT_EQ(loop.tcp_figures().unproven, 0U);
    EXPECT_EQ(loop.tcp_figures().of(TcpRefusal::kNotProven), 1U);
}

TEST(MediaLoop, LimitsUnprovenConnectionsOfOneClient) {
    Echo echo;
    echo.proven = false;
    MediaLoop<Echo> loop(echo, {}, 3600s);
    const auto clients = fill_with_unproven(loop, "2001:db8::1");
    TcpClient neighbour;
    loop.adopt(neighbour.adopted("2001:db8::2", kRequest));
    EXPECT_TRUE(neighbour.ended()) << "the same /64";
    EXPECT_EQ(loop.tcp_figures().of(TcpRefusal::kTooManyUnproven), 1U);
    for (const auto& client : clients) EXPECT_FALSE(client.ended());
    TcpClient stranger;
    loop.adopt(stranger.adopted("2001:db8:0:1::1", kRequest));
    EXPECT_FALSE(stranger.ended());
    EXPECT_EQ(loop.tcp_figures().open, kMaxUnprovenOfClient + 1);
    EXPECT_EQ(loop.tcp_figures().unproven, kMaxUnprovenOfClient + 1);
}

TEST(MediaLoop, LimitsUnprovenConnectionsOfAll) {
    Echo echo;
    echo.proven = false;
    MediaLoop<Echo> loop(echo, {}, 3600s);
    // Most are without a socket: only the count matters.
    for (std::size_t i = 0; i < kMaxUnproven; ++i) {
        const auto ip = net::IpAddress::v4(0x0A000000U + static_cast<std::uint32_t>(i));
        loop.adopt({{}, kAnyPort, {ip, 1}, {}, {}});
    }
    TcpClient one_more;
    loop.adopt(one_more.adopted("192.0.2.1", kRequest));
    EXPECT_TRUE(one_more.ended());
    TcpClient honest;
    loop.adopt(honest.adopted("192.0.2.1", kProofFrame));
    EXPECT_FALSE(honest.ended());
}

TEST(MediaLoop, ManyOfOneAddressComeInWhenTheyProveTheirPaths) {
    Echo echo;
    echo.proven = false;
    MediaLoop<Echo> loop(echo, {}, 3600s);
    auto hostile = fill_with_unproven(loop, "192.0.2.1");
    std::vector<TcpClient> honest(100);
    for (auto& client : honest) loop.adopt(client.adopted("192.0.2.1", kProofFrame));
    for (const auto& client : honest) EXPECT_FALSE(client.ended());
    // One that proves it later makes room.
    hostile[0].send(kProofFrame);
    turn(loop);
    EXPECT_EQ(loop.tcp_figures().unproven, kMaxUnprovenOfClient - 1);
    TcpClient late;
    loop.adopt(late.adopted("192.0.2.1", kRequest));
    EXPECT_FALSE(late.ended());
    EXPECT_EQ(loop.tcp_figures().open, hostile.size() + honest.size() + 1);
}

TEST(MediaLoop, ClosesWhatSendsOtherThanStunBeforeItsPathIsProven) {
    Echo echo;
    echo.proven = false;
    MediaLoop<Echo> loop(echo, {}, 3600s);
    const std::string dtls = framed("\x16\xFE\xFD");
    TcpClient at_once;
    loop.adopt(at_once.adopted("192.0.2.1", kRequest + dtls));
    EXPECT_TRUE(at_once.ended());
    TcpClient later;
    loop.adopt(later.adopted("192.0.2.1", kRequest));
    later.send(dtls);
    turn(loop);
    EXPECT_TRUE(later.ended());
    EXPECT_EQ(echo.closed, 2);
    EXPECT_EQ(loop.tcp_figures().of(TcpRefusal::kNotStun), 2U);
    EXPECT_EQ(loop.tcp_figures().unproven, 0U);

    TcpClient proven;
    loop.adopt(proven.adopted("192.0.2.1", kProofFrame + dtls));
    proven.send(dtls);
    turn(loop);
    EXPECT_FALSE(proven.ended());
}

TEST(MediaLoop, ClosesConnectionsWithFramesThatAreTooLarge) {
    Echo echo;
    echo.proven = false;
    MediaLoop<Echo> loop(echo, {}, 3600s);
    for (const auto& first : {kRequest, kProofFrame}) {
        TcpClient client;
        loop.adopt(client.adopted("192.0.2.1", first));
        client.send(std::string("\xFF\xFF\0", 3));
        turn(loop);
        EXPECT_TRUE(client.ended());
    }
    EXPECT_EQ(echo.closed, 2);
    EXPECT_EQ(loop.tcp_figures().of(TcpRefusal::kFrameTooLarge), 2U);
    EXPECT_EQ(loop.tcp_figures().open, 0U);
}

TEST(MediaLoop, AConnectionKeepsItsPlaceUntilItIsClosed) {
    Echo echo;
    MediaLoop<Echo> loop(echo, {}, 3600s);
    Admission admission({10, 10});
    {
        TcpClient client;
        auto adopted = client.adopted("192.0.2.1", kProofFrame);
        adopted.place = *admission.enter(adopted.remote.ip);
        loop.adopt(std::move(adopted));
        EXPECT_EQ(admission.size(), 1U);
    }
    turn(loop);
    EXPECT_EQ(echo.closed, 1);
    EXPECT_EQ(admission.size(), 0U);
}

TEST(Admission, CountsAllAndThoseOfEachClient) {
    Admission admission({4, 2});
    const auto enter = [&](const char* address) {
        return admission.enter(*net::IpAddress::parse(address));
    };
    auto first = enter("192.0.2.1");
    const auto second = enter("192.0.2.1");
    ASSERT_TRUE(first && second);
    EXPECT_EQ(enter("192.0.2.1").error(), Admission::Refusal::kTooManyOfClient);
    const auto third = enter("2001:db8::1");
    const auto fourth = enter("2001:db8::2");
    ASSERT_TRUE(third && fourth);
    EXPECT_EQ(enter("192.0.2.2").error(), Admission::Refusal::kTooMany);
    first->leave();
    first->leave();
    EXPECT_EQ(enter("2001:db8::3").error(), Admission::Refusal::kTooManyOfClient);
    EXPECT_TRUE(enter("192.0.2.1"));
    EXPECT_EQ(admission.size(), 3U) << "what was not kept has left";
}

TEST(Admission, PlacesMoveBetweenThreadsAndOutliveIt) {
    Admission::Place kept;
    {
        Admission admission({10'000, 10'000});
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&admission, i] {
                std::vector<Admission::Place> places;
                const auto ip = net::IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(i / 2));
                for (int n = 0; n < 1000; ++n) places.push_back(*admission.enter(ip));
            });
        }
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(admission.size(), 0U);
        kept = *admission.enter(net::IpAddress::v4(192, 0, 2, 1));
        Admission::Place moved = std::move(kept);
        EXPECT_FALSE(kept);
        kept = std::move(moved);
        EXPECT_EQ(admission.size(), 1U);
    }
    EXPECT_TRUE(kept);
}

}  // namespace
}  // namespace parley::runtime
