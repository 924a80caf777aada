// Retransmission in a stream of its own (RFC 4588 §4): the original sequence number in front of the
// original payload.

#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "rtp/packet.hpp"

namespace parley::rtp {

inline constexpr std::size_t kRtxHeaderSize = 2;

struct RtxPayload {
    std::uint16_t original_sequence_number = 0;
    BytesView payload;
};

/// kTooShort for a packet without a payload, which browsers send as padding to probe a path.
Result<RtxPayload, ParseError> read_rtx(BytesView payload);

/// Turns an RTX packet back into the original, in place: the header moves two octets towards the
/// payload, so the result starts two octets behind `packet`. Extensions stay as they came. On
/// failure the packet is unchanged.
Result<BytesSpan, ParseError> unwrap_rtx(BytesSpan packet, std::uint8_t original_payload_type,
                                         Ssrc original_ssrc);

/// Writes the RTX payload alone, for a caller that writes its own header. 0 when it does not fit.
std::size_t write_rtx_payload(BytesSpan out, std::uint16_t original_sequence_number,
                              BytesView payload);

/// Wraps a whole packet, its header and extensions copied. 0 when it does not fit.
std::size_t write_rtx(BytesSpan out, const PacketView& original, std::uint8_t payload_type,
                      Ssrc ssrc, std::uint16_t sequence_number);

}  // namespace parley::rtp
