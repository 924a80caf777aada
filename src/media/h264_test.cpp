#include "media/h264.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "rtp/test_bit_writer.hpp"

namespace parley::media {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Bits = rtp::TestBitWriter;

struct SpsOptions {
    unsigned profile = 66;
    std::uint32_t chroma = 1;
    bool scaling = false;
    std::uint32_t order = 0;
    std::uint32_t width_mbs = 80;
    std::uint32_t height_units = 45;
    bool frames_only = true;
    bool crop = false;
    std::uint32_t crop_right = 0;
    std::uint32_t crop_bottom = 0;
};

// seq_parameter_set_data() (H.264 §7.3.2.1.1), without emulation prevention.
Bytes make_sps(const SpsOptions& o) {
    Bits bits;
    bits.bits(8, 0x67).bits(8, o.profile).bits(8, 0).bits(8, 31).ue(0);
    if (o.profile == 100 || o.profile == 244) {
        bits.ue(o.chroma);
        if (o.chroma == 3) bits.bits(1, 0);
        bits.ue(0).ue(0).bits(1, 0).bits(1, o.scaling ? 1 : 0);
        if (o.scaling) {
            for (int i = 0; i < (o.chroma == 3 ? 12 : 8); ++i) {
                bits.bits(1, i % 2 == 0);  // a list whose numbers all repeat the first, or none
                if (i % 2 == 0) {
                    for (int n = 0; n < (i < 6 ? 16 : 64); ++n) bits.ue(n == 0 ? 3 : 0);
                }
            }
        }
    }
    bits.ue(0).ue(o.order);
    if (o.order == 0) bits.ue(0);
    if (o.order == 1) bits.bits(1, 0).ue(0).ue(0).ue(2).ue(0).ue(0);
    bits.ue(1).bits(1, 0).ue(o.width_mbs - 1).ue(o.height_units - 1);
    bits.bits(1, o.frames_only ? 1 : 0);
    if (!o.frames_only) bits.bits(1, 0);
    bits.bits(1, 1).bits(1, o.crop ? 1 : 0);
    if (o.crop) bits.ue(0).ue(o.crop_right).ue(0).ue(o.crop_bottom);
    bits.bits(1, 0).bits(1, 1);
    return bits.bytes();
}

void expect_size(const Bytes& sps, int width, int height) {
    const auto size = read_sps_size(sps);
    ASSERT_TRUE(size);
    EXPECT_EQ(size->width, width);
    EXPECT_EQ(size->height, height);
}

TEST(H264Sps, ReadsSizes) {
    expect_size(make_sps({}), 1280, 720);
    expect_size(make_sps({.order = 1}), 1280, 720);
    expect_size(make_sps({.order = 2}), 1280, 720);
    expect_size(make_sps({.profile = 100}), 1280, 720);
    expect_size(make_sps({.profile = 100, .scaling = true}), 1280, 720);
    expect_size(make_sps({.profile = 244, .chroma = 3, .scaling = true}), 1280, 720);
    // 1920x1080: 68 rows of macroblocks, four pairs of lines cut.
    expect_size(make_sps({.width_mbs = 120, .height_units = 68, .crop = true, .crop_bottom = 4}),
                1920, 1080);
    // The same interlaced: 34 units of two rows, the crop unit doubles.
    expect_size(make_sps({.width_mbs = 120,
                          .height_units = 34,
                          .frames_only = false,
                          .crop = true,
                          .crop_bottom = 2}),
                1920, 1080);
    expect_size(make_sps({.profile = 100, .chroma = 0, .crop = true, .crop_right = 1}), 1279, 720);
}

// From an encoder in the field: High profile, level 3.1, 1280x720, with emulation prevention.
TEST(H264Sps, ReadsOneFromTheField) {
    expect_size({0x67, 0x64, 0x00, 0x1F, 0xAC, 0xD9, 0x40, 0x50, 0x05, 0xBB, 0x01, 0x10, 0x00,
                 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xF1, 0x83, 0x19, 0x60},
                1280, 720);
}

TEST(H264Sps, RefusesNonsense) {
    EXPECT_FALSE(read_sps_size({}));
    EXPECT_FALSE(read_sps_size(Bytes(2000, 0)));
    EXPECT_FALSE(read_sps_size(make_sps({.width_mbs = 1'000'000})));
    EXPECT_FALSE(read_sps_size(make_sps({.crop = true, .crop_right = 4'000'000'000U})));
    const Bytes sps = make_sps({.profile = 100});
    for (std::size_t size = 0; size + 2 < sps.size(); ++size) {
        EXPECT_FALSE(read_sps_size(BytesView(sps).first(size))) << size;
    }
}

TEST(H264, ReadsSingleUnits) {
    const auto sps = parse_h264(make_sps({}));
    ASSERT_TRUE(sps);
    EXPECT_TRUE(sps->has_sps);
    ASSERT_TRUE(sps->size);
    EXPECT_EQ(sps->size->width, 1280);
    const auto idr = parse_h264(Bytes{0x65, 0x88});
    ASSERT_TRUE(idr);
    EXPECT_TRUE(idr->has_idr);
    EXPECT_TRUE(idr->starts_idr);
    EXPECT_TRUE(idr->starts_slice);
    EXPECT_FALSE(parse_h264(Bytes{0x65, 0x48})->starts_idr);  // a later slice of the picture
    const auto slice = parse_h264(Bytes{0x01, 0x9A});         // nal_ref_idc 0
    EXPECT_TRUE(slice->starts_slice);
    EXPECT_FALSE(slice->reference);
    EXPECT_FALSE(slice->has_idr);
    EXPECT_TRUE(parse_h264(Bytes{0x68, 1})->has_pps);
}

Bytes stap(const std::vector<Bytes>& units) {
    Bytes payload{0x78};
    for (const auto& unit : units) {
        payload.push_back(static_cast<std::uint8_t>(unit.size() >> 8));
        payload.push_back(static_cast<std::uint8_t>(unit.size()));
        payload.insert(payload.end(), unit.begin(), unit.end());
    }
    return payload;
}

TEST(H264, ReadsAggregates) {
    const auto info = parse_h264(stap({make_sps({}), {0x68, 0xCE}, {0x65, 0x88}}));
    ASSERT_TRUE(info);
    EXPECT_EQ(info->packetization, H264Info::Packetization::kStapA);
    EXPECT_EQ(info->first_nal_type, 7);
    EXPECT_TRUE(info->has_sps && info->has_pps && info->starts_idr);
    EXPECT_EQ(info->size->height, 720);
}

TEST(H264, RefusesAggregatesThatLie) {
    EXPECT_EQ(parse_h264(stap({{0x78, 0, 1, 0x65}})).error(), PayloadError::kNested);
    EXPECT_EQ(parse_h264(stap({{0x7C, 0x85, 1}})).error(), PayloadError::kNested);
    EXPECT_EQ(parse_h264(stap({{0x00}})).error(), PayloadError::kReserved);
    EXPECT_EQ(parse_h264(stap({{}})).error(), PayloadError::kTruncated);
    EXPECT_EQ(parse_h264(Bytes{0x78}).error(), PayloadError::kTruncated);
    EXPECT_EQ(parse_h264(Bytes{0x78, 0, 5, 0x65}).error(), PayloadError::kTruncated);
    EXPECT_EQ(parse_h264(Bytes{0x78, 0, 1, 0x65, 0}).error(), PayloadError::kTruncated);
    EXPECT_EQ(parse_h264(stap(std::vector<Bytes>(65, Bytes{0x41}))).error(),
              PayloadError::kTooMany);
    EXPECT_TRUE(parse_h264(stap(std::vector<Bytes>(64, Bytes{0x41}))));
}

TEST(H264, ReadsFragments) {
    const auto first = parse_h264(Bytes{0x7C, 0x85, 0x88});
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->starts_nal);
    EXPECT_FALSE(first->ends_nal);
    EXPECT_TRUE(first->starts_idr);
    EXPECT_TRUE(first->reference);
    const auto middle = parse_h264(Bytes{0x7C, 0x05, 0x88});
    EXPECT_FALSE(middle->starts_nal);
    EXPECT_TRUE(middle->has_idr);
    EXPECT_FALSE(middle->starts_idr);
    EXPECT_TRUE(parse_h264(Bytes{0x7C, 0x45, 0x88})->ends_nal);
    EXPECT_TRUE(parse_h264(Bytes{0x7C, 0x87, 0x42})->has_sps);
    EXPECT_FALSE(parse_h264(Bytes{0x7C, 0x07, 0x42})->has_sps);
    EXPECT_EQ(parse_h264(Bytes{0x7C, 0x9C, 1}).error(), PayloadError::kNested);
    EXPECT_EQ(parse_h264(Bytes{0x7C, 0x80, 1}).error(), PayloadError::kReserved);
    EXPECT_EQ(parse_h264(Bytes{0x7C, 0x85}).error(), PayloadError::kTruncated);
}

TEST(H264, RefusesOtherPacketizations) {
    for (const std::uint8_t type : Bytes{25, 26, 27, 29}) {
        EXPECT_EQ(parse_h264(Bytes{type, 0, 0, 0}).error(), PayloadError::kUnsupported);
    }
    for (const std::uint8_t type : Bytes{0, 30, 31}) {
        EXPECT_EQ(parse_h264(Bytes{type, 0, 0, 0}).error(), PayloadError::kReserved);
    }
    EXPECT_EQ(parse_h264({}).error(), PayloadError::kEmpty);
}

}  // namespace
}  // namespace parley::media
