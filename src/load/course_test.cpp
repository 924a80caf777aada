#include "load/course.hpp"

#include <array>
#include <gtest/gtest.h>

namespace parley::load {
namespace {

constexpr Attendance kFour{false, 4, true};
constexpr Attendance kNobody{false, 0, true};

/// Measured: a receiver's first packet takes eight delays.
TEST(JoinTimeout, LeavesTimeForEveryDelayThatMayBeAskedFor) {
    for (const Duration delay : std::array<Duration, 3>{0ms, 40ms, 2s})
        EXPECT_GE(join_timeout(delay), 15s + 8 * delay);
}

/// Four participants, ten seconds, in virtual time.
class CourseTest : public ::testing::Test {
 protected:
    /// Advances in steps of 20 ms, as the swarm does, for as long as the phase stays.
    Duration spend(const Attendance& attendance, Duration at_most = 1min) {
        const Instant begun = now_;
        const Phase before = course_.phase();
        while (course_.phase() == before && now_ - begun < at_most) {
            now_ += 20ms;
            course_.advance(attendance, now_);
        }
        return now_ - begun;
    }
    void begin_measuring() {
        spend(kFour);  // joining
        spend(kFour);  // settling
        ASSERT_EQ(course_.phase(), Phase::kMeasuring);
    }

    Duration delay_ = 50ms;
    Course course_{CoursePlan{10s, delay_, 4}};
    Instant now_ = Instant{} + 100s;
};

TEST_F(CourseTest, MeasuresOnceAllHaveJoinedAndSettled) {
    EXPECT_EQ(spend({true, 3, false}, 5s), 5s);
    EXPECT_EQ(course_.phase(), Phase::kJoining);
    EXPECT_FALSE(course_.window().contains(now_));
    spend(kFour);
    EXPECT_EQ(spend(kFour), 1020ms);
    EXPECT_EQ(course_.phase(), Phase::kMeasuring);
    EXPECT_EQ(course_.window().start, now_);
    EXPECT_EQ(spend(kFour), 10s);
    EXPECT_EQ(course_.phase(), Phase::kDraining);
    EXPECT_EQ(course_.window().end - course_.window().start, 10s);
    EXPECT_EQ(spend(kFour), 500ms + 4 * delay_);
    EXPECT_EQ(course_.phase(), Phase::kDone);
}

TEST_F(CourseTest, WaitsForTheLastStreamsButNotForEver) {
    spend(kFour);
    EXPECT_EQ(spend({false, 4, false}), 8s);
    EXPECT_EQ(course_.phase(), Phase::kMeasuring);
}

TEST_F(CourseTest, LayersThatNobodyWatchesAreOffBeforeItMeasures) {
    course_ = Course(CoursePlan{10s, delay_, 4, true});
    spend(kFour);
    EXPECT_EQ(spend(kFour), 6s);
    EXPECT_EQ(course_.phase(), Phase::kMeasuring);
}

TEST_F(CourseTest, TheMeasuredTimeEndsWhenNobodyIsLeft) {
    begin_measuring();
    spend(kFour, 2s);
    spend({false, 1, true}, 1s);
    EXPECT_EQ(course_.phase(), Phase::kMeasuring);
    EXPECT_EQ(spend(kNobody), 20ms);
    EXPECT_EQ(course_.window().end - course_.window().start, 3020ms);
    EXPECT_EQ(spend(kNobody), 20ms) << "nothing can arrive any more";
    EXPECT_EQ(course_.phase(), Phase::kDone);
}

TEST_F(CourseTest, NothingIsMeasuredWhenNobodyIsLeftBefore) {
    spend(kFour);
    spend(kFour, 500ms);
    EXPECT_EQ(spend(kNobody), 20ms);
    EXPECT_EQ(course_.phase(), Phase::kDone);
    EXPECT_EQ(course_.window().start, kNever);
}

TEST_F(CourseTest, AnInterruptedMeasurementDrainsAsLong) {
    begin_measuring();
    spend(kFour, 2s);
    course_.interrupt();
    EXPECT_EQ(spend(kFour), 20ms);
    EXPECT_EQ(course_.window().end - course_.window().start, 2020ms);
    EXPECT_EQ(spend(kFour), 500ms + 4 * delay_);
    EXPECT_EQ(course_.phase(), Phase::kDone);
}

TEST_F(CourseTest, AnInterruptBeforeEndsItAtOnce) {
    course_.interrupt();
    EXPECT_EQ(spend({true, 2, false}), 20ms);
    EXPECT_EQ(course_.phase(), Phase::kDone);
    EXPECT_TRUE(course_.interrupted());
}

}  // namespace
}  // namespace parley::load
