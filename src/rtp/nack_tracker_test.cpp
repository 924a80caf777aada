#include "rtp/nack_tracker.hpp"

#include <array>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <vector>

namespace parley::rtp {
namespace {

std::vector<std::uint16_t> poll(NackTracker& tracker, Instant now) {
    std::array<std::uint16_t, 2000> out{};
    const std::size_t count = tracker.poll(now, out);
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count)};
}

using Numbers = std::vector<std::uint16_t>;

TEST(NackTracker, AsksWithinTwentyMillisecondsOfAGap) {
    NackTracker tracker;
    tracker.on_packet(65534, false, Instant(1s));
    EXPECT_EQ(tracker.next_timeout(), kNever);
    tracker.on_packet(1, false, Instant(1s));
    EXPECT_TRUE(poll(tracker, Instant(1s)).empty());
    EXPECT_LE(tracker.next_timeout(), Instant(1020ms));
    EXPECT_EQ(poll(tracker, tracker.next_timeout()), (Numbers{65535, 0}));
}

TEST(NackTracker, DoesNotAskForWhatWasOnlyOvertaken) {
    NackTracker tracker;
    tracker.on_packet(1, false, Instant(1s));
    tracker.on_packet(3, false, Instant(1s));
    tracker.on_packet(2, false, Instant(1005ms));
    EXPECT_EQ(tracker.next_timeout(), kNever);
    EXPECT_TRUE(poll(tracker, Instant(2s)).empty());
    EXPECT_EQ(tracker.requested(), 0U);
}

TEST(NackTracker, AsksAgainEachRoundTripUpToTenTimes) {
    NackTracker tracker;
    tracker.on_rtt(50ms);
    tracker.on_packet(1, false, Instant(1s));
    tracker.on_packet(3, false, Instant(1s));
    std::vector<Instant> asked;
    while (tracker.next_timeout() != kNever) {
        const Instant now = tracker.next_timeout();
        if (!poll(tracker, now).empty()) asked.push_back(now);
    }
    ASSERT_EQ(asked.size(), 10U);
    for (std::size_t i = 1; i < asked.size(); ++i) EXPECT_EQ(asked[i] - asked[i - 1], 50ms);
    EXPECT_EQ(tracker.missing(), 0U);
    EXPECT_EQ(tracker.given_up(), 1U);
    EXPECT_FALSE(tracker.take_keyframe_wish());
}

TEST(NackTracker, NeverAsksFasterThanTheMinimum) {
    NackTracker tracker;
    tracker.on_rtt(0ms);
    tracker.on_packet(1, false, Instant(1s));
    tracker.on_packet(3, false, Instant(1s));
    EXPECT_EQ(poll(tracker, Instant(1010ms)).size(), 1U);
    EXPECT_EQ(tracker.next_timeout(), Instant(1030ms));
}

TEST(NackTracker, GivesUpOnWhatIsTooLate) {
    NackTracker tracker(100ms);
    tracker.on_packet(1, false, Instant(1s));
    tracker.on_packet(3, false, Instant(1s));
    EXPECT_EQ(poll(tracker, Instant(1010ms)).size(), 1U);
    EXPECT_TRUE(poll(tracker, Instant(1110ms)).empty());
    EXPECT_EQ(tracker.missing(), 0U);
}

TEST(NackTracker, StopsWhenThePacketComes) {
    NackTracker tracker;
    tracker.on_packet(1, false, Instant(1s));
    tracker.on_packet(5, false, Instant(1s));
    EXPECT_EQ(poll(tracker, Instant(1010ms)), (Numbers{2, 3, 4}));
    tracker.on_packet(3, false, Instant(1050ms));
    EXPECT_EQ(poll(tracker, Instant(1110ms)), (Numbers{2, 4}));
}

TEST(NackTracker, AKeyframeMakesTheOldUnneeded) {
    NackTracker tracker;
    tracker.on_packet(1, false, Instant(1s));
    tracker.on_packet(5, false, Instant(1s));
    tracker.on_packet(8, true, Instant(1s));
    EXPECT_EQ(tracker.missing(), 0U);
    EXPECT_EQ(tracker.next_timeout(), kNever);
    tracker.on_packet(10, false, Instant(1s));
    EXPECT_EQ(tracker.missing(), 1U);
}

TEST(NackTracker, WishesForAKeyframeWhenTheListOverflows) {
    NackTracker tracker;
    tracker.on_packet(0, false, Instant(1s));
    tracker.on_packet(1001, false, Instant(1s));  // 1000 missing: all are kept
    EXPECT_EQ(tracker.missing(), kMaxMissing);
    EXPECT_FALSE(tracker.take_keyframe_wish());
    tracker.on_packet(1003, false, Instant(1s));  // one more does not fit
    EXPECT_EQ(tracker.missing(), 0U);
    EXPECT_TRUE(tracker.take_keyframe_wish());
    EXPECT_FALSE(tracker.take_keyframe_wish());
    tracker.on_packet(1003 + 0x7000, false, Instant(1s));
    EXPECT_EQ(tracker.overflows(), 2U);
}

TEST(NackTracker, FillsSmallBuffersPieceByPiece) {
    NackTracker tracker;
    tracker.on_packet(0, false, Instant(1s));
    tracker.on_packet(11, false, Instant(1s));
    std::array<std::uint16_t, 4> out{};
    std::set<std::uint16_t> asked;
    std::size_t rounds = 0;
    for (std::size_t count = 4; count == out.size(); ++rounds) {
        count = tracker.poll(Instant(1010ms), out);
        asked.insert(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count));
    }
    EXPECT_EQ(asked.size(), 10U);
    EXPECT_EQ(rounds, 3U);
    EXPECT_GT(tracker.next_timeout(), Instant(1010ms));
}

TEST(NackTracker, ForgetsWhatIsTenThousandPacketsOld) {
    NackTracker tracker(60min);
    tracker.on_packet(0, false, Instant(1s));
    tracker.on_packet(2, false, Instant(1s));
    for (std::uint16_t i = 3; i <= 10'002; ++i) tracker.on_packet(i, false, Instant(1s));
    EXPECT_EQ(tracker.missing(), 0U);
}

TEST(NackTracker, StaysBoundedUnderNonsense) {
    std::mt19937_64 random(9);
    NackTracker tracker;
    Instant now(1s);
    std::uint64_t asked = 0;
    for (int i = 0; i < 20'000; ++i, now += 1ms) {
        tracker.on_packet(static_cast<std::uint16_t>(random() % (i % 2 == 0 ? 65536 : 3000)),
                          random() % 500 == 0, now);
        ASSERT_LE(tracker.missing(), kMaxMissing);
        if (tracker.next_timeout() <= now) asked += poll(tracker, now).size();
    }
    EXPECT_EQ(asked, tracker.requested());
    tracker.reset();
    EXPECT_EQ(tracker.next_timeout(), kNever);
}

}  // namespace
}  // namespace parley::rtp
