#include <array>
#include <gtest/gtest.h>

#include "load/histogram.hpp"
#include "load/report.hpp"
#include "load/send_time.hpp"
#include "load/tally.hpp"

namespace parley::load {
namespace {

TEST(Histogram, PercentilesAreWithinTwoPercent) {
    Histogram histogram;
    for (int i = 1; i <= 10'000; ++i) histogram.record(Duration(10us) * i);
    EXPECT_EQ(histogram.count(), 10'000U);
    for (const double share : {0.01, 0.5, 0.99, 1.0}) {
        const double exact = 0.1 * share;  // seconds
        EXPECT_NEAR(to_seconds(histogram.percentile(share)), exact, 0.02 * exact) << share;
    }
}

TEST(Histogram, TakesEveryDuration) {
    Histogram histogram;
    EXPECT_EQ(histogram.percentile(0.5), Duration::zero());
    histogram.record(-5ms);
    EXPECT_LT(histogram.percentile(1), 2us);
    histogram.record(Duration::max());
    EXPECT_GT(histogram.percentile(1), 1000s);
    EXPECT_EQ(histogram.count(), 2U);
}

TEST(StreamTally, CountsMissingAndTwiceReceived) {
    StreamTally tally;
    EXPECT_TRUE(tally.on_packet(65'534, 100, false));
    EXPECT_TRUE(tally.on_packet(65'535, 100, false));
    EXPECT_TRUE(tally.on_packet(2, 100, false));  // 0 and 1 are missing
    EXPECT_FALSE(tally.on_packet(65'535, 100, false));
    EXPECT_EQ(tally.span(), 5U);
    EXPECT_EQ(tally.missing(), 2U);
    EXPECT_TRUE(tally.on_packet(0, 100, true));
    EXPECT_FALSE(tally.on_packet(0, 100, false));
    EXPECT_EQ(tally.missing(), 1U);
    EXPECT_EQ(tally.packets(), 4U);
    EXPECT_EQ(tally.recovered(), 1U);
    EXPECT_EQ(tally.bytes(), 400U);
}

TEST(StreamTally, APacketBeforeTheFirstWidensTheSpan) {
    StreamTally tally;
    EXPECT_TRUE(tally.on_packet(10, 1, false));
    EXPECT_TRUE(tally.on_packet(8, 1, false));
    EXPECT_EQ(tally.span(), 3U);
    EXPECT_EQ(tally.missing(), 1U);
}

TEST(StreamTally, ManyTurnsOfTheNumbers) {
    StreamTally tally;
    for (int i = 0; i < 300'000; ++i) {
        if (i % 1000 == 999) continue;
        EXPECT_TRUE(tally.on_packet(static_cast<std::uint16_t>(i), 1, false));
    }
    EXPECT_EQ(tally.missing(), 299U);  // the last is not known to be missing
}

TEST(SendTime, ComesBackWithinMicroseconds) {
    const WallAnchor anchor{Instant{} + 77s, WallTime{1'700'000'000'123'456}};
    for (const Duration since : std::array<Duration, 4>{-3s, 0s, 1'234'567us, 3600s}) {
        const Instant when = anchor.instant + since;
        const Instant back = sent_at(send_time(when, anchor), anchor);
        EXPECT_LT(back > when ? back - when : when - back, 2us);
    }
    EXPECT_EQ(sent_at(NtpTime{1}, anchor), Instant{});
}

TEST(Report, LossIsAShareAndNeverNegative) {
    Report report;
    EXPECT_EQ(report.loss(), 0);
    report.expected = 200;
    report.received = 150;
    EXPECT_DOUBLE_EQ(report.loss(), 0.25);
    report.received = 201;
    EXPECT_EQ(report.loss(), 0);
}

TEST(Report, JsonHasEveryNamedKeyOnOneLine) {
    Report report;
    report.failures["refused"] = {3, "The room is full."};
    const std::string json = to_json(report);
    for (const auto* key : {"joined", "join_ms_p50", "join_ms_p99", "packets_expected",
                            "packets_received", "loss", "packets_unsent", "streams_missing",
                            "delay_ms_p50", "delay_ms_p99", "duration_s", "failures"}) {
        EXPECT_NE(json.find("\"" + std::string(key) + "\":"), std::string::npos) << key;
    }
    EXPECT_EQ(json.find('\n'), json.size() - 1);
    EXPECT_NE(to_table(report).find("The room is full."), std::string::npos);
}

TEST(Report, WhatShouldNotBeIsSaidWhereThereIsSome) {
    Report report;
    EXPECT_EQ(to_table(report).find("streams missing"), std::string::npos);
    EXPECT_EQ(to_table(report).find("packets unsent"), std::string::npos);
    report.unsent = 7;
    report.streams_missing = 2;
    EXPECT_NE(to_table(report).find("streams missing      2: "), std::string::npos);
    EXPECT_NE(to_table(report).find("packets unsent       7: refused by this machine"),
              std::string::npos);
}

TEST(Report, WhoeverIsLostIsNoSuccess) {
    Report report;
    EXPECT_EQ(report.exit_code(), 1);
    report.participants = 5;
    report.joined = 4;
    report.failures["ice"] = {1, "no path"};
    EXPECT_EQ(report.exit_code(), 0);
    report.failures["lost"] = {4, "the connection broke off"};
    EXPECT_EQ(report.exit_code(), 1);
    const std::vector<std::string> lines{
        "1 of 5 did not take part (ice): no path",
        "4 of 4 were lost after they had joined: the connection broke off"};
    EXPECT_EQ(failure_lines(report), lines);
    EXPECT_NE(to_table(report).find("until nobody was left"), std::string::npos);
    EXPECT_NE(to_table(report).find("\nlost "), std::string::npos);
    report.failures["lost"].count = 3;
    EXPECT_EQ(to_table(report).find("until nobody was left"), std::string::npos);
    report.failures = {{"refused", {1, "The room is full."}}};
    EXPECT_EQ(report.exit_code(), 1);
}

TEST(Report, AnInterruptBeforeMeasuringIsSaid) {
    Report report;
    report.participants = 9;
    EXPECT_EQ(interruption_line(report), "");
    report.interrupted = true;
    EXPECT_EQ(interruption_line(report), "interrupted while joining; 0 of 9 had joined");
    report.joined = 9;
    EXPECT_EQ(interruption_line(report), "interrupted before measuring; 9 of 9 had joined");
    report.duration = 2s;  // the table says it then
    EXPECT_EQ(interruption_line(report), "");
}

TEST(Report, PercentileOfFew) {
    std::vector<Duration> values{3ms, 1ms, 2ms};
    EXPECT_EQ(percentile(values, 0.5), 2ms);
    EXPECT_EQ(percentile(values, 0.99), 3ms);
    std::vector<Duration> none;
    EXPECT_EQ(percentile(none, 0.5), Duration::zero());
}

}  // namespace
}  // namespace parley::load
