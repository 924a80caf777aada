// Encoded frames as payloads of RTP packets, padded to a size with what decoders skip.

#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "load/video_loop.hpp"

namespace parley::load {

/// The packets of one picture, `wanted` octets of payload in all, or more where the picture itself
/// has more. Sizes differ by at most one octet where the codec allows it.
std::vector<LoopPacket> packetize(media::Codec codec, const EncodedPicture& picture,
                                  std::size_t wanted);

/// How many packets `bytes` of payload take.
inline std::size_t packets_for(std::size_t bytes) {
    return std::max<std::size_t>(1, (bytes + kMaxPayload - 1) / kMaxPayload);
}

/// `bytes` in `count` parts whose sizes differ by at most one; the larger come last, as browsers
/// have them. Part `i` is [part_start(i), part_start(i + 1)).
inline std::size_t part_start(std::size_t bytes, std::size_t count, std::size_t i) {
    const std::size_t larger = bytes % count;
    const std::size_t smaller_parts = count - larger;
    return i * (bytes / count) + (i > smaller_parts ? i - smaller_parts : 0);
}

}  // namespace parley::load
