#include "sfu/keyframe_throttle.hpp"

#include <gtest/gtest.h>

namespace parley::sfu {
namespace {

TEST(KeyframeThrottle, AThousandRequestsASecondBecomeTwo) {
    KeyframeThrottle throttle;
    int sent = 0;
    for (Instant now{}; now < Instant{} + 10s; now += 1ms) {
        throttle.request();
        if (!throttle.poll(now)) continue;
        ++sent;
        throttle.on_keyframe();
    }
    EXPECT_EQ(sent, 20);
}

TEST(KeyframeThrottle, TheFirstGoesAtOnce) {
    KeyframeThrottle throttle;
    EXPECT_EQ(throttle.next_timeout(), kNever);
    throttle.request();
    EXPECT_LE(throttle.next_timeout(), Instant{});
    EXPECT_TRUE(throttle.poll(Instant{}));
}

TEST(KeyframeThrottle, AnUnansweredRequestIsRepeatedAndSlowsDown) {
    KeyframeThrottle throttle;
    throttle.request();
    Instant now{};
    for (std::uint32_t i = 0; i <= kKeyframeFastRetries; ++i) {
        EXPECT_TRUE(throttle.poll(now));
        EXPECT_FALSE(throttle.poll(now + 499ms));
        now += kKeyframeRequestInterval;
    }
    EXPECT_FALSE(throttle.poll(now));
    EXPECT_TRUE(throttle.poll(now + kKeyframeSlowInterval));
    throttle.on_keyframe();
    EXPECT_EQ(throttle.next_timeout(), kNever);
    EXPECT_EQ(throttle.sent(), kKeyframeFastRetries + 2);
}

TEST(KeyframeThrottle, ARequestSoonAfterAnAnsweredOneWaits) {
    KeyframeThrottle throttle;
    throttle.request();
    ASSERT_TRUE(throttle.poll(Instant{}));
    throttle.on_keyframe();
    throttle.request();
    EXPECT_FALSE(throttle.poll(Instant{} + 100ms));
    EXPECT_EQ(throttle.next_timeout(), Instant{} + 500ms);
    EXPECT_TRUE(throttle.poll(Instant{} + 500ms));
}

}  // namespace
}  // namespace parley::sfu
