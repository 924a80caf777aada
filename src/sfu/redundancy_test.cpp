#include "sfu/redundancy.hpp"

#include <gtest/gtest.h>

#include "sfu/test_media.hpp"

namespace parley::sfu {
namespace {

constexpr Bitrate kVoice = Bitrate::from_kbps(40);

class RedundancyTest : public testing::Test {
 protected:
    /// Reports once a second of 50 packets each.
    void run(Duration duration, double loss, std::optional<Bitrate> path = {}) {
        for (const Instant end = now_ + duration; now_ < end; now_ += 1s) {
            owed_ += 50 * loss;
            const auto lost = static_cast<std::uint32_t>(owed_);
            owed_ -= lost;
            control_.on_report({50, lost}, now_);
            control_.review(kVoice, path, now_);
        }
    }
    Redundancy control_;
    Instant now_ = Instant{} + 100s;
    double owed_ = 0;
};

TEST_F(RedundancyTest, FollowsLoss) {
    const struct {
        double loss;
        int copies;
    } table[] = {{0, 0}, {0.01, 0}, {0.02, 0}, {0.04, 1}, {0.07, 1}, {0.10, 2}, {0.5, 2}};
    for (const auto& row : table) {
        control_ = {};
        run(20s, row.loss);
        EXPECT_EQ(control_.copies(), row.copies) << row.loss;
        EXPECT_NEAR(control_.loss().value(), row.loss, 0.01);
        EXPECT_EQ(text(control_.reason()), row.copies > 0 ? "loss" : "no_loss");
    }
}

TEST_F(RedundancyTest, BeginsWithTheFirstReportThatSaysSo) {
    control_.on_report({250, 50}, now_);
    control_.review(kVoice, {}, now_);
    EXPECT_EQ(control_.copies(), 2);
}

TEST_F(RedundancyTest, AFewPacketsSayNothing) {
    control_.on_report({10, 5}, now_);
    control_.review(kVoice, {}, now_);
    EXPECT_EQ(control_.copies(), 0);
    EXPECT_FALSE(control_.loss());
}

TEST_F(RedundancyTest, EndsAfterAWhileWithoutLoss) {
    run(10s, 0.1);
    ASSERT_EQ(control_.copies(), 2);
    run(8s, 0);
    EXPECT_EQ(control_.copies(), 2) << "held";
    run(20s, 0);
    EXPECT_EQ(control_.copies(), 0);
}

TEST_F(RedundancyTest, WaveringLossDoesNotMakeItFlap) {
    run(10s, 0.09);
    ASSERT_EQ(control_.copies(), 2);
    for (int i = 0; i < 20; ++i) {
        run(3s, i % 2 == 0 ? 0.065 : 0.09);
        EXPECT_EQ(control_.copies(), 2);
    }
}

TEST_F(RedundancyTest, IsShedWhereAudioWouldTakeTooMuchOfACutPath) {
    run(10s, 0.2, Bitrate::from_kbps(1000));
    EXPECT_EQ(control_.copies(), 2);
    run(1s, 0.2, Bitrate::from_kbps(400));  // 120 of 400 would be too much, 80 are not
    EXPECT_EQ(control_.copies(), 1);
    EXPECT_EQ(control_.reason(), RedundancyReason::kBandwidth);
    run(1s, 0.2, Bitrate::from_kbps(200));
    EXPECT_EQ(control_.copies(), 0);
    EXPECT_EQ(control_.reason(), RedundancyReason::kBandwidth);
    run(4s, 0.2);
    EXPECT_EQ(control_.copies(), 0) << "held";
    run(4s, 0.2);
    EXPECT_EQ(control_.copies(), 2);
    EXPECT_EQ(control_.reason(), RedundancyReason::kLoss);
}

TEST_F(RedundancyTest, APathNearTheLimitDoesNotMakeItFlap) {
    run(10s, 0.2, Bitrate::from_kbps(490));
    ASSERT_EQ(control_.copies(), 2);
    run(1s, 0.2, Bitrate::from_kbps(470));
    ASSERT_EQ(control_.copies(), 1);
    run(30s, 0.2, Bitrate::from_kbps(490));
    EXPECT_EQ(control_.copies(), 1);
}

TEST(ReportedLossTest, CountsPacketsBetweenReports) {
    ReportedLoss reported;
    rtp::ReportBlock block;
    block.fraction_lost = 64;
    block.highest_sequence = 5'100;
    block.cumulative_lost = 20;
    auto sample = reported.on_block(block, 100);
    EXPECT_EQ(sample.expected, 100U);
    EXPECT_EQ(sample.lost, 25U) << "the first report: its fraction of what was sent";
    block.highest_sequence += 200;
    block.cumulative_lost += 30;
    sample = reported.on_block(block, 300);
    EXPECT_EQ(sample.expected, 200U);
    EXPECT_EQ(sample.lost, 30U);
    block.cumulative_lost -= 5;  // duplicates
    sample = reported.on_block(block, 300);
    EXPECT_EQ(sample.expected, 0U);
    EXPECT_EQ(sample.lost, 0U);
    block.highest_sequence += 100;
    block.cumulative_lost += 1'000;  // more than there were
    EXPECT_EQ(reported.on_block(block, 400).lost, 100U);
    block.highest_sequence -= 1'000;  // it began anew
    EXPECT_EQ(reported.on_block(block, 500).expected, 0U);
}

}  // namespace
}  // namespace parley::sfu
