// What a forwarder must know of a media payload, the same for every codec. The codecs' own
// descriptors are in vp8.hpp, vp9.hpp, h264.hpp, av1.hpp and opus.hpp.

#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "media/codec.hpp"
#include "media/payload_error.hpp"
#include "rtp/packet.hpp"

namespace parley::media {

/// A frame is one layer's picture; a picture is all spatial layers of one instant. Without spatial
/// layers in one stream both are the same.
struct FrameInfo {
    bool start_of_frame = false;
    bool end_of_frame = false;
    bool start_of_picture = false;
    bool end_of_picture = false;  // the marker bit
    /// This packet starts a point from which a decoder that has seen nothing can decode. Always
    /// true for audio.
    bool keyframe = false;
    /// Decoding this frame's temporal layer may begin here (VP8 Y, VP9 U, or a keyframe).
    bool switching_up = false;
    /// No later frame refers to this one.
    bool discardable = false;
    /// Audio: the encoder has gone quiet (Opus DTX).
    bool dtx = false;
    std::uint8_t temporal_id = 0;
    std::uint8_t spatial_id = 0;
    std::uint16_t width = 0;  // where a keyframe tells it, else 0; the largest layer's
    std::uint16_t height = 0;
};

/// Looks at one packet alone. For H.264 both the packet with the SPS and that with the IDR slice
/// are keyframe starts here; FrameInspector tells them apart.
Result<FrameInfo, PayloadError> inspect(Codec codec, BytesView payload, bool marker);

/// inspect() for the packets of one stream, remembering what H.264 does not say in each
/// packet: a frame's keyframe starts at its SPS, or at its IDR slice when the frame has no SPS.
class FrameInspector {
 public:
    explicit FrameInspector(Codec codec = Codec::kUnknown) : codec_(codec) {}

    Codec codec() const { return codec_; }
    void set_codec(Codec codec) { *this = FrameInspector(codec); }
    Result<FrameInfo, PayloadError> on_packet(const rtp::PacketView& packet);

 private:
    void refine_h264(FrameInfo& info, const rtp::PacketView& packet);

    Codec codec_;
    std::optional<std::uint32_t> parameter_sets_at_;  // timestamp of the last frame with an SPS
    std::optional<std::uint32_t> started_;            // timestamp of the last frame that started
};

}  // namespace parley::media
