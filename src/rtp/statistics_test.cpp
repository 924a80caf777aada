#include <gtest/gtest.h>
#include <random>

#include "rtp/receive_statistics.hpp"
#include "rtp/sender_statistics.hpp"

namespace parley::rtp {
namespace {

class ReceiveStatisticsTest : public testing::Test {
 protected:
    ArrivalKind feed(std::uint16_t sequence, Instant now, std::uint32_t timestamp = 0) {
        PacketView packet;
        packet.sequence_number = sequence;
        packet.timestamp = timestamp;
        packet.payload = payload_;
        return statistics_.on_packet(packet, now);
    }
    std::array<std::uint8_t, 100> payload_{};
    ReceiveStatistics statistics_{90'000};
};

TEST_F(ReceiveStatisticsTest, CountsLossReorderingAndDuplicates) {
    EXPECT_EQ(feed(65534, Instant(1s)), ArrivalKind::kFirst);
    EXPECT_EQ(feed(65535, Instant(1s)), ArrivalKind::kInOrder);
    EXPECT_EQ(feed(2, Instant(1s)), ArrivalKind::kInOrder);  // 0 and 1 are missing
    EXPECT_EQ(statistics_.lost(), 2);
    EXPECT_EQ(feed(1, Instant(1s)), ArrivalKind::kReordered);
    EXPECT_EQ(feed(1, Instant(1s)), ArrivalKind::kDuplicate);
    EXPECT_EQ(feed(2, Instant(1s)), ArrivalKind::kDuplicate);
    EXPECT_EQ(statistics_.lost(), 1);
    EXPECT_EQ(statistics_.packets(), 4U);
    EXPECT_EQ(statistics_.bytes(), 400U);
    EXPECT_EQ(statistics_.duplicates(), 2U);
    EXPECT_EQ(statistics_.reordered(), 1U);
    EXPECT_EQ(statistics_.highest_sequence(), 0x10002U);
}

TEST_F(ReceiveStatisticsTest, APacketOvertakenByTheFirstIsNoLoss) {
    feed(10, Instant(1s));
    EXPECT_EQ(feed(9, Instant(1s)), ArrivalKind::kReordered);
    EXPECT_EQ(statistics_.lost(), 0);
}

TEST_F(ReceiveStatisticsTest, ReportsTheFractionSinceTheLastBlock) {
    for (int i = 0; i < 100; ++i) {
        if (i % 4 != 3) feed(static_cast<std::uint16_t>(i), Instant(1s));
    }
    feed(100, Instant(1s));
    const auto first = statistics_.make_report_block(Ssrc(7), Instant(1s));
    EXPECT_EQ(first.ssrc, Ssrc(7));
    EXPECT_EQ(first.cumulative_lost, 25);
    EXPECT_EQ(first.fraction_lost, 25 * 256 / 101);
    EXPECT_EQ(first.highest_sequence, 100U);
    for (int i = 101; i < 151; ++i) feed(static_cast<std::uint16_t>(i), Instant(2s));
    const auto second = statistics_.make_report_block(Ssrc(7), Instant(2s));
    EXPECT_EQ(second.fraction_lost, 0);
    EXPECT_EQ(second.cumulative_lost, 25);
    EXPECT_EQ(statistics_.make_report_block(Ssrc(7), Instant(2s)).fraction_lost, 0);
}

TEST_F(ReceiveStatisticsTest, EchoesTheSenderReport) {
    feed(1, Instant(1s));
    EXPECT_EQ(statistics_.make_report_block(Ssrc(7), Instant(1s)).last_sr, 0U);
    statistics_.on_sender_report({0x1111222233334444}, Instant(2s));
    const auto block = statistics_.make_report_block(Ssrc(7), Instant(2500ms));
    EXPECT_EQ(block.last_sr, 0x22223333U);
    EXPECT_EQ(block.delay_since_last_sr, 32768U);
}

// RFC 3550 A.8: a constant deviation of D converges to D.
TEST_F(ReceiveStatisticsTest, JitterConvergesToTheMeanDeviation) {
    Instant now(1s);
    for (std::uint32_t i = 0; i < 2000; ++i) {
        feed(static_cast<std::uint16_t>(i), now + (i % 2 == 0 ? 0ms : 5ms), i * 900);
        now += 10ms;
    }
    EXPECT_NEAR(static_cast<double>(to_ms(statistics_.jitter())), 5.0, 1.0);
}

TEST_F(ReceiveStatisticsTest, JitterStaysZeroForAnEvenStreamAndIgnoresPacingAndJumps) {
    Instant now(1s);
    std::uint32_t timestamp = 0xFFFF'F000;  // wraps soon
    std::uint16_t sequence = 0;
    for (int i = 0; i < 100; ++i) {
        for (int piece = 0; piece < 3; ++piece) feed(sequence++, now + piece * 3ms, timestamp);
        now += 40ms;
        timestamp += 3600;
        if (i == 50) timestamp += 0x8000'0000;  // a new clock
    }
    EXPECT_EQ(statistics_.jitter(), 0ns);
}

TEST_F(ReceiveStatisticsTest, RestartsOnlyWhenAJumpIsConfirmed) {
    feed(100, Instant(1s));
    EXPECT_EQ(feed(100 + 0x8000, Instant(1s)), ArrivalKind::kSuspended);
    EXPECT_EQ(feed(101, Instant(1s)), ArrivalKind::kInOrder);
    EXPECT_EQ(feed(40'000, Instant(1s)), ArrivalKind::kSuspended);
    EXPECT_EQ(feed(40'001, Instant(1s)), ArrivalKind::kRestarted);
    EXPECT_EQ(feed(40'002, Instant(1s)), ArrivalKind::kInOrder);
    EXPECT_EQ(statistics_.restarts(), 1U);
    EXPECT_EQ(statistics_.lost(), 0);
    EXPECT_EQ(statistics_.make_report_block(Ssrc(1), Instant(1s)).fraction_lost, 0);
}

TEST_F(ReceiveStatisticsTest, SurvivesRandomNumbers) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 50'000; ++i) {
        feed(static_cast<std::uint16_t>(random()), Instant(1s) + i * 1ms,
             static_cast<std::uint32_t>(random()));
        if (i % 100 == 0) (void)statistics_.make_report_block(Ssrc(1), Instant(1s) + i * 1ms);
    }
    SUCCEED();
}

TEST_F(ReceiveStatisticsTest, MeasuresTheRateOfASecond) {
    Instant now(5s);
    for (int i = 0; i < 300; ++i, now += 10ms) feed(static_cast<std::uint16_t>(i), now);
    EXPECT_NEAR(statistics_.bitrate(now).kbps(), 80.0, 4.0);
    EXPECT_EQ(statistics_.bitrate(now + 2s).bps, 0);
    feed(300, now + 10s);
    EXPECT_NEAR(statistics_.bitrate(now + 10s).kbps(), 0.8, 0.2);
}

TEST(RateMeter, AYoungStreamIsNotDilutedByTheTimeBefore) {
    RateMeter meter;
    EXPECT_EQ(meter.rate(Instant(9s)).bps, 0);
    for (int i = 0; i < 20; ++i) meter.on_bytes(1000, Instant(10s) + i * 10ms);
    EXPECT_NEAR(meter.rate(Instant(10'200ms)).kbps(), 800.0, 300.0);
}

TEST(RoundTripTime, FollowsTheExampleOfTheRfc) {
    // RFC 3550 §6.4.1, figure 2: A = 0xb710:8000, LSR 0xb705:2000, DLSR 0x0005:4000: 6.125 s.
    ReportBlock block;
    block.last_sr = 0xB705'2000;
    block.delay_since_last_sr = 0x0005'4000;
    const auto rtt = round_trip_time(block, {std::uint64_t{0xB710'8000} << 16});
    ASSERT_TRUE(rtt);
    EXPECT_EQ(*rtt, 6125ms);
}

TEST(RoundTripTime, RefusesLies) {
    const NtpTime now{std::uint64_t{0xB710'8000} << 16};
    EXPECT_FALSE(round_trip_time({.last_sr = 0}, now));
    EXPECT_FALSE(round_trip_time({.last_sr = 0xB711'8000}, now));  // from the future
    EXPECT_FALSE(round_trip_time({.last_sr = 0xB700'8000, .delay_since_last_sr = ~0U >> 1}, now));
    EXPECT_FALSE(round_trip_time({.last_sr = 0xB600'8000}, now));                 // minutes
    EXPECT_EQ(round_trip_time({.last_sr = 0xB710'8001}, now), Duration::zero());  // clock grain
}

TEST(SenderStatistics, CountsAndCarriesTheTimestampOn) {
    SenderStatistics statistics(90'000);
    EXPECT_FALSE(statistics.active());
    statistics.on_sent(1000, 1'000'000, Instant(1s));
    statistics.on_sent(500, 1'003'000, Instant(2s));
    const auto info = statistics.make_info(Instant(2500ms), {42});
    EXPECT_EQ(info.packets, 2U);
    EXPECT_EQ(info.octets, 1500U);
    EXPECT_EQ(info.rtp_timestamp, 1'003'000U + 45'000U);
    EXPECT_EQ(info.ntp.value, 42U);
    ReportBlock block;
    block.fraction_lost = 64;
    block.jitter = 900;
    statistics.on_report_block(block, {});
    EXPECT_DOUBLE_EQ(*statistics.loss(), 0.25);
    EXPECT_EQ(statistics.jitter(), 10ms);
    EXPECT_FALSE(statistics.rtt());
}

}  // namespace
}  // namespace parley::rtp
