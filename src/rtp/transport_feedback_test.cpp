#include "rtp/transport_feedback.hpp"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <vector>

#include "rtp/rtcp.hpp"
#include "rtp/transport_feedback_recorder.hpp"

namespace parley::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;

TransportFeedback parse_whole(BytesView packet) {
    CompoundReader reader(packet);
    const auto rtcp = reader.next();
    EXPECT_TRUE(rtcp);
    const auto message = parse_rtcp(*rtcp);
    EXPECT_TRUE(message);
    EXPECT_EQ(load_be16(&packet[2]), packet.size() / 4 - 1);
    return std::get<TransportFeedback>(*message);
}

std::map<std::uint16_t, Duration> received(const TransportFeedback& feedback) {
    std::map<std::uint16_t, Duration> result;
    auto reader = feedback.read();
    while (const auto status = reader.next()) {
        if (status->received) result[status->sequence_number] = status->arrival;
    }
    return result;
}

Bytes body(std::uint16_t base, std::uint16_t count, const Bytes& rest) {
    Bytes bytes{0, 0, 0, 1, 0, 0, 0, 2};
    bytes.insert(
        bytes.end(),
        {static_cast<std::uint8_t>(base >> 8), static_cast<std::uint8_t>(base),
         static_cast<std::uint8_t>(count >> 8), static_cast<std::uint8_t>(count), 0, 0, 2, 9});
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return bytes;
}

TEST(TransportFeedback, ReadsAllThreeKindsOfChunk) {
    // A run of 2 small; two-bit: small, none, large, then four none; one-bit: yes, no.
    const Bytes bytes =
        body(65534, 11, {0x20, 0x02, 0xD2, 0x00, 0xA0, 0x00, 4, 8, 12, 0xFF, 0xFC, 16});
    const auto feedback = parse_transport_feedback(bytes);
    ASSERT_TRUE(feedback);
    EXPECT_EQ(feedback->feedback_count, 9);
    const auto arrivals = received(*feedback);
    ASSERT_EQ(arrivals.size(), 5U);
    EXPECT_EQ(arrivals.at(65534), 128ms + 1ms);
    EXPECT_EQ(arrivals.at(65535), 128ms + 3ms);
    EXPECT_EQ(arrivals.at(0), 128ms + 6ms);
    EXPECT_EQ(arrivals.at(2), 128ms + 5ms);
    EXPECT_EQ(arrivals.at(7), 128ms + 9ms);
}

TEST(TransportFeedback, RefusesLies) {
    EXPECT_FALSE(parse_transport_feedback(body(1, 0, {})));                  // no packets
    EXPECT_FALSE(parse_transport_feedback(body(1, 1, {})));                  // no chunk
    EXPECT_FALSE(parse_transport_feedback(body(1, 1, {0x20, 0x01})));        // no delta
    EXPECT_FALSE(parse_transport_feedback(body(1, 1, {0x60, 0x01, 0, 0})));  // reserved symbol
    EXPECT_FALSE(parse_transport_feedback(body(1, 65535, {0x1F, 0xFF})));    // too few chunks
    EXPECT_FALSE(parse_transport_feedback(body(1, 7, {0xFF, 0xFF, 0, 0, 0})));
    EXPECT_FALSE(parse_transport_feedback(Bytes(15)));
    // A run may announce more than the count: the count rules.
    EXPECT_TRUE(parse_transport_feedback(body(1, 1, {0x1F, 0xFF})));
    // Empty runs are skipped, and still must end in as many symbols as were announced.
    EXPECT_TRUE(parse_transport_feedback(body(1, 1, {0, 0, 0, 0, 0x20, 0x01, 7})));
    EXPECT_FALSE(parse_transport_feedback(body(1, 1, Bytes(1000))));
}

TEST(TransportFeedback, SurvivesTheLargestCountAndDeltas) {
    Bytes rest;
    for (int i = 0; i < 8; ++i) rest.insert(rest.end(), {0x5F, 0xFF});
    rest.insert(rest.end(), {0x40, 0x07});
    for (int i = 0; i < 65535; ++i) rest.insert(rest.end(), {0x7F, 0xFF});
    const Bytes bytes = body(1, 65535, rest);
    const auto feedback = parse_transport_feedback(bytes);
    ASSERT_TRUE(feedback);
    auto reader = feedback->read();
    std::optional<TransportFeedback::PacketStatus> last;
    int count = 0;
    while (const auto status = reader.next()) {
        last = status;
        ++count;
    }
    EXPECT_EQ(count, 65535);
    EXPECT_EQ(last->arrival, 128ms + 65535 * 32767 * kFeedbackDeltaUnit);
}

TEST(TransportFeedbackWriter, WritesTheDraftsLayout) {
    Bytes out(64);
    const std::array<TransportArrival, 2> arrivals{TransportArrival{5, Instant(129ms)},
                                                   TransportArrival{7, Instant(130ms)}};
    const auto done = write_transport_feedback(out, Ssrc(1), Ssrc(2), 5, 3, arrivals);
    EXPECT_EQ(done.arrivals, 2U);
    EXPECT_EQ(
        Bytes(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(done.size)),
        (Bytes{0x8F, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 5, 0, 3, 0, 0, 2, 3, 0xD1, 0x00, 4, 4}));
}

// Whatever arrives whenever: what is read back equals what was written, to the 250 us.
TEST(TransportFeedbackWriter, RoundTripsRandomArrivals) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 2000; ++round) {
        std::vector<TransportArrival> arrivals;
        std::int64_t sequence = static_cast<std::int64_t>(random() % 100'000);
        const std::int64_t base = sequence - static_cast<std::int64_t>(random() % 5);
        Instant time(std::chrono::seconds(random() % 100'000));
        const int count = 1 + static_cast<int>(random() % 60);
        const auto loss = random() % 4;
        for (int i = 0; i < count; ++i) {
            arrivals.push_back({sequence, time});
            const std::uint64_t gap =
                random() % 3 < loss ? random() % (random() % 10 == 0 ? 9000 : 10) : 0;
            sequence += static_cast<std::int64_t>(1 + gap);
            const auto step =
                static_cast<std::int64_t>(random() % (round % 3 == 0 ? 200'000 : 9000));
            time += std::chrono::microseconds(round % 3 == 1 ? step - 1000 : step);
        }
        Bytes out(64 + random() % 400);
        std::span<const TransportArrival> left(arrivals);
        std::int64_t from = base;
        int packets = 0;
        while (!left.empty()) {
            const auto done = write_transport_feedback(out, Ssrc(1), Ssrc(2), from, 0, left);
            ASSERT_GT(done.arrivals, 0U) << round;
            ASSERT_EQ(done.size % 4, 0U);
            ASSERT_LE(done.size, out.size());
            const auto feedback = parse_whole(BytesView(out).first(done.size));
            ASSERT_EQ(feedback.base_sequence, static_cast<std::uint16_t>(from));
            const auto read = received(feedback);
            ASSERT_EQ(read.size(), done.arrivals);
            const auto reference = kFeedbackReferenceUnit * 0x100'0000;
            for (std::size_t i = 0; i < done.arrivals; ++i) {
                const auto at = read.find(static_cast<std::uint16_t>(left[i].sequence));
                ASSERT_NE(at, read.end());
                const auto expected = left[i].time.time_since_epoch();
                const auto error = (expected - at->second) % reference;
                ASSERT_GE(error, 0ns);
                ASSERT_LT(error, kFeedbackDeltaUnit);
            }
            from = left[done.arrivals - 1].sequence + 1;
            left = left.subspan(done.arrivals);
            ASSERT_LT(++packets, 200);
        }
    }
}

TEST(TransportFeedbackWriter, StopsAtADeltaThatIsTooLarge) {
    Bytes out(64);
    const std::array<TransportArrival, 2> arrivals{TransportArrival{5, Instant(1s)},
                                                   TransportArrival{6, Instant(10s)}};
    EXPECT_EQ(write_transport_feedback(out, Ssrc(1), Ssrc(2), 5, 3, arrivals).arrivals, 1U);
    EXPECT_EQ(write_transport_feedback(BytesSpan(out).first(20), Ssrc(1), Ssrc(2), 5, 3, arrivals)
                  .arrivals,
              0U);
    EXPECT_EQ(write_transport_feedback(out, Ssrc(1), Ssrc(2), 5, 3, {}).size, 0U);
}

class RecorderTest : public testing::Test {
 protected:
    std::map<std::uint16_t, Duration> take(Instant now, std::size_t room = 1200) {
        std::map<std::uint16_t, Duration> all;
        Bytes out(room);
        while (const std::size_t size = recorder_.poll(now, Ssrc(1), Ssrc(2), out)) {
            const auto feedback = parse_whole(BytesView(out).first(size));
            counts_.push_back(feedback.feedback_count);
            for (const auto& [sequence, time] : received(feedback)) all[sequence] = time;
        }
        return all;
    }
    TransportFeedbackRecorder recorder_;
    std::vector<int> counts_;
};

TEST_F(RecorderTest, ReportsFiftyMillisecondsAfterTheFirstPacket) {
    EXPECT_EQ(recorder_.next_timeout(), kNever);
    EXPECT_TRUE(take(Instant(1s)).empty());
    recorder_.on_packet(10, Instant(1s));
    recorder_.on_packet(12, Instant(1010ms));
    EXPECT_EQ(recorder_.next_timeout(), Instant(1050ms));
    EXPECT_TRUE(take(Instant(1049ms)).empty());
    const auto first = take(Instant(1050ms));
    EXPECT_EQ(first.size(), 2U);
    EXPECT_EQ(first.at(12) - first.at(10), 10ms);
    EXPECT_EQ(recorder_.next_timeout(), kNever);
    recorder_.on_packet(13, Instant(2s));
    EXPECT_EQ(take(Instant(2050ms)).size(), 1U);
    EXPECT_EQ(counts_, (std::vector<int>{0, 1}));
}

TEST_F(RecorderTest, ReportsAPacketThatWasOvertakenByAReport) {
    recorder_.on_packet(1, Instant(1s));
    recorder_.on_packet(3, Instant(1s));
    EXPECT_EQ(take(Instant(1050ms)).size(), 2U);
    recorder_.on_packet(2, Instant(1060ms));
    const auto again = take(Instant(1110ms));
    EXPECT_TRUE(again.contains(2));
    EXPECT_TRUE(again.contains(3));
    recorder_.on_packet(2, Instant(1200ms));  // a duplicate changes nothing
    EXPECT_EQ(recorder_.next_timeout(), kNever);
}

TEST_F(RecorderTest, CrossesTheWrap) {
    for (std::uint32_t i = 0; i < 20; ++i) {
        recorder_.on_packet(static_cast<std::uint16_t>(65530 + i), Instant(1s) + i * 1ms);
    }
    EXPECT_EQ(take(Instant(1100ms)).size(), 20U);
}

TEST_F(RecorderTest, ReportsEarlyWhenMuchArrives) {
    for (std::uint32_t i = 0; i < 600; ++i) {
        recorder_.on_packet(static_cast<std::uint16_t>(i), Instant(1s) + i * 10us);
    }
    EXPECT_LE(recorder_.next_timeout(), Instant(1006ms));
    EXPECT_EQ(take(Instant(1006ms)).size(), 600U);
    EXPECT_EQ(recorder_.next_timeout(), kNever);
}

TEST_F(RecorderTest, SurvivesJumpsOfEveryKind) {
    std::mt19937_64 random(3);
    Instant now(1s);
    Bytes out(200);
    for (int i = 0; i < 20'000; ++i) {
        recorder_.on_packet(static_cast<std::uint16_t>(random()), now);
        now += 1ms;
        for (int n = 0; n < 10 && recorder_.poll(now, Ssrc(1), Ssrc(2), out) > 0; ++n) {
        }
    }
    EXPECT_GT(recorder_.jumps(), 1000U);
    // After the nonsense, order works again.
    recorder_.on_packet(1, now);
    recorder_.on_packet(2, now);
    EXPECT_TRUE(take(now + 50ms).contains(2));
}

TEST_F(RecorderTest, ABufferTooSmallIsNotAskedForAtOnceAgain) {
    recorder_.on_packet(1, Instant(1s));
    Bytes out(10);
    EXPECT_EQ(recorder_.poll(Instant(2s), Ssrc(1), Ssrc(2), out), 0U);
    EXPECT_GT(recorder_.next_timeout(), Instant(2s));
}

}  // namespace
}  // namespace parley::rtp
