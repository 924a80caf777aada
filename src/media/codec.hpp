// The codecs that Parley knows, by the names that SDP gives them.

#pragma once

#include <cstdint>
#include <string_view>

namespace parley::media {

enum class Codec : std::uint8_t {
    kUnknown,
    // Audio
    kOpus,
    kRed,  // RFC 2198 around Opus
    kPcmu,
    kPcma,
    kG722,
    kComfortNoise,
    kTelephoneEvent,
    // Video
    kVp8,
    kVp9,
    kH264,
    kH265,  // named only: its payload is not read
    kAv1,
    // Repair
    kRtx,
    kUlpfec,
    kFlexfec,
};

/// As SDP spells it: "opus", "VP8", ...; empty for kUnknown.
std::string_view name(Codec codec);
/// Case does not matter (RFC 8866 §6.6). kUnknown when there is none. "red" is kRed for audio and
/// video alike.
Codec codec_from_name(std::string_view name);

bool is_audio(Codec codec);
bool is_video(Codec codec);
/// Carries copies of another payload type's media: RTX and FEC.
bool is_repair(Codec codec);

/// The RTP clock: 48000 for Opus, 90000 for video, 8000 for G.711 and, by an old mistake that
/// stands, G.722 (RFC 3551 §4.5.2). 0 for kUnknown.
std::uint32_t clock_rate(Codec codec);

}  // namespace parley::media
