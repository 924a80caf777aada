#include <gtest/gtest.h>
#include <vector>

#include "rtp/red.hpp"
#include "rtp/rtx.hpp"

namespace parley::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes make_packet(std::string_view payload) {
    Bytes out(256);
    HeaderWriter writer(out, {.marker = true,
                              .payload_type = 96,
                              .sequence_number = 1000,
                              .timestamp = 42,
                              .ssrc = Ssrc(1)});
    EXPECT_TRUE(writer.add_extension(5, as_bytes("hi")));
    const std::size_t header = writer.finish();
    std::copy(payload.begin(), payload.end(), out.begin() + static_cast<std::ptrdiff_t>(header));
    out.resize(header + payload.size());
    return out;
}

TEST(Rtx, WrapsAndUnwraps) {
    const Bytes original = make_packet("payload");
    const auto view = parse_packet(original);
    ASSERT_TRUE(view);
    Bytes out(256);
    const std::size_t size = write_rtx(out, *view, 97, Ssrc(2), 5);
    ASSERT_EQ(size, original.size() + 2);
    const auto wrapped = parse_packet(BytesView(out).first(size));
    ASSERT_TRUE(wrapped);
    EXPECT_TRUE(wrapped->marker);
    EXPECT_EQ(wrapped->payload_type, 97);
    EXPECT_EQ(wrapped->sequence_number, 5);
    EXPECT_EQ(wrapped->ssrc, Ssrc(2));
    EXPECT_EQ(wrapped->timestamp, 42U);
    const auto payload = read_rtx(wrapped->payload);
    ASSERT_TRUE(payload);
    EXPECT_EQ(payload->original_sequence_number, 1000);
    EXPECT_EQ(as_text(payload->payload), "payload");

    const auto restored = unwrap_rtx(BytesSpan(out).first(size), 96, Ssrc(1));
    ASSERT_TRUE(restored);
    EXPECT_EQ(Bytes(restored->begin(), restored->end()), original);
}

TEST(Rtx, DropsThePaddingOfTheOriginal) {
    Bytes padded = make_packet("xy");
    padded[0] |= 0x20;
    padded.insert(padded.end(), {0, 0, 3});
    const auto view = parse_packet(padded);
    ASSERT_TRUE(view);
    Bytes out(256);
    const auto wrapped = parse_packet(BytesView(out).first(write_rtx(out, *view, 97, Ssrc(2), 5)));
    ASSERT_TRUE(wrapped);
    EXPECT_EQ(wrapped->padding, 0);
    EXPECT_EQ(as_text(read_rtx(wrapped->payload)->payload), "xy");
}

TEST(Rtx, RefusesWhatHasNoRoom) {
    const Bytes original = make_packet("payload");
    const auto view = parse_packet(original);
    Bytes small(original.size() + 1);
    EXPECT_EQ(write_rtx(small, *view, 97, Ssrc(2), 5), 0U);
    EXPECT_EQ(write_rtx_payload(BytesSpan(small).first(8), 1, as_bytes("payload")), 0U);
    EXPECT_EQ(write_rtx_payload(BytesSpan(small).first(9), 1, as_bytes("payload")), 9U);
}

// Browsers probe with RTX packets that hold padding alone.
TEST(Rtx, RefusesPaddingWithoutAPayload) {
    Bytes probe = make_packet("");
    probe[0] |= 0x20;
    probe.insert(probe.end(), {0, 0, 0, 4});
    const Bytes before = probe;
    EXPECT_EQ(unwrap_rtx(probe, 96, Ssrc(1)).error(), ParseError::kTooShort);
    EXPECT_EQ(probe, before);
    EXPECT_EQ(read_rtx(Bytes{1}).error(), ParseError::kTooShort);
}

TEST(Red, ReadsTheLayoutOfTheRfc) {
    // One redundant block, 20 ms older, of 3 octets; then the primary.
    const Bytes payload{0x80 | 111, 0x0F, 0x00, 0x03, 111, 'o', 'l', 'd', 'n', 'e', 'w', '!'};
    const auto blocks = parse_red(payload, 63);
    ASSERT_TRUE(blocks);
    ASSERT_EQ(blocks->size(), 2U);
    EXPECT_EQ((*blocks)[0].timestamp_offset, 960);
    EXPECT_EQ(as_text((*blocks)[0].payload), "old");
    EXPECT_EQ((*blocks)[1].timestamp_offset, 0);
    EXPECT_EQ(as_text((*blocks)[1].payload), "new!");
}

TEST(Red, WritesWhatItReads) {
    const std::array<RedBlock, 2> redundant{RedBlock{111, 1920, as_bytes("older")},
                                            RedBlock{111, 960, as_bytes("old")}};
    Bytes out(64);
    const std::size_t size = write_red(out, redundant, {111, 0, as_bytes("new")});
    ASSERT_EQ(size, 4U + 4U + 1U + 5U + 3U + 3U);
    const auto blocks = parse_red(BytesView(out).first(size));
    ASSERT_TRUE(blocks);
    ASSERT_EQ(blocks->size(), 3U);
    EXPECT_EQ((*blocks)[0].timestamp_offset, 1920);
    EXPECT_EQ(as_text((*blocks)[0].payload), "older");
    EXPECT_EQ(as_text((*blocks)[2].payload), "new");
    EXPECT_EQ(write_red(BytesSpan(out).first(size - 1), redundant, {111, 0, as_bytes("new")}), 0U);
}

TEST(Red, LeavesOutBlocksThatDoNotFitTheirFields) {
    const Bytes large(1024, 1);
    const std::array<RedBlock, 2> redundant{RedBlock{111, 0x4000, as_bytes("too old")},
                                            RedBlock{111, 960, large}};
    Bytes out(2048);
    EXPECT_EQ(write_red(out, redundant, {111, 0, as_bytes("new")}), 4U);
}

TEST(Red, RefusesLiesAndRecursion) {
    EXPECT_FALSE(parse_red({}));
    EXPECT_FALSE(parse_red(Bytes{0x80 | 111, 0, 0}));
    EXPECT_FALSE(parse_red(Bytes{0x80 | 111, 0, 0, 3}));                // no primary
    EXPECT_FALSE(parse_red(Bytes{0x80 | 111, 0, 0, 3, 111, 1, 2}));     // block past the end
    EXPECT_FALSE(parse_red(Bytes{0x80 | 63, 0, 0, 1, 111, 1, 2}, 63));  // RED in RED
    EXPECT_FALSE(parse_red(Bytes{63, 1, 2}, 63));
    EXPECT_TRUE(parse_red(Bytes{111}));  // an empty primary is well-formed
    Bytes many;
    for (int i = 0; i < 32; ++i) many.insert(many.end(), {0x80 | 111, 0, 0, 0});
    many.push_back(111);
    EXPECT_FALSE(parse_red(many));
    EXPECT_EQ(parse_red(BytesView(many).subspan(4))->size(), 32U);
}

}  // namespace
}  // namespace parley::rtp
