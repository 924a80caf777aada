#include "cc/loss_controller.hpp"

#include <gtest/gtest.h>

namespace parley::cc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LossControllerTest : public ::testing::Test {
 protected:
    /// So many packets of 1,000 octets a second, of which every n-th arrives.
    void send(int per_second, int arrives, Duration time) {
        const Duration step = Duration(seconds(1)) / per_second;
        for (const Instant end = now_ + time; now_ < end; now_ += step) {
            const bool received = arrives > 0 && number_ % arrives == 0;
            losses_.on_report({{number_++, now_, 1000, kNoProbe}, received, {}, {}});
            losses_.update(now_);
        }
    }

    LossController losses_;
    Instant now_{seconds(100)};
    std::int64_t number_ = 0;
};

TEST_F(LossControllerTest, ALimitStandsWhileItIsConfirmed) {
    send(100, 1, seconds(2));
    EXPECT_FALSE(losses_.limit());
    send(100, 8, seconds(3));
    EXPECT_TRUE(losses_.limit());
}

// Too few packets to learn anything from, as when all video is paused.
TEST_F(LossControllerTest, ALimitOfWhichNothingMoreIsLearntEnds) {
    send(100, 1, seconds(2));
    send(100, 8, seconds(3));
    ASSERT_TRUE(losses_.limit());
    send(2, 1, seconds(9));
    EXPECT_TRUE(losses_.limit());
    send(2, 1, seconds(3));
    EXPECT_FALSE(losses_.limit());
}

}  // namespace
}  // namespace parley::cc
