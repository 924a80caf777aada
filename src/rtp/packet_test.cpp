#include "rtp/packet.hpp"

#include <array>
#include <gtest/gtest.h>
#include <vector>

namespace parley::rtp {
namespace {

TEST(ParsePacket, ReadsWhatTheWriterWrote) {
    std::array<std::uint8_t, 64> out{};
    HeaderWriter writer(out, {.marker = true,
                              .payload_type = 96,
                              .sequence_number = 7,
                              .timestamp = 90000,
                              .ssrc = Ssrc(0xDEADBEEF)});
    const std::array<std::uint8_t, 2> mid{'0', '1'};
    const std::array<std::uint8_t, 3> time{1, 2, 3};
    ASSERT_TRUE(writer.add_extension(1, mid));
    ASSERT_TRUE(writer.add_extension(14, time));
    const std::size_t header = writer.finish();
    ASSERT_EQ(header, 24U);
    out[header] = 0x42;
    const auto view = parse_packet(BytesView(out).first(header + 1));
    ASSERT_TRUE(view);
    EXPECT_TRUE(view->marker);
    EXPECT_EQ(view->payload_type, 96);
    EXPECT_EQ(view->sequence_number, 7);
    EXPECT_EQ(view->timestamp, 90000U);
    EXPECT_EQ(view->ssrc, Ssrc(0xDEADBEEF));
    EXPECT_EQ(as_text(view->extension(1)), "01");
    EXPECT_EQ(view->extension(14).size(), 3U);
    EXPECT_TRUE(view->extension(2).empty());
    EXPECT_EQ(view->payload.size(), 1U);
    EXPECT_EQ(view->header_size(), header);
}

TEST(ParsePacket, WritesTheTwoByteFormForLargeElements) {
    std::array<std::uint8_t, 64> out{};
    const std::array<std::uint8_t, 20> large{};
    HeaderWriter one(out, {});
    EXPECT_FALSE(one.add_extension(1, large));
    HeaderWriter two(out, {}, true);
    ASSERT_TRUE(two.add_extension(15, large));
    ASSERT_TRUE(two.add_extension(16, {}));
    const auto view = parse_packet(BytesView(out).first(two.finish()));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->extension(15).size(), 20U);
}

TEST(ParsePacket, RefusesLengthsThatLie) {
    std::vector<std::uint8_t> packet(12, 0);
    packet[0] = 0x80;
    EXPECT_TRUE(parse_packet(packet));
    packet[0] = 0x40;
    EXPECT_EQ(parse_packet(packet).error(), ParseError::kBadVersion);
    packet[0] = 0x8F;  // fifteen CSRCs that are not there
    EXPECT_EQ(parse_packet(packet).error(), ParseError::kBadLength);
    packet[0] = 0x90;
    EXPECT_EQ(parse_packet(packet).error(), ParseError::kBadLength);
    packet.insert(packet.end(), {0xBE, 0xDE, 0xFF, 0xFF});
    EXPECT_EQ(parse_packet(packet).error(), ParseError::kBadLength);
    EXPECT_EQ(parse_packet(BytesView(packet).first(11)).error(), ParseError::kTooShort);
}

TEST(ParsePacket, RemovesPaddingAndRefusesPaddingThatLies) {
    std::vector<std::uint8_t> packet(15, 0);
    packet[0] = 0xA0;
    packet[14] = 2;
    const auto view = parse_packet(packet);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->payload.size(), 1U);
    EXPECT_EQ(view->padding, 2);
    packet[14] = 4;
    EXPECT_EQ(parse_packet(packet).error(), ParseError::kBadPadding);
    packet[14] = 0;
    EXPECT_EQ(parse_packet(packet).error(), ParseError::kBadPadding);
}

TEST(ExtensionReader, EndsQuietlyAtNonsense) {
    const std::array<std::uint8_t, 8> runs_past{0x10, 1, 0x2F, 2, 3, 4, 5, 6};
    ExtensionReader reader(kOneByteProfile, runs_past);
    EXPECT_EQ(reader.next()->id, 1);
    EXPECT_FALSE(reader.next());
    const std::array<std::uint8_t, 4> reserved{0xF0, 1, 0x20, 2};
    EXPECT_FALSE(ExtensionReader(kOneByteProfile, reserved).next());
    const std::array<std::uint8_t, 4> padded{0, 0, 0x20, 2};
    EXPECT_EQ(ExtensionReader(kOneByteProfile, padded).next()->id, 2);
    EXPECT_FALSE(ExtensionReader(0x1234, padded).next());
}

}  // namespace
}  // namespace parley::rtp
