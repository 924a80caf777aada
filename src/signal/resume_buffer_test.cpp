#include "signal/resume_buffer.hpp"

#include <gtest/gtest.h>

namespace parley::signal {
namespace {

using Texts = std::vector<std::string_view>;
constexpr Instant kStart{100s};

TEST(ResumeBuffer, GivesWhatFollowsInOrder) {
    ResumeBuffer buffer(10, 1000);
    for (std::uint64_t seq = 1; seq <= 3; ++seq) {
        EXPECT_EQ(buffer.push(seq, "m" + std::to_string(seq), StateKind::kNone, kStart), 0U);
    }
    EXPECT_EQ(*buffer.after(0), (Texts{"m1", "m2", "m3"}));
    EXPECT_EQ(*buffer.after(2), Texts{"m3"});
    EXPECT_EQ(*buffer.after(3), Texts{});
}

TEST(ResumeBuffer, HoldsItsLimitsExactly) {
    ResumeBuffer buffer(3, 1000);
    for (std::uint64_t seq = 1; seq <= 3; ++seq) buffer.push(seq, "x", StateKind::kNone, kStart);
    EXPECT_TRUE(buffer.after(0));
    EXPECT_EQ(buffer.push(4, "x", StateKind::kNone, kStart), 1U);
    EXPECT_FALSE(buffer.after(0));
    EXPECT_EQ(buffer.after(1)->size(), 3U);

    ResumeBuffer bytes(100, 10);
    bytes.push(1, "12345", StateKind::kNone, kStart);
    bytes.push(2, "12345", StateKind::kNone, kStart);
    EXPECT_EQ(bytes.after(0)->size(), 2U);
    bytes.push(3, "1", StateKind::kNone, kStart);
    EXPECT_FALSE(bytes.after(0));
    EXPECT_EQ(bytes.after(1)->size(), 2U);
    EXPECT_EQ(bytes.bytes(), 6U);
}

TEST(ResumeBuffer, WhatWasAcknowledgedIsNoGap) {
    ResumeBuffer buffer(2, 1000);
    for (std::uint64_t seq = 1; seq <= 6; ++seq) {
        buffer.push(seq, "x", StateKind::kNone, kStart);
        buffer.acknowledge(seq);
    }
    EXPECT_EQ(buffer.messages(), 0U);
    EXPECT_EQ(buffer.after(6)->size(), 0U);
    EXPECT_TRUE(buffer.after(0));
}

TEST(ResumeBuffer, KeepsOnlyTheNewestState) {
    ResumeBuffer buffer(10, 1000);
    buffer.push(1, "speakers1", StateKind::kSpeakers, kStart);
    buffer.push(2, "chat", StateKind::kNone, kStart);
    buffer.push(3, "quality1", StateKind::kQuality, kStart);
    buffer.push(4, "speakers2", StateKind::kSpeakers, kStart);
    EXPECT_EQ(*buffer.after(0), (Texts{"chat", "quality1", "speakers2"}));
    for (std::uint64_t seq = 5; seq < 5000; ++seq) {
        buffer.push(seq, "speakersN", StateKind::kSpeakers, kStart);
    }
    EXPECT_LE(buffer.messages(), 3U);
    EXPECT_EQ(buffer.bytes(), std::string("speakersN").size() +
                                  (buffer.after(0) ? std::string("chatquality1").size() : 0));
}

TEST(ResumeBuffer, ExpiresOnlyWhatIsOldAndReceived) {
    ResumeBuffer buffer(10, 1000);
    buffer.push(1, "a", StateKind::kNone, kStart);
    buffer.push(2, "b", StateKind::kNone, kStart + 20s);
    buffer.expire(2, kStart + 10s);
    EXPECT_FALSE(buffer.after(0));
    EXPECT_EQ(*buffer.after(1), Texts{"b"});
    buffer.expire(1, kStart + 60s);
    EXPECT_EQ(*buffer.after(1), Texts{"b"});
}

}  // namespace
}  // namespace parley::signal
