#include <gtest/gtest.h>

#include "base/random.hpp"
#include "sfu/layer_clock.hpp"
#include "sfu/participant_clock.hpp"
#include "sfu/timeline.hpp"

namespace parley::sfu {
namespace {

NtpTime ntp_at(double seconds) {
    return {static_cast<std::uint64_t>(seconds * 4294967296.0)};
}
Instant at(double seconds) {
    return Instant{} + Duration(static_cast<std::int64_t>(seconds * 1e9));
}
double seconds(Duration duration) {
    return to_seconds(duration);
}

TEST(ParticipantClock, SettlesOnTheFastestTrip) {
    ParticipantClock clock;
    clock.on_sender_report(ntp_at(5000), at(10.200));
    const auto reading = clock.on_sender_report(ntp_at(5001), at(11.050));
    clock.on_sender_report(ntp_at(5002), at(12.300));
    EXPECT_NEAR(seconds(clock.local(reading) - at(11.050)), 0, 0.002);
}

TEST(ParticipantClock, FollowsASlowClock) {
    ParticipantClock clock;
    ParticipantClock::Reading reading;
    for (int i = 0; i < 3600; ++i) reading = clock.on_sender_report(ntp_at(i * 0.9995), at(i));
    EXPECT_NEAR(seconds(clock.local(reading) - at(3599)), 0, 0.005);
}

TEST(ParticipantClock, AStepOfTheClockLeavesOldReadingsWhereTheyWere) {
    ParticipantClock clock;
    const auto before = clock.on_sender_report(ntp_at(5000), at(10));
    const auto after = clock.on_sender_report(ntp_at(9000), at(11));
    EXPECT_NEAR(seconds(clock.local(before) - at(10)), 0, 1e-6);
    EXPECT_NEAR(seconds(clock.local(after) - at(11)), 0, 1e-6);
}

TEST(ParticipantClock, SurvivesAnyNumbers) {
    ParticipantClock clock;
    Random random(3);
    for (int i = 0; i < 1000; ++i) {
        const auto reading = clock.on_sender_report({random()}, at(static_cast<double>(i)));
        EXPECT_LE(std::abs(seconds(clock.local(reading) - at(i))), 1.0);
    }
}

TEST(LayerClock, MapsByTheFastestArrivalBeforeTheFirstReport) {
    LayerClock clock(90'000);
    clock.on_packet(1000, at(1.080));
    clock.on_packet(1000 + 90'000, at(2.020));
    clock.on_packet(1000 + 180'000, at(3.090));
    EXPECT_NEAR(seconds(clock.capture_by_arrival(1000 + 180'000) - at(3.020)), 0, 0.002);
    EXPECT_NEAR(clock.timestamp_by_arrival(at(4.020)), 1000 + 270'000, 200);
}

TEST(LayerClock, RoundTripsAcrossTheWrap) {
    LayerClock clock(48'000);
    ParticipantClock participant;
    clock.on_packet(0xFFFFFF00, at(1));
    clock.on_sender_report(participant.on_sender_report(ntp_at(77), at(1)), 0xFFFFFF00);
    const std::uint32_t timestamp = 0x00000500;
    const Instant capture = clock.capture_by_report(timestamp, participant);
    EXPECT_NEAR(seconds(capture - at(1)), 0x600 / 48'000.0, 1e-6);
    EXPECT_EQ(clock.timestamp_by_report(capture, participant), timestamp);
}

StoredPacket packet(std::uint32_t timestamp, Instant arrival) {
    StoredPacket p;
    p.timestamp = timestamp;
    p.arrival = arrival;
    return p;
}

struct TwoLayers : testing::Test {
    ParticipantClock participant;
    LayerClock a{90'000};
    LayerClock b{90'000};
    Timeline timeline{5'000'000};
    StoredPacket last;

    // Layer a: captured at t has timestamp 90000 t + 1000; layer b: 90000 t + 700000.
    void run_a(double until, double delay) {
        for (double t = 0; t < until; t += 0.1) {
            last = packet(static_cast<std::uint32_t>(t * 90'000) + 1000, at(t + delay));
            a.on_packet(last.timestamp, last.arrival);
            if (!timeline.any()) offset = timeline.begin(last, a, nullptr, participant);
            timeline.on_sent(last, last.timestamp + offset);
        }
    }
    std::uint32_t offset = 0;
};

TEST_F(TwoLayers, AlignsByReportsHoweverLateALayerArrives) {
    run_a(2.05, 0.02);
    const auto first = packet(static_cast<std::uint32_t>(2.1 * 90'000) + 700'000, at(2.4));
    b.on_packet(first.timestamp, first.arrival);  // 0.3 s late: arrival alone would be off by that
    a.on_sender_report(participant.on_sender_report(ntp_at(101), at(1.02)), 90'000 + 1000);
    b.on_sender_report(participant.on_sender_report(ntp_at(102), at(2.02)), 180'000 + 700'000);
    const std::uint32_t b_offset = timeline.begin(first, b, &a, participant);
    EXPECT_NEAR(first.timestamp + b_offset - 5'000'000, 2.1 * 90'000, 3);
}

TEST_F(TwoLayers, AlignsByArrivalBeforeReports) {
    run_a(2.05, 0.02);
    const auto first = packet(static_cast<std::uint32_t>(2.1 * 90'000) + 700'000, at(2.13));
    b.on_packet(first.timestamp, first.arrival);
    const std::uint32_t b_offset = timeline.begin(first, b, &a, participant);
    EXPECT_NEAR(first.timestamp + b_offset - 5'000'000, 2.11 * 90'000, 90);
}

TEST_F(TwoLayers, DisbelievesReportsThatContradictArrival) {
    run_a(2.05, 0.02);
    const auto first = packet(static_cast<std::uint32_t>(2.1 * 90'000) + 700'000, at(2.12));
    b.on_packet(first.timestamp, first.arrival);
    a.on_sender_report(participant.on_sender_report(ntp_at(101), at(1.02)), 90'000 + 1000);
    b.on_sender_report(participant.on_sender_report(ntp_at(102), at(2.02)), 0x7000'0000);
    const std::uint32_t b_offset = timeline.begin(first, b, &a, participant);
    EXPECT_NEAR(first.timestamp + b_offset - 5'000'000, 2.1 * 90'000, 90);
}

TEST_F(TwoLayers, NeverGoesBackAndTakesTheCostBackLater) {
    run_a(2.05, 0.02);
    a.on_sender_report(participant.on_sender_report(ntp_at(101), at(1.02)), 90'000 + 1000);
    // Captured 0.1 s before the last frame sent.
    const auto first = packet(static_cast<std::uint32_t>(1.9 * 90'000) + 700'000, at(2.1));
    b.on_packet(first.timestamp, first.arrival);
    b.on_sender_report(participant.on_sender_report(ntp_at(101), at(1.02)), 90'000 + 700'000);
    const std::uint32_t newest = timeline.newest();
    std::uint32_t b_offset = timeline.begin(first, b, &a, participant);
    EXPECT_EQ(first.timestamp + b_offset, newest + 90);
    const auto next = packet(static_cast<std::uint32_t>(2.3 * 90'000) + 700'000, at(2.4));
    timeline.on_sent(next, next.timestamp + b_offset);
    const auto back = packet(static_cast<std::uint32_t>(2.6 * 90'000) + 1000, at(2.7));
    const std::uint32_t a_offset = timeline.begin(back, a, &b, participant);
    EXPECT_NEAR(back.timestamp + a_offset - 5'000'000, 2.6 * 90'000, 3);
}

TEST_F(TwoLayers, WithoutTheOldClockGoesByTheTimeThatPassed) {
    run_a(2.05, 0.02);
    const auto first = packet(123, at(5.02));
    b.on_packet(first.timestamp, first.arrival);
    const std::uint32_t b_offset = timeline.begin(first, b, nullptr, participant);
    EXPECT_NEAR(first.timestamp + b_offset - 5'000'000, 5.0 * 90'000, 90);
}

}  // namespace
}  // namespace parley::sfu
