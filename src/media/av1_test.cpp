#include "media/av1.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "rtp/test_bit_writer.hpp"

namespace parley::media {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Bits = rtp::TestBitWriter;

struct SequenceOptions {
    bool reduced = false;
    bool timing = false;
    bool display_delay = false;
    int operating_points = 1;
};

// sequence_header_obu() (AV1 specification §5.5.1) up to the size, 1280x720.
Bytes make_sequence_header(const SequenceOptions& o) {
    Bits bits;
    bits.bits(3, 0).bits(1, o.reduced).bits(1, o.reduced);
    if (o.reduced) {
        bits.bits(5, 8);
    } else {
        bits.bits(1, o.timing);
        if (o.timing) {
            bits.bits(32, 1).bits(32, 30).bits(1, 1).bits(3, 0b001).bits(2, 0b10);  // uvlc of 5
            bits.bits(1, 1).bits(5, 9).bits(32, 1).bits(5, 9).bits(5, 9);
        }
        bits.bits(1, o.display_delay);
        bits.bits(5, static_cast<std::uint64_t>(o.operating_points - 1));
        for (int i = 0; i < o.operating_points; ++i) {
            bits.bits(12, 0x101).bits(5, i % 2 == 0 ? 8 : 5);
            if (i % 2 == 0) bits.bits(1, 0);
            if (o.timing) bits.bits(1, 1).bits(10, 0).bits(10, 0).bits(1, 0);
            if (o.display_delay) bits.bits(1, 1).bits(4, 3);
        }
    }
    bits.bits(4, 10).bits(4, 9).bits(11, 1279).bits(10, 719).bits(8, 0);
    return bits.bytes();
}

// An OBU without a size field, with layer ids when asked for.
Bytes obu(ObuType type, const Bytes& data, int temporal = -1, int spatial = 0) {
    Bytes bytes{static_cast<std::uint8_t>(static_cast<int>(type) << 3)};
    if (temporal >= 0) {
        bytes[0] |= 4;
        bytes.push_back(static_cast<std::uint8_t>((temporal << 5) | (spatial << 3)));
    }
    bytes.insert(bytes.end(), data.begin(), data.end());
    return bytes;
}

Bytes packet(std::uint8_t head, const std::vector<Bytes>& elements) {
    Bytes bytes{head};
    const std::size_t announced = (head >> 4) & 3;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        if (announced == 0 || i + 1 < announced) {
            bytes.push_back(static_cast<std::uint8_t>(elements[i].size()));
        }
        bytes.insert(bytes.end(), elements[i].begin(), elements[i].end());
    }
    return bytes;
}

TEST(Av1, ReadsAKeyFrame) {
    const Bytes sequence = obu(ObuType::kSequenceHeader, make_sequence_header({}));
    const Bytes frame = obu(ObuType::kFrame, {1, 2, 3});
    for (const std::uint8_t head : Bytes{0x28, 0x08}) {  // two elements, or as many as there are
        const auto info = parse_av1(packet(head, {sequence, frame}));
        ASSERT_TRUE(info);
        EXPECT_TRUE(info->keyframe());
        EXPECT_TRUE(info->new_coded_sequence);
        EXPECT_EQ(info->element_count, 2);
        EXPECT_EQ(info->first_obu_type, 1);
        EXPECT_TRUE(info->starts_frame);
        ASSERT_TRUE(info->size);
        EXPECT_EQ(info->size->width, 1280U);
        EXPECT_EQ(info->size->height, 720U);
        EXPECT_FALSE(info->has_layers);
    }
}

TEST(Av1, ReadsFragmentsAndLayers) {
    const auto first = parse_av1(packet(0x50, {obu(ObuType::kFrame, {1, 2}, 2, 1)}));
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->continued);
    EXPECT_TRUE(first->starts_frame);
    EXPECT_EQ(first->temporal_id, 2);
    EXPECT_EQ(first->spatial_id, 1);
    EXPECT_FALSE(first->keyframe());
    // What continues is payload, even where it looks like a sequence header.
    const auto second = parse_av1(packet(0x90, {Bytes{0x08, 0xFF}}));
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->continues_obu);
    EXPECT_FALSE(second->has_sequence_header);
    EXPECT_FALSE(second->keyframe());
    const auto tile = parse_av1(packet(0x10, {obu(ObuType::kTileGroup, {1})}));
    EXPECT_FALSE(tile->starts_frame);
}

TEST(Av1, ReadsSizesOfEveryKindOfSequence) {
    for (const SequenceOptions& options :
         {SequenceOptions{.reduced = true}, SequenceOptions{.timing = true},
          SequenceOptions{.display_delay = true},
          SequenceOptions{.timing = true, .display_delay = true, .operating_points = 32}}) {
        const Bytes header = make_sequence_header(options);
        const auto size = read_av1_size(header);
        ASSERT_TRUE(size);
        EXPECT_EQ(size->width, 1280U);
        EXPECT_EQ(size->height, 720U);
        EXPECT_FALSE(read_av1_size(BytesView(header).first(header.size() - 3)));
    }
}

TEST(Av1, ToleratesASizeFieldInsideAnElement) {
    Bytes sequence = make_sequence_header({});
    Bytes element{0x0A, static_cast<std::uint8_t>(sequence.size())};
    element.insert(element.end(), sequence.begin(), sequence.end());
    const auto info = parse_av1(packet(0x18, {element}));
    ASSERT_TRUE(info);
    EXPECT_EQ(info->size->width, 1280U);
}

TEST(Av1, RefusesLies) {
    EXPECT_EQ(parse_av1({}).error(), PayloadError::kEmpty);
    EXPECT_EQ(parse_av1(Bytes{0x00}).error(), PayloadError::kTruncated);
    EXPECT_EQ(parse_av1(Bytes{0x10}).error(), PayloadError::kTruncated);
    EXPECT_EQ(parse_av1(Bytes{0x00, 5, 0x30}).error(), PayloadError::kTruncated);  // past the end
    EXPECT_EQ(parse_av1(Bytes{0x00, 0, 1, 0x30}).error(), PayloadError::kTruncated);  // empty OBU
    EXPECT_EQ(parse_av1(Bytes{0x20, 1, 0x30}).error(), PayloadError::kTruncated);  // one is missing
    EXPECT_EQ(parse_av1(Bytes{0x88, 1, 2}).error(), PayloadError::kReserved);      // Z with N
    EXPECT_EQ(parse_av1(Bytes{0x10, 0xB0}).error(), PayloadError::kReserved);  // the forbidden bit
    EXPECT_EQ(parse_av1(Bytes{0x10, 0x34}).error(), PayloadError::kTruncated);
    EXPECT_EQ(parse_av1(Bytes{0x10, 0x32}).error(), PayloadError::kTruncated);
    EXPECT_EQ(parse_av1(packet(0x00, std::vector<Bytes>(65, Bytes{0x30}))).error(),
              PayloadError::kTooMany);
    EXPECT_FALSE(parse_av1(Bytes{0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}));
}

TEST(Leb128, ReadsWhatTheSpecificationAllows) {
    const auto read = [](const Bytes& bytes) {
        ByteReader reader(bytes);
        return read_leb128(reader);
    };
    EXPECT_EQ(read({0}), 0U);
    EXPECT_EQ(read({0x7F}), 127U);
    EXPECT_EQ(read({0xE5, 0x8E, 0x26}), 624485U);
    EXPECT_EQ(read({0x85, 0x80, 0x00}), 5U);  // longer than needed is allowed
    EXPECT_EQ(read({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}), UINT32_MAX);
    EXPECT_FALSE(read({0xFF, 0xFF, 0xFF, 0xFF, 0x1F}));
    EXPECT_FALSE(read({0x80}));
    EXPECT_FALSE(read(Bytes(9, 0x80)));
}

}  // namespace
}  // namespace parley::media
