#include "load/link.hpp"

#include <array>
#include <gtest/gtest.h>

namespace parley::load {
namespace {

constexpr std::array<std::uint8_t, 1250> kPacket{};  // 10,000 bits
const net::SocketAddress kRemote{net::IpAddress::v4(192, 0, 2, 1), 1};
const Instant kStart = Instant{} + 3600s;

/// When each packet that is offered at `gap` arrives.
std::vector<Duration> arrivals(const LinkOptions& options, int count, Duration gap,
                               std::uint64_t seed = 1) {
    EmulatedLink link(options, seed);
    for (int i = 0; i < count; ++i) link.offer(kPacket, kRemote, kStart + gap * i);
    std::vector<Duration> times;
    while (link.next_timeout() != kNever) {
        const Instant due = link.next_timeout();
        link.release(due, [&](EmulatedLink::Held& held) {
            EXPECT_EQ(held.remote, kRemote);
            times.push_back(due - kStart);
        });
    }
    return times;
}

TEST(EmulatedLink, Delays) {
    const auto times = arrivals({0, 40ms, {}}, 3, 10ms);
    EXPECT_EQ(times, (std::vector<Duration>{40ms, 50ms, 60ms}));
}

TEST(EmulatedLink, SpacesPacketsByTheRateAndDropsBehindItsQueue) {
    // 10 ms a packet at 1 Mbit/s: of a hundred at a time, those fit that wait up to 250 ms.
    const auto times = arrivals({0, {}, {1'000'000}}, 100, 0ms);
    ASSERT_EQ(times.size(), 26U);
    EXPECT_EQ(times.front(), 10ms);
    EXPECT_EQ(times.back(), 260ms);
}

TEST(EmulatedLink, LosesTheShareThatWasAskedForTheSameForTheSameSeed) {
    const auto times = arrivals({0.1, {}, {}}, 10'000, 1ms);
    EXPECT_NEAR(static_cast<double>(times.size()), 9000, 100);
    EXPECT_EQ(times, arrivals({0.1, {}, {}}, 10'000, 1ms));
    EXPECT_NE(times, arrivals({0.1, {}, {}}, 10'000, 1ms, 2));
}

}  // namespace
}  // namespace parley::load
