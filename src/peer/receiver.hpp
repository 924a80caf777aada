// The receiving side of a peer: tells streams apart (RFC 9143 §10.2, RFC 8852), undoes
// retransmission, counts, and says by RTCP what was lost and when packets came. What to do with the
// media is not its business.

#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "base/static_vector.hpp"
#include "peer/receive_section.hpp"
#include "peer/receive_stream.hpp"
#include "rtp/congestion_feedback_recorder.hpp"
#include "rtp/packet.hpp"
#include "rtp/rtcp_writer.hpp"
#include "rtp/transport_feedback_recorder.hpp"
#include "trace/drop.hpp"

namespace parley::peer {

/// A media packet ready to be forwarded. Borrows the datagram's octets.
struct IncomingPacket {
    rtp::PacketView packet;  // as the publisher first sent it: retransmission is undone
    ReceiveStream* stream = nullptr;
    media::FrameInfo frame;
    bool recovered = false;  // it came by retransmission
    bool stream_is_new = false;
    bool restarted = false;  // the stream jumped: its numbers begin anew
};

class Receiver {
 public:
    /// `local_ssrc` is the sender of our reports.
    explicit Receiver(Ssrc local_ssrc) : local_ssrc_(local_ssrc) {}

    /// The sections as negotiated now. Streams of sections that are gone are forgotten.
    void set_sections(std::vector<ReceiveSection> sections);
    std::span<const ReceiveSection> sections() const { return sections_; }
    const std::deque<ReceiveStream>& streams() const { return streams_; }
    std::deque<ReceiveStream>& streams() { return streams_; }

    /// A decrypted packet and how the network had marked its datagram. Padding-only packets and
    /// duplicates come back as drops, counted.
    Result<IncomingPacket, trace::Drop> on_packet(BytesSpan bytes, net::Ecn ecn, Instant now);
    /// The stream that the report is about, if it is one of ours.
    ReceiveStream* on_sender_report(const rtp::SenderReport& report, Instant now);
    void on_rtt(Duration rtt);

    /// Asks the publisher for a keyframe with the next RTCP. The caller limits how often.
    void request_keyframe(ReceiveStream& stream);

    Instant next_timeout() const;
    bool has_rtcp(Instant now) const { return next_timeout() <= now; }
    /// Writes what is due as one compound; `cname` names us. Returns the octets, 0 for nothing.
    std::size_t poll_rtcp(Instant now, std::string_view cname, BytesSpan out);

    std::uint64_t feedback_reports() const { return feedback_.reports() + marked_.reports(); }

 private:
    struct Source {
        Ssrc ssrc;
        StreamIndex stream = 0;
        bool rtx = false;
    };

    const Source* find(Ssrc ssrc) const;
    /// Whether the stream's source is still bound to it; else its place is free.
    bool bound(const ReceiveStream& stream) const;
    Result<Source, trace::Drop> resolve(const rtp::PacketView& packet);
    std::optional<std::size_t> section_of(const rtp::PacketView& packet) const;
    ReceiveStream* stream_of(std::size_t section, std::string_view rid);
    ReceiveStream* free_stream();
    Result<Source, trace::Drop> bind(std::size_t section, std::string_view rid, Ssrc ssrc,
                                     const ReceiveFormat& format, std::uint8_t payload_type);
    Result<Source, trace::Drop> bind_rtx(std::size_t section, std::string_view rid, Ssrc ssrc);
    bool add_source(Source source);
    void remove_source(Ssrc ssrc);
    void start(ReceiveStream& stream, Ssrc ssrc, const ReceiveFormat& format,
               std::uint8_t payload_type);
    void note_arrival(const rtp::PacketView& packet, net::Ecn ecn, Instant now);
    void find_feedback();
    Result<IncomingPacket, trace::Drop> on_media(ReceiveStream& stream,
                                                 const rtp::PacketView& packet, bool recovered,
                                                 Instant now);
    Result<IncomingPacket, trace::Drop> on_rtx(ReceiveStream& stream, BytesSpan bytes,
                                               const rtp::PacketView& packet, Instant now);
    void write_reports(rtp::RtcpWriter& writer, Instant now, std::string_view cname);
    void write_nacks(rtp::RtcpWriter& writer, ReceiveStream& stream, Instant now);
    void write_keyframe_request(rtp::RtcpWriter& writer, ReceiveStream& stream);
    void write_feedback(rtp::RtcpWriter& writer, Instant now);

    Ssrc local_ssrc_;
    std::vector<ReceiveSection> sections_;
    std::deque<ReceiveStream> streams_;  // stable addresses; bounded by kMaxSources
    StaticVector<Source, kMaxSources> sources_;
    rtp::TransportFeedbackRecorder feedback_;
    rtp::CongestionFeedbackRecorder marked_;
    Ssrc feedback_media_;
    std::uint8_t transport_number_id_ = 0;  // the extension's, once a section has agreed on it
    bool ccfb_ = false;                     // a section has agreed on RFC 8888
    Instant next_report_ = kNever;
    bool keyframes_wanted_ = false;
};

}  // namespace parley::peer
