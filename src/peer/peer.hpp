// One WebRTC peer: the wiring of its parts. Negotiator agrees on sections, Transport carries
// datagrams, Receiver takes media apart. What is done with media, and what is sent, is the owner's
// business: it observes, and asks for protection of what it writes.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/units.hpp"
#include "peer/negotiator.hpp"
#include "peer/receiver.hpp"
#include "peer/transport.hpp"
#include "rtp/rtcp.hpp"

namespace parley::peer {

/// What arrives, told while the datagram is being handled; nothing may be kept.
class PeerObserver {
 public:
    virtual ~PeerObserver() = default;
    virtual void on_media(IncomingPacket& incoming, Instant now) = 0;
    virtual void on_sender_report(ReceiveStream& stream, Instant now) = 0;
    /// A stream that we send, as its receiver sees it.
    virtual void on_report_block(const rtp::ReportBlock& block, Instant now) = 0;
    virtual void on_nack(Ssrc media, std::uint16_t sequence_number, Instant now) = 0;
    virtual void on_keyframe_request(Ssrc media, Instant now) = 0;
    virtual void on_remb(Bitrate bitrate, Instant now) = 0;
    /// Which of the packets that we sent arrived when.
    virtual void on_transport_feedback(const rtp::TransportFeedback&, Instant) {}
    virtual void on_congestion_feedback(const rtp::CongestionFeedback&, Instant) {}
};

struct PeerConfig {
    ice::Config ice;
    NegotiatorConfig negotiation;
    std::vector<ice::Candidate> candidates;  // in the order in which descriptions list them
    Ssrc local_ssrc;                         // of our reports
    std::string cname;
};

class Peer {
 public:
    Peer(const TransportServices& services, PeerConfig config, Instant now);

    // ---- descriptions ----
    /// Takes a remote offer and returns the answer.
    Result<std::string, NegotiationError> accept_offer(std::string_view sdp, Instant now);
    Result<AnswerSummary, NegotiationError> accept_answer(std::string_view sdp, Instant now);
    bool wants_offer(Instant now) const { return negotiator_.wants_offer(now); }
    std::string create_offer(Instant now);
    Negotiator& negotiator() { return negotiator_; }
    const Negotiator& negotiator() const { return negotiator_; }

    // ---- the network ----
    Result<void, trace::Drop> handle_receive(net::Datagram& datagram, PeerObserver& observer,
                                             Instant now);
    void handle_timeout(Instant now);
    Instant next_timeout() const;
    /// STUN, DTLS and the reports of what we receive.
    std::optional<net::Transmit> poll_transmit(Instant now, BytesSpan out);
    /// A stream could not be sent, since the keys serve for no more (srtp::Limits). New keys come
    /// with a new connection only.
    bool keys_used_up() const { return keys_used_up_; }
    Transport& transport() { return transport_; }
    const Transport& transport() const { return transport_; }
    Receiver& receiver() { return receiver_; }
    const Receiver& receiver() const { return receiver_; }
    void close(Instant now) { transport_.close(now); }

    /// Protects an RTP or RTCP packet in the first `size` octets of `out` and says where it goes;
    /// nothing while media may not be sent, or when protection fails.
    std::optional<net::Transmit> send_rtp(BytesSpan out, std::size_t size);
    std::optional<net::Transmit> send_rtcp(BytesSpan out, std::size_t size);

 private:
    std::optional<net::Transmit> protected_media(const Result<std::size_t, srtp::Error>& size);
    void apply_remote(const std::optional<RemoteTransport>& remote, Instant now);
    void read_sections();
    void handle_rtcp(BytesView compound, PeerObserver& observer, Instant now);

    PeerConfig config_;
    Negotiator negotiator_;
    Transport transport_;
    Receiver receiver_;
    bool keys_used_up_ = false;
    std::uint64_t sections_version_ = 0;
};

/// The tables by which packets of a section are read.
ReceiveSection receive_section(const Section& section);

}  // namespace parley::peer
