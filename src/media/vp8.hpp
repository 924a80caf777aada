// The VP8 payload descriptor (RFC 7741 §4.2) with the places of the fields that a forwarder
// rewrites, and the size in a key frame's header (RFC 6386 §9.1).

#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "media/payload_error.hpp"

namespace parley::media {

struct Vp8Descriptor {
    std::uint8_t size = 0;            // octets of the descriptor: the VP8 data follows
    bool non_reference = false;       // N: the frame can be dropped
    bool start_of_partition = false;  // S
    std::uint8_t partition = 0;       // PID

    bool has_picture_id = false;
    bool long_picture_id = false;  // 15 bits instead of 7
    std::uint16_t picture_id = 0;
    std::uint8_t picture_id_at = 0;  // offset in the payload
    bool has_tl0_picture_index = false;
    std::uint8_t tl0_picture_index = 0;
    std::uint8_t tl0_picture_index_at = 0;
    bool has_temporal_id = false;
    std::uint8_t temporal_id = 0;  // TID
    bool layer_sync = false;       // Y
    bool has_key_index = false;
    std::uint8_t key_index = 0;  // KEYIDX, 5 bits
    /// Where TID, Y and KEYIDX stand together; valid with has_temporal_id or has_key_index.
    std::uint8_t temporal_at = 0;

    bool keyframe = false;  // the first packet of a key frame
    std::uint16_t width = 0;
    std::uint16_t height = 0;

    bool start_of_frame() const { return start_of_partition && partition == 0; }
    /// The picture id counts modulo this plus one.
    std::uint16_t picture_id_mask() const { return long_picture_id ? 0x7FFF : 0x7F; }
};

Result<Vp8Descriptor, PayloadError> parse_vp8(BytesView payload);

/// Writes another picture id and TL0PICIDX into the payload, or into a copy of its first octets,
/// that the descriptor was read from. Widths stay: a 7-bit id wraps at 128. Fields that the payload
/// does not have are left alone.
void patch_vp8(BytesSpan payload, const Vp8Descriptor& descriptor, std::uint16_t picture_id,
               std::uint8_t tl0_picture_index);

}  // namespace parley::media
