#include <gtest/gtest.h>
#include <vector>

#include "media/vp8.hpp"
#include "media/vp9.hpp"

namespace parley::media {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes join(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

// The frame tag and header of a 640x480 key frame.
const Bytes kVp8Key{0x50, 0x42, 0x00, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0xE0, 0x01, 0x00};

TEST(Vp8, ReadsTheShortestDescriptor) {
    const auto key = parse_vp8(join({0x10}, kVp8Key));
    ASSERT_TRUE(key);
    EXPECT_EQ(key->size, 1);
    EXPECT_TRUE(key->start_of_frame());
    EXPECT_TRUE(key->keyframe);
    EXPECT_EQ(key->width, 640);
    EXPECT_EQ(key->height, 480);
    EXPECT_FALSE(key->has_picture_id);
    const auto delta = parse_vp8(Bytes{0x30, 0x51});
    ASSERT_TRUE(delta);
    EXPECT_FALSE(delta->keyframe);
    EXPECT_TRUE(delta->non_reference);
    const auto continued = parse_vp8(Bytes{0x00, 0x50});
    ASSERT_TRUE(continued);
    EXPECT_FALSE(continued->keyframe);
    EXPECT_FALSE(continued->start_of_frame());
}

TEST(Vp8, TheScaleBitsAreNoPartOfTheSize) {
    Bytes key = kVp8Key;
    key[7] |= 0xC0;
    key[9] |= 0x40;
    EXPECT_EQ(parse_vp8(join({0x10}, key))->width, 640);
    EXPECT_EQ(parse_vp8(join({0x10}, key))->height, 480);
    // Another partition of the frame is no start, whatever its octets say.
    EXPECT_FALSE(parse_vp8(join({0x11}, kVp8Key))->keyframe);
    key[3] = 0;  // no start code: a key frame of unknown size
    EXPECT_TRUE(parse_vp8(join({0x10}, key))->keyframe);
    EXPECT_EQ(parse_vp8(join({0x10}, key))->width, 0);
}

TEST(Vp8, ReadsEveryFieldOfTheExtension) {
    const Bytes payload{0x90, 0xF0, 0x92, 0x34, 0x56, 0xA3, 0x01};
    const auto vp8 = parse_vp8(payload);
    ASSERT_TRUE(vp8);
    EXPECT_TRUE(vp8->has_picture_id);
    EXPECT_TRUE(vp8->long_picture_id);
    EXPECT_EQ(vp8->picture_id, 0x1234);
    EXPECT_EQ(vp8->picture_id_at, 2);
    EXPECT_EQ(vp8->tl0_picture_index, 0x56);
    EXPECT_EQ(vp8->tl0_picture_index_at, 4);
    EXPECT_EQ(vp8->temporal_id, 2);
    EXPECT_TRUE(vp8->layer_sync);
    EXPECT_EQ(vp8->key_index, 3);
    EXPECT_EQ(vp8->temporal_at, 5);
    EXPECT_EQ(vp8->size, 6);
}

TEST(Vp8, ReadsEveryCombinationOfFields) {
    for (unsigned flags = 0; flags < 16; ++flags) {
        Bytes payload{0x90, static_cast<std::uint8_t>(flags << 4)};
        if (flags & 8) payload.push_back(0x11);
        if (flags & 4) payload.push_back(0x22);
        if (flags & 3) payload.push_back(0xC5);
        const std::size_t size = payload.size();
        EXPECT_EQ(parse_vp8(payload).error(), PayloadError::kTruncated);
        payload.push_back(0x01);
        const auto vp8 = parse_vp8(payload);
        ASSERT_TRUE(vp8);
        EXPECT_EQ(vp8->size, size);
        EXPECT_EQ(vp8->has_picture_id, (flags & 8) != 0);
        EXPECT_EQ(vp8->picture_id, (flags & 8) != 0 ? 0x11 : 0);
        EXPECT_EQ(vp8->has_tl0_picture_index, (flags & 4) != 0);
        EXPECT_EQ(vp8->tl0_picture_index, (flags & 4) != 0 ? 0x22 : 0);
        EXPECT_EQ(vp8->has_temporal_id, (flags & 2) != 0);
        EXPECT_EQ(vp8->temporal_id, (flags & 2) != 0 ? 3 : 0);
        EXPECT_EQ(vp8->has_key_index, (flags & 1) != 0);
        EXPECT_EQ(vp8->key_index, (flags & 1) != 0 ? 5 : 0);
        for (std::size_t cut = 0; cut < payload.size(); ++cut) {
            EXPECT_FALSE(parse_vp8(BytesView(payload).first(cut)));
        }
    }
}

TEST(Vp8, PatchesInPlaceAndKeepsTheWidths) {
    Bytes payload{0x90, 0xC0, 0x92, 0x34, 0x56, 0x01};
    auto vp8 = parse_vp8(payload);
    patch_vp8(payload, *vp8, 0xFFFF, 0x77);
    EXPECT_EQ(payload, (Bytes{0x90, 0xC0, 0xFF, 0xFF, 0x77, 0x01}));
    EXPECT_EQ(parse_vp8(payload)->picture_id, 0x7FFF);

    payload = {0x90, 0xC0, 0x7F, 0x56, 0x01};
    vp8 = parse_vp8(payload);
    EXPECT_EQ(vp8->picture_id_mask(), 0x7F);
    patch_vp8(payload, *vp8, 128, 0);  // wraps
    EXPECT_EQ(payload, (Bytes{0x90, 0xC0, 0x00, 0x00, 0x01}));

    payload = {0x10, 0x01};
    patch_vp8(payload, *parse_vp8(payload), 1, 2);
    EXPECT_EQ(payload, (Bytes{0x10, 0x01}));
    // A buffer shorter than the descriptor promised is left alone.
    Bytes cut{0x90, 0xC0, 0x92};
    patch_vp8(cut, *parse_vp8(Bytes{0x90, 0xC0, 0x92, 0x34, 0x56, 0x01}), 1, 2);
    EXPECT_EQ(cut, (Bytes{0x90, 0xC0, 0x92}));
}

// The uncompressed header of a 640x480 key frame of profile 0.
const Bytes kVp9Key{0x82, 0x49, 0x83, 0x42, 0x00, 0x27, 0xF0, 0x1D, 0xF0};

TEST(Vp9, ReadsAKeyFrameWithItsStructure) {
    // I, L, B, E, V; long picture id; layers; TL0PICIDX; one layer of 640x480, one picture a group.
    const auto vp9 = parse_vp9(join(
        {0xAE, 0x81, 0x02, 0x10, 0x09, 0x18, 0x02, 0x80, 0x01, 0xE0, 0x01, 0x14, 0x01}, kVp9Key));
    ASSERT_TRUE(vp9);
    EXPECT_TRUE(vp9->keyframe());
    EXPECT_TRUE(vp9->end_of_frame);
    EXPECT_TRUE(vp9->long_picture_id);
    EXPECT_EQ(vp9->picture_id, 0x102);
    EXPECT_EQ(vp9->picture_id_at, 1);
    EXPECT_TRUE(vp9->switching_up);
    EXPECT_EQ(vp9->layers_at, 3);
    EXPECT_EQ(vp9->tl0_picture_index, 9);
    EXPECT_EQ(vp9->tl0_picture_index_at, 4);
    EXPECT_EQ(vp9->spatial_layers, 1);
    EXPECT_EQ(vp9->group_pictures, 1);
    ASSERT_EQ(vp9->layer_sizes.size(), 1U);
    EXPECT_EQ(vp9->layer_sizes[0].width, 640);
    EXPECT_EQ(vp9->size, 13);
    EXPECT_EQ(vp9->coded_width, 640);
    EXPECT_EQ(vp9->coded_height, 480);
}

TEST(Vp9, ReadsFlexibleModeWithItsReferences) {
    // I, P, L, F, B; short id; layers; two differences.
    const auto vp9 = parse_vp9(Bytes{0xF8, 0x05, 0x52, 0x03, 0x04, 0xAA});
    ASSERT_TRUE(vp9);
    EXPECT_TRUE(vp9->inter_predicted);
    EXPECT_FALSE(vp9->keyframe());
    EXPECT_FALSE(vp9->long_picture_id);
    EXPECT_EQ(vp9->picture_id, 5);
    EXPECT_EQ(vp9->temporal_id, 2);
    EXPECT_TRUE(vp9->switching_up);
    EXPECT_EQ(vp9->spatial_id, 1);
    EXPECT_FALSE(vp9->inter_layer_dependency);
    EXPECT_FALSE(vp9->has_tl0_picture_index);
    ASSERT_EQ(vp9->picture_diffs.size(), 2U);
    EXPECT_EQ(vp9->picture_diffs[0], 1);
    EXPECT_EQ(vp9->picture_diffs[1], 2);
    EXPECT_EQ(vp9->size, 5);
    EXPECT_EQ(parse_vp9(Bytes{0x50, 3, 3, 3, 2, 0xAA}).error(), PayloadError::kTooMany);
}

TEST(Vp9, AnUpperSpatialLayerIsNoPlaceToBegin) {
    // L, B; spatial layer 1 that depends on the lower one; not a reference for higher ones.
    const auto vp9 = parse_vp9(Bytes{0x29, 0x03, 0x00, 0xAA});
    ASSERT_TRUE(vp9);
    EXPECT_EQ(vp9->spatial_id, 1);
    EXPECT_TRUE(vp9->inter_layer_dependency);
    EXPECT_TRUE(vp9->not_inter_layer_reference);
    EXPECT_FALSE(vp9->keyframe());
}

TEST(Vp9, RefusesStructuresThatLie) {
    Bytes payload{0x0A, 0xF8};  // eight layers with sizes and a group that are not there
    EXPECT_EQ(parse_vp9(payload).error(), PayloadError::kTruncated);
    payload.resize(2 + 8 * 4, 1);
    EXPECT_FALSE(parse_vp9(payload));
    payload.push_back(255);  // pictures
    payload.resize(payload.size() + 254, 0);
    EXPECT_FALSE(parse_vp9(payload));
    payload.resize(payload.size() + 2, 0);
    const auto vp9 = parse_vp9(payload);
    ASSERT_TRUE(vp9);
    EXPECT_EQ(vp9->spatial_layers, 8);
    EXPECT_EQ(vp9->layer_sizes.size(), 8U);
    EXPECT_EQ(vp9->group_pictures, 255);
    EXPECT_EQ(parse_vp9({}).error(), PayloadError::kEmpty);
    EXPECT_EQ(parse_vp9(Bytes{0x08}).error(), PayloadError::kTruncated);
}

TEST(Vp9, ReadsSizesOfOtherProfiles) {
    // Profile 1 (bits 10 then low 1, high 0), colour space 1: range, two of subsampling, reserved.
    Bytes header{0xA2, 0x49, 0x83, 0x42, 0x20, 0x04, 0xFE, 0x03, 0xBE};
    // 001 | 0000 | 16 bits 639 = 0x027F | 16 bits 479 = 0x01DF, starting at bit 39.
    const std::uint64_t bits = (std::uint64_t{1} << 36) | (std::uint64_t{639} << 16) | 479;
    for (int i = 0; i < 5; ++i) {
        header[static_cast<std::size_t>(4 + i)] =
            static_cast<std::uint8_t>((bits << 1) >> (32 - 8 * i));
    }
    const auto vp9 = parse_vp9(join({0x08}, header));
    ASSERT_TRUE(vp9);
    EXPECT_EQ(vp9->coded_width, 640);
    EXPECT_EQ(vp9->coded_height, 480);
    // Encrypted or damaged headers leave the size open and the packet valid.
    header[1] = 0;
    EXPECT_EQ(parse_vp9(join({0x08}, header))->coded_width, 0);
    EXPECT_EQ(parse_vp9(Bytes{0x08, 0x82, 0x49})->coded_width, 0);
}

TEST(Vp9, PatchesInPlace) {
    Bytes payload{0xA8, 0x81, 0x02, 0x10, 0x09, 0xAA};
    patch_vp9(payload, *parse_vp9(payload), 0x7FFF, 0x55);
    EXPECT_EQ(payload, (Bytes{0xA8, 0xFF, 0xFF, 0x10, 0x55, 0xAA}));
    payload = {0xA8, 0x01, 0x10, 0x09, 0xAA};
    patch_vp9(payload, *parse_vp9(payload), 0x1FF, 0x55);
    EXPECT_EQ(payload, (Bytes{0xA8, 0x7F, 0x10, 0x55, 0xAA}));
}

}  // namespace
}  // namespace parley::media
