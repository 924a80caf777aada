#include "rtp/congestion_feedback.hpp"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <vector>

#include "rtp/congestion_feedback_recorder.hpp"
#include "rtp/rtcp.hpp"

namespace parley::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Statuses = std::vector<CongestionFeedback::PacketStatus>;

constexpr Ssrc kSender(7);
constexpr Ssrc kVideo(0xDEADBEEF);
constexpr Ssrc kAudio(42);
const Instant kStart = Instant{} + 1000s;

CongestionFeedback parse_whole(BytesView packet) {
    CompoundReader reader(packet);
    const auto rtcp = reader.next();
    EXPECT_TRUE(rtcp);
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.malformed());
    const auto message = parse_rtcp(*rtcp);
    EXPECT_TRUE(message);
    return std::get<CongestionFeedback>(*message);
}

Statuses read_all(const CongestionFeedback& feedback) {
    Statuses all;
    auto reader = feedback.read();
    while (const auto status = reader.next()) all.push_back(*status);
    return all;
}

Statuses poll(CongestionFeedbackRecorder& recorder, Instant now, std::size_t room = 1200) {
    Bytes out(room);
    const std::size_t size = recorder.poll(now, kSender, out);
    if (size == 0) return {};
    return read_all(parse_whole(BytesView(out).first(size)));
}

// Two streams, the second with an odd number of reports and hence two octets of padding.
TEST(CongestionFeedback, ReadsWhatTheRfcDraws) {
    const Bytes bytes{0x8B, 0xCD, 0,    9,                       // 40 octets
                      0,    0,    0,    7,                       //
                      0xDE, 0xAD, 0xBE, 0xEF, 0xFF, 0xFF, 0, 2,  // from 65535 on, two
                      0x84, 0x00, 0x00, 0x00,                    // one second ago, unmarked; lost
                      0,    0,    0,    42,   0,    9,    0, 3,  //
                      0xE0, 0x01, 0xBF, 0xFE, 0xDF, 0xFF, 0, 0, 0, 2, 0x80, 0x00};  // 2.5 s
    const auto feedback = parse_whole(bytes);
    EXPECT_EQ(feedback.sender, kSender);
    EXPECT_EQ(feedback.timestamp, 0x28000U);
    const auto all = read_all(feedback);
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all[0].media, kVideo);
    EXPECT_EQ(all[0].sequence_number, 65535);
    EXPECT_TRUE(all[0].received);
    EXPECT_EQ(all[0].ecn, net::Ecn::kNotEct);
    EXPECT_EQ(all[0].age, 1s);
    EXPECT_EQ(all[1].sequence_number, 0);
    EXPECT_FALSE(all[1].received);
    EXPECT_EQ(all[2].media, kAudio);
    EXPECT_EQ(all[2].sequence_number, 9);
    EXPECT_EQ(all[2].ecn, net::Ecn::kCe);
    EXPECT_EQ(all[2].age, Duration(1s) / 1024);
    EXPECT_EQ(all[3].ecn, net::Ecn::kEct1);
    EXPECT_FALSE(all[3].age);  // longer ago than can be said
    EXPECT_EQ(all[4].ecn, net::Ecn::kEct0);
    EXPECT_FALSE(all[4].age);  // later than the report
}

TEST(CongestionFeedback, RefusesLies) {
    const auto body = [](const Bytes& blocks) {
        Bytes bytes{0, 0, 0, 7};
        bytes.insert(bytes.end(), blocks.begin(), blocks.end());
        bytes.insert(bytes.end(), {0, 0, 0, 1});
        return bytes;
    };
    EXPECT_FALSE(parse_congestion_feedback(Bytes(4)));
    EXPECT_FALSE(parse_congestion_feedback(body({1, 2, 3, 4})));              // half a head
    EXPECT_FALSE(parse_congestion_feedback(body({1, 2, 3, 4, 0, 0, 0, 1})));  // no reports
    EXPECT_FALSE(parse_congestion_feedback(body({1, 2, 3, 4, 0, 0, 0, 3, 0, 0, 0, 0})));
    EXPECT_FALSE(parse_congestion_feedback(body({1, 2, 3, 4, 0, 0, 0xFF, 0xFF})));
    Bytes many{1, 2, 3, 4, 0, 0, 0x40, 0x01};  // one more than there may be
    many.resize(many.size() + 2 * 16'386);
    EXPECT_FALSE(parse_congestion_feedback(body(many)));
    EXPECT_FALSE(parse_congestion_feedback(Bytes(9)));
    // Nothing at all is well-formed, and so is a stream without reports.
    EXPECT_TRUE(parse_congestion_feedback(body({})));
    const Bytes empty = body({1, 2, 3, 4, 0, 0, 0, 0});
    ASSERT_TRUE(parse_congestion_feedback(empty));
    EXPECT_TRUE(read_all(*parse_congestion_feedback(empty)).empty());
}

TEST(CongestionFeedback, TheLargestReportIsReadToItsEnd) {
    Bytes bytes{0, 0, 0, 7, 1, 2, 3, 4, 0, 0, 0x40, 0x00};
    bytes.resize(bytes.size() + 2 * kMaxCongestionReports + 4, 0xFF);
    const auto feedback = parse_congestion_feedback(bytes);
    ASSERT_TRUE(feedback);
    EXPECT_EQ(read_all(*feedback).size(), kMaxCongestionReports);
}

TEST(CongestionFeedbackWriter, SaysWhenPacketsCameAndHowTheyWereMarked) {
    Bytes out(100);
    CongestionFeedbackWriter writer(out, kSender, kStart);
    const CongestionArrival packets[] = {{true, net::Ecn::kCe, kStart - 10ms},
                                         {},
                                         {true, net::Ecn::kEct1, kStart - 7s},
                                         {true, net::Ecn::kNotEct, kStart - 9s}};
    writer.add(kVideo, 65534, packets);
    const auto feedback = parse_whole(BytesView(out).first(writer.finish()));
    EXPECT_EQ(feedback.timestamp, 1000U * 65'536);
    const auto all = read_all(feedback);
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].ecn, net::Ecn::kCe);
    EXPECT_EQ(all[0].age, Duration(1s) * 10 / 1024);
    EXPECT_FALSE(all[1].received);
    EXPECT_EQ(all[2].age, 7s);
    EXPECT_TRUE(all[3].received);
    EXPECT_FALSE(all[3].age);
    EXPECT_EQ(all[3].sequence_number, 1);
}

TEST(CongestionFeedbackWriter, FillsABufferAndNoMore) {
    for (std::size_t size = 0; size < 64; ++size) {
        Bytes out(size);
        CongestionFeedbackWriter writer(out, kSender, kStart);
        std::size_t written = 0;
        std::uint32_t stream = 0;
        while (const std::size_t room = writer.room()) {
            const std::vector<CongestionArrival> packets(std::min<std::size_t>(room, 3));
            writer.add(Ssrc(++stream), 1, packets);
            written += packets.size();
        }
        const std::size_t octets = writer.finish();
        ASSERT_LE(octets, size);
        EXPECT_EQ(octets == 0, size < CongestionFeedbackWriter::kLeast);
        if (octets > 0) {
            EXPECT_EQ(read_all(parse_whole(BytesView(out).first(octets))).size(), written);
        }
    }
}

TEST(CongestionFeedbackRecorder, ReportsEachPacketOnceAnInterval) {
    CongestionFeedbackRecorder recorder;
    EXPECT_EQ(recorder.next_timeout(), kNever);
    recorder.on_packet(kVideo, 65535, net::Ecn::kEct1, kStart);
    recorder.on_packet(kAudio, 5, net::Ecn::kNotEct, kStart + 1ms);
    recorder.on_packet(kVideo, 1, net::Ecn::kCe, kStart + 2ms);
    EXPECT_EQ(recorder.next_timeout(), kStart + 50ms);
    EXPECT_TRUE(poll(recorder, kStart + 49ms).empty());
    const auto all = poll(recorder, kStart + 50ms);
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].sequence_number, 65535);
    EXPECT_EQ(all[0].ecn, net::Ecn::kEct1);
    EXPECT_FALSE(all[1].received);
    EXPECT_EQ(all[2].sequence_number, 1);
    EXPECT_EQ(all[2].ecn, net::Ecn::kCe);
    EXPECT_EQ(all[3].media, kAudio);
    EXPECT_EQ(all[3].age, Duration(1s) * 50 / 1024);
    EXPECT_EQ(recorder.next_timeout(), kNever);
    // What comes late is said with the next, and what came after it once more.
    recorder.on_packet(kVideo, 0, net::Ecn::kNotEct, kStart + 60ms);
    const auto again = poll(recorder, kStart + 110ms);
    ASSERT_EQ(again.size(), 2U);
    EXPECT_EQ(again[0].sequence_number, 0);
    EXPECT_TRUE(again[0].received);
    EXPECT_EQ(recorder.reports(), 2U);
}

TEST(CongestionFeedbackRecorder, DuplicatesSayNothing) {
    CongestionFeedbackRecorder recorder;
    recorder.on_packet(kVideo, 1, net::Ecn::kNotEct, kStart);
    EXPECT_EQ(poll(recorder, kStart + 50ms).size(), 1U);
    recorder.on_packet(kVideo, 1, net::Ecn::kCe, kStart + 60ms);
    EXPECT_EQ(recorder.next_timeout(), kNever);
}

TEST(CongestionFeedbackRecorder, ManyPacketsAreReportedEarlyAndInParts) {
    CongestionFeedbackRecorder recorder;
    for (std::uint16_t i = 0; i < 128; ++i) {
        recorder.on_packet(kVideo, i, net::Ecn::kNotEct, kStart + 1us * i);
    }
    const Instant now = recorder.next_timeout();
    EXPECT_EQ(now, kStart + 127us);
    std::size_t said = 0;
    int parts = 0;
    for (; recorder.next_timeout() <= now; ++parts) said += poll(recorder, now, 100).size();
    EXPECT_EQ(said, 128U);
    EXPECT_EQ(parts, 4);
}

TEST(CongestionFeedbackRecorder, AJumpBeginsAnew) {
    CongestionFeedbackRecorder recorder;
    recorder.on_packet(kVideo, 10, net::Ecn::kNotEct, kStart);
    recorder.on_packet(kVideo, 20'000, net::Ecn::kNotEct, kStart);
    const auto all = poll(recorder, kStart + 50ms);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].sequence_number, 20'000);
}

// What is unwrapped may be negative, for a stream that began anew behind its old numbers.
TEST(CongestionFeedbackRecorder, NumbersBelowZeroStayWithinTheWindow) {
    CongestionFeedbackRecorder recorder;
    for (const int sequence : {0, 32768, 0, 32768, 32767, 32700}) {
        recorder.on_packet(kVideo, static_cast<std::uint16_t>(sequence), net::Ecn::kNotEct, kStart);
    }
    for (const auto& status : poll(recorder, kStart + 50ms)) {
        EXPECT_TRUE(!status.received ||
                    (status.sequence_number >= 32700 && status.sequence_number <= 32768));
    }
}

TEST(CongestionFeedbackRecorder, ABufferThatIsTooSmallIsTriedLater) {
    CongestionFeedbackRecorder recorder;
    recorder.on_packet(kVideo, 10, net::Ecn::kNotEct, kStart);
    EXPECT_TRUE(poll(recorder, kStart + 50ms, 20).empty());
    EXPECT_EQ(recorder.next_timeout(), kStart + 100ms);
    EXPECT_EQ(poll(recorder, kStart + 100ms).size(), 1U);
}

TEST(CongestionFeedbackRecorder, StreamsAreBoundedAndTheSilentOneGoes) {
    CongestionFeedbackRecorder recorder;
    for (std::uint32_t i = 0; i < 200; ++i) {
        recorder.on_packet(Ssrc(i), 1, net::Ecn::kNotEct, kStart + 1ms * i);
        recorder.on_packet(kAudio, static_cast<std::uint16_t>(i), net::Ecn::kNotEct,
                           kStart + 1ms * i);
    }
    EXPECT_EQ(recorder.streams(), CongestionFeedbackRecorder::kMaxStreams);
    std::size_t audio = 0;
    for (const auto& status : poll(recorder, kStart + 1s, 4000)) audio += status.media == kAudio;
    EXPECT_GT(audio, 100U);
}

// Whatever arrives in whatever order: what is said to have come has come, and then.
TEST(CongestionFeedbackRecorder, NeverLies) {
    std::mt19937 random(5);
    CongestionFeedbackRecorder recorder;
    std::map<std::uint16_t, Instant> came;
    Instant now = kStart;
    std::uint16_t newest = 65'000;
    for (int i = 0; i < 20'000; ++i) {
        now += 1us * (random() % 2000);
        const auto sequence = static_cast<std::uint16_t>(newest - random() % 20);
        newest = static_cast<std::uint16_t>(newest + random() % 3);
        if (came.size() > 40'000) came.clear();
        came.try_emplace(sequence, now);
        recorder.on_packet(kVideo, sequence, net::Ecn::kNotEct, now);
        while (recorder.next_timeout() <= now) {
            for (const auto& status : poll(recorder, now, 300)) {
                if (!status.received || !status.age) continue;
                const auto found = came.find(status.sequence_number);
                ASSERT_NE(found, came.end());
                EXPECT_LE(std::chrono::abs(now - *status.age - found->second), 1ms);
            }
        }
    }
    EXPECT_GT(recorder.reports(), 100U);
}

}  // namespace
}  // namespace parley::rtp
