// A participant on a media node: its peer, what it publishes, what it subscribes to. The wiring is
// here; the work is in publisher.hpp and subscriber.hpp.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node/context.hpp"
#include "node/publisher.hpp"
#include "node/subscriber.hpp"
#include "node/timer_queue.hpp"
#include "peer/peer.hpp"

namespace parley::node {

class Room;

class Member final : public peer::PeerObserver {
 public:
    Member(Context& context, Room& room, const signal::CreatePeer& command, peer::PeerConfig config,
           Instant now);

    signal::PeerId id() const { return who_.id; }
    const std::string& participant() const { return who_.name; }
    Participant& who() { return who_; }
    bool may_publish() const { return may_publish_; }
    bool may_subscribe() const { return may_subscribe_; }
    Room& room() { return room_; }
    peer::Peer& peer() { return peer_; }
    const peer::Peer& peer() const { return peer_; }
    Publisher& publisher() { return publisher_; }
    Subscriber& subscriber() { return subscriber_; }

    // ---- signaling ----
    void on_remote_description(const signal::RemoteDescription& description, Instant now);
    void on_remote_candidate(const signal::RemoteCandidate& candidate, Instant now);
    void close(Instant now);

    // ---- the machine's part ----
    Result<void, trace::Drop> handle_receive(net::Datagram& datagram, Instant now);
    void handle_timeout(Instant now);
    /// Media that leaves moves no timer but the subscriber's: the others are asked for theirs only
    /// after control work.
    Instant next_timeout();
    std::optional<net::Transmit> poll_transmit(Instant now, BytesSpan out);
    /// Asks for the memory that a turn of media needs, in three steps; each reads what the one
    /// before asked for, which should be near by then.
    void prefetch() const;
    void prefetch_news() const;  // what is written when a track has packets
    void prefetch_media(Instant now) const;
    void prefetch_far() const;
    /// Acts on what the peer has to say; paths that came and went are left for the node.
    void settle(Instant now);
    std::optional<peer::TransportEvent> poll_path_event();

    void count_sent(std::size_t bytes, Instant now) { sent_.on_bytes(bytes, now); }
    std::optional<Duration> round_trip_time() const;

    // ---- peer::PeerObserver ----
    void on_media(peer::IncomingPacket& incoming, Instant now) override;
    void on_sender_report(peer::ReceiveStream& stream, Instant now) override;
    void on_report_block(const rtp::ReportBlock& block, Instant now) override;
    void on_nack(Ssrc media, std::uint16_t sequence_number, Instant now) override;
    void on_keyframe_request(Ssrc media, Instant now) override;
    void on_remb(Bitrate bitrate, Instant now) override;
    void on_transport_feedback(const rtp::TransportFeedback& feedback, Instant now) override;
    void on_congestion_feedback(const rtp::CongestionFeedback& feedback, Instant now) override;

    // Bookkeeping of the node.
    TimerQueue::Id timer = 0;
    bool has_work = false;
    bool has_control_work = false;    // beside media: events to act on, datagrams of the peer's own
    bool timers_moved = true;         // others than the subscriber's, as control work moves them
    std::vector<std::string> ufrags;  // under which the node's table knows this member

 private:
    void after_negotiation(Instant now);
    void offer_if_wanted(Instant now);
    void emit_description(signal::SdpType type, std::string sdp);
    void refuse(signal::SdpType type, const peer::NegotiationError& error);
    void emit_stats(Instant now);
    void note_path(Instant now);

    Context& context_;
    Room& room_;
    Participant who_;
    bool may_publish_;
    bool may_subscribe_;
    peer::Peer peer_;
    Publisher publisher_;
    Subscriber subscriber_;
    std::deque<peer::TransportEvent> path_events_;
    bool joined_tracks_ = false;  // the room's tracks were attached
    bool may_send_ = false;
    bool keys_told_ = false;               // that they are used up
    std::optional<net::Path> media_path_;  // where media went last
    Instant next_stats_;
    Instant control_due_{};  // of all timers but the subscriber's, once they are settled
    rtp::RateMeter received_;
    rtp::RateMeter sent_;
    trace::DropCounters drops_;
};

}  // namespace parley::node
