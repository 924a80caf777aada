// Telling protocols on one port apart by the first octet (RFC 7983 §7, RFC 9443) and, between RTP
// and RTCP, by the payload type (RFC 5761 §4).

#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace parley::net {

enum class PacketClass : std::uint8_t { kUnknown, kStun, kDtls, kTurnChannel, kRtp, kRtcp };

//               +----------------+
//               |        [0..3] -+--> STUN
//   octet 0 --> |      [20..63] -+--> DTLS (20..25 are in use)
//               |      [64..79] -+--> TURN channel
//               |    [128..191] -+--> RTP or RTCP
//               +----------------+
constexpr PacketClass classify(BytesView bytes) {
    if (bytes.size() < 2) return PacketClass::kUnknown;
    const std::uint8_t first = bytes[0];
    if (first <= 3) return PacketClass::kStun;
    if (first >= 20 && first <= 63) return PacketClass::kDtls;
    if (first >= 64 && first <= 79) return PacketClass::kTurnChannel;
    if (first < 128 || first > 191) return PacketClass::kUnknown;
    // RFC 5761 §4: RTCP packet types 192..223 read as payload types 64..95 with the marker set.
    return bytes[1] >= 192 && bytes[1] <= 223 ? PacketClass::kRtcp : PacketClass::kRtp;
}

}  // namespace parley::net
