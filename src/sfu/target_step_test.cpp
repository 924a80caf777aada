#include "sfu/target_step.hpp"

#include <gtest/gtest.h>

namespace parley::sfu {
namespace {

using media::bit_of;
using media::target_of;

constexpr std::uint8_t at(int spatial, int temporal) {
    return target_of(static_cast<std::uint8_t>(spatial), static_cast<std::uint8_t>(temporal));
}

class Step : public testing::Test {
 protected:
    void SetUp() override {
        nested_.make_nested(3, 3);
        separate_.make_independent(3, 3);
        base_.starts_frame = base_.starts_picture = true;
    }
    media::LayerStructure nested_;
    media::LayerStructure separate_;
    PayloadFacts base_;  // of a base frame that is no switching point
};

TEST_F(Step, DownAtOnceWhereEverythingBelowWasSent) {
    EXPECT_EQ(next_target(nested_, base_, at(2, 2), at(0, 1)), at(0, 1));
    EXPECT_EQ(next_target(separate_, base_, at(2, 2), at(2, 0)), at(2, 0));
    base_.starts_picture = false;
    EXPECT_EQ(next_target(nested_, base_, at(2, 2), at(0, 1)), at(2, 2)) << "no picture is torn";
}

TEST_F(Step, DownAmongSeparateSizesLosesFramesFirst) {
    EXPECT_EQ(next_target(separate_, base_, at(2, 2), at(0, 0)), at(2, 0));
    EXPECT_TRUE(needs_keyframe(separate_, at(2, 0), at(0, 0)));
    EXPECT_EQ(next_target(separate_, base_, at(2, 0), at(0, 0)), at(2, 0));
    EXPECT_FALSE(needs_keyframe(nested_, at(2, 0), at(0, 0)));
}

TEST_F(Step, UpAtSwitchingPointsOnly) {
    EXPECT_EQ(next_target(nested_, base_, at(0, 0), at(2, 2)), at(0, 0));
    EXPECT_TRUE(needs_keyframe(nested_, at(0, 0), at(1, 0)));
    EXPECT_FALSE(needs_keyframe(nested_, at(0, 0), at(0, 2)));
    base_.targets = media::FrameTargets::beginning();
    EXPECT_EQ(next_target(nested_, base_, at(0, 0), at(2, 2)), at(2, 2));
    EXPECT_EQ(next_target(separate_, base_, at(2, 2), at(0, 0)), at(0, 0));
}

TEST_F(Step, UpInFramesAfterAPictureThatPromisesIt) {
    base_.targets.faster_after = true;
    EXPECT_EQ(next_target(nested_, base_, at(1, 0), at(1, 2)), at(1, 2));
    EXPECT_EQ(next_target(nested_, base_, at(1, 0), at(2, 2)), at(1, 2)) << "as far as it goes";
    base_.targets.members = media::from_temporal(1);
    EXPECT_EQ(next_target(nested_, base_, at(1, 0), at(1, 2)), at(1, 0)) << "it is not mine";
}

TEST_F(Step, UpOneLayerAfterTheOther) {
    base_.targets.members = media::from_temporal(1);
    base_.targets.switches = bit_of(at(0, 1));
    base_.targets.switch_from = media::from_temporal(0);
    EXPECT_EQ(next_target(nested_, base_, at(0, 0), at(0, 2)), at(0, 1));
    base_.targets.switches = bit_of(at(0, 2));
    base_.targets.switch_from = media::from_temporal(1);
    EXPECT_EQ(next_target(nested_, base_, at(0, 0), at(0, 2)), at(0, 0));
    EXPECT_EQ(next_target(nested_, base_, at(0, 1), at(0, 2)), at(0, 2));
}

}  // namespace
}  // namespace parley::sfu
