#include "sfu/sent_history.hpp"

#include <gtest/gtest.h>

namespace parley::sfu {
namespace {

class History : public testing::Test {
 protected:
    PacketRing ring_{PacketRing::video()};
    SentHistory history_{true, 100};
    Instant now_{};

    void send(std::int64_t number, std::size_t size = 1000) {
        const std::vector<std::uint8_t> payload(size);
        StoredPacket packet;
        packet.arrival = now_;
        packet.payload = payload;
        const SlotId slot = ring_.append(packet);
        Decision decision;
        decision.forward = true;
        decision.sequence_number = static_cast<std::uint16_t>(number);
        decision.timestamp = static_cast<std::uint32_t>(number * 10);
        history_.record(number, slot, decision, size, now_);
    }
    auto ask(std::int64_t number, std::optional<Duration> rtt = 50ms) {
        return history_.answer(static_cast<std::uint16_t>(number), ring_, now_, rtt);
    }
};

TEST_F(History, AnswersAsItWasSent) {
    for (std::int64_t number = 65'530; number < 65'545; ++number) send(number);  // across the wrap
    const auto again = ask(65'537);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->decision.sequence_number, 1);
    EXPECT_EQ(again->decision.timestamp, 655'370U);
    EXPECT_EQ(again->rtx_sequence_number, 100);
    EXPECT_EQ(ask(65'531)->rtx_sequence_number, 101);
    ASSERT_NE(ring_.find(again->slot), nullptr);
}

TEST_F(History, IgnoresTheUnknownTheFutureAndTheForgotten) {
    send(1000);
    send(1002);
    EXPECT_FALSE(ask(1001));
    EXPECT_FALSE(ask(1003));
    EXPECT_FALSE(ask(999));
    EXPECT_FALSE(ask(1000 - 40'000));
    for (std::int64_t number = 1003; number < 1003 + 5000; ++number, now_ += 10ms) send(number);
    EXPECT_FALSE(ask(1002));
    EXPECT_EQ(history_.sent(), 0U);
    EXPECT_EQ(history_.asked(), 5U);
}

TEST_F(History, AnswersOnceInARoundTrip) {
    send(500);
    EXPECT_TRUE(ask(500));
    EXPECT_FALSE(ask(500));
    now_ += 49ms;
    EXPECT_FALSE(ask(500));
    now_ += 1ms;
    EXPECT_TRUE(ask(500));
    now_ += 99ms;
    EXPECT_FALSE(ask(500, {}));  // unknown round trip: 100 ms
}

// Everything asked for again, all the time: a fifth of the media is answered.
TEST_F(History, StaysInItsBudget) {
    std::int64_t sent = 0;
    std::int64_t again = 0;
    for (std::int64_t number = 70'000; number < 76'000; ++number, now_ += 5ms) {
        send(number);
        sent += 1000;
        for (std::int64_t back = 0; back < 20; ++back) again += ask(number - back, 5ms) ? 1000 : 0;
    }
    EXPECT_LE(again, sent / 5 + SentHistory::kFirstBudget);
    EXPECT_GE(again, sent / 6);
}

TEST_F(History, RemembersASecondAndStaysSmall) {
    std::int64_t number = 70'000;
    for (; number < 72'000; ++number, now_ += 5ms) send(number);  // 200 packets a second
    EXPECT_TRUE(ask(number - 199));
    EXPECT_LE(history_.capacity(), 256U);
}

TEST_F(History, KeepsNothingWhenNotNegotiated) {
    SentHistory history(false, 0);
    Decision decision;
    history.record(5, 0, decision, 100, now_);
    EXPECT_FALSE(history.answer(5, ring_, now_, 50ms));
    EXPECT_EQ(history.capacity(), 0U);
}

}  // namespace
}  // namespace parley::sfu
