// The payload formats, one for each codec. `wanted` is what the payloads of a picture shall have
// together.

#pragma once

#include <vector>

#include "load/packetizer.hpp"

namespace parley::load {

/// RFC 7741, padded by zeros behind the last partition, which decoders read only by need.
std::vector<LoopPacket> packetize_vp8(BytesView frame, std::size_t wanted);
/// RFC 9628, non-flexible mode, padded by zeros behind each layer's frame, which decoders skip.
std::vector<LoopPacket> packetize_vp9(const EncodedPicture& picture, std::size_t wanted);
/// RFC 6184, non-interleaved mode, padded by filler data units (H.264 §7.3.2.7). `frame` is in
/// Annex B's form.
std::vector<LoopPacket> packetize_h264(BytesView frame, std::size_t wanted);
/// AV1 RTP payload format 1.0, padded by zeros behind the last tile, which belong to its format
/// (AV1 specification §8.2.4). Padding OBUs behind the frame would do for the standard, but not for
/// receivers that hand dav1d a whole temporal unit and take one picture: it stays stuck in them.
/// A layer's octets end with its frame. With layers, packets have a dependency descriptor.
std::vector<LoopPacket> packetize_av1(const EncodedPicture& picture, std::size_t wanted);

}  // namespace parley::load
