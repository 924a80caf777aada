#include "sdp/edit.hpp"

#include <gtest/gtest.h>
#include <string>

namespace parley::sdp {
namespace {

Description offer() {
    const auto result = parse(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 0 111\r\nc=IN IP4 0.0.0.0\r\nb=AS:32\r\nb=CT:7\r\nb=AS:40\r\n"
        "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1;stereo=0;maxplaybackrate=48000\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 96 98 97 100 99 101\r\nc=IN IP4 0.0.0.0\r\n"
        "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
        "a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\na=rtpmap:99 rtx/90000\r\n"
        "a=fmtp:99 apt=98\r\na=rtpmap:100 VP9/90000\r\na=fmtp:100 profile-id=2\r\n"
        "a=rtpmap:101 rtx/90000\r\na=fmtp:101 apt=100\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\n");
    return *result;
}

std::vector<int> order(const Media& media) {
    std::vector<int> result;
    for (const auto& codec : media.codecs) result.push_back(codec.payload_type);
    return result;
}

TEST(SdpEdit, BandwidthIsSetOncePerSectionHoweverOften) {
    auto description = offer();
    for (int i = 0; i < 3; ++i) {
        set_bandwidth(description, MediaKind::kAudio, Bitrate::from_bps(128'500));
    }
    const std::vector<Bandwidth> expected = {{"AS", 129}, {"CT", 7}, {"TIAS", 128'500}};
    EXPECT_EQ(description.media[0].bandwidths, expected);
    EXPECT_EQ(description.media[2].bandwidths.size(), 2U);
    EXPECT_TRUE(description.media[1].bandwidths.empty());
    const auto text = write(description);
    EXPECT_LT(text.find("c=IN IP4 0.0.0.0"), text.find("b=AS:129"));  // RFC 8866 §5: c before b
    set_bandwidth(description, MediaKind::kAudio, Bitrate{});
    EXPECT_EQ(description.media[0].bandwidths, (std::vector<Bandwidth>{{"CT", 7}}));
}

TEST(SdpEdit, PreferredCodecMovesWithAllVariantsAndTheirRtx) {
    auto description = offer();
    EXPECT_TRUE(prefer_codec(description, MediaKind::kVideo, "vp9"));
    EXPECT_EQ(order(description.media[1]), (std::vector<int>{98, 99, 100, 101, 96, 97}));
    EXPECT_TRUE(prefer_codec(description, MediaKind::kAudio, "opus"));
    EXPECT_EQ(order(description.media[0]), (std::vector<int>{111, 0}));
    EXPECT_FALSE(prefer_codec(description, MediaKind::kVideo, "H264"));
    EXPECT_FALSE(prefer_codec(description, MediaKind::kVideo, "rtx"));
}

TEST(SdpEdit, StereoIsMergedWhateverTheParametersAre) {
    auto description = offer();
    EXPECT_TRUE(enable_stereo_opus(description, Bitrate::from_bps(510'000)));
    EXPECT_TRUE(enable_stereo_opus(description, Bitrate::from_bps(9'999'999)));
    EXPECT_EQ(description.media[0].find_codec(111)->parameters.to_text(),
              "useinbandfec=1;stereo=1;maxplaybackrate=48000;sprop-stereo=1;"
              "maxaveragebitrate=510000");
    EXPECT_EQ(description.media[2].find_codec(111)->parameters.to_text(),
              "stereo=1;sprop-stereo=1;maxaveragebitrate=510000");
}

Codec h264(std::string_view parameters) {
    Codec codec{108, "H264", 90'000, 1, FormatParameters::parse(parameters), {}};
    return codec;
}

TEST(SdpFormat, H264MatchesByModeAndProfileNotLevel) {
    const auto base = h264("packetization-mode=1;profile-level-id=42e01f");
    EXPECT_TRUE(same_format(base, h264("profile-level-id=42c034;packetization-mode=1")));
    EXPECT_TRUE(same_format(base, h264("profile-level-id=4D801F;packetization-mode=1")));
    EXPECT_FALSE(same_format(base, h264("profile-level-id=42e01f")));
    EXPECT_FALSE(same_format(base, h264("profile-level-id=42001f;packetization-mode=1")));
    EXPECT_FALSE(same_format(base, h264("profile-level-id=zz;packetization-mode=1")));
    EXPECT_TRUE(same_format(h264(""), h264("profile-level-id=42001f;packetization-mode=0")));
    EXPECT_EQ(h264_profile(FormatParameters::parse("profile-level-id=640c1f")),
              H264Profile::kConstrainedHigh);
}

TEST(SdpFormat, VariantsThatMatterDiffer) {
    const Codec vp9{98, "VP9", 90'000, 1, {}, {}};
    Codec other = vp9;
    other.name = "vp9";
    EXPECT_TRUE(same_format(vp9, other));
    other.parameters.set("profile-id", "0");
    EXPECT_TRUE(same_format(vp9, other));
    other.parameters.set("profile-id", "2");
    EXPECT_FALSE(same_format(vp9, other));
    const Codec opus{111, "opus", 48'000, 2, {}, {}};
    Codec mono = opus;
    mono.channels = 1;
    EXPECT_FALSE(same_format(opus, mono));
}

}  // namespace
}  // namespace parley::sdp
