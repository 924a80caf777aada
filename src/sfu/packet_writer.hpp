// Writes a stored packet as one subscriber gets it: header, its own extension ids, patched payload.
// The result is what SRTP then protects in place.

#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "sfu/decision.hpp"
#include "sfu/hop_extensions.hpp"
#include "sfu/red_copies.hpp"
#include "sfu/stored_packet.hpp"

namespace parley::sfu {

/// How a subscriber's section numbers things: constant between negotiations.
struct OutboundFormat {
    Ssrc ssrc;
    std::uint8_t payload_type = 0;
    std::optional<std::uint8_t> red_payload_type;  // without it, there is no redundancy
    std::optional<std::uint8_t>
        rtx_payload_type;  // without it, packets are sent again as they were
    Ssrc rtx_ssrc;
    HopExtensions extensions;
};

/// What write_packet() will write, without padding. Only the presence of a transport number counts,
/// not its value.
std::size_t packet_size(const StoredPacket& packet, const Decision& decision,
                        const OutboundFormat& format, const SendStamp& stamp,
                        const Copies& copies = {});
std::size_t rtx_size(const StoredPacket& packet, const Retransmission& again,
                     const OutboundFormat& format, const SendStamp& stamp);

/// The size written; 0 when `out` is too small or the payload cannot be written for this
/// subscriber. `copies` are the frames that the decision names (copies_of).
std::size_t write_packet(const StoredPacket& packet, const Decision& decision,
                         const OutboundFormat& format, const SendStamp& stamp, BytesSpan out,
                         const Copies& copies = {});

/// RFC 4588: the packet again, on the retransmission stream when there is one.
std::size_t write_rtx(const StoredPacket& packet, const Retransmission& again,
                      const OutboundFormat& format, const SendStamp& stamp, BytesSpan out);

/// A packet of nothing but padding on the retransmission stream, of about `size` octets (a count
/// octet ends at 255): decoders never see it. `timestamp` is of the newest packet.
std::size_t write_padding(const OutboundFormat& format, std::uint16_t rtx_sequence_number,
                          std::uint32_t timestamp, std::size_t size, const SendStamp& stamp,
                          BytesSpan out);

}  // namespace parley::sfu
