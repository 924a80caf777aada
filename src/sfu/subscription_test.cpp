#include "sfu/subscription.hpp"

#include <array>
#include <gtest/gtest.h>
#include <memory>

#include "sfu/test_media.hpp"

namespace parley::sfu {
namespace {

using trace::Drop;

class Conference : public testing::Test {
 protected:
    void make(PublicationConfig config, SubscriptionConfig subscription = {.retransmit = true}) {
        arrivals_.emplace(config.codec);
        publication_.emplace(std::move(config), std::make_shared<ParticipantClock>());
        subscription_.emplace(subscription, random_);
        subscription_->start(*publication_, now_);
        for (std::uint8_t i = 0; i < 3; ++i) {
            auto& source = sources_[i];
            source.ssrc = Ssrc(100U + i);
            source.width = static_cast<std::uint16_t>(160 << i);
            source.height = static_cast<std::uint16_t>(90 << i);
            source.sequence_number = static_cast<std::uint16_t>(65'000 + 100 * i);
            source.timestamp = random_.next_u32();
        }
    }
    std::vector<Decision> receive(const test::Bytes& bytes, std::size_t layer = 0) {
        std::vector<Decision> out;
        const auto stored = arrivals_->on_packet(*publication_, layer, test::view(bytes), now_);
        if (!stored) {
            out.push_back(Decision::drop(stored.error()));
            return out;
        }
        out.push_back(subscription_->decide(*publication_, **stored, now_));
        take_backlog(out);
        return out;
    }
    void take_backlog(std::vector<Decision>& out) {
        while (const auto forward = subscription_->next_backlog(*publication_, now_)) {
            EXPECT_NE(publication_->ring().find(forward->slot), nullptr);
            out.push_back(forward->decision);
        }
    }
    Decision one(const test::Bytes& bytes, std::size_t layer = 0) {
        const auto all = receive(bytes, layer);
        EXPECT_EQ(all.size(), 1U);
        return all.front();
    }
    // A frame time in which each of the layers sends a one-packet frame; keyframes as asked.
    Decision tick(std::initializer_list<std::size_t> layers) {
        Decision sent;
        for (const std::size_t layer : layers) {
            const bool key = std::exchange(asked_[layer], false);
            for (const Decision& d : receive(sources_[layer].frame(key)[0], layer)) {
                if (d.forward) sent = d;
            }
        }
        now_ += 33ms;
        upkeep();
        return sent;
    }
    void upkeep() {
        publication_->handle_timeout(now_);
        while (const auto layer = publication_->poll_keyframe_request(now_)) {
            asked_[*layer] = true;
            ++requests_;
        }
    }
    void run(std::initializer_list<std::size_t> layers, Duration time) {
        for (const Instant end = now_ + time; now_ < end;) tick(layers);
    }

    Random random_{42};
    Instant now_ = test::at_ms(1000);
    std::optional<Publication> publication_;
    std::optional<test::Arrivals> arrivals_;
    std::optional<Subscription> subscription_;
    std::array<test::Vp8Source, 3> sources_;
    std::array<bool, 3> asked_{};
    int requests_ = 0;
};

TEST_F(Conference, NothingIsForwardedBeforeAKeyframe) {
    make(test::vp8_config());
    EXPECT_EQ(one(sources_[0].frame(false)[0]).reason, Drop::kWaitingForKeyframe);
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kWaitingForKeyframe);
    upkeep();
    EXPECT_EQ(requests_, 1);
    EXPECT_TRUE(one(sources_[0].frame(true)[0]).forward);
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kOnlyLayer);
    const auto next = sources_[0].frame(false, 3);
    for (const auto& bytes : next) EXPECT_TRUE(one(bytes).forward);
}

TEST_F(Conference, NothingIsForwardedBeforeTheStart) {
    make(test::vp8_config());
    Subscription late({}, random_);
    const auto frame = sources_[0].frame(true);
    const auto stored = arrivals_->on_packet(*publication_, 0, test::view(frame[0]), now_);
    EXPECT_EQ(late.decide(*publication_, **stored, now_).reason, Drop::kPaused);
}

TEST_F(Conference, ALateJoinerStartsFromARecentKeyframeInTheRing) {
    make(test::vp8_config());
    asked_[0] = true;
    tick({0});
    run({0}, 300ms);
    upkeep();
    const int before = requests_;
    Subscription late({}, random_);
    late.start(*publication_, now_);
    std::vector<std::uint16_t> numbers;
    while (const auto forward = late.next_backlog(*publication_, now_)) {
        if (numbers.empty()) {
            EXPECT_TRUE(publication_->ring().find(forward->slot)->facts.starts_keyframe());
        }
        numbers.push_back(forward->decision.sequence_number);
    }
    ASSERT_GE(numbers.size(), 10U);
    for (std::size_t i = 1; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], numbers[i - 1] + 1);
    const auto frame = sources_[0].frame(false);
    const auto live = arrivals_->on_packet(*publication_, 0, test::view(frame[0]), now_);
    EXPECT_EQ(late.decide(*publication_, **live, now_).sequence_number, numbers.back() + 1);
    upkeep();
    EXPECT_EQ(requests_, before);
}

TEST_F(Conference, ALateJoinerAsksAtOnceWhenTheLastKeyframeIsOld) {
    make(test::vp8_config());
    asked_[0] = true;
    run({0}, 3s);
    const int before = requests_;
    Subscription late({}, random_);
    late.start(*publication_, now_);
    EXPECT_FALSE(late.next_backlog(*publication_, now_));
    EXPECT_LE(publication_->next_timeout(), now_);
    upkeep();
    EXPECT_EQ(requests_, before + 1);
}

TEST_F(Conference, ALateJoinerWakesAStillPicture) {
    make(test::vp8_config());
    asked_[0] = true;
    run({0}, 1s);
    run({}, 10s);  // a screen on which nothing moves
    ASSERT_FALSE(publication_->layer_stats(0, now_).live);
    const int before = requests_;
    Subscription late({}, random_);
    late.start(*publication_, now_);
    EXPECT_EQ(late.reason(*publication_), Reason::kNothingArrives);
    upkeep();
    EXPECT_EQ(requests_, before + 1);
    const auto frame = sources_[0].frame(true);
    const auto stored = arrivals_->on_packet(*publication_, 0, test::view(frame[0]), now_);
    EXPECT_TRUE(late.decide(*publication_, **stored, now_).forward);
    EXPECT_EQ(late.reason(*publication_), Reason::kOnlyLayer);
}

TEST_F(Conference, FiftyRequestsAreOne) {
    make(test::vp8_config());
    asked_[0] = true;
    run({0}, 3s);
    const int before = requests_;
    for (int i = 0; i < 50; ++i) subscription_->on_keyframe_request(*publication_);
    run({0}, 400ms);
    EXPECT_EQ(requests_, before + 1);
    EXPECT_EQ(subscription_->stats(*publication_, now_).keyframe_requests, 50U);
}

TEST_F(Conference, SwitchesAtTheKeyframeAndForwardsTheOldLayerUntilThen) {
    make(test::vp8_config({"a", "b", "c"}), {.wish = Wish::kLow});
    asked_ = {true, true, true};
    run({0, 1, 2}, 2s);
    ASSERT_EQ(subscription_->layer(*publication_), (LayerId{.stream = 0}));
    ASSERT_EQ(subscription_->reason(*publication_), Reason::kWish);
    subscription_->set_wish(Wish::kHigh, *publication_, now_);
    EXPECT_EQ(subscription_->target(), (LayerId{.stream = 2}));
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kWaitingForKeyframe);
    const auto low = sources_[0].frame(false);
    const auto before = one(low[0], 0);
    EXPECT_TRUE(before.forward);
    EXPECT_EQ(one(sources_[2].frame(false)[0], 2).reason, Drop::kWaitingForKeyframe);
    EXPECT_EQ(one(sources_[1].frame(false)[0], 1).reason, Drop::kLayerNotSelected);
    const auto first = one(sources_[2].frame(true)[0], 2);
    EXPECT_TRUE(first.forward);
    EXPECT_EQ(first.sequence_number, static_cast<std::uint16_t>(before.sequence_number + 1));
    EXPECT_EQ(first.picture_id, (before.picture_id + 1) & 0x7FFF);
    EXPECT_EQ(first.tl0_index, static_cast<std::uint8_t>(before.tl0_index + 1));
    EXPECT_GT(static_cast<std::int32_t>(first.timestamp - before.timestamp), 0);
    EXPECT_EQ(one(sources_[0].frame(false)[0], 0).reason, Drop::kLayerNotSelected);
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kWish);
    EXPECT_EQ(subscription_->stats(*publication_, now_).layer_switches, 1U);
}

TEST_F(Conference, AMissingLayerIsReplacedByTheLowestLiveOne) {
    make(test::vp8_config({"a", "b", "c"}), {.wish = Wish::kLow});
    asked_ = {true, true, true};
    run({0, 1, 2}, 2s);
    ASSERT_EQ(subscription_->layer(*publication_), (LayerId{.stream = 0}));
    run({1, 2}, 4s);  // the low layer stops
    EXPECT_EQ(subscription_->layer(*publication_), (LayerId{.stream = 1}));
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kHigherLayerOnlyLive);
    run({2}, 4s);
    EXPECT_EQ(subscription_->layer(*publication_), (LayerId{.stream = 2}));
    asked_[0] = true;
    run({0, 2}, 2s);  // it returns
    EXPECT_EQ(subscription_->layer(*publication_), (LayerId{.stream = 0}));
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kWish);
}

// A publisher whose path becomes narrow stops its highest layer without a word.
TEST_F(Conference, ALayerThatStopsWhileOthersGoOnIsLeftSoon) {
    make(test::vp8_config({"a", "b"}), {.wish = Wish::kHigh});
    asked_ = {true, true};
    run({0, 1}, 2s);
    ASSERT_EQ(subscription_->layer(*publication_), (LayerId{.stream = 1}));
    run({0}, 550ms);
    EXPECT_EQ(subscription_->layer(*publication_), (LayerId{.stream = 0}));
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kLowerLayerOnlyLive);
    asked_[1] = true;
    run({0, 1}, 200ms);
    EXPECT_EQ(subscription_->layer(*publication_), (LayerId{.stream = 1}));
    run({}, 1s);  // all pause: nothing is judged by that
    tick({1});
    EXPECT_TRUE(publication_->live(0));
    EXPECT_TRUE(publication_->live(1));
}

// What was said of it while others went on must not silence the last one.
TEST_F(Conference, AStalledLayerIsThereWhenItsSiblingsStop) {
    make(test::vp8_config({"a", "b"}), {.wish = Wish::kHigh});
    asked_ = {true, true};
    run({0, 1}, 1s);
    run({0}, 1s);
    ASSERT_FALSE(publication_->live(1));
    run({}, 3s);
    ASSERT_FALSE(publication_->any_live());
    tick({1});
    EXPECT_TRUE(publication_->live(1));
}

TEST_F(Conference, AWishAboveWhatArrivesGetsTheNearestBelow) {
    make(test::vp8_config({"a", "b", "c"}), {.wish = Wish::kHigh});
    asked_ = {true, true, true};
    run({0, 1}, 2s);
    EXPECT_EQ(subscription_->layer(*publication_), (LayerId{.stream = 1}));
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kLowerLayerOnlyLive);
    EXPECT_TRUE(publication_->simulcast());
    EXPECT_EQ(publication_->arrived_layers(), 2U);
}

TEST_F(Conference, TheOrderIsWhatArrivesNotTheNames) {
    make(test::vp8_config({"low", "medium", "high"}), {.wish = Wish::kHigh});
    std::swap(sources_[0].width, sources_[2].width);
    std::swap(sources_[0].height, sources_[2].height);
    asked_ = {true, true, true};
    run({0, 1, 2}, 2s);
    EXPECT_EQ(subscription_->layer(*publication_), (LayerId{.stream = 0}));
    EXPECT_EQ(publication_->layer_stats(0, now_).width, 640U);
}

TEST_F(Conference, LossUpstreamIsAGapAndPaddingIsNone) {
    make(test::vp8_config());
    const auto first = one(sources_[0].frame(true)[0]).sequence_number;
    EXPECT_EQ(one(sources_[0].padding()).reason, Drop::kPaddingOnly);
    const auto lost = sources_[0].frame(false)[0];
    const auto late_padding = sources_[0].padding();
    const auto after = one(sources_[0].frame(false)[0]);
    EXPECT_EQ(after.sequence_number, static_cast<std::uint16_t>(first + 3));
    const auto filled = one(late_padding);
    EXPECT_TRUE(filled.forward);
    EXPECT_TRUE(filled.empty);
    EXPECT_EQ(filled.sequence_number, static_cast<std::uint16_t>(first + 2));
    const auto repaired = one(lost);
    EXPECT_TRUE(repaired.forward);
    EXPECT_EQ(repaired.sequence_number, static_cast<std::uint16_t>(first + 1));
    EXPECT_EQ(one(lost).reason, Drop::kDuplicate);
}

TEST_F(Conference, AKeyframeWhoseFirstPacketIsLateIsShownWhole) {
    make(test::vp8_config());
    const auto frame = sources_[0].frame(true, 3);
    EXPECT_EQ(one(frame[1]).reason, Drop::kWaitingForKeyframe);
    EXPECT_EQ(one(frame[2]).reason, Drop::kWaitingForKeyframe);
    const auto all = receive(frame[0]);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[1].sequence_number, static_cast<std::uint16_t>(all[0].sequence_number + 1));
    EXPECT_EQ(all[2].sequence_number, static_cast<std::uint16_t>(all[0].sequence_number + 2));
    EXPECT_TRUE(all[2].marker);
}

TEST_F(Conference, ANewSourceForTheLayerNeedsAKeyframeAndGoesOn) {
    make(test::vp8_config());
    asked_[0] = true;
    run({0}, 1s);
    const auto before = tick({0});
    const auto straggler = sources_[0].frame(false)[0];
    sources_[0].ssrc = Ssrc(777);
    sources_[0].sequence_number = 5;
    sources_[0].timestamp = 12;
    EXPECT_EQ(one(sources_[0].frame(false)[0]).reason, Drop::kWaitingForKeyframe);
    EXPECT_EQ(one(straggler).reason, Drop::kTooOld);
    upkeep();
    const auto after = one(sources_[0].frame(true)[0]);
    EXPECT_TRUE(after.forward);
    EXPECT_EQ(after.sequence_number, static_cast<std::uint16_t>(before.sequence_number + 1));
    const auto step = static_cast<std::int32_t>(after.timestamp - before.timestamp);
    EXPECT_GT(step, 0);
    EXPECT_LT(step, 90 * 200);
}

TEST_F(Conference, ARestartOfTheNumbersIsNoticedAfterTwoPackets) {
    make(test::vp8_config());
    asked_[0] = true;
    run({0}, 1s);
    const auto before = tick({0});
    sources_[0].sequence_number = static_cast<std::uint16_t>(sources_[0].sequence_number + 20'000);
    EXPECT_EQ(one(sources_[0].frame(false)[0]).reason, Drop::kTooOld);
    EXPECT_EQ(one(sources_[0].frame(false)[0]).reason, Drop::kWaitingForKeyframe);
    const auto after = one(sources_[0].frame(true)[0]);
    EXPECT_EQ(after.sequence_number, static_cast<std::uint16_t>(before.sequence_number + 1));
}

TEST_F(Conference, AModeratorsMuteStopsAndAKeyframeResumes) {
    make(test::vp8_config());
    asked_[0] = true;
    run({0}, 1s);
    const auto before = tick({0});
    publication_->set_muted(true);
    EXPECT_EQ(one(sources_[0].frame(true)[0]).reason, Drop::kMuted);
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kMuted);
    run({0}, 1s);
    const int requests = requests_;
    publication_->set_muted(false);
    EXPECT_EQ(one(sources_[0].frame(false)[0]).reason, Drop::kWaitingForKeyframe);
    upkeep();
    EXPECT_EQ(requests_, requests + 1);
    const auto after = one(sources_[0].frame(true)[0]);
    EXPECT_EQ(after.sequence_number, static_cast<std::uint16_t>(before.sequence_number + 1));
    EXPECT_EQ(after.picture_id, (before.picture_id + 1) & 0x7FFF);
}

TEST_F(Conference, AudioNeedsNoKeyframeAndResumesAtOnce) {
    make(test::opus_config());
    rtp::HeaderWriter::Fields fields{false, 111, 65'535, 1000, Ssrc(9)};
    const std::uint8_t payload[5] = {0x78, 1, 2, 3, 4};
    const auto next = [&] {
        fields.timestamp += 960;
        now_ += 20ms;
        const auto bytes = test::make_rtp(fields, payload);
        ++fields.sequence_number;
        return one(bytes);
    };
    const auto first = next();
    EXPECT_TRUE(first.forward);
    const auto second = next();
    EXPECT_EQ(second.sequence_number, static_cast<std::uint16_t>(first.sequence_number + 1));
    EXPECT_EQ(second.timestamp, first.timestamp + 960);
    subscription_->set_wish(Wish::kOff, *publication_, now_);
    EXPECT_EQ(next().reason, Drop::kPaused);
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kOff);
    subscription_->set_wish(Wish::kAuto, *publication_, now_);
    const auto third = next();
    EXPECT_EQ(third.sequence_number, static_cast<std::uint16_t>(second.sequence_number + 1));
    EXPECT_NEAR(third.timestamp - second.timestamp, 1920, 48);
    EXPECT_FALSE(publication_->poll_keyframe_request(now_));
}

TEST_F(Conference, NacksAreAnsweredFromTheSharedRing) {
    make(test::vp8_config());
    asked_[0] = true;
    tick({0});
    run({0}, 300ms);
    const auto sent = tick({0});
    const auto again = subscription_->on_nack(sent.sequence_number, *publication_, now_, 20ms);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->decision.timestamp, sent.timestamp);
    EXPECT_EQ(again->decision.picture_id, sent.picture_id);
    EXPECT_EQ(subscription_->stats(*publication_, now_).retransmissions, 1U);
}

TEST_F(Conference, StatisticsSayWhatArrivesAndWhatIsSent) {
    make(test::vp8_config({"h", "l"}), {.wish = Wish::kLow});
    asked_ = {true, true, true};
    run({0, 1}, 3s);
    const auto layer = publication_->layer_stats(1, now_);
    EXPECT_EQ(layer.rid, "l");
    EXPECT_EQ(layer.ssrc, Ssrc(101));
    EXPECT_TRUE(layer.live);
    EXPECT_NEAR(layer.frames_per_second, 30.3, 2);
    EXPECT_NEAR(layer.bitrate.kbps(), 30.3 * 112 * 8 / 1000, 3);
    EXPECT_EQ(layer.width, 320U);
    const auto stats = subscription_->stats(*publication_, now_);
    EXPECT_EQ(stats.layer, (LayerId{.stream = 0}));
    EXPECT_NEAR(stats.bitrate.kbps(), 30.3 * 100 * 8 / 1000, 3);
    EXPECT_GT(stats.packets, 80U);
}

TEST_F(Conference, AnAllocatorDecidesOnceItHasSpoken) {
    make(test::vp8_config({"a", "b"}), {.wish = Wish::kHigh});
    asked_ = {true, true, true};
    run({0, 1}, 2s);
    const auto options = publication_->options(now_);
    ASSERT_EQ(options.size(), 2U);
    EXPECT_EQ(options[0].id, (LayerId{.stream = 0}));
    EXPECT_EQ(options[1].width, 320);
    EXPECT_TRUE(options[1].live);
    EXPECT_GT(options[1].bitrate.bps, 0);
    subscription_->assign(options[0].id, Reason::kEstimate, *publication_, now_);
    run({0, 1}, 2s);
    EXPECT_EQ(subscription_->layer(*publication_), options[0].id);
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kEstimate);
    const auto before = tick({0, 1});

    subscription_->assign({}, Reason::kEstimate, *publication_, now_);
    EXPECT_FALSE(tick({0, 1}).forward);
    EXPECT_FALSE(subscription_->layer(*publication_));
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kEstimate);
    run({0, 1}, 2s);
    const int requests = requests_;
    subscription_->assign(options[1].id, Reason::kAuto, *publication_, now_);
    upkeep();
    EXPECT_EQ(requests_, requests + 1);
    const auto after = tick({0, 1});
    EXPECT_TRUE(after.forward);
    EXPECT_EQ(after.sequence_number, static_cast<std::uint16_t>(before.sequence_number + 1));
    EXPECT_EQ(subscription_->layer(*publication_), options[1].id);
    EXPECT_EQ(subscription_->reason(*publication_), Reason::kAuto);
}

// Two streams of 150 and 600 kbit/s, 320x180 and 640x360, before a second of them was seen.
TEST_F(Conference, OptionsTellWhatThePublisherAnnouncesUntilItIsMeasured) {
    auto config = test::vp8_config({"a", "b"});
    config.extensions.set(5, rtp::ExtensionType::kVideoLayersAllocation);
    make(config);
    const std::uint8_t announced[] = {0x11, 0x00, 0x96, 0x01, 0xD8, 0x04, 0x01, 0x3F,
                                      0x00, 0xB3, 30,   0x02, 0x7F, 0x01, 0x67, 30};
    const auto bytes = test::make_rtp({true, 96, 1, 3000, Ssrc(100)},
                                      sources_[0].payload(true, true, 60), 5, announced);
    one(bytes);
    const auto options = publication_->options(now_);
    ASSERT_EQ(options.size(), 2U);
    EXPECT_EQ(options[0].bitrate, Bitrate::from_kbps(150));
    EXPECT_EQ(options[0].width, 160) << "what has come is believed first";
    EXPECT_EQ(options[1].bitrate, Bitrate::from_kbps(600));
    EXPECT_EQ(options[1].width, 640);
    EXPECT_EQ(options[1].height, 360);
    EXPECT_FALSE(options[1].live);
}

TEST_F(Conference, ReportsAreDueAtOnceAndEverySecond) {
    make(test::vp8_config());
    const WallAnchor wall{now_, WallTime{1'700'000'000'000'000}};
    EXPECT_FALSE(subscription_->sender_report_due(now_));
    EXPECT_FALSE(subscription_->make_sender_report(*publication_, wall, now_));
    const auto sent = one(sources_[0].frame(true)[0]);
    EXPECT_TRUE(subscription_->sender_report_due(now_));
    const auto report = subscription_->make_sender_report(*publication_, wall, now_);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->timestamp, sent.timestamp);
    EXPECT_EQ(report->packets, 1U);
    EXPECT_EQ(report->octets, 100U);
    EXPECT_EQ(report->ntp, wall.at(now_).ntp());
    EXPECT_FALSE(subscription_->sender_report_due(now_ + 999ms));
    EXPECT_TRUE(subscription_->sender_report_due(now_ + 1s));
}

}  // namespace
}  // namespace parley::sfu
