#include "node/track.hpp"

#include <gtest/gtest.h>
#include <memory>

namespace parley::node {
namespace {

class CountingUpstream final : public Upstream {
 public:
    void review_layers(Track&, Instant) override { ++reviews; }
    void pump_keyframe_requests(Track&, Instant) override {}
    int reviews = 0;
};

class TrackTest : public ::testing::Test {
 protected:
    TrackTest() : track_(config(), std::make_shared<sfu::ParticipantClock>()) {
        track_.upstream = &upstream_;
        note_revision(track_, now_);  // its first
        upstream_.reviews = 0;
        now_ += 1s;
    }
    static sfu::PublicationConfig config() {
        sfu::PublicationConfig config;
        config.kind = sfu::Kind::kVideo;
        config.codec = media::Codec::kVp8;
        return config;
    }
    void change() {
        muted_ = !muted_;
        track_.publication.set_muted(muted_);
        note_revision(track_, now_);
    }

    CountingUpstream upstream_;
    Track track_;
    Instant now_{3600s};
    bool muted_ = false;
};

TEST_F(TrackTest, AChangeIsToldAtOnce) {
    change();
    EXPECT_EQ(upstream_.reviews, 1);
    note_revision(track_, now_);
    EXPECT_EQ(upstream_.reviews, 1) << "and once";
    EXPECT_EQ(track_.tell_at, kNever);
}

TEST_F(TrackTest, ChangesWithEachPacketAreToldNowAndThen) {
    for (int i = 0; i < 1000; ++i) {
        change();
        now_ += 100us;
    }
    EXPECT_GE(upstream_.reviews, 9);
    EXPECT_LE(upstream_.reviews, 11);
}

TEST_F(TrackTest, TheLastChangeIsToldWhenItIsDue) {
    change();
    now_ += 1ms;
    change();
    EXPECT_EQ(upstream_.reviews, 1);
    EXPECT_EQ(next_timeout(track_), now_ + kTellInterval - 1ms);
    now_ = next_timeout(track_);
    note_revision(track_, now_);
    EXPECT_EQ(upstream_.reviews, 2);
    EXPECT_EQ(track_.tell_at, kNever);
}

TEST_F(TrackTest, WhatWaitsIsForgottenWhenItHasBeenSeen) {
    change();
    now_ += 1ms;
    change();
    track_.seen_revision = track_.publication.revision();
    note_revision(track_, now_);
    EXPECT_EQ(track_.tell_at, kNever) << "or its timer would be due for ever";
}

}  // namespace
}  // namespace parley::node
