#include "load/frame_schedule.hpp"

#include <gtest/gtest.h>

#include "load/track_layers.hpp"

namespace parley::load {
namespace {

/// A loop of three frames with four packets each, the first a keyframe.
VideoLoop loop_of_three() {
    VideoLoop loop;
    for (const bool keyframe : {true, false, false}) {
        LoopFrame frame{keyframe, std::vector<LoopPacket>(4)};
        frame.packets.back().marker = true;
        loop.frames.push_back(std::move(frame));
    }
    return loop;
}

class FrameScheduleTest : public ::testing::Test {
 protected:
    void SetUp() override { schedule_.start(kFirst); }
    /// Takes what is due in the frame that is next; the number of the frame in the loop.
    std::size_t send_frame() {
        now_ = std::max(now_, schedule_.next());
        const LoopPacket* first = schedule_.take(now_);
        while (!schedule_.between_frames()) {
            now_ = std::max(now_, schedule_.next());
            EXPECT_NE(schedule_.take(now_), nullptr);
        }
        for (std::size_t i = 0; i < loop_.frames.size(); ++i) {
            if (first == &loop_.frames[i].packets[0]) return i;
        }
        ADD_FAILURE() << "not the first packet of a frame";
        return 0;
    }

    static constexpr Instant kFirst = Instant{} + 1s;
    VideoLoop loop_ = loop_of_three();
    FrameSchedule schedule_{loop_, false};
    Instant now_ = kFirst;
};

TEST_F(FrameScheduleTest, FramesLeaveOnTheirGridAndTheLoopGoesRound) {
    EXPECT_EQ(schedule_.take(kFirst - 1ms), nullptr);
    for (unsigned i = 0; i < 7; ++i) {
        EXPECT_EQ(schedule_.next(), kFirst + i * kFrameInterval);
        EXPECT_EQ(send_frame(), i % 3);
        EXPECT_EQ(schedule_.frame_due(), kFirst + i * kFrameInterval);
        EXPECT_EQ(schedule_.frames(), i + 1);
    }
}

TEST_F(FrameScheduleTest, SpreadSpacesThePacketsOfAFrame) {
    FrameSchedule schedule(loop_, true);
    schedule.start(kFirst);
    for (unsigned i = 0; i < 4; ++i) {
        EXPECT_EQ(schedule.next(), kFirst + i * (kFrameInterval / 4));
        EXPECT_NE(schedule.take(schedule.next()), nullptr);
        EXPECT_EQ(schedule.take(schedule.frame_due() + i * (kFrameInterval / 4)), nullptr);
    }
    EXPECT_EQ(schedule.next(), kFirst + kFrameInterval);
}

TEST_F(FrameScheduleTest, AWishForAKeyframeBeginsTheLoopAnew) {
    EXPECT_EQ(send_frame(), 0U);
    EXPECT_EQ(send_frame(), 1U);
    schedule_.want_keyframe();
    EXPECT_EQ(send_frame(), 0U);
    EXPECT_EQ(send_frame(), 1U);
}

TEST_F(FrameScheduleTest, LateFramesAreLeftOut) {
    send_frame();
    now_ += 1s;
    send_frame();
    EXPECT_EQ(schedule_.frame_due(), now_);
    EXPECT_EQ(schedule_.next(), now_ + kFrameInterval);
}

TEST_F(FrameScheduleTest, WhatNobodyWatchesIsOffAndComesBackWithAKeyframeOnTheGrid) {
    send_frame();
    send_frame();
    schedule_.set_active(false, now_);
    EXPECT_EQ(schedule_.next(), kNever);
    EXPECT_EQ(schedule_.take(now_ + 3600s), nullptr);
    now_ += 5s + 1ms;
    schedule_.set_active(true, now_);
    EXPECT_GE(schedule_.next(), now_);
    EXPECT_LT(schedule_.next(), now_ + kFrameInterval);
    EXPECT_EQ((schedule_.next() - kFirst) % kFrameInterval, Duration::zero());
    EXPECT_EQ(send_frame(), 0U);
    EXPECT_EQ(schedule_.frames(), 3U);
}

TEST_F(FrameScheduleTest, AFrameThatIsBeingSentIsSentToItsEnd) {
    EXPECT_NE(schedule_.take(now_), nullptr);
    schedule_.set_active(false, now_);
    for (int i = 0; i < 3; ++i) EXPECT_NE(schedule_.take(now_), nullptr);
    EXPECT_EQ(schedule_.next(), kNever);
    // The same, but wanted again before its end.
    schedule_.set_active(true, now_);
    EXPECT_NE(schedule_.take(schedule_.next()), nullptr);
    schedule_.set_active(false, now_);
    schedule_.set_active(true, now_);
    for (int i = 0; i < 3; ++i) EXPECT_NE(schedule_.take(now_ + kFrameInterval), nullptr);
    EXPECT_EQ(send_frame(), 0U);
}

TEST_F(FrameScheduleTest, MayBeOffBeforeItStarts) {
    FrameSchedule schedule(loop_, false);
    schedule.set_active(false, kFirst);
    schedule.start(kFirst);
    EXPECT_EQ(schedule.next(), kNever);
    schedule.set_active(true, kFirst + 1s);
    EXPECT_GE(schedule.next(), kFirst + 1s);
}

TEST(TrackLayers, AreRead) {
    const auto read = read_track_layers(
        signal::Json::parse(R"({"type":"track-layers","mid":"1","layers":[)"
                            R"({"rid":"low","active":true},{"rid":"high","active":false},7,{}]})"));
    EXPECT_EQ(read.mid, "1");
    ASSERT_EQ(read.layers.size(), 3U);
    EXPECT_EQ(read.layers[0].rid, "low");
    EXPECT_TRUE(read.layers[0].active);
    EXPECT_EQ(read.layers[1].rid, "high");
    EXPECT_FALSE(read.layers[1].active);
    EXPECT_TRUE(read.layers[2].active);
    EXPECT_TRUE(read_track_layers(signal::Json::parse(R"({"layers":7})")).layers.empty());
}

}  // namespace
}  // namespace parley::load
