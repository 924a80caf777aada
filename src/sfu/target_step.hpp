// When may a subscriber go from one target of a stream to another? Down as soon as a picture begins
// and everything of the lower target was sent; up, or between targets that do not contain each
// other, at the stream's switching points.

#pragma once

#include <cstdint>

#include "media/layer_structure.hpp"
#include "sfu/stored_packet.hpp"

namespace parley::sfu {

/// The target from this frame on, whose first packet this is, for who gets `now` and should get
/// `wanted`: that, or one on the way, or `now` still.
std::uint8_t next_target(const media::LayerStructure& structure, const PayloadFacts& frame,
                         std::uint8_t now, std::uint8_t wanted);

/// Whether a keyframe is all that leads there: switching points between sizes are keyframes, those
/// between frame rates come by themselves.
bool needs_keyframe(const media::LayerStructure& structure, std::uint8_t now, std::uint8_t wanted);

}  // namespace parley::sfu
