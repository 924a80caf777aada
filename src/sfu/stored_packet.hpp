// An arrived packet as the publication keeps it: what all its subscribers share.

#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "media/payload.hpp"

namespace parley::sfu {

/// Counts the packets that a ring has taken; never reused.
using SlotId = std::uint64_t;
inline constexpr SlotId kNoSlot = ~SlotId{0};

/// What forwarding needs to know of a payload, whatever its codec.
struct PayloadFacts {
    bool starts_frame = false;
    bool starts_picture = false;
    bool keyframe = false;  // of a frame that needs no earlier frame
    /// A spatial layer's frame ends, of a stream that has several.
    bool ends_layer = false;
    /// A missing picture id is a lost picture to the decoder (VP8).
    bool dense_picture_ids = false;
    std::uint8_t spatial_layer = 0;
    std::uint8_t temporal_layer = 0;
    std::uint16_t width = 0;  // of a keyframe that says it
    std::uint16_t height = 0;
    media::FrameTargets targets;
    media::PictureNumbers numbers;
    media::DescriptorInfo descriptor;

    /// The place where a decoder can begin.
    bool starts_keyframe() const { return starts_frame && keyframe; }
};

struct StoredPacket {
    SlotId id = kNoSlot;
    Instant arrival{};
    std::int64_t index = 0;  // the layer's sequence number, unwrapped, continuous across restarts
    std::uint32_t timestamp = 0;
    std::uint32_t epoch = 0;  // counts the layer's restarts
    std::uint8_t layer = 0;
    bool marker = false;
    bool red = false;           // RFC 2198, packed by the publisher
    bool padding_only = false;  // nothing but padding: only its sequence number counts
    PayloadFacts facts;
    // Borrowed from the ring's arena, valid until its next append.
    BytesView payload;
    BytesView extensions;  // elements: type, size, data (extension_filter.hpp)
};

}  // namespace parley::sfu
