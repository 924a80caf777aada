// What publishers send can be decoded, padding and all, and has the rate that was asked for.

#include <gtest/gtest.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include "load/audio_loop.hpp"
#include "load/packetizer.hpp"
#include "load/video_loop.hpp"
#include "media/payload.hpp"
#include "media/vp8.hpp"

namespace parley::load {
namespace {

TEST(Parts, DifferByAtMostOneAndTheLargerComeLast) {
    for (const std::size_t bytes : {1U, 7U, 1100U, 5501U}) {
        for (const std::size_t count : {1U, 2U, 5U}) {
            EXPECT_EQ(part_start(bytes, count, 0), 0U);
            EXPECT_EQ(part_start(bytes, count, count), bytes);
            std::size_t before = 0;
            for (std::size_t i = 0; i < count; ++i) {
                const auto size = part_start(bytes, count, i + 1) - part_start(bytes, count, i);
                EXPECT_GE(size, before);
                EXPECT_LE(size - bytes / count, 1U);
                before = size;
            }
        }
    }
}

VideoLoop loop_of(media::Codec codec, std::int64_t bps, unsigned frames = 30) {
    auto loop = make_video_loop({codec, size_for({bps}), {bps}, frames});
    EXPECT_TRUE(loop.has_value());
    return std::move(*loop);
}

/// The reference mixture: bursts of five packets of 1,100 octets.
TEST(VideoLoop, KeepsToTheRateInEvenPackets) {
    const auto loop = loop_of(media::Codec::kVp8, 1'320'000);
    ASSERT_EQ(loop.frames.size(), 30U);
    EXPECT_TRUE(loop.frames[0].keyframe);
    for (const auto& frame : loop.frames) {
        EXPECT_EQ(frame.packets.size(), 5U);
        for (const auto& packet : frame.packets) EXPECT_EQ(packet.payload.size(), 1100U);
        EXPECT_TRUE(frame.packets.back().marker);
    }
}

TEST(VideoLoop, RoundsNothingAway) {
    const auto loop = loop_of(media::Codec::kVp8, 1'300'000);
    EXPECT_EQ(loop.payload_bytes() * 8, 1'300'000U);
}

TEST(VideoLoop, DecodesWithItsPadding) {
    const auto loop = loop_of(media::Codec::kVp8, 600'000);
    vpx_codec_ctx_t decoder{};
    ASSERT_EQ(vpx_codec_dec_init(&decoder, vpx_codec_vp8_dx(), nullptr, 0), VPX_CODEC_OK);
    unsigned decoded = 0;
    for (int round = 0; round < 2; ++round) {  // the end joins the beginning
        for (const auto& frame : loop.frames) {
            std::vector<std::uint8_t> bytes;
            for (const auto& packet : frame.packets) {
                const auto info = media::inspect(loop.codec, packet.payload, packet.marker);
                ASSERT_TRUE(info);
                EXPECT_EQ(info->start_of_frame, &packet == &frame.packets.front());
                bytes.insert(bytes.end(), packet.payload.begin() + 4, packet.payload.end());
            }
            ASSERT_EQ(vpx_codec_decode(&decoder, bytes.data(), static_cast<unsigned>(bytes.size()),
                                       nullptr, 0),
                      VPX_CODEC_OK);
            vpx_codec_iter_t next = nullptr;
            const vpx_image_t* image = vpx_codec_get_frame(&decoder, &next);
            ASSERT_NE(image, nullptr);
            EXPECT_EQ(image->d_w, loop.width);
            EXPECT_EQ(image->d_h, loop.height);
            ++decoded;
        }
    }
    vpx_codec_destroy(&decoder);
    EXPECT_EQ(decoded, 60U);
}

TEST(AudioLoop, HasAConstantRateAndLevelsThatComeAndGo) {
    const auto loop = make_audio_loop();
    ASSERT_TRUE(loop);
    ASSERT_EQ(loop->size(), 100U);
    unsigned loud = 0;
    for (const auto& frame : *loop) {
        EXPECT_EQ(frame.payload.size(), 100U);
        loud += frame.voice ? 1 : 0;
    }
    EXPECT_GT(loud, 30U);
    EXPECT_LT(loud, 60U);
}

}  // namespace
}  // namespace parley::load
