#include "sfu/stall_watch.hpp"

#include <gtest/gtest.h>

#include "sfu/test_media.hpp"

namespace parley::sfu {
namespace {

using test::at_ms;

constexpr StreamMask kTwo = 0b011;

TEST(StallWatch, AStreamStallsWhenASiblingGoesOnWithoutIt) {
    StallWatch watch;
    int ms = 1000;
    for (; ms < 2000; ms += 50) {
        EXPECT_EQ(watch.on_frame(0, false, kTwo, at_ms(ms)), 0);
        EXPECT_EQ(watch.on_frame(1, false, kTwo, at_ms(ms)), 0);
    }
    for (int frame = 1; frame < 8; ++frame, ms += 50) {
        EXPECT_EQ(watch.on_frame(0, false, kTwo, at_ms(ms)), 0) << frame;
    }
    EXPECT_EQ(watch.on_frame(0, false, kTwo, at_ms(ms)), 0b010);
    EXPECT_TRUE(watch.stalled(1));
    EXPECT_FALSE(watch.stalled(0));
}

TEST(StallWatch, OfASlowCameraAFewFramesMustBeMissed) {
    StallWatch watch;
    watch.on_frame(1, false, kTwo, at_ms(1000));
    for (int frame = 0; frame < 4; ++frame) {
        EXPECT_EQ(watch.on_frame(0, false, kTwo, at_ms(1200 + 200 * frame)), 0) << frame;
    }
    EXPECT_EQ(watch.on_frame(0, false, kTwo, at_ms(2000)), 0b010);
}

// The low stream of a screen share beside the high one.
TEST(StallWatch, ASlowSiblingHasNotStalled) {
    StallWatch watch;
    for (int frame = 0; frame < 300; ++frame) {
        const Instant now = at_ms(1000 + frame * 33);
        EXPECT_EQ(watch.on_frame(1, false, kTwo, now), 0) << frame;
        if (frame % 6 != 0) continue;
        EXPECT_EQ(watch.on_frame(0, false, kTwo, now), 0) << frame;
    }
}

// A burst after a pause of the whole publisher is not time that has passed.
TEST(StallWatch, ABurstOfFramesAloneProvesNothing) {
    StallWatch watch;
    watch.on_frame(0, true, kTwo, at_ms(1000));
    watch.on_frame(1, true, kTwo, at_ms(1000));
    for (int frame = 0; frame < 30; ++frame) {
        EXPECT_EQ(watch.on_frame(0, false, kTwo, at_ms(1100 + frame)), 0);
    }
    EXPECT_EQ(watch.on_frame(0, false, kTwo, at_ms(1400)), 0b010);
}

TEST(StallWatch, AStreamReturnsWithAKeyframeOrSteadily) {
    StallWatch watch;
    watch.on_frame(1, true, kTwo, at_ms(1000));
    int ms = 1000;
    const auto stall = [&] {
        for (const int end = ms + 2000; ms < end; ms += 33) {
            watch.on_frame(0, false, kTwo, at_ms(ms));
        }
        return watch.stalled(1);
    };
    EXPECT_TRUE(stall());
    watch.on_frame(1, false, kTwo, at_ms(ms));
    EXPECT_TRUE(watch.stalled(1)) << "one frame in two seconds";
    watch.on_frame(1, false, kTwo, at_ms(ms += 50));
    EXPECT_FALSE(watch.stalled(1));
    EXPECT_TRUE(stall());
    watch.on_frame(1, true, kTwo, at_ms(ms));
    EXPECT_FALSE(watch.stalled(1));
    EXPECT_TRUE(stall());
    watch.forgive(1);
    EXPECT_FALSE(watch.stalled(1));
}

}  // namespace
}  // namespace parley::sfu
