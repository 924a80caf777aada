#include "cc/sent_log.hpp"

#include <gtest/gtest.h>
#include <random>

#include "base/allocation_counter_testing.hpp"

namespace parley::cc {
namespace {

Instant at(Duration time) {
    return Instant(1000s + time);
}

std::vector<std::int64_t> numbers(std::span<const PacketReport> reports, bool received) {
    std::vector<std::int64_t> result;
    for (const auto& report : reports) {
        if (report.received == received) result.push_back(report.packet.number);
    }
    return result;
}

TEST(SentLog, ReportsWhatWasSent) {
    SentLog log;
    for (std::uint32_t i = 0; i < 4; ++i) {
        EXPECT_EQ(log.next_number(), i);
        log.on_sent(100 + i, i, at(i * 5ms));
    }
    EXPECT_EQ(log.bytes_in_flight(), 406U);
    log.begin_feedback(at(65ms));
    log.on_status(0, true, 3ms, EcnMark::kEct1);
    log.on_status(1, false, {}, EcnMark::kUnknown);
    log.on_status(2, true, 14ms, EcnMark::kCe);
    const auto reports = log.end_feedback();
    ASSERT_EQ(reports.size(), 3U);
    EXPECT_EQ(reports[2].packet.number, 2);
    EXPECT_EQ(reports[2].packet.size, 102U);
    EXPECT_EQ(reports[2].packet.probe, 2U);
    EXPECT_EQ(reports[2].packet.sent, at(10ms));
    EXPECT_EQ(reports[2].arrival, 14ms);
    EXPECT_EQ(reports[2].ecn, EcnMark::kCe);
    EXPECT_FALSE(reports[1].received);
    EXPECT_EQ(log.round_trip(), 55ms);
    EXPECT_EQ(log.bytes_in_flight(), 103U);
}

TEST(SentLog, ReportsReceivedOnceAndLostOnceAndLateAfterLost) {
    SentLog log;
    for (int i = 0; i < 3; ++i) log.on_sent(100, kNoProbe, at(0ms));
    const auto message = [&](bool first) {
        log.begin_feedback(at(50ms));
        log.on_status(0, first, 1ms, EcnMark::kUnknown);
        log.on_status(2, true, 2ms, EcnMark::kUnknown);
        return log.end_feedback();
    };
    EXPECT_EQ(numbers(message(false), false), std::vector<std::int64_t>{0});
    EXPECT_TRUE(message(false).empty());
    EXPECT_FALSE(log.round_trip());
    EXPECT_EQ(numbers(message(true), true), std::vector<std::int64_t>{0});
    EXPECT_TRUE(message(true).empty());
}

TEST(SentLog, SortsFormatsThatNameStreamsOneAfterTheOther) {
    SentLog log;
    for (int i = 0; i < 4; ++i) log.on_sent(100, kNoProbe, at(i * 1ms));
    log.begin_feedback(at(10ms));
    for (const int number : {1, 3, 0, 2}) {
        log.on_status(static_cast<std::uint16_t>(number), number != 2, 1ms, EcnMark::kUnknown);
    }
    const auto reports = log.end_feedback();
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(reports[i].packet.number, static_cast<std::int64_t>(i));
    }
    EXPECT_EQ(log.round_trip(), 7ms);
}

TEST(SentLog, IgnoresNumbersThatWereNeverSentOrAreForgotten) {
    SentLog log;
    log.begin_feedback(at(0ms));
    log.on_status(0, true, 0ms, EcnMark::kUnknown);
    EXPECT_TRUE(log.end_feedback().empty());
    for (int i = 0; i < 10'000; ++i) log.on_sent(100, kNoProbe, at(i * 1ms));
    EXPECT_EQ(log.capacity(), SentLog::kMaxPackets);
    EXPECT_EQ(log.bytes_in_flight(), 100U * SentLog::kMaxPackets);
    log.begin_feedback(at(10s));
    log.on_status(10'000, true, 0ms, EcnMark::kUnknown);
    log.on_status(5'000, true, 0ms, EcnMark::kUnknown);
    log.on_status(65'535, true, 0ms, EcnMark::kUnknown);
    log.on_status(9'999, true, 0ms, EcnMark::kUnknown);
    EXPECT_EQ(log.end_feedback().size(), 1U);
    EXPECT_EQ(log.bytes_in_flight(), 0U);
}

// With feedback each 50 ms for 100 ms old packets, a ring of one size does for ever.
TEST(SentLog, NeitherGrowsNorAllocatesAfterWarmUp) {
    SentLog log;
    std::mt19937 random(3);
    const auto run = [&](int from, int to) {
        for (int i = from; i < to; ++i) {
            log.on_sent(1200, kNoProbe, at(i * 1ms));
            if (i % 50 != 49 || i < 150) continue;
            log.begin_feedback(at(i * 1ms));
            for (int j = i - 149; j < i - 99; ++j) {
                log.on_status(static_cast<std::uint16_t>(j), random() % 10 != 0, j * 1ms,
                              EcnMark::kUnknown);
            }
            log.end_feedback();
        }
    };
    run(0, 5'000);
    const auto capacity = log.capacity();
    const auto allocations = parley::testing::allocations.load();
    run(5'000, 200'000);
    EXPECT_EQ(parley::testing::allocations.load(), allocations);
    EXPECT_EQ(log.capacity(), capacity);
    EXPECT_LE(log.bytes_in_flight(), 200U * 1200);
}

TEST(SentLog, HoldsItsBookUnderNonsense) {
    SentLog log;
    std::mt19937_64 random(11);
    for (int round = 0; round < 3'000; ++round) {
        for (std::uint64_t i = random() % 30; i > 0; --i) {
            log.on_sent(static_cast<std::uint32_t>(random() % 1500), kNoProbe, at(round * 7ms));
        }
        log.begin_feedback(at((round - static_cast<int>(random() % 100)) * 7ms));
        const auto first = static_cast<std::uint16_t>(random());
        for (std::uint16_t i = 0; i < random() % 300; ++i) {
            const auto number = static_cast<std::uint16_t>(
                random() % 2 == 0 ? first + i : log.next_number() - random() % 500);
            log.on_status(number, random() % 2 == 0, Duration(static_cast<int>(random())),
                          EcnMark::kUnknown);
        }
        std::int64_t last = -1;
        for (const auto& report : log.end_feedback()) {
            EXPECT_GE(report.packet.number, last);
            if (report.received) last = report.packet.number;
        }
        EXPECT_LE(log.bytes_in_flight(), SentLog::kMaxPackets * 1500U);
    }
}

}  // namespace
}  // namespace parley::cc
