#include "sfu/receive_window.hpp"

#include <gtest/gtest.h>

namespace parley::sfu {
namespace {

using Verdict = ReceiveWindow::Verdict;

ReceiveWindow started_at(std::uint16_t number) {
    ReceiveWindow window;
    window.restart(number);
    window.add(number);
    return window;
}

TEST(ReceiveWindow, CountsOnAcrossTheWrap) {
    auto window = started_at(65'535);
    const std::int64_t first = window.highest();
    EXPECT_EQ(window.add(0).index, first + 1);
    EXPECT_EQ(window.add(2).index, first + 3);
    EXPECT_EQ(window.add(1).index, first + 2);
    EXPECT_EQ(window.highest(), first + 3);
}

TEST(ReceiveWindow, FindsDuplicatesInAndOutOfOrder) {
    auto window = started_at(10);
    EXPECT_EQ(window.add(10).verdict, Verdict::kDuplicate);
    EXPECT_EQ(window.add(15).verdict, Verdict::kNew);
    EXPECT_EQ(window.add(12).verdict, Verdict::kNew);
    EXPECT_EQ(window.add(12).verdict, Verdict::kDuplicate);
    EXPECT_EQ(window.add(15).verdict, Verdict::kDuplicate);
    EXPECT_EQ(window.add(8).verdict, Verdict::kNew);  // older than the first: new, with its place
}

TEST(ReceiveWindow, ForgetsWhatTheWindowHasPassed) {
    auto window = started_at(0);
    EXPECT_EQ(window.add(2500).verdict, Verdict::kNew);
    for (std::uint16_t number = 2499; number > 2500 - ReceiveWindow::kMaxMisorder; --number) {
        ASSERT_EQ(window.add(number).verdict, Verdict::kNew) << number;
        ASSERT_EQ(window.add(number).verdict, Verdict::kDuplicate) << number;
    }
}

TEST(ReceiveWindow, CallsALongStepAJump) {
    auto window = started_at(10'000);
    EXPECT_EQ(window.add(13'001).verdict, Verdict::kJump);
    EXPECT_EQ(window.add(7'900).verdict, Verdict::kJump);
    EXPECT_EQ(window.add(13'000).verdict, Verdict::kNew);
}

TEST(ReceiveWindow, ContinuesItsIndexAtARestart) {
    auto window = started_at(100);
    const std::int64_t before = window.highest();
    window.restart(40'000);
    EXPECT_EQ(window.add(40'000).index, before + 1);
    EXPECT_EQ(window.add(40'000).verdict, Verdict::kDuplicate);
}

}  // namespace
}  // namespace parley::sfu
