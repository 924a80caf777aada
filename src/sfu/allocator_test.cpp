#include "sfu/allocator.hpp"

#include <deque>
#include <gtest/gtest.h>
#include <string>

#include "base/random.hpp"

namespace parley::sfu {
namespace {

constexpr ViewSize kBig{1280, 720};
constexpr ViewSize kTile{640, 360};
constexpr ViewSize kThumb{160, 90};

LayerOption option(std::uint8_t stream, std::int64_t kbps, std::uint16_t width,
                   std::uint16_t height, std::uint8_t temporal = LayerId::kAll) {
    LayerOption one;
    one.id = {stream, LayerId::kAll, temporal};
    one.live = true;
    one.bitrate = Bitrate::from_kbps(kbps);
    one.width = width;
    one.height = height;
    one.frames_per_second = 30;
    return one;
}

// 150, 500 and 1,700 kbit/s.
LayerOptions camera() {
    LayerOptions options;
    options.push_back(option(0, 150, 320, 180));
    options.push_back(option(1, 500, 640, 360));
    options.push_back(option(2, 1700, 1280, 720));
    return options;
}

LayerOptions single(std::int64_t kbps) {
    LayerOptions options;
    options.push_back(option(0, kbps, 1920, 1080));
    return options;
}

// One size, three frame rates.
LayerOptions temporal() {
    LayerOptions options;
    options.push_back(option(0, 200, 640, 360, 0));
    options.push_back(option(0, 300, 640, 360, 1));
    options.push_back(option(0, 500, 640, 360, 2));
    return options;
}

class AllocatorTest : public testing::Test {
 protected:
    AllocationStream& video(LayerOptions of, ViewSize view = {},
                            std::optional<std::uint8_t> priority = {}) {
        options_.push_back(of);
        AllocationStream stream;
        stream.id = ++last_id_;
        stream.wish.view = view;
        stream.wish.priority = priority;
        stream.options = &options_.back();
        streams_.push_back(stream);
        return streams_.back();
    }
    AllocationStream& screen(LayerOptions of) {
        AllocationStream& stream = video(of);
        stream.screen = true;
        return stream;
    }
    AllocationStream& audio(std::int64_t kbps = 0) {
        AllocationStream stream;
        stream.id = ++last_id_;
        stream.kind = Kind::kAudio;
        stream.bitrate = Bitrate::from_kbps(kbps);
        streams_.push_back(stream);
        return streams_.back();
    }

    void estimate(std::int64_t kbps) { allocator_.on_estimate(Bitrate::from_kbps(kbps), now_); }
    void remb(std::int64_t kbps) {
        allocator_.on_receiver_estimate(Bitrate::from_kbps(kbps), now_);
    }
    // The place of each video's option: "2" is the third, "-" nothing.
    std::string levels() {
        const std::vector<AllocationStream> all(streams_.begin(), streams_.end());
        const auto result = allocator_.allocate(all, now_);
        last_.assign(result.begin(), result.end());
        std::string text;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i].kind != Kind::kVideo) continue;
            char level = '-';
            for (std::size_t k = 0; k < all[i].options->size(); ++k) {
                if (last_[i].target == (*all[i].options)[k].id) level = char('0' + k);
            }
            text += level;
        }
        if (!before_.empty() && text != before_) ++changes_;
        before_ = text;
        return text;
    }
    std::string levels_after(Duration time) {
        std::string text;
        for (const Instant end = now_ + time; now_ < end; now_ += 100ms) text = levels();
        return text;
    }
    Bitrate total() const { return allocator_.used(); }

    Allocator allocator_;
    Instant now_{100s};
    std::deque<LayerOptions> options_;
    std::deque<AllocationStream> streams_;
    std::vector<Assignment> last_;
    std::string before_;
    int changes_ = 0;
    std::uint64_t last_id_ = 0;
};

TEST_F(AllocatorTest, GivesTheHighestWhileNothingIsKnown) {
    video(camera());
    video(camera());
    EXPECT_EQ(levels(), "22");
    EXPECT_EQ(last_[0].reason, Reason::kAuto);
    EXPECT_FALSE(last_[0].paused);
    EXPECT_EQ(allocator_.demand(), Bitrate::from_kbps(3400) * Allocator::kRaiseHeadroom);
}

struct Row {
    std::int64_t kbps;
    const char* levels;
};

TEST_F(AllocatorTest, SharesByImportance) {
    // Three equal cameras: everybody's lowest, then everybody's second, then by their order.
    const Row rows[] = {{10'000, "222"}, {5100, "222"}, {4000, "221"}, {2000, "111"},
                        {1600, "111"},   {1300, "110"}, {900, "100"},  {700, "000"},
                        {450, "000"},    {300, "00-"},  {150, "0--"},  {100, "---"}};
    for (const Row& row : rows) {
        allocator_ = Allocator();
        streams_.clear();
        for (int i = 0; i < 3; ++i) video(camera());
        estimate(row.kbps);
        EXPECT_EQ(levels(), row.levels) << row.kbps;
        EXPECT_LE(total(), Bitrate::from_kbps(row.kbps) * Allocator::kKeepTolerance);
    }
}

TEST_F(AllocatorTest, PutsTheScreenBeforeCameras) {
    const Row rows[] = {{6000, "222"}, {3000, "112"}, {2100, "002"}, {1000, "001"},
                        {460, "000"},  {310, "0-0"},  {160, "--0"}};
    for (const Row& row : rows) {
        allocator_ = Allocator();
        streams_.clear();
        video(camera());
        video(camera());
        screen(camera());
        estimate(row.kbps);
        EXPECT_EQ(levels(), row.levels) << row.kbps;
    }
}

TEST_F(AllocatorTest, ObeysThePriorityOfTheSubscriber) {
    video(camera());
    screen(camera());
    video(camera(), {}, 90);
    estimate(2100);
    EXPECT_EQ(levels(), "002");
}

TEST_F(AllocatorTest, WhatIsBeyondTheLastNTakesNothingAndReturnsInFull) {
    video(camera());
    video(camera()).beyond_last_n = true;
    estimate(2500);
    EXPECT_EQ(levels(), "2-");
    EXPECT_EQ(last_[1].reason, Reason::kLastN);
    EXPECT_TRUE(last_[1].paused);
    EXPECT_EQ(total(), Bitrate::from_kbps(1700));
    EXPECT_EQ(allocator_.demand(), Bitrate::from_kbps(1700) * Allocator::kRaiseHeadroom);
    EXPECT_FALSE(allocator_.constrained());
    // The other one's turn: at once, and without a wait for what it took before.
    streams_[0].beyond_last_n = true;
    streams_[1].beyond_last_n = false;
    now_ += 50ms;
    EXPECT_EQ(levels(), "-2");
    EXPECT_EQ(last_[1].reason, Reason::kAuto);
}

TEST_F(AllocatorTest, PutsLargerPicturesFirst) {
    video(camera(), kTile);
    video(camera(), kBig);
    estimate(760);
    EXPECT_EQ(levels(), "01");
    estimate(160);
    EXPECT_EQ(levels(), "-0");
}

TEST_F(AllocatorTest, SendsNoMorePixelsThanAreShown) {
    const struct {
        ViewSize view;
        const char* levels;
        Reason reason;
    } rows[] = {{{}, "2", Reason::kAuto},
                {kBig, "2", Reason::kAuto},
                {{3840, 2160}, "2", Reason::kAuto},
                {kTile, "1", Reason::kViewSize},
                {{700, 390}, "1", Reason::kViewSize},
                {{360, 640}, "1", Reason::kViewSize},
                {{800, 450}, "2", Reason::kAuto},
                {kThumb, "0", Reason::kViewSize}};
    for (const auto& row : rows) {
        allocator_ = Allocator();
        streams_.clear();
        video(camera(), row.view);
        EXPECT_EQ(levels(), row.levels) << row.view.width;
        EXPECT_EQ(last_[0].reason, row.reason) << row.view.width;
    }
}

TEST_F(AllocatorTest, HoldsToTheWish) {
    const struct {
        Wish wish;
        const char* levels;
        Reason reason;
    } rows[] = {{Wish::kLow, "0", Reason::kWish},
                {Wish::kMedium, "1", Reason::kWish},
                {Wish::kHigh, "2", Reason::kWish},
                {Wish::kOff, "-", Reason::kOff}};
    AllocationStream& stream = video(camera(), kThumb);
    for (const auto& row : rows) {
        stream.wish.layer = row.wish;  // by name it counts more than the view
        EXPECT_EQ(levels(), row.levels);
        EXPECT_EQ(last_[0].reason, row.reason) << text(last_[0].reason);
        EXPECT_FALSE(last_[0].paused);
    }
    estimate(600);
    stream.wish.layer = Wish::kHigh;
    EXPECT_EQ(levels(), "1") << "a wish is a maximum";
    EXPECT_EQ(last_[0].reason, Reason::kEstimate);
}

TEST_F(AllocatorTest, TakesWhatIsLive) {
    AllocationStream& stream = video(camera());
    stream.wish.layer = Wish::kHigh;
    options_[0][2].live = false;
    EXPECT_EQ(levels(), "1");
    EXPECT_EQ(last_[0].reason, Reason::kLowerLayerOnlyLive);
    stream.wish.layer = Wish::kLow;
    options_[0][0].live = false;
    EXPECT_EQ(levels(), "1");
    EXPECT_EQ(last_[0].reason, Reason::kHigherLayerOnlyLive);
    options_[0][1].live = false;
    EXPECT_EQ(levels(), "-");
    EXPECT_EQ(last_[0].reason, Reason::kNothingArrives);
    EXPECT_FALSE(last_[0].paused);
}

TEST_F(AllocatorTest, FallsAtOnceToALayerThatStillArrives) {
    video(camera());
    estimate(2200);
    EXPECT_EQ(levels(), "2");
    options_[0][2].live = false;
    EXPECT_EQ(levels(), "1");
    options_[0][2].live = true;
    EXPECT_EQ(levels_after(1s), "2");
}

TEST_F(AllocatorTest, UsesTemporalLayersBeforeAnotherSize) {
    LayerOptions both = temporal();
    both.push_back(option(1, 1200, 1280, 720, 0));
    both.push_back(option(1, 2000, 1280, 720, 1));
    video(both);
    const Row rows[] = {{210, "0"}, {310, "1"}, {600, "2"}, {1250, "3"}, {2100, "4"}};
    for (const Row& row : rows) {
        allocator_ = Allocator();
        estimate(row.kbps);
        EXPECT_EQ(levels(), row.levels) << row.kbps;
    }
}

TEST_F(AllocatorTest, SetsAudioAsideFirst) {
    audio();
    video(camera());
    estimate(185);  // 48 of it audio's
    EXPECT_EQ(levels(), "-");
    EXPECT_TRUE(last_[1].paused);
    EXPECT_EQ(last_[1].reason, Reason::kBandwidth);
    EXPECT_TRUE(last_[0].target);
    EXPECT_FALSE(last_[0].paused);
}

TEST_F(AllocatorTest, SetsAsideWhatAudioReallyTakes) {
    for (int i = 0; i < 20; ++i) audio(2);  // silent, all of them
    EXPECT_EQ(levels(), "");
    EXPECT_EQ(total(), Allocator::kAudioRate * 3) << "three may speak";
    for (auto& stream : streams_) stream.bitrate = Bitrate::from_kbps(30);
    levels();
    EXPECT_EQ(total(), Bitrate::from_kbps(600) * Allocator::kAudioHeadroom);
}

TEST_F(AllocatorTest, PausesWhatDoesNotFitAndGivesTheRestToOthers) {
    screen(single(2500));
    video(camera());
    estimate(1000);
    EXPECT_EQ(levels(), "-1");
    EXPECT_TRUE(last_[0].paused);
}

TEST_F(AllocatorTest, ExpectsOfAnUnknownLayerWhatItsSizeUsuallyTakes) {
    LayerOptions unknown = camera();
    for (auto& one : unknown) one.bitrate = {};
    video(unknown);
    estimate(1000);
    EXPECT_EQ(levels(), "1");
    EXPECT_NEAR(allocator_.demand().kbps(), 1700 * Allocator::kRaiseHeadroom, 20);
}

TEST_F(AllocatorTest, RemembersTheRateOfALayerThatIsOff) {
    video(camera());
    estimate(10'000);
    EXPECT_EQ(levels(), "2");
    options_[0][2].bitrate = {};
    estimate(1000);
    EXPECT_EQ(levels(), "1");
    estimate(1800);
    EXPECT_EQ(levels_after(10s), "1") << "1,700 with its headroom do not fit";
    estimate(2100);
    EXPECT_EQ(levels_after(10s), "2");
}

TEST_F(AllocatorTest, FallsAtOnceAndReturnsWithPatience) {
    video(camera());
    estimate(2500);
    EXPECT_EQ(levels_after(1s), "2");
    estimate(400);
    EXPECT_EQ(levels(), "0");
    EXPECT_EQ(last_[0].reason, Reason::kEstimate);
    estimate(5000);
    EXPECT_EQ(levels_after(2s), "0");
    EXPECT_EQ(levels_after(2s), "2");
}

TEST_F(AllocatorTest, FailuresOfANarrowPathDoNotCountOnAWiderOne) {
    video(camera());
    estimate(2500);
    EXPECT_EQ(levels_after(1s), "2");
    estimate(700);
    EXPECT_EQ(levels(), "1");
    for (const auto hold : {3s, 6s, 12s, 24s}) {
        estimate(2500);
        EXPECT_EQ(levels_after(hold - 200ms), "1");
        EXPECT_EQ(levels_after(2s), "2");
        estimate(700);  // the try fails
        EXPECT_EQ(levels(), "1");
    }
    estimate(2500);
    EXPECT_EQ(levels_after(20s), "1");
    estimate(6000);
    EXPECT_EQ(levels_after(2s), "2");
}

TEST_F(AllocatorTest, PausesAndResumes) {
    video(camera(), kBig);
    video(camera(), kThumb);
    estimate(2500);
    EXPECT_EQ(levels_after(1s), "20");
    estimate(160);
    EXPECT_EQ(levels(), "0-");
    EXPECT_TRUE(last_[1].paused);
    EXPECT_EQ(last_[1].reason, Reason::kBandwidth);
    EXPECT_EQ(last_[1].share, Bitrate());
    estimate(2500);
    EXPECT_EQ(levels_after(5s), "20");
    EXPECT_FALSE(last_[1].paused);
}

TEST_F(AllocatorTest, RisesQuicklyAtTheStart) {
    video(camera());
    levels();
    estimate(600);
    EXPECT_EQ(levels(), "1");
    now_ += 100ms;
    estimate(3000);
    EXPECT_EQ(levels_after(500ms), "2");
}

TEST_F(AllocatorTest, MakesRoomForANewStreamAtOnce) {
    video(camera());
    estimate(2000);
    EXPECT_EQ(levels_after(1s), "2");
    screen(single(1200));
    EXPECT_EQ(levels(), "10");
    EXPECT_EQ(last_[1].reason, Reason::kOnlyLayer);
    streams_.pop_back();
    EXPECT_EQ(levels_after(3s), "2") << "nothing was congested: no hold";
}

TEST_F(AllocatorTest, AnotherWishIsObeyedAtOnce) {
    AllocationStream& stream = video(camera(), kThumb);
    estimate(2000);
    EXPECT_EQ(levels(), "0");
    stream.wish.view = kBig;
    EXPECT_EQ(levels(), "2");
}

TEST_F(AllocatorTest, AnIdleStreamTakesNothingAndKeepsItsPlace) {
    AllocationStream& stream = video(camera());
    video(camera());
    stream.idle = true;
    estimate(1750);
    EXPECT_EQ(levels(), "22");
    EXPECT_EQ(last_[0].reason, Reason::kNothingArrives);
    stream.idle = false;
    EXPECT_EQ(levels(), "11");
}

TEST_F(AllocatorTest, AsksForWhatARaiseNeeds) {
    audio();
    video(camera());
    estimate(700);
    levels();
    EXPECT_TRUE(allocator_.constrained());
    allocator_.on_estimate(allocator_.demand(), now_);
    EXPECT_EQ(levels_after(1s), "2");
    EXPECT_FALSE(allocator_.constrained());
}

TEST_F(AllocatorTest, VideoWaitsWhileNothingIsHeardOfThePath) {
    audio();
    video(camera(), kBig);
    video(camera(), kThumb);
    estimate(2500);
    EXPECT_EQ(levels_after(2s), "20");
    allocator_.on_blind(true);
    EXPECT_EQ(levels_after(3s), "--");
    EXPECT_TRUE(last_[1].paused);
    EXPECT_TRUE(last_[0].target) << "audio goes on";
    allocator_.on_blind(false);
    EXPECT_EQ(levels(), "20") << "at once: nothing was congested";
    allocator_.on_blind(true);
    levels_after(3s);
    allocator_.on_blind(false);
    estimate(800);
    EXPECT_EQ(levels(), "10");
}

TEST_F(AllocatorTest, VideoWaitsAlsoBeforeAnythingWasHeard) {
    video(camera());
    allocator_.on_blind(true);
    EXPECT_EQ(levels(), "-");
    allocator_.on_blind(false);
    EXPECT_EQ(levels(), "2");
}

// ---- flapping ----

// An estimate as Google congestion control gives it: grows by 8 % a second, is cut to 85 % of what
// arrives at the capacity, with noise on top.
TEST_F(AllocatorTest, DoesNotFlapWithASawtooth) {
    for (const double capacity : {400.0, 560.0, 620.0, 900.0, 1800.0, 1950.0, 2200.0}) {
        allocator_ = Allocator();
        streams_.clear();
        audio();
        video(camera(), kBig);
        video(camera(), kTile);
        before_.clear();
        changes_ = 0;
        Random random(7);
        double kbps = capacity;
        for (int i = 0; i < 3000; ++i, now_ += 100ms) {  // five minutes
            kbps *= 1.008;
            if (kbps > capacity * 1.05) kbps = capacity * 0.85;
            estimate(static_cast<std::int64_t>(kbps * (0.97 + 0.06 * random.uniform())));
            levels();
        }
        EXPECT_LE(changes_, 20) << capacity;
    }
}

TEST_F(AllocatorTest, DoesNotFlapWithWaveringRates) {
    video(camera());
    estimate(1750);
    Random random(3);
    ASSERT_EQ(levels(), "2");
    for (int i = 0; i < 3000; ++i, now_ += 100ms) {
        for (auto& one : options_[0]) {
            const double usual = one.id.stream == 0   ? 150'000
                                 : one.id.stream == 1 ? 500'000
                                                      : 1.7e6;
            one.bitrate =
                Bitrate{static_cast<std::int64_t>(usual * (0.85 + 0.3 * random.uniform()))};
        }
        levels();
    }
    EXPECT_LE(changes_, 10);
}

TEST_F(AllocatorTest, FollowsACapacityThatComesBackWithinSeconds) {
    audio();
    video(camera(), kBig);
    estimate(3000);
    EXPECT_EQ(levels_after(10s), "2");
    estimate(600);
    EXPECT_EQ(levels(), "1");
    EXPECT_EQ(levels_after(20s), "1");
    for (int kbps = 600; kbps < 3000; kbps += 100) {
        estimate(kbps);
        levels_after(200ms);
    }
    EXPECT_EQ(levels_after(2s), "2");
}

// ---- without an estimate that probes ----

TEST_F(AllocatorTest, ToleratesABurstOfLossAndFallsWhenItLasts) {
    audio();
    video(camera());
    EXPECT_EQ(levels(), "2");
    allocator_.on_loss(0.3, now_);
    EXPECT_EQ(levels(), "2");
    allocator_.on_loss(0.3, now_);
    EXPECT_EQ(levels(), "1");
    EXPECT_EQ(last_[1].reason, Reason::kLoss);
    for (int i = 0; i < 20; ++i) {
        allocator_.on_loss(0.05, now_);  // neither good nor bad: stays
        EXPECT_EQ(levels_after(1s), "1");
    }
    allocator_.on_loss(0, now_);
    EXPECT_EQ(levels_after(6s), "2");
    EXPECT_EQ(last_[1].reason, Reason::kAuto);
}

TEST_F(AllocatorTest, LossAlonePausesNothing) {
    video(camera());
    video(single(1000));
    levels();
    for (int i = 0; i < 20; ++i) {
        allocator_.on_loss(0.5, now_);
        EXPECT_EQ(levels_after(1s).find('-'), std::string::npos);
    }
    EXPECT_EQ(levels(), "00");
}

TEST_F(AllocatorTest, AReceiversEstimateAlonePausesNothing) {
    audio();
    video(camera());
    remb(17);  // it got hardly anything until now
    EXPECT_EQ(levels_after(5s), "0");
}

TEST_F(AllocatorTest, AWishByNameCountsMoreThanWhatAReceiverEstimates) {
    AllocationStream& stream = video(camera());
    video(camera());
    stream.wish.layer = Wish::kHigh;
    remb(400);
    EXPECT_EQ(levels_after(2s), "20");
    stream.wish.layer = Wish::kMedium;
    EXPECT_EQ(levels_after(2s), "10");
}

// A receiver estimates at most 1.5 times what it gets: the next layer is tried, and stays.
TEST_F(AllocatorTest, TriesMoreWhereTheReceiverCannotKnow) {
    video(camera());
    remb(200);
    EXPECT_EQ(levels(), "0");
    for (int i = 0; i < 300; ++i) {
        remb(static_cast<std::int64_t>(total().kbps() * 1.45));
        levels_after(100ms);
    }
    EXPECT_EQ(levels(), "2");
}

// A path that carries the middle layer only: the higher one is tried ever more rarely.
TEST_F(AllocatorTest, AFailingTryDoublesTheWait) {
    video(camera());
    remb(620);
    ASSERT_EQ(levels(), "1");
    int tries = 0;
    std::string last = "1";
    for (int i = 0; i < 3000; ++i, now_ += 100ms) {  // five minutes
        if (i % 10 == 0) {
            remb(last == "2" ? 520 : 620);
            allocator_.on_loss(last == "2" ? 0.4 : 0, now_);
        }
        const std::string level = levels();
        if (level == "2" && last == "1") ++tries;
        last = level;
    }
    EXPECT_GE(tries, 3);
    EXPECT_LE(tries, 9);
}

// What the receiver says does not grow with what it gets: there is no more room.
TEST_F(AllocatorTest, ATryThatTheReceiverDoesNotConfirmFails) {
    video(camera());
    int raised = 0;
    std::string last = "0";
    for (int i = 0; i < 1200; ++i, now_ += 100ms) {
        remb(250);
        const std::string level = levels();
        raised += level == "1" && last == "0";
        EXPECT_NE(level, "2");
        last = level;
    }
    EXPECT_GE(raised, 2);
    EXPECT_LE(raised, 6);
}

TEST_F(AllocatorTest, AnotherPathIsUnknown) {
    video(camera());
    estimate(200);
    EXPECT_EQ(levels(), "0");
    allocator_.on_path_changed();
    EXPECT_EQ(levels(), "2");
}

}  // namespace
}  // namespace parley::sfu
