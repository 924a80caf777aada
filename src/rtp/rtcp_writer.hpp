// Writes RTCP packets one behind the other into a caller's buffer: a compound (RFC 3550 §6.1), or a
// reduced-size one (RFC 5506). Never allocates. A packet is written whole or not at all.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "rtp/rtcp.hpp"

namespace parley::rtp {

class RtcpWriter {
 public:
    explicit RtcpWriter(BytesSpan out) : out_(out) {}

    /// Octets written so far: always whole packets.
    std::size_t size() const { return at_; }
    std::size_t remaining() const { return out_.size() - at_; }
    bool empty() const { return at_ == 0; }

    // False when the packet does not fit or a count is over its field (31 blocks or sources).
    bool sender_report(Ssrc sender, const SenderInfo& info,
                       std::span<const ReportBlock> blocks = {});
    bool receiver_report(Ssrc sender, std::span<const ReportBlock> blocks = {});
    /// A source description with one chunk and one item; `cname` of at most 255 octets.
    bool cname(Ssrc source, std::string_view cname);
    bool bye(std::span<const Ssrc> sources, std::string_view reason = {});
    bool pli(Ssrc sender, Ssrc media);
    bool fir(Ssrc sender, Ssrc media, std::uint8_t command_sequence);
    bool remb(Ssrc sender, Bitrate bitrate, std::span<const Ssrc> sources);

    /// A NACK for as many of the given sequence numbers, ascending in RTP order, as fit. Returns
    /// how many it covers.
    std::size_t nack(Ssrc sender, Ssrc media, std::span<const std::uint16_t> sequence_numbers);

    /// Room for a packet that somebody else writes (transport feedback): written octets are taken
    /// over with advance(), whole packets only.
    BytesSpan rest() const { return out_.subspan(at_); }
    void advance(std::size_t size);

 private:
    /// Reserves a packet of header and `body_size` octets (a multiple of 4); an empty writer when
    /// it does not fit.
    ByteWriter begin(RtcpType type, std::size_t count, std::size_t body_size);

    BytesSpan out_;
    std::size_t at_ = 0;
};

}  // namespace parley::rtp
