// The VP9 payload descriptor (RFC 9628 §4.2) with the places of the fields that a forwarder
// rewrites, and the size in a key frame's uncompressed header.

#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/static_vector.hpp"
#include "media/payload_error.hpp"

namespace parley::media {

struct Vp9Descriptor {
    struct LayerSize {
        std::uint16_t width = 0;
        std::uint16_t height = 0;
    };

    std::uint16_t size = 0;                  // octets of the descriptor: the VP9 data follows
    bool inter_predicted = false;            // P: refers to earlier pictures
    bool flexible = false;                   // F
    bool start_of_frame = false;             // B: of the layer frame
    bool end_of_frame = false;               // E: of the layer frame
    bool not_inter_layer_reference = false;  // Z: no higher spatial layer needs it

    bool has_picture_id = false;
    bool long_picture_id = false;  // 15 bits instead of 7
    std::uint16_t picture_id = 0;
    std::uint16_t picture_id_at = 0;  // offset in the payload

    bool has_layers = false;  // L
    std::uint8_t temporal_id = 0;
    bool switching_up = false;  // U
    std::uint8_t spatial_id = 0;
    bool inter_layer_dependency = false;  // D
    std::uint16_t layers_at = 0;
    bool has_tl0_picture_index = false;  // only in non-flexible mode with layers
    std::uint8_t tl0_picture_index = 0;
    std::uint16_t tl0_picture_index_at = 0;

    StaticVector<std::uint8_t, 3> picture_diffs;  // P_DIFF, flexible mode

    bool has_structure = false;       // V: scalability structure
    std::uint8_t spatial_layers = 0;  // N_S + 1 of the structure
    StaticVector<LayerSize, 8> layer_sizes;
    std::uint8_t group_pictures = 0;  // N_G

    /// From the uncompressed header of a key frame whose start is in this packet; 0 elsewhere.
    std::uint16_t coded_width = 0;
    std::uint16_t coded_height = 0;

    /// The first packet of a picture that decoding can start with.
    bool keyframe() const { return start_of_frame && !inter_predicted && spatial_id == 0; }
    std::uint16_t picture_id_mask() const { return long_picture_id ? 0x7FFF : 0x7F; }
};

Result<Vp9Descriptor, PayloadError> parse_vp9(BytesView payload);

/// As patch_vp8().
void patch_vp9(BytesSpan payload, const Vp9Descriptor& descriptor, std::uint16_t picture_id,
               std::uint8_t tl0_picture_index);

}  // namespace parley::media
