// What the VP8 and VP9 descriptors share: a picture id of 7 or 15 bits.

#pragma once

#include "base/bytes.hpp"

namespace parley::media {

struct PictureId {
    bool is_long = false;
    std::uint16_t value = 0;
};

inline PictureId read_picture_id(ByteReader& reader) {
    const std::uint8_t first = reader.u8();
    if ((first & 0x80) == 0) return {false, first};
    return {true, static_cast<std::uint16_t>(((first & 0x7F) << 8) | reader.u8())};
}

/// Keeps the width. Leaves a buffer alone that does not hold the field.
inline void patch_picture_id(BytesSpan payload, std::size_t at, bool is_long, std::uint16_t value) {
    if (is_long) {
        if (at + 2 <= payload.size()) {
            store_be16(&payload[at], static_cast<std::uint16_t>(0x8000 | (value & 0x7FFF)));
        }
    } else if (at < payload.size()) {
        payload[at] = value & 0x7F;
    }
}

}  // namespace parley::media
