#include "media/payload.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "media/opus.hpp"

namespace parley::media {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(CodecNames, GoBothWays) {
    for (int i = 1; i <= static_cast<int>(Codec::kFlexfec); ++i) {
        const auto codec = static_cast<Codec>(i);
        EXPECT_FALSE(name(codec).empty()) << i;
        EXPECT_EQ(codec_from_name(name(codec)), codec);
        EXPECT_GT(clock_rate(codec), 0U);
        EXPECT_EQ(is_audio(codec) + is_video(codec) + is_repair(codec), 1);
    }
    EXPECT_EQ(codec_from_name("OPUS"), Codec::kOpus);
    EXPECT_EQ(codec_from_name("vp8"), Codec::kVp8);
    EXPECT_EQ(codec_from_name("AV1X"), Codec::kAv1);
    EXPECT_EQ(codec_from_name("VP"), Codec::kUnknown);
    EXPECT_EQ(codec_from_name(""), Codec::kUnknown);
    EXPECT_EQ(clock_rate(Codec::kG722), 8000U);
    EXPECT_EQ(clock_rate(Codec::kUnknown), 0U);
}

TEST(Opus, ReadsTheFirstOctet) {
    const auto silk = parse_opus(Bytes{0x08, 1, 2});  // config 1: 20 ms, mono, one frame
    ASSERT_TRUE(silk);
    EXPECT_EQ(silk->mode, OpusInfo::Mode::kSilk);
    EXPECT_EQ(silk->duration(), 20ms);
    EXPECT_FALSE(silk->stereo);
    EXPECT_FALSE(silk->dtx);
    const auto celt = parse_opus(Bytes{0xFC, 1, 2});  // config 31: 20 ms, stereo
    EXPECT_EQ(celt->mode, OpusInfo::Mode::kCelt);
    EXPECT_TRUE(celt->stereo);
    EXPECT_EQ(celt->duration(), 20ms);
    EXPECT_EQ(parse_opus(Bytes{13 << 3, 1, 2})->mode, OpusInfo::Mode::kHybrid);
    EXPECT_EQ(parse_opus(Bytes{16 << 3, 1, 2})->duration(), 2500us);
    EXPECT_EQ(parse_opus(Bytes{0x09, 1, 2})->duration(), 40ms);     // two frames
    EXPECT_EQ(parse_opus(Bytes{0x0B, 0x03, 2})->duration(), 60ms);  // three
    EXPECT_TRUE(parse_opus(Bytes{0x08})->dtx);
}

TEST(Opus, RefusesWhatTheRfcForbids) {
    EXPECT_EQ(parse_opus({}).error(), PayloadError::kEmpty);
    EXPECT_FALSE(parse_opus(Bytes{0x0B}));        // no frame count
    EXPECT_FALSE(parse_opus(Bytes{0x0B, 0x40}));  // no frames
    EXPECT_FALSE(parse_opus(Bytes{0x0B, 7}));     // 140 ms
    EXPECT_TRUE(parse_opus(Bytes{0x0B, 6}));
}

TEST(Inspect, Audio) {
    const auto opus = inspect(Codec::kOpus, Bytes{0x08, 1, 2}, false);
    ASSERT_TRUE(opus);
    EXPECT_TRUE(opus->keyframe && opus->start_of_frame && opus->end_of_picture);
    EXPECT_FALSE(opus->dtx);
    EXPECT_TRUE(inspect(Codec::kOpus, Bytes{0x08}, false)->dtx);
    EXPECT_TRUE(inspect(Codec::kPcmu, Bytes(160), false)->keyframe);
    EXPECT_FALSE(inspect(Codec::kPcmu, {}, false));
    EXPECT_TRUE(inspect(Codec::kRed, Bytes{111, 0x08, 1, 2}, false)->keyframe);
    EXPECT_EQ(inspect(Codec::kRed, Bytes{0x80 | 111, 0, 0, 9, 111}, false).error(),
              PayloadError::kTruncated);
    FrameInspector inspector(Codec::kRed);
    rtp::PacketView packet;
    packet.payload_type = 63;
    const Bytes nested{63, 111, 0x08, 1, 2};
    packet.payload = nested;
    EXPECT_EQ(inspector.on_packet(packet).error(), PayloadError::kNested);
}

TEST(Inspect, Vp8) {
    const Bytes key{0x90, 0xE0, 0x80, 0x01, 0x02, 0x20, 0x50, 0x42,
                    0x00, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0xE0, 0x01};
    const auto info = inspect(Codec::kVp8, key, false);
    ASSERT_TRUE(info);
    EXPECT_TRUE(info->keyframe && info->start_of_frame && info->start_of_picture);
    EXPECT_FALSE(info->end_of_frame);
    EXPECT_EQ(info->width, 640);
    const auto upper = inspect(Codec::kVp8, Bytes{0xB0, 0x20, 0x60, 0x51}, true);
    ASSERT_TRUE(upper);
    EXPECT_EQ(upper->temporal_id, 1);
    EXPECT_TRUE(upper->switching_up && upper->discardable && upper->end_of_picture);
    EXPECT_FALSE(upper->keyframe);
}

TEST(Inspect, Vp9TellsFramesFromPictures) {
    // L, B, E of spatial layer 1 without the marker: a frame's end, not the picture's.
    const auto upper = inspect(Codec::kVp9, Bytes{0x2C, 0x03, 0x00, 0xAA}, false);
    ASSERT_TRUE(upper);
    EXPECT_TRUE(upper->start_of_frame && upper->end_of_frame);
    EXPECT_FALSE(upper->start_of_picture);
    EXPECT_FALSE(upper->end_of_picture);
    EXPECT_FALSE(upper->keyframe);
    EXPECT_EQ(upper->spatial_id, 1);
    // A key frame whose structure names two sizes: the larger counts.
    const auto key = inspect(
        Codec::kVp9, Bytes{0x0A, 0x30, 0x01, 0x40, 0x00, 0xB4, 0x02, 0x80, 0x01, 0x68, 0xAA}, true);
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->keyframe);
    EXPECT_EQ(key->width, 640);
    EXPECT_EQ(key->height, 360);
}

TEST(Inspect, RefusesWhatIsNotRead) {
    EXPECT_EQ(inspect(Codec::kH265, Bytes{1, 2, 3}, false).error(), PayloadError::kUnsupported);
    EXPECT_EQ(inspect(Codec::kRtx, Bytes{1, 2, 3}, false).error(), PayloadError::kUnsupported);
    EXPECT_EQ(inspect(Codec::kUnknown, Bytes{1, 2, 3}, false).error(), PayloadError::kUnsupported);
}

class H264InspectorTest : public testing::Test {
 protected:
    FrameInfo feed(const Bytes& payload, std::uint32_t timestamp) {
        rtp::PacketView packet;
        packet.timestamp = timestamp;
        packet.payload = payload;
        const auto info = inspector_.on_packet(packet);
        EXPECT_TRUE(info);
        return info.value_or(FrameInfo{});
    }
    FrameInspector inspector_{Codec::kH264};
    const Bytes sps_{0x67, 0x42, 0x00, 0x1F, 0xFF};
    const Bytes pps_{0x68, 0xCE};
    const Bytes idr_{0x7C, 0x85, 0x88};
    const Bytes slice_{0x41, 0x9A};
};

TEST_F(H264InspectorTest, AKeyframeStartsAtItsParameterSets) {
    const auto sps = feed(sps_, 1000);
    EXPECT_TRUE(sps.keyframe && sps.start_of_frame);
    EXPECT_FALSE(feed(pps_, 1000).keyframe);
    const auto idr = feed(idr_, 1000);
    EXPECT_FALSE(idr.keyframe);
    EXPECT_FALSE(idr.start_of_frame);
    const auto next = feed(slice_, 4000);
    EXPECT_FALSE(next.keyframe);
    EXPECT_TRUE(next.start_of_frame);
}

TEST_F(H264InspectorTest, WithoutParameterSetsAtItsSlice) {
    const auto idr = feed(idr_, 1000);
    EXPECT_TRUE(idr.keyframe && idr.start_of_frame);
    EXPECT_FALSE(feed({0x7C, 0x05, 0x88}, 1000).keyframe);  // a later piece
    EXPECT_FALSE(feed({0x65, 0x48}, 1000).start_of_frame);  // a later slice
}

TEST_F(H264InspectorTest, ADelimiterStartsAFrameThatTheSpsMakesDecodable) {
    const auto aud = feed({0x09, 0x10}, 1000);
    EXPECT_TRUE(aud.start_of_frame);
    EXPECT_FALSE(aud.keyframe);
    EXPECT_TRUE(feed(sps_, 1000).keyframe);
}

TEST_F(H264InspectorTest, UnreferencedSlicesCanGo) {
    EXPECT_TRUE(feed({0x01, 0x9A}, 1000).discardable);
    EXPECT_FALSE(feed(slice_, 2000).discardable);
    EXPECT_FALSE(feed(sps_, 3000).discardable);
}

TEST(Inspect, Av1) {
    const auto start = inspect(Codec::kAv1, Bytes{0x18, 0x30, 1}, false);  // N, one frame OBU
    ASSERT_TRUE(start);
    EXPECT_TRUE(start->keyframe && start->start_of_frame && start->start_of_picture);
    const auto later = inspect(Codec::kAv1, Bytes{0x90, 0x30, 1}, true);
    ASSERT_TRUE(later);
    EXPECT_FALSE(later->start_of_frame || later->keyframe);
    EXPECT_TRUE(later->end_of_picture);
    const auto upper = inspect(Codec::kAv1, Bytes{0x10, 0x34, 0x28, 1}, true);
    ASSERT_TRUE(upper);
    EXPECT_EQ(upper->temporal_id, 1);
    EXPECT_EQ(upper->spatial_id, 1);
    EXPECT_FALSE(upper->start_of_picture);
}

}  // namespace
}  // namespace parley::media
