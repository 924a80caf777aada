#include "rtp/rtcp.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "rtp/rtcp_writer.hpp"

namespace parley::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::vector<RtcpMessage> read_all(BytesView compound, RtcpWalk* walk = nullptr) {
    std::vector<RtcpMessage> messages;
    const RtcpWalk result =
        for_each_rtcp(compound, [&](const RtcpMessage& message) { messages.push_back(message); });
    if (walk != nullptr) *walk = result;
    return messages;
}

template <typename T>
T read_one(BytesView compound) {
    const auto messages = read_all(compound);
    EXPECT_EQ(messages.size(), 1U);
    return messages.empty() ? T{} : std::get<T>(messages[0]);
}

// A buffer with just the octets, so that a sanitizer sees every step past the end.
Bytes written(const RtcpWriter& writer, const Bytes& out) {
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(writer.size())};
}

TEST(Rtcp, SenderReportRoundTrip) {
    Bytes out(200);
    RtcpWriter writer(out);
    const SenderInfo info{{0x0102030405060708}, 9, 10, 11};
    const std::array<ReportBlock, 2> blocks{
        ReportBlock{Ssrc(1), 64, -3, 0x10005, 77, 0xAABBCCDD, 65536},
        ReportBlock{Ssrc(2), 0, 0x7FFFFF, 1, 2, 3, 4}};
    ASSERT_TRUE(writer.sender_report(Ssrc(99), info, blocks));
    EXPECT_EQ(writer.size(), 28U + 48U);
    EXPECT_EQ(out[0], 0x82);
    EXPECT_EQ(out[1], 200);
    EXPECT_EQ(load_be16(&out[2]), writer.size() / 4 - 1);
    const Bytes bytes = written(writer, out);
    const auto report = read_one<SenderReport>(bytes);
    EXPECT_EQ(report.sender, Ssrc(99));
    EXPECT_EQ(report.info, info);
    ASSERT_EQ(report.blocks.size(), 2U);
    EXPECT_EQ(report.blocks[0], blocks[0]);
    EXPECT_EQ(report.blocks[1], blocks[1]);
}

TEST(Rtcp, CompoundOfEverything) {
    Bytes out(1500);
    RtcpWriter writer(out);
    const std::array<ReportBlock, 1> blocks{ReportBlock{.ssrc = Ssrc(5)}};
    const std::array<Ssrc, 2> sources{Ssrc(7), Ssrc(8)};
    const std::array<std::uint16_t, 4> lost{65534, 65535, 0, 40};
    ASSERT_TRUE(writer.receiver_report(Ssrc(1), blocks));
    ASSERT_TRUE(writer.cname(Ssrc(1), "somebody@somewhere"));
    ASSERT_EQ(writer.nack(Ssrc(1), Ssrc(2), lost), 4U);
    ASSERT_TRUE(writer.pli(Ssrc(1), Ssrc(3)));
    ASSERT_TRUE(writer.fir(Ssrc(1), Ssrc(4), 17));
    ASSERT_TRUE(writer.remb(Ssrc(1), Bitrate::from_bps(1'000'000), sources));
    ASSERT_TRUE(writer.bye(sources, "going home"));
    const Bytes bytes = written(writer, out);
    const auto all = read_all(bytes);
    ASSERT_EQ(all.size(), 7U);
    EXPECT_EQ(std::get<ReceiverReport>(all[0]).blocks[0].ssrc, Ssrc(5));
    auto chunks = std::get<SourceDescription>(all[1]).read();
    EXPECT_EQ(chunks.next()->cname, "somebody@somewhere");
    EXPECT_FALSE(chunks.next());
    std::vector<std::uint16_t> asked;
    std::get<Nack>(all[2]).for_each([&](std::uint16_t s) { asked.push_back(s); });
    EXPECT_EQ(asked, (std::vector<std::uint16_t>(lost.begin(), lost.end())));
    EXPECT_EQ(std::get<PictureLossIndication>(all[3]).media, Ssrc(3));
    const auto fir = std::get<FullIntraRequest>(all[4]);
    ASSERT_EQ(fir.size(), 1U);
    EXPECT_EQ(fir[0].media, Ssrc(4));
    EXPECT_EQ(fir[0].command_sequence, 17);
    const auto remb = std::get<Remb>(all[5]);
    EXPECT_EQ(remb.bitrate.bps, 1'000'000);
    ASSERT_EQ(remb.size(), 2U);
    EXPECT_EQ(remb[1], Ssrc(8));
    const auto bye = std::get<Bye>(all[6]);
    EXPECT_EQ(bye.reason, "going home");
    EXPECT_EQ(bye[0], Ssrc(7));
}

TEST(Rtcp, WriterWritesAPacketWholeOrNotAtAll) {
    Bytes out(19);
    RtcpWriter writer(out);
    ASSERT_TRUE(writer.pli(Ssrc(1), Ssrc(2)));
    EXPECT_FALSE(writer.pli(Ssrc(1), Ssrc(2)));
    EXPECT_EQ(writer.size(), 12U);
    const std::array<std::uint16_t, 1> lost{1};
    EXPECT_EQ(writer.nack(Ssrc(1), Ssrc(2), lost), 0U);
    EXPECT_EQ(writer.size(), 12U);
    EXPECT_EQ(out[12], 0);
    Bytes large(4000);
    RtcpWriter other(large);
    const std::vector<ReportBlock> blocks(32);
    EXPECT_FALSE(other.receiver_report(Ssrc(1), blocks));
    EXPECT_TRUE(other.receiver_report(Ssrc(1), std::span(blocks).first(31)));
}

TEST(Rtcp, NackSaysHowMuchItCovered) {
    Bytes out(20);  // room for two items
    RtcpWriter writer(out);
    const std::array<std::uint16_t, 4> lost{1, 100, 116, 200};
    EXPECT_EQ(writer.nack(Ssrc(1), Ssrc(2), lost), 3U);
    EXPECT_EQ(writer.size(), 20U);
    std::vector<std::uint16_t> asked;
    read_one<Nack>(out).for_each([&](std::uint16_t s) { asked.push_back(s); });
    EXPECT_EQ(asked, (std::vector<std::uint16_t>{1, 100, 116}));
}

TEST(Rtcp, CnamesOfEveryLengthRoundTrip) {
    for (std::size_t size = 0; size <= 255; ++size) {
        Bytes out(300);
        RtcpWriter writer(out);
        const std::string cname(size, 'c');
        ASSERT_TRUE(writer.cname(Ssrc(1), cname));
        ASSERT_EQ(writer.size() % 4, 0U);
        const Bytes bytes = written(writer, out);
        auto chunks = read_one<SourceDescription>(bytes).read();
        EXPECT_EQ(chunks.next()->cname, cname);
    }
    Bytes out(400);
    RtcpWriter writer(out);
    EXPECT_FALSE(writer.cname(Ssrc(1), std::string(256, 'c')));
}

TEST(Rtcp, RembKeepsEighteenBits) {
    for (const std::int64_t bps : {0L, 1L, 262143L, 262144L, 123456789L, 10'000'000'000L}) {
        Bytes out(64);
        RtcpWriter writer(out);
        ASSERT_TRUE(writer.remb(Ssrc(1), Bitrate::from_bps(bps), {}));
        const auto remb = read_one<Remb>(written(writer, out));
        EXPECT_LE(remb.bitrate.bps, bps);
        EXPECT_GE(remb.bitrate.bps, bps - bps / 131072);
    }
}

// A layout fixed by hand: PLI from 1 to 0x902F9E2E.
TEST(Rtcp, PliLayout) {
    Bytes out(12);
    RtcpWriter writer(out);
    ASSERT_TRUE(writer.pli(Ssrc(1), Ssrc(0x902F9E2E)));
    EXPECT_EQ(out, (Bytes{0x81, 0xCE, 0x00, 0x02, 0, 0, 0, 1, 0x90, 0x2F, 0x9E, 0x2E}));
}

Bytes rtcp(std::uint8_t first, std::uint8_t type, const Bytes& body) {
    Bytes packet{first, type, 0, static_cast<std::uint8_t>(body.size() / 4)};
    packet.insert(packet.end(), body.begin(), body.end());
    return packet;
}

TEST(RtcpHostile, DropsTheRestBehindABrokenLength) {
    Bytes out(64);
    RtcpWriter writer(out);
    ASSERT_TRUE(writer.pli(Ssrc(1), Ssrc(2)));
    Bytes compound = written(writer, out);
    const Bytes tail{0x81, 0xCE, 0x00, 0x40, 0, 0, 0, 1};
    compound.insert(compound.end(), tail.begin(), tail.end());
    RtcpWalk walk;
    EXPECT_EQ(read_all(compound, &walk).size(), 1U);
    EXPECT_EQ(walk.malformed, 1U);
}

TEST(RtcpHostile, RefusesWrongVersionsTypesAndPadding) {
    RtcpWalk walk;
    read_all(rtcp(0x41, 206, Bytes(8)), &walk);  // version 1
    EXPECT_EQ(walk.malformed, 1U);
    read_all(rtcp(0x81, 96, Bytes(8)), &walk);  // no RTCP type
    EXPECT_EQ(walk.malformed, 1U);
    Bytes body(8);
    read_all(rtcp(0xA1, 206, body), &walk);  // padding of 0
    EXPECT_EQ(walk.malformed, 1U);
    body[7] = 9;  // more padding than packet
    read_all(rtcp(0xA1, 206, body), &walk);
    EXPECT_EQ(walk.malformed, 1U);
    body = Bytes(12);
    body[11] = 4;
    EXPECT_EQ(read_all(rtcp(0xA1, 206, body), &walk).size(), 1U);
    EXPECT_TRUE(read_all({}).empty());
    read_all(Bytes{0x80}, &walk);
    EXPECT_EQ(walk.malformed, 1U);
}

TEST(RtcpHostile, RefusesCountsThatLie) {
    RtcpWalk walk;
    read_all(rtcp(0x82, 201, Bytes(4 + 24)), &walk);  // two blocks announced
    EXPECT_EQ(walk.malformed, 1U);
    read_all(rtcp(0x81, 200, Bytes(24)), &walk);
    EXPECT_EQ(walk.malformed, 1U);
    read_all(rtcp(0x9F, 203, Bytes(4)), &walk);  // thirty-one sources
    EXPECT_EQ(walk.malformed, 1U);
    read_all(rtcp(0x81, 203, {0, 0, 0, 1, 200, 'a', 'b', 'c'}), &walk);  // reason past the end
    EXPECT_EQ(walk.malformed, 1U);
    // A profile's own words behind the blocks are allowed (RFC 3550 §6.4.3).
    EXPECT_EQ(read_all(rtcp(0x80, 201, Bytes(12)), &walk).size(), 1U);
}

TEST(RtcpHostile, RefusesUnterminatedSourceDescriptions) {
    RtcpWalk walk;
    read_all(rtcp(0x81, 202, {0, 0, 0, 1, 1, 2, 'a', 'b'}), &walk);  // no end of items
    EXPECT_EQ(walk.malformed, 1U);
    read_all(rtcp(0x81, 202, {0, 0, 0, 1, 1, 255, 'a', 'b'}), &walk);
    EXPECT_EQ(walk.malformed, 1U);
    read_all(rtcp(0x82, 202, {0, 0, 0, 1, 0, 0, 0, 0}), &walk);  // the second chunk is missing
    EXPECT_EQ(walk.malformed, 1U);
    EXPECT_EQ(read_all(rtcp(0x81, 202, {0, 0, 0, 1, 0, 0, 0, 0}), &walk).size(), 1U);
}

TEST(RtcpHostile, RefusesRembThatLies) {
    const auto remb = [](std::uint8_t sources, std::uint8_t exponent, std::size_t extra) {
        Bytes body{0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', sources, 0, 0, 1};
        body[13] = static_cast<std::uint8_t>(exponent << 2);
        body.resize(body.size() + extra);
        return rtcp(0x8F, 206, body);
    };
    RtcpWalk walk;
    EXPECT_EQ(read_all(remb(1, 45, 4), &walk).size(), 1U);
    read_all(remb(255, 0, 4), &walk);
    EXPECT_EQ(walk.malformed, 1U);
    read_all(remb(1, 63, 4), &walk);
    EXPECT_EQ(walk.malformed, 1U);
    read_all(remb(0, 0, 4), &walk);
    EXPECT_EQ(walk.malformed, 1U);
}

TEST(RtcpHostile, WalksOverWhatNobodyReads) {
    RtcpWalk walk;
    read_all(rtcp(0x80, 207, Bytes(40, 0xFF)), &walk);  // an extended report
    EXPECT_EQ(walk.unread, 1U);
    read_all(rtcp(0x8A, 205, Bytes(16, 0xFF)), &walk);  // a format without a name
    EXPECT_EQ(walk.unread, 1U);
    read_all(rtcp(0x8F, 206, Bytes(16, 0xFF)), &walk);  // application feedback, no REMB
    EXPECT_EQ(walk.unread, 1U);
    EXPECT_EQ(walk.malformed, 0U);
}

TEST(RtcpHostile, EmptyFeedbackIsRefused) {
    RtcpWalk walk;
    read_all(rtcp(0x81, 205, Bytes(8)), &walk);  // NACK without items
    EXPECT_EQ(walk.malformed, 1U);
    read_all(rtcp(0x84, 206, Bytes(8)), &walk);  // FIR without entries
    EXPECT_EQ(walk.malformed, 1U);
    read_all(rtcp(0x84, 206, Bytes(12)), &walk);  // half an entry
    EXPECT_EQ(walk.malformed, 1U);
    read_all(rtcp(0x81, 206, Bytes(4)), &walk);
    EXPECT_EQ(walk.malformed, 1U);
}

}  // namespace
}  // namespace parley::rtp
