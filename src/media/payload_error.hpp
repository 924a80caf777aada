// Why a payload was refused.

#pragma once

#include <cstdint>

namespace parley::media {

enum class PayloadError : std::uint8_t {
    kEmpty,
    kTruncated,    // a length or a flag promises octets that are not there
    kReserved,     // a value that the format forbids
    kNested,       // an aggregate in an aggregate, RED in RED
    kTooMany,      // more elements than a limit allows
    kUnsupported,  // a codec or packetization that is not read here
};

}  // namespace parley::media
