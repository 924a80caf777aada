// What a forwarder must know of a media payload, the same for every codec. The codecs' own
// descriptors are in vp8.hpp, vp9.hpp, h264.hpp, av1.hpp and opus.hpp.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "media/codec.hpp"
#include "media/layer_structure.hpp"
#include "media/layer_tracker.hpp"
#include "media/payload_error.hpp"
#include "rtp/packet.hpp"

namespace parley::media {

/// The numbers of a VP8 or VP9 payload descriptor that a forwarder rewrites, with their places.
struct PictureNumbers {
    bool has_picture_id = false;
    bool long_picture_id = false;  // 15 bits instead of 7
    bool has_tl0_index = false;
    std::uint8_t tl0_index = 0;
    std::uint16_t picture_id = 0;
    std::uint16_t picture_id_at = 0;  // offsets into the payload
    std::uint16_t tl0_index_at = 0;
};

/// What a forwarder must know of a dependency descriptor to renumber it.
struct DescriptorInfo {
    bool present = false;
    bool has_structure = false;
    bool has_active_targets = false;
    std::uint8_t template_offset = 0;  // of the structure, with its number of templates
    std::uint8_t template_count = 0;
    std::uint8_t decode_target_count = 0;
    std::uint16_t frame_number = 0;
    std::uint16_t active_targets_at = 0;
};

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
    PictureNumbers numbers;
    DescriptorInfo descriptor;
    FrameTargets targets;
    /// Frames that were taken for needless turned out to be needed: decoders may have to begin
    /// anew.
    bool continuity_broken = false;
    /// The layers of the stream, kept by its inspector; nullptr where frames are looked at alone.
    const LayerStructure* structure = nullptr;
};

/// Looks at one packet alone. For H.264 both the packet with the SPS and that with the IDR slice
/// are keyframe starts here; FrameInspector tells them apart.
Result<FrameInfo, PayloadError> inspect(Codec codec, BytesView payload, bool marker);

/// inspect() for the packets of one stream, remembering its layers and what H.264 does not say in
/// each packet: a frame's keyframe starts at its SPS, or at its IDR slice when the frame has no
/// SPS. A dependency descriptor is believed before the payload, which may be encrypted end to end;
/// but VP8 and VP9 descriptors are not, and they know their own switching points best.
class FrameInspector {
 public:
    explicit FrameInspector(Codec codec = Codec::kUnknown) : codec_(codec) {}

    Codec codec() const { return codec_; }
    void set_codec(Codec codec) { *this = FrameInspector(codec); }
    /// `descriptor`: the dependency descriptor extension; empty where there is none.
    Result<FrameInfo, PayloadError> on_packet(const rtp::PacketView& packet,
                                              BytesView descriptor = {});

 private:
    Result<FrameInfo, PayloadError> on_payload(const rtp::PacketView& packet,
                                               const FrameInfo* described);
    Result<FrameInfo, PayloadError> on_h264(const rtp::PacketView& packet);
    std::optional<FrameInfo> on_descriptor(const rtp::PacketView& packet, BytesView descriptor);

    Codec codec_;
    LayerTracker tracker_;
    std::unique_ptr<DescriptorTracker> descriptors_;  // once one has come
    std::optional<std::uint32_t> parameter_sets_at_;  // timestamp of the last frame with an SPS
    std::optional<std::uint32_t> started_;            // timestamp of the last frame that started
};

}  // namespace parley::media
