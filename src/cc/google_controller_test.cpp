#include "cc/google_controller.hpp"

#include <gtest/gtest.h>
#include <random>

#include "cc/path_testing.hpp"

namespace parley::cc {
namespace {

using testing::Call;
using testing::Path;

Limits from(int kbps) {
    return {.min = Bitrate::from_kbps(30),
            .start = Bitrate::from_kbps(kbps),
            .max = Bitrate::from_kbps(50'000)};
}

TEST(GoogleController, ProbesFindTheCapacityInASecondWithoutMedia) {
    Call call(from(300), {.capacity_kbps = 3000});
    call.source_kbps = 0;
    call.run(1s);
    EXPECT_GT(call.target(), 2400);
    EXPECT_LT(call.target(), 3150);
    EXPECT_EQ(call.controller->estimate().reason, EstimateReason::kProbe);
}

TEST(GoogleController, UsesASteadyLinkWithoutFillingItsQueue) {
    for (const int capacity : {300, 1000, 4000}) {
        Call call(from(300), {.capacity_kbps = capacity});
        call.run(10s);
        const auto before = call.sent_bytes;
        call.longest_queue = {};
        call.run(50s);
        const double rate = rate_of(call.sent_bytes - before, 50s).kbps();
        EXPECT_GT(rate, 0.85 * capacity);
        EXPECT_LT(rate, 1.01 * capacity);
        EXPECT_LT(call.longest_queue, 150ms) << capacity;
    }
}

TEST(GoogleController, FollowsCapacityDownAndUp) {
    Call call(from(300), {.capacity_kbps = 2500});
    call.run(15s);
    call.path.capacity_kbps = 600;
    call.run(3s);
    EXPECT_LT(call.target(), 640);
    EXPECT_LT(call.queue(), 100ms);
    call.run(5s);
    EXPECT_GT(call.target(), 400);
    call.path.capacity_kbps = 2500;
    call.run(12s);
    EXPECT_GT(call.target(), 2000);
}

TEST(GoogleController, KeepsItsRateUnderRandomLoss) {
    std::mt19937 random(5);
    Path path{.capacity_kbps = 2000, .one_way = 200ms};
    path.loses = [&](std::int64_t) { return random() % 10 == 0; };
    Call call(from(300), path);
    call.run(60s);
    EXPECT_GT(call.target(), 800);
    EXPECT_NEAR(call.controller->estimate().loss, 0.1, 0.08);
}

TEST(GoogleController, IsBlindWithoutFeedbackAndComesBack) {
    Call call(from(300), {.capacity_kbps = 2000});
    call.run(10s);
    const double before = call.target();
    call.feedback = false;
    call.run(2900ms);
    EXPECT_FALSE(call.controller->estimate().blind);
    EXPECT_GT(call.target(), 0.3 * before);
    call.run(400ms);
    EXPECT_TRUE(call.controller->estimate().blind);
    EXPECT_LT(call.target(), 60);
    EXPECT_EQ(call.controller->estimate().reason, EstimateReason::kNoFeedback);
    call.run(10s);
    call.feedback = true;
    call.run(1s);
    EXPECT_FALSE(call.controller->estimate().blind);
    EXPECT_GT(call.target(), 0.45 * before);
}

TEST(GoogleController, ObeysTheReceiversLimitAndFindsWhatIsBehindIt) {
    Call call(from(300), {.capacity_kbps = 2000});
    call.controller->on_remb(Bitrate::from_kbps(250), call.now);
    call.run(10s);
    EXPECT_DOUBLE_EQ(call.target(), 250);
    EXPECT_EQ(call.controller->estimate().reason, EstimateReason::kRemb);
    call.controller->on_remb(Bitrate::from_kbps(100'000), call.now);
    call.run(5s);
    EXPECT_GT(call.target(), 1600);
}

TEST(GoogleController, FallsBackToReceiverReports) {
    auto controller = make_google_controller(from(300));
    Instant now(5000s);
    SentLog log;
    for (int i = 0; i < 3000; ++i, now += 10ms) {
        controller->on_sent(log.on_sent(1200, kNoProbe, now));
        if (controller->next_timeout() <= now) controller->handle_timeout(now);
        if (i % 100 == 0) controller->on_receiver_report(0.0, 50ms, now);
    }
    EXPECT_GT(controller->estimate().target, Bitrate::from_kbps(1000));
    EXPECT_FALSE(controller->estimate().blind);
    for (int i = 0; i < 2000; ++i, now += 10ms) {
        controller->on_sent(log.on_sent(1200, kNoProbe, now));
        if (controller->next_timeout() <= now) controller->handle_timeout(now);
        if (i % 100 == 0) controller->on_receiver_report(0.05, 50ms, now);
    }
    const Bitrate held = controller->estimate().target;
    EXPECT_GT(held, Bitrate::from_kbps(1000));
    for (int i = 0; i < 20; ++i, now += 1s) controller->on_receiver_report(0.15, 50ms, now);
    EXPECT_LT(controller->estimate().target, held * 0.3);
}

TEST(GoogleController, APathChangeBeginsAnew) {
    Call call(from(300), {.capacity_kbps = 200});
    call.run(10s);
    EXPECT_LT(call.target(), 260);
    call.path.capacity_kbps = 800;
    call.controller->on_path_changed(call.now);
    EXPECT_DOUBLE_EQ(call.target(), 300);
    call.run(1s);
    EXPECT_GT(call.target(), 600);
}

// Whatever feedback says: rates stay within their limits and times within reason.
TEST(GoogleController, SurvivesNonsense) {
    std::mt19937_64 random(17);
    for (int round = 0; round < 40; ++round) {
        const Limits limits = from(300);
        auto controller = make_google_controller(limits);
        SentLog log;
        Instant now(5000s);
        for (int i = 0; i < 2000; ++i) {
            now += std::chrono::microseconds(random() % 10'000);
            if (random() % 500 == 0) now += std::chrono::seconds(random() % 400);
            controller->on_sent(log.on_sent(static_cast<std::uint32_t>(random() % 1400),
                                            static_cast<ProbeId>(random() % 4), now));
            if (random() % 20 == 0) {
                log.begin_feedback(now);
                std::int64_t arrival = static_cast<std::int64_t>(random()) >> (random() % 40);
                for (int j = 0; j < 40; ++j) {
                    const auto number =
                        static_cast<std::uint16_t>(log.next_number() - random() % 3000);
                    arrival += static_cast<std::int64_t>(random() % 20'000'000) - 5'000'000;
                    arrival %= std::int64_t{1} << 60;
                    log.on_status(number, random() % 3 != 0, Duration(arrival),
                                  static_cast<EcnMark>(random() % 5));
                }
                controller->on_feedback(log.end_feedback(), now);
            }
            if (random() % 50 == 0) {
                controller->on_remb(Bitrate{static_cast<std::int64_t>(random() >> 2)}, now);
            }
            if (random() % 50 == 0) controller->on_remb(Bitrate{}, now);
            if (random() % 50 == 0) {
                controller->on_receiver_report(static_cast<double>(random() % 3000) / 1000 - 1,
                                               Duration(static_cast<std::int64_t>(random())), now);
            }
            if (random() % 50 == 0) {
                controller->on_demand(Bitrate{static_cast<std::int64_t>(random() >> 2)}, now);
            }
            if (random() % 500 == 0) controller->on_path_changed(now);
            controller->handle_timeout(now);
            while (const auto probe = controller->poll_probe(now)) {
                ASSERT_GT(probe->rate.bps, 0);
                ASSERT_LE(probe->rate, limits.max);
            }
            const Estimate& estimate = controller->estimate();
            ASSERT_GE(estimate.target, limits.min);
            ASSERT_LE(estimate.target, limits.max);
            ASSERT_GE(estimate.pacing_rate, estimate.target);
            ASSERT_GT(controller->next_timeout(), now - 2s);
        }
    }
}

// Feedback that a dead return path held for five minutes says nothing of today.
TEST(GoogleController, VeryLateFeedbackMovesNothing) {
    Call call(from(300), {.capacity_kbps = 1000});
    call.run(10s);
    SentLog late;
    auto& controller = *call.controller;
    const Bitrate before = controller.estimate().target;
    for (int i = 0; i < 500; ++i) late.on_sent(1200, kNoProbe, call.now - 300s + i * 1ms);
    late.begin_feedback(call.now);
    for (int i = 0; i < 500; ++i) {
        late.on_status(static_cast<std::uint16_t>(i), true, i * 10us, EcnMark::kUnknown);
    }
    controller.on_feedback(late.end_feedback(), call.now);
    EXPECT_EQ(controller.estimate().target, before);
    call.run(1s);
    EXPECT_LT(call.target(), 1100);
}

TEST(GoogleController, MarksLowerTheRateWithoutLoss) {
    for (const EcnMark sent_as : {EcnMark::kEct0, EcnMark::kEct1}) {
        Path path{.capacity_kbps = 1000};
        path.sent_as = sent_as;
        path.marks = [](std::int64_t, Duration queue) { return queue > 5ms; };
        Call call(from(300), path);
        call.run(5s);
        call.longest_queue = {};
        const auto before = call.sent_bytes;
        call.run(30s);
        const double rate = rate_of(call.sent_bytes - before, 30s).kbps();
        EXPECT_GT(rate, 700) << int(sent_as);
        EXPECT_LT(call.longest_queue, 60ms);
        EXPECT_EQ(call.lost, 0);
    }
}

}  // namespace
}  // namespace parley::cc
