// One RTP stream that a participant sends: its numbers, its header, its retransmissions and its
// reports. The payload comes from a loop.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "load/port.hpp"
#include "peer/peer.hpp"
#include "rtp/extension.hpp"
#include "rtp/sender_statistics.hpp"

namespace parley::load {

/// A packet to send: where its payload stands, and what is written over it.
struct OutPacket {
    BytesView payload;
    std::uint32_t timestamp = 0;
    bool marker = false;
    std::uint8_t picture_id_at = 0;
    std::uint8_t tl0_index_at = 0;
    std::uint16_t picture_id = 0;
    BytesView descriptor = {};  // dependency descriptor, its number to be filled in
    std::uint16_t frame_number = 0;
    std::uint8_t audio_level = 0xFF;  // RFC 6464's octet; 0xFF: none
    NtpTime sent;
};

/// What was agreed about a section that sends.
struct SendFormat {
    std::uint8_t payload_type = 0;
    std::optional<std::uint8_t> rtx_payload_type;
    rtp::ExtensionMap ids;
    std::string mid;

    static SendFormat of(const peer::Section& section) {
        return {section.payload_type, section.rtx_payload_type, section.extension_map(),
                section.mid};
    }
};

/// What the streams of one transport share.
struct OutContext {
    peer::Peer& peer;
    Port* port = nullptr;  // once there is one
    const WallAnchor& anchor;
    std::uint16_t transport_sequence = 1;
};

class OutStream {
 public:
    OutStream(Ssrc ssrc, Ssrc rtx_ssrc, std::uint32_t clock_rate, std::string rid, bool keep,
              Random& random);

    Ssrc ssrc() const { return ssrc_; }
    Ssrc rtx_ssrc() const { return rtx_ssrc_; }
    /// Puts a packet into the port's batch; false while media may not flow.
    bool send(const OutPacket& packet, const SendFormat& format, OutContext& context, Instant now);
    /// Sends a packet again, if it is still known; false if not.
    bool resend(std::uint16_t sequence_number, const SendFormat& format, OutContext& context,
                Instant now);
    void send_report(std::string_view cname, OutContext& context, Instant now);

 private:
    static constexpr std::size_t kHistory = 1024;

    struct Numbers {
        Ssrc ssrc;
        std::uint8_t payload_type = 0;
        std::uint16_t sequence_number = 0;
        std::optional<std::uint16_t> original;  // of a retransmission
    };
    bool write(const OutPacket& packet, const Numbers& numbers, const SendFormat& format,
               OutContext& context, Instant now);

    Ssrc ssrc_;
    Ssrc rtx_ssrc_;
    std::string rid_;
    std::uint16_t next_;
    std::uint16_t next_rtx_;
    rtp::SenderStatistics statistics_;
    std::vector<OutPacket> history_;  // by sequence number; empty when nothing is kept
};

}  // namespace parley::load
