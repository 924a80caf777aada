// What publishers send can be decoded, padding and all, and has the rate that was asked for.

#include <gtest/gtest.h>

#include "load/audio_loop.hpp"
#include "load/decoders_testing.hpp"
#include "load/packetizer.hpp"
#include "load/video_loop.hpp"
#include "media/payload.hpp"
#include "rtp/dependency_descriptor.hpp"

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

VideoLoop loop_of(media::Codec codec, std::int64_t bps, unsigned layers = 1) {
    LoopRequest request{codec, layers > 1 ? PictureSize{640, 360} : size_for({bps}), {bps}, 30};
    request.spatial_layers = layers;
    auto loop = make_video_loop(request);
    EXPECT_TRUE(loop.has_value()) << (loop ? "" : loop.error());
    return std::move(*loop);
}

/// The reference mixture: bursts of five packets of 1,100 octets.
TEST(VideoLoop, KeepsToTheRateInEvenPackets) {
    for (const auto codec : {media::Codec::kVp8, media::Codec::kVp9, media::Codec::kAv1}) {
        const auto loop = loop_of(codec, 1'320'000);
        ASSERT_EQ(loop.frames.size(), 30U);
        EXPECT_TRUE(loop.frames[0].keyframe);
        for (const auto& frame : loop.frames) {
            EXPECT_EQ(frame.packets.size(), 5U) << media::name(codec);
            for (const auto& packet : frame.packets) EXPECT_EQ(packet.payload.size(), 1100U);
            EXPECT_TRUE(frame.packets.back().marker);
        }
    }
}

class EachCodec : public ::testing::TestWithParam<media::Codec> {};

TEST_P(EachCodec, RoundsNothingAway) {
    const auto loop = loop_of(GetParam(), 1'300'000);
    EXPECT_EQ(loop.payload_bytes() * 8, 1'300'000U);
}

TEST_P(EachCodec, PacketsAreWhatAForwarderExpects) {
    const auto loop = loop_of(GetParam(), 600'000);
    for (const auto& frame : loop.frames) {
        EXPECT_EQ(frame.keyframe, &frame == &loop.frames.front());
        for (const auto& packet : frame.packets) {
            const bool first = &packet == &frame.packets.front();
            const auto info = media::inspect(loop.codec, packet.payload, packet.marker);
            ASSERT_TRUE(info);
            EXPECT_LE(packet.payload.size(), kMaxPayload);
            EXPECT_EQ(packet.marker, &packet == &frame.packets.back());
            if (!first) continue;
            EXPECT_EQ(info->keyframe, frame.keyframe);
            if (frame.keyframe) {
                EXPECT_EQ(info->width, loop.width);
            }
        }
    }
}

TEST_P(EachCodec, DecodesWithItsPadding) {
    const auto loop = loop_of(GetParam(), 600'000);
    testing::VpxDecoder vpx(loop.codec == media::Codec::kVp8);
    testing::AomDecoder aom;
    testing::H264Decoder h264;
    const auto decode = [&](const LoopFrame& frame) {
        switch (loop.codec) {
            case media::Codec::kVp8: return vpx.decode(testing::assemble_vp8(frame));
            case media::Codec::kVp9: return vpx.decode(testing::assemble_vp9(frame, 0));
            case media::Codec::kH264: return h264.decode(testing::assemble_h264(frame));
            default: return aom.decode(testing::assemble_av1(frame));
        }
    };
    const testing::DecodedSize size{loop.width, loop.height};
    for (int round = 0; round < 2; ++round) {  // the end joins the beginning
        for (std::size_t i = 0; i < loop.frames.size(); ++i) {
            EXPECT_EQ(decode(loop.frames[i]), size) << "round " << round << " frame " << i;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Loops, EachCodec,
                         ::testing::Values(media::Codec::kVp8, media::Codec::kVp9,
                                           media::Codec::kH264, media::Codec::kAv1),
                         [](const auto& codec) { return std::string(media::name(codec.param)); });

/// K-SVC: any layer can be decoded without those above it.
TEST(Layers, Vp9DecodesUpToEachLayer) {
    const auto loop = loop_of(media::Codec::kVp9, 1'000'000, 3);
    EXPECT_NEAR(static_cast<double>(loop.payload_bytes()) * 8, 1e6, 2e3);
    for (unsigned highest = 0; highest < 3; ++highest) {
        testing::VpxDecoder decoder(false);
        const testing::DecodedSize size{640U >> (2 - highest), 360U >> (2 - highest)};
        for (int round = 0; round < 2; ++round) {
            for (const auto& frame : loop.frames) {
                EXPECT_EQ(decoder.decode(testing::assemble_vp9(frame, highest)), size);
            }
        }
    }
}

TEST(Layers, Av1DecodesUpToEachLayer) {
    const auto loop = loop_of(media::Codec::kAv1, 1'000'000, 3);
    EXPECT_NEAR(static_cast<double>(loop.payload_bytes()) * 8, 1e6, 2e3);
    for (unsigned highest = 0; highest < 3; ++highest) {
        testing::AomDecoder decoder;
        const testing::DecodedSize size{640U >> (2 - highest), 360U >> (2 - highest)};
        for (int round = 0; round < 2; ++round) {
            for (const auto& frame : loop.frames) {
                LoopFrame part = frame;
                std::erase_if(part.packets,
                              [&](const auto& packet) { return packet.spatial_id > highest; });
                EXPECT_EQ(decoder.decode(testing::assemble_av1(part)), size);
            }
        }
    }
}

TEST(Layers, Av1IsDescribedAsItIs) {
    const auto loop = loop_of(media::Codec::kAv1, 1'000'000, 3);
    rtp::DependencyDescriptorReader reader;
    for (const auto& frame : loop.frames) {
        const LoopPacket* before = nullptr;
        for (const auto& packet : frame.packets) {
            const auto read = reader.read(packet.descriptor);
            ASSERT_TRUE(read);
            const bool first = before == nullptr || before->spatial_id != packet.spatial_id;
            EXPECT_EQ(read->start_of_frame, first);
            EXPECT_EQ(read->frame.spatial_id, packet.spatial_id);
            EXPECT_EQ(read->structure_attached, frame.keyframe && before == nullptr);
            const bool refers = !frame.keyframe || packet.spatial_id > 0;
            EXPECT_EQ(read->frame.frame_diffs.size(), refers ? 1U : 0U);
            before = &packet;
        }
    }
    const auto* structure = reader.structure();
    ASSERT_NE(structure, nullptr);
    EXPECT_EQ(structure->decode_target_count, 3);
    EXPECT_EQ(structure->chain_count, 3);
    EXPECT_EQ(structure->max_spatial_id, 2);
    ASSERT_EQ(structure->resolutions.size(), 3U);
    EXPECT_EQ(structure->resolutions[0], (rtp::Resolution{160, 90}));
    EXPECT_EQ(structure->resolutions[2], (rtp::Resolution{640, 360}));
    for (std::uint8_t target = 0; target < 3; ++target) {
        EXPECT_EQ(structure->protected_by_chain[target], target);
        EXPECT_EQ(structure->target_layers[target].spatial_id, target);
    }
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
