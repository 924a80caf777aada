// The receiving side of a peer: which stream a packet belongs to, what retransmission brings back,
// and what its RTCP says.

#include "peer/receiver.hpp"

#include <array>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rtp/extension_values.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/rtx.hpp"

namespace parley::peer {
namespace {

constexpr std::uint8_t kVp8 = 96;
constexpr std::uint8_t kRtxOfVp8 = 97;
constexpr std::uint8_t kH264 = 98;
constexpr std::uint8_t kOpus = 111;
constexpr Ssrc kOurs{0x0A0B0C0D};
// A VP8 packet that begins an interframe (RFC 7741 §4.2: S set; RFC 6386 §9.1: low bit set).
const std::vector<std::uint8_t> kPayload{0x10, 0x11, 0x00, 0x00, 0x55};

ReceiveFormat format(media::Codec codec, std::uint32_t clock_rate) {
    ReceiveFormat format;
    format.codec = codec;
    format.clock_rate = clock_rate;
    return format;
}

rtp::ExtensionMap extensions() {
    rtp::ExtensionMap map;
    map.set(1, rtp::ExtensionType::kMid);
    map.set(2, rtp::ExtensionType::kRid);
    map.set(3, rtp::ExtensionType::kRepairedRid);
    map.set(4, rtp::ExtensionType::kTransportSequenceNumber);
    return map;
}

ReceiveSection video(std::string mid, std::vector<std::string> rids = {}) {
    ReceiveSection section;
    section.mid = std::move(mid);
    section.video = true;
    section.extensions = extensions();
    ReceiveFormat vp8 = format(media::Codec::kVp8, 90'000);
    vp8.nack = vp8.pli = vp8.fir = vp8.transport_cc = true;
    section.formats.set(kVp8, vp8);
    ReceiveFormat rtx = format(media::Codec::kRtx, 90'000);
    rtx.apt = kVp8;
    section.formats.set(kRtxOfVp8, rtx);
    ReceiveFormat h264 = format(media::Codec::kH264, 90'000);
    h264.fir = true;
    section.formats.set(kH264, h264);
    section.rids = std::move(rids);
    return section;
}

ReceiveSection audio(std::string mid) {
    ReceiveSection section;
    section.mid = std::move(mid);
    section.extensions = extensions();
    section.formats.set(kOpus, format(media::Codec::kOpus, 48'000));
    return section;
}

struct Packet {
    std::uint32_t ssrc = 1;
    std::uint16_t number = 100;
    std::uint8_t payload_type = kVp8;
    std::string mid;
    std::string rid;
    std::string repaired_rid;
    std::optional<std::uint16_t> transport_number;
    std::vector<std::uint8_t> payload = kPayload;
    std::uint32_t timestamp = 9000;

    std::vector<std::uint8_t> bytes() const {
        std::vector<std::uint8_t> out(1500);
        rtp::HeaderWriter writer(out, {true, payload_type, number, timestamp, Ssrc(ssrc)});
        if (!mid.empty()) writer.add_extension(1, as_bytes(mid));
        if (!rid.empty()) writer.add_extension(2, as_bytes(rid));
        if (!repaired_rid.empty()) writer.add_extension(3, as_bytes(repaired_rid));
        if (transport_number) {
            writer.add_extension(4, rtp::write_transport_sequence_number(*transport_number));
        }
        out.resize(writer.finish());
        out.insert(out.end(), payload.begin(), payload.end());
        return out;
    }
    /// The same packet as its sender would send it again.
    Packet again(std::uint32_t rtx_ssrc, std::uint16_t rtx_number) const {
        Packet rtx = *this;
        rtx.ssrc = rtx_ssrc;
        rtx.number = rtx_number;
        rtx.payload_type = kRtxOfVp8;
        rtx.payload = {static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
        rtx.payload.insert(rtx.payload.end(), payload.begin(), payload.end());
        return rtx;
    }
};

/// What a compound says.
struct Said {
    std::vector<rtp::ReportBlock> blocks;
    std::map<std::uint32_t, std::vector<std::uint16_t>> nacks;  // by media source
    std::vector<Ssrc> plis;
    std::vector<rtp::FullIntraRequest::Entry> firs;
    std::vector<std::uint16_t> arrived;  // by transport-wide number
    std::vector<rtp::CongestionFeedback::PacketStatus> marked;
    std::string cname;
    bool empty() const {
        return blocks.empty() && nacks.empty() && plis.empty() && firs.empty() && arrived.empty();
    }
};

class ReceiverTest : public ::testing::Test {
 protected:
    Result<IncomingPacket, trace::Drop> take(const Packet& packet) {
        bytes_ = packet.bytes();
        return receiver_.on_packet(bytes_, ecn_, now_);
    }
    /// The stream that the packet went to; fails the test when it was refused.
    const ReceiveStream* stream_of(const Packet& packet) {
        const auto taken = take(packet);
        EXPECT_TRUE(taken.has_value());
        return taken ? taken->stream : nullptr;
    }
    trace::Drop refusal(const Packet& packet) {
        const auto taken = take(packet);
        EXPECT_FALSE(taken.has_value());
        return taken ? trace::Drop::kCount : taken.error();
    }
    Said poll() {
        Said said;
        std::array<std::uint8_t, 1500> out{};
        for (int round = 0; round < 100; ++round) {
            const std::size_t size = receiver_.poll_rtcp(now_, "cname", out);
            if (size == 0) return said;
            EXPECT_LE(size, 1200U);
            const auto walk =
                rtp::for_each_rtcp(BytesView(out).first(size),
                                   [&](const rtp::RtcpMessage& message) { note(message, said); });
            EXPECT_EQ(walk.malformed, 0U);
        }
        ADD_FAILURE() << "it never stops talking";
        return said;
    }
    static void note(const rtp::RtcpMessage& message, Said& said) {
        if (const auto* report = std::get_if<rtp::ReceiverReport>(&message)) {
            EXPECT_EQ(report->sender, kOurs);
            for (std::size_t i = 0; i < report->blocks.size(); ++i) {
                said.blocks.push_back(report->blocks[i]);
            }
        } else if (const auto* nack = std::get_if<rtp::Nack>(&message)) {
            nack->for_each(
                [&](std::uint16_t number) { said.nacks[nack->media.value].push_back(number); });
        } else if (const auto* pli = std::get_if<rtp::PictureLossIndication>(&message)) {
            said.plis.push_back(pli->media);
        } else if (const auto* fir = std::get_if<rtp::FullIntraRequest>(&message)) {
            for (std::size_t i = 0; i < fir->size(); ++i) said.firs.push_back((*fir)[i]);
        } else if (const auto* feedback = std::get_if<rtp::TransportFeedback>(&message)) {
            auto reader = feedback->read();
            while (const auto status = reader.next()) {
                if (status->received) said.arrived.push_back(status->sequence_number);
            }
        } else if (const auto* marks = std::get_if<rtp::CongestionFeedback>(&message)) {
            auto reader = marks->read();
            while (const auto status = reader.next()) said.marked.push_back(*status);
        } else if (const auto* source = std::get_if<rtp::SourceDescription>(&message)) {
            auto reader = source->read();
            while (const auto chunk = reader.next()) said.cname = chunk->cname;
        }
    }

    Receiver receiver_{kOurs};
    Instant now_{1000s};
    std::vector<std::uint8_t> bytes_;
    net::Ecn ecn_ = net::Ecn::kNotEct;
};

TEST_F(ReceiverTest, TheMidNamesTheSection) {
    receiver_.set_sections({video("a"), video("b")});
    EXPECT_EQ(stream_of({.ssrc = 1, .mid = "b"})->section, 1U);
    EXPECT_EQ(stream_of({.ssrc = 2, .mid = "a"})->section, 0U);
    // Once bound, the source is enough.
    EXPECT_EQ(stream_of({.ssrc = 1, .number = 101})->section, 1U);
    EXPECT_EQ(refusal({.ssrc = 3, .mid = "c"}), trace::Drop::kUnknownSsrc);
}

TEST_F(ReceiverTest, AListedSourceNamesTheSection) {
    auto listed = video("b");
    listed.sources = {{Ssrc(7), Ssrc(8)}};
    receiver_.set_sections({video("a"), listed});
    EXPECT_EQ(stream_of({.ssrc = 7})->section, 1U);
    EXPECT_EQ(refusal({.ssrc = 9}), trace::Drop::kUnknownSsrc) << "both sections have VP8";
    const Packet lost{.ssrc = 7, .number = 101};
    const auto again = take(lost.again(8, 5));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->packet.ssrc, Ssrc(7));
}

TEST_F(ReceiverTest, APayloadTypeThatOnlyOneSectionUsesNamesIt) {
    receiver_.set_sections({audio("a"), video("b")});
    EXPECT_EQ(stream_of({.ssrc = 1, .payload_type = kOpus})->section, 0U);
    EXPECT_EQ(stream_of({.ssrc = 2})->section, 1U);
    EXPECT_EQ(refusal({.ssrc = 3, .payload_type = 77}), trace::Drop::kUnknownSsrc);
    EXPECT_EQ(refusal({.ssrc = 3, .payload_type = 77, .mid = "b"}),
              trace::Drop::kUnknownPayloadType);
}

TEST_F(ReceiverTest, RidsTellLayersApart) {
    receiver_.set_sections({video("v", {"h", "l"})});
    const auto* high = stream_of({.ssrc = 1, .mid = "v", .rid = "h"});
    const auto* low = stream_of({.ssrc = 2, .mid = "v", .rid = "l"});
    EXPECT_NE(high, low);
    EXPECT_EQ(low->rid, "l");
    EXPECT_EQ(refusal({.ssrc = 3, .mid = "v", .rid = "x"}), trace::Drop::kUnknownSsrc);
    EXPECT_EQ(refusal({.ssrc = 4, .mid = "v"}), trace::Drop::kUnknownSsrc);
    EXPECT_EQ(receiver_.streams().size(), 2U);
}

TEST_F(ReceiverTest, WithoutSimulcastARidMeansNothing) {
    receiver_.set_sections({video("v")});
    const auto* stream = stream_of({.ssrc = 1, .mid = "v", .rid = "one"});
    EXPECT_EQ(stream->rid, "");
    EXPECT_EQ(stream_of({.ssrc = 2, .mid = "v", .rid = "two"}), stream);
    EXPECT_EQ(receiver_.streams().size(), 1U);
}

TEST_F(ReceiverTest, RetransmissionIsUndone) {
    receiver_.set_sections({video("v", {"h", "l"})});
    const Packet first{.ssrc = 1, .mid = "v", .rid = "h"};
    EXPECT_EQ(refusal(first.again(11, 1)), trace::Drop::kUnknownSsrc) << "nothing to repair yet";
    const auto* stream = stream_of(first);
    Packet lost{.ssrc = 1, .number = 101, .timestamp = 12'000};
    Packet again = lost.again(11, 1);
    again.mid = "v";
    again.repaired_rid = "h";
    const auto recovered = take(again);
    ASSERT_TRUE(recovered.has_value());
    EXPECT_TRUE(recovered->recovered);
    EXPECT_EQ(recovered->stream, stream);
    EXPECT_EQ(recovered->packet.ssrc, Ssrc(1));
    EXPECT_EQ(recovered->packet.sequence_number, 101);
    EXPECT_EQ(recovered->packet.payload_type, kVp8);
    EXPECT_EQ(std::vector<std::uint8_t>(recovered->packet.payload.begin(),
                                        recovered->packet.payload.end()),
              kPayload);
    EXPECT_EQ(stream->retransmissions, 1U);
    EXPECT_EQ(stream->rtx_ssrc, Ssrc(11));
    // What is here already fills a probe, no more.
    EXPECT_EQ(refusal(first.again(11, 3)), trace::Drop::kDuplicate);
    EXPECT_EQ(stream->retransmissions, 1U);
    // A source of repairs may change as well.
    Packet other = Packet{.ssrc = 1, .number = 102}.again(12, 1);
    other.mid = "v";
    other.repaired_rid = "h";
    EXPECT_EQ(stream_of(other), stream);
    EXPECT_EQ(stream->rtx_ssrc, Ssrc(12));
    EXPECT_EQ(refusal(Packet{.ssrc = 1, .number = 103}.again(11, 2)), trace::Drop::kUnknownSsrc);
}

TEST_F(ReceiverTest, EmptyRetransmissionsAreProbes) {
    receiver_.set_sections({video("v")});
    stream_of({.ssrc = 1, .mid = "v"});
    Packet probe{.ssrc = 11, .payload_type = kRtxOfVp8, .mid = "v", .payload = {}};
    EXPECT_EQ(refusal(probe), trace::Drop::kPaddingOnly);
}

TEST_F(ReceiverTest, ALayerThatChangesItsSourceGoesOn) {
    receiver_.set_sections({video("v", {"h"})});
    const auto first = take({.ssrc = 1, .mid = "v", .rid = "h"});
    ASSERT_TRUE(first.has_value());
    EXPECT_TRUE(first->stream_is_new);
    const StreamIndex index = first->stream->index;
    const auto second = take({.ssrc = 2, .number = 4000, .mid = "v", .rid = "h"});
    ASSERT_TRUE(second.has_value());
    EXPECT_TRUE(second->stream_is_new);
    EXPECT_EQ(second->stream->index, index);
    EXPECT_EQ(second->stream->ssrc, Ssrc(2));
    EXPECT_EQ(refusal({.ssrc = 1, .number = 101}), trace::Drop::kUnknownSsrc);
}

TEST_F(ReceiverTest, ANewSourceIsNewUntilSomethingOfItWasTaken) {
    receiver_.set_sections({video("v")});
    // An extension is promised and not there (RFC 7741 §4.2).
    EXPECT_EQ(refusal({.ssrc = 1, .mid = "v", .payload = {0x80}}), trace::Drop::kMalformed);
    const auto taken = take({.ssrc = 1, .number = 101});
    ASSERT_TRUE(taken.has_value());
    EXPECT_TRUE(taken->stream_is_new);
    const auto next = take({.ssrc = 1, .number = 102});
    ASSERT_TRUE(next.has_value());
    EXPECT_FALSE(next->stream_is_new);
}

TEST_F(ReceiverTest, DuplicatesAreDropped) {
    receiver_.set_sections({video("v")});
    stream_of({.number = 1, .mid = "v"});
    stream_of({.number = 2, .mid = "v"});
    EXPECT_EQ(refusal({.number = 2}), trace::Drop::kDuplicate);
}

TEST_F(ReceiverTest, AChangeOfCodecIsNoticed) {
    receiver_.set_sections({video("v")});
    const auto* stream = stream_of({.mid = "v"});
    EXPECT_EQ(stream->codec, media::Codec::kVp8);
    stream_of({.number = 101, .payload_type = kH264, .payload = {0x65, 0x88, 0x80}});
    EXPECT_EQ(stream->codec, media::Codec::kH264);
    EXPECT_EQ(stream->payload_type, kH264);
}

TEST_F(ReceiverTest, SourcesAreLimited) {
    std::vector<ReceiveSection> sections;
    for (std::size_t i = 0; i < kMaxSources + 5; ++i) sections.push_back(audio(std::to_string(i)));
    receiver_.set_sections(sections);
    for (std::uint32_t i = 0; i < kMaxSources; ++i) {
        ASSERT_TRUE(take({.ssrc = 1000 + i, .payload_type = kOpus, .mid = std::to_string(i)}));
    }
    EXPECT_EQ(refusal({.ssrc = 5000, .payload_type = kOpus, .mid = std::to_string(kMaxSources)}),
              trace::Drop::kTooManySsrcs);
    EXPECT_TRUE(take({.ssrc = 1000, .number = 101, .payload_type = kOpus})) << "old ones go on";
    EXPECT_EQ(receiver_.streams().size(), kMaxSources);
}

TEST_F(ReceiverTest, AHostileFlightOfSourcesTakesNoMoreThanItsStream) {
    receiver_.set_sections({video("v")});
    for (std::uint32_t ssrc = 1; ssrc < 10'000; ++ssrc) {
        ASSERT_TRUE(take({.ssrc = ssrc, .mid = "v"}));
    }
    EXPECT_EQ(receiver_.streams().size(), 1U);
}

TEST_F(ReceiverTest, PlacesOfSectionsThatWentAreUsedAgain) {
    receiver_.set_sections({audio("a"), audio("b")});
    const StreamIndex a = stream_of({.ssrc = 1, .payload_type = kOpus, .mid = "a"})->index;
    const StreamIndex b = stream_of({.ssrc = 2, .payload_type = kOpus, .mid = "b"})->index;
    receiver_.set_sections({audio("x"), audio("b")});
    EXPECT_TRUE(take({.ssrc = 2, .number = 101, .payload_type = kOpus})) << "b is as it was";
    const auto moved = take({.ssrc = 1, .payload_type = kOpus, .mid = "x"});
    ASSERT_TRUE(moved.has_value());
    EXPECT_TRUE(moved->stream_is_new);
    EXPECT_EQ(moved->stream->index, a);
    EXPECT_NE(moved->stream->index, b);
}

TEST_F(ReceiverTest, AnEndedStreamDoesNotTakeItsSourceFromAnother) {
    receiver_.set_sections({audio("a"), audio("b"), audio("c")});
    stream_of({.ssrc = 1, .payload_type = kOpus, .mid = "a"});
    stream_of({.ssrc = 2, .payload_type = kOpus, .mid = "b"});
    // Both end; source 2 comes back in another section, in the first free place.
    receiver_.set_sections({audio("x"), audio("y"), audio("c")});
    const auto* stream = stream_of({.ssrc = 2, .payload_type = kOpus, .mid = "c"});
    EXPECT_EQ(stream->index, 0U);
    // The sections that source 2 once belonged to change again: it is not theirs any more.
    receiver_.set_sections({audio("p"), audio("q"), audio("c")});
    EXPECT_TRUE(take({.ssrc = 2, .number = 101, .payload_type = kOpus}));
    // One block for one source.
    now_ += 2s;
    EXPECT_TRUE(take({.ssrc = 2, .number = 102, .payload_type = kOpus}));
    EXPECT_EQ(poll().blocks.size(), 1U);
}

TEST_F(ReceiverTest, AsksForWhatIsMissing) {
    receiver_.set_sections({video("v")});
    stream_of({.ssrc = 9, .number = 65'534, .mid = "v"});
    now_ += 1ms;
    stream_of({.ssrc = 9, .number = 2});
    EXPECT_TRUE(poll().nacks.empty()) << "they may only be late";
    now_ = receiver_.next_timeout();
    const Said said = poll();
    EXPECT_EQ(said.nacks.at(9), (std::vector<std::uint16_t>{65'535, 0, 1}));
    EXPECT_EQ(receiver_.streams()[0].nacks_sent, 3U);
    stream_of(Packet{.ssrc = 9, .number = 65'535}.again(10, 1));
    stream_of({.ssrc = 9, .number = 0});
    stream_of({.ssrc = 9, .number = 1});
    for (int i = 0; i < 100; ++i) {
        now_ += 20ms;
        EXPECT_TRUE(poll().nacks.empty());
    }
}

TEST_F(ReceiverTest, ALargeGapIsAskedForInPacketsThatFit) {
    receiver_.set_sections({video("v")});
    stream_of({.ssrc = 9, .number = 1, .mid = "v"});
    stream_of({.ssrc = 9, .number = 901});
    now_ += 50ms;
    EXPECT_EQ(poll().nacks.at(9).size(), 899U);
}

TEST_F(ReceiverTest, AudioWithoutNackIsNotAskedForAgain) {
    receiver_.set_sections({audio("a")});
    stream_of({.number = 1, .payload_type = kOpus, .mid = "a"});
    stream_of({.number = 5, .payload_type = kOpus});
    now_ += 100ms;
    EXPECT_TRUE(poll().nacks.empty());
}

TEST_F(ReceiverTest, ReportsMarksOfEachStreamByRfc8888) {
    auto section = video("v");
    section.extensions = rtp::ExtensionMap();
    section.extensions.set(1, rtp::ExtensionType::kMid);
    ReceiveFormat vp8 = format(media::Codec::kVp8, 90'000);
    vp8.ccfb = true;
    section.formats.set(kVp8, vp8);
    receiver_.set_sections({section});
    ecn_ = net::Ecn::kEct1;
    stream_of({.ssrc = 1, .number = 7, .mid = "v"});
    ecn_ = net::Ecn::kCe;
    stream_of({.ssrc = 1, .number = 9});
    EXPECT_EQ(receiver_.next_timeout(), now_ + 50ms);
    now_ += 50ms;
    const Said said = poll();
    EXPECT_TRUE(said.arrived.empty());
    ASSERT_EQ(said.marked.size(), 3U);
    EXPECT_EQ(said.marked[0].media, Ssrc(1));
    EXPECT_EQ(said.marked[0].sequence_number, 7);
    EXPECT_EQ(said.marked[0].ecn, net::Ecn::kEct1);
    EXPECT_FALSE(said.marked[1].received);
    EXPECT_EQ(said.marked[2].ecn, net::Ecn::kCe);
    EXPECT_EQ(receiver_.feedback_reports(), 1U);
}

TEST_F(ReceiverTest, AsksForKeyframesByWhatWasNegotiated) {
    receiver_.set_sections({video("v"), video("w")});
    stream_of({.ssrc = 1, .mid = "v"});
    stream_of({.ssrc = 2, .payload_type = kH264, .mid = "w", .payload = {0x65, 0x88, 0x80}});
    for (auto& stream : receiver_.streams()) receiver_.request_keyframe(stream);
    EXPECT_LE(receiver_.next_timeout(), now_);
    const Said first = poll();
    EXPECT_EQ(first.plis, std::vector<Ssrc>{Ssrc(1)});
    ASSERT_EQ(first.firs.size(), 1U);
    EXPECT_EQ(first.firs[0].media, Ssrc(2));
    EXPECT_TRUE(poll().empty()) << "once for each wish";
    receiver_.request_keyframe(receiver_.streams()[1]);
    const Said second = poll();
    ASSERT_EQ(second.firs.size(), 1U);
    EXPECT_NE(second.firs[0].command_sequence, first.firs[0].command_sequence)
        << "RFC 5104 §4.3.1.1: the same number would be a repetition";
}

TEST_F(ReceiverTest, ReportsLossAndTheLastSenderReport) {
    receiver_.set_sections({video("v")});
    stream_of({.ssrc = 1, .number = 10, .mid = "v"});
    rtp::SenderReport report;
    report.sender = Ssrc(1);
    report.info.ntp = NtpTime{0x1234'5678'9ABC'DEF0};
    EXPECT_NE(receiver_.on_sender_report(report, now_), nullptr);
    report.sender = Ssrc(99);
    EXPECT_EQ(receiver_.on_sender_report(report, now_), nullptr) << "a source nobody knows";
    now_ += 500ms;
    stream_of({.ssrc = 1, .number = 13});
    now_ += 500ms;
    const Said said = poll();
    EXPECT_EQ(said.cname, "cname");
    ASSERT_EQ(said.blocks.size(), 1U);
    EXPECT_EQ(said.blocks[0].ssrc, Ssrc(1));
    EXPECT_EQ(said.blocks[0].highest_sequence & 0xFFFF, 13U);
    EXPECT_EQ(said.blocks[0].cumulative_lost, 2);
    EXPECT_EQ(said.blocks[0].fraction_lost, 128);
    EXPECT_EQ(said.blocks[0].last_sr, 0x5678'9ABCU);
    EXPECT_EQ(said.blocks[0].delay_since_last_sr, 65'536U);
    // A source that is silent is not reported for ever.
    now_ += 10s;
    EXPECT_TRUE(poll().blocks.empty());
}

TEST_F(ReceiverTest, SaysWhenPacketsOfTheTransportCame) {
    receiver_.set_sections({video("v")});
    for (std::uint16_t i = 0; i < 10; ++i) {
        if (i == 4) continue;
        Packet packet{.ssrc = 1, .number = i, .mid = "v"};
        packet.transport_number = static_cast<std::uint16_t>(65'530 + i);
        if (i == 7) {  // retransmissions have numbers of the transport as well
            packet = packet.again(2, 1);
        }
        ASSERT_TRUE(take(packet)) << i;
        now_ += 2ms;
    }
    now_ += 100ms;
    EXPECT_EQ(poll().arrived,
              (std::vector<std::uint16_t>{65'530, 65'531, 65'532, 65'533, 65'535, 0, 1, 2, 3}));
    EXPECT_EQ(receiver_.feedback_reports(), 1U);
}

TEST_F(ReceiverTest, IsNeverDueRightAfterItSpoke) {
    receiver_.set_sections({video("v"), audio("a")});
    std::uint16_t number = 0;
    for (int i = 0; i < 500; ++i) {
        number = static_cast<std::uint16_t>(number + (i % 7 == 0 ? 3 : 1));
        Packet packet{.ssrc = 1, .number = number, .mid = "v"};
        packet.transport_number = static_cast<std::uint16_t>(i);
        (void)take(packet);
        (void)take({.ssrc = 2,
                    .number = static_cast<std::uint16_t>(i),
                    .payload_type = kOpus,
                    .mid = "a"});
        if (i % 50 == 0) receiver_.request_keyframe(receiver_.streams()[0]);
        (void)poll();
        ASSERT_GT(receiver_.next_timeout(), now_);
        now_ += 5ms;
    }
}

}  // namespace
}  // namespace parley::peer
