#include "node/send_path.hpp"

#include <array>
#include <gtest/gtest.h>
#include <vector>

namespace parley::node {
namespace {

constexpr Ssrc kVideo(7);
const Instant kStart = Instant{} + 1000s;

std::array<std::uint8_t, 12> header(Ssrc ssrc, std::uint16_t sequence) {
    std::array<std::uint8_t, 12> bytes{0x80, 96};
    store_be16(&bytes[2], sequence);
    store_be32(&bytes[8], ssrc.value);
    return bytes;
}

/// A path whose packets are reported by RFC 8888.
class SendPathTest : public ::testing::Test {
 protected:
    SendPathTest() { path_.set_feedback(true, kStart); }

    void send(std::uint16_t sequence, Instant now) {
        path_.note_stream_number(header(kVideo, sequence));
        path_.on_sent(1000, path_.take(1000, now), now);
    }
    /// Says that the packets from `first` on arrived at `now`, on a clock ahead by `ahead` units.
    void report(std::uint16_t first, std::size_t count, std::uint32_t ahead, Instant now) {
        std::vector<std::uint8_t> out(1000);
        rtp::CongestionFeedbackWriter writer(out, Ssrc(1), now);
        const std::vector<rtp::CongestionArrival> packets(count, {true, net::Ecn::kEct1, now});
        writer.add(kVideo, first, packets);
        const std::size_t size = writer.finish();
        auto feedback = rtp::parse_congestion_feedback(BytesView(out).subspan(4, size - 4));
        ASSERT_TRUE(feedback);
        feedback->timestamp += ahead;
        path_.on_congestion_feedback(*feedback, now);
    }

    SendPath path_{cc::Limits{}};
};

TEST_F(SendPathTest, AReportByStreamNumbersFindsItsPackets) {
    for (std::uint16_t i = 0; i < 5; ++i) send(static_cast<std::uint16_t>(65533 + i), kStart);
    report(65533, 5, 0, kStart + 80ms);
    ASSERT_TRUE(path_.estimate().round_trip);
    EXPECT_EQ(*path_.estimate().round_trip, 80ms);
}

TEST_F(SendPathTest, WhatNeverLeftIsNotBelieved) {
    send(1, kStart);
    report(100, 5, 0, kStart + 80ms);
    EXPECT_FALSE(path_.estimate().round_trip);
}

// Half a turn of its clock with every message: 32,768 s each.
TEST_F(SendPathTest, AClockThatLiesOverflowsNothing) {
    Instant now = kStart;
    std::uint32_t ahead = 0;
    for (std::uint16_t i = 0; i < 20'000; ++i) {
        send(i, now);
        report(i, 1, ahead, now + 20ms);
        ahead += i < 10'000 ? 0x7FFF'0000U : 0x8001'0000U;
        now += 50ms;
    }
    EXPECT_EQ(path_.estimate().round_trip, 20ms);
    EXPECT_GE(path_.estimate().target, cc::Limits{}.min);
}

TEST(StreamNumbers, KnowsTheLastOfEachStream) {
    StreamNumbers numbers;
    for (std::uint16_t i = 0; i < 2000; ++i) numbers.note(header(kVideo, i), i);
    EXPECT_EQ(numbers.find(kVideo, 1999), 1999);
    EXPECT_EQ(numbers.find(kVideo, 1000), 1000);
    EXPECT_FALSE(numbers.find(kVideo, 900)) << "overwritten";
    EXPECT_FALSE(numbers.find(kVideo, 2000)) << "not sent yet";
    EXPECT_FALSE(numbers.find(Ssrc(8), 1999));
    numbers.note(header(Ssrc(8), 1), 1);
    numbers.forget(Ssrc(8));
    EXPECT_FALSE(numbers.find(Ssrc(8), 1));
    for (std::uint32_t i = 0; i < StreamNumbers::kMaxStreams; ++i) {
        numbers.note(header(Ssrc(100 + i), 1), 1);
    }
    EXPECT_EQ(numbers.find(Ssrc(99 + StreamNumbers::kMaxStreams), 1), 1);
    EXPECT_FALSE(numbers.find(kVideo, 1999)) << "streams are bounded";
}

}  // namespace
}  // namespace parley::node
