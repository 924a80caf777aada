// The first octet of an Opus packet (RFC 6716 §3.1) and what its size says.

#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "media/payload_error.hpp"

namespace parley::media {

struct OpusInfo {
    enum class Mode : std::uint8_t { kSilk, kHybrid, kCelt };
    std::uint8_t config = 0;  // 0 to 31
    Mode mode = Mode::kSilk;
    bool stereo = false;
    std::uint8_t frames = 1;    // 1 to 48
    Duration frame_duration{};  // 2.5 to 60 ms
    /// The encoder has gone quiet: a packet of at most two octets (RFC 7587 §3.1.3).
    bool dtx = false;

    Duration duration() const { return frame_duration * frames; }
};

/// Refuses an empty packet, a packet without frames and one of more than 120 ms (RFC 6716 §3.4).
Result<OpusInfo, PayloadError> parse_opus(BytesView payload);

}  // namespace parley::media
