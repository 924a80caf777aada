// A room's shards on other nodes: tells them of the tracks that are published here, relays packets
// there, and keeps their tracks as replicas, to which the subscribers of this node turn as if they
// were published here. Wishes for layers and keyframe requests go back to where a track comes from.

#pragma once

#include <memory>
#include <vector>

#include "node/context.hpp"
#include "node/relay_messages.hpp"
#include "node/track.hpp"

namespace parley::node {

class Room;

/// Somebody who publishes on another node.
struct RemoteMember {
    Participant who;
    ShardIndex shard = 0;
    std::shared_ptr<sfu::ParticipantClock> clock = std::make_shared<sfu::ParticipantClock>();
    std::vector<std::unique_ptr<Track>> tracks;
};

class Shards final : public Upstream {
 public:
    Shards(Context& context, Room& room) : context_(context), room_(room) {}

    /// The room's first member is about to come.
    void open();
    /// The last one has left.
    void close(Instant now);

    // ---- tracks that are published here ----
    /// One appeared or changed.
    void offer(Track& track);
    void withdraw(Track& track);
    void turn_layers(const Track& track);
    void relay(const Track& track, std::size_t layer, BytesView packet,
               const media::FrameInfo& frame);
    void report(const Track& track, std::size_t layer, NtpTime ntp, std::uint32_t timestamp);

    // ---- what other shards say ----
    void on_opened(ShardIndex from, const ShardOpened& opened);
    void on_closed(ShardIndex from, Instant now);
    void on_offered(ShardIndex from, const OfferedTrack& offered, Instant now);
    void on_withdrawn(Track& track, Instant now);
    void on_turned(Track& track, sfu::StreamMask on, Instant now);
    void on_packet(Track& track, std::size_t layer, BytesView bytes, const media::FrameInfo& frame,
                   Instant now);
    void on_report(Track& track, const SenderReported& report, Instant now);

    // ---- Upstream, of replicas ----
    void review_layers(Track& track, Instant now) override;
    void pump_keyframe_requests(Track& track, Instant now) override;

    void handle_timeout(Instant now);
    Instant next_timeout() const { return due_; }

    const std::vector<std::unique_ptr<RemoteMember>>& members() const { return members_; }
    /// Of what all shards of the room find out alike, one tells the clients.
    bool speaks_for_room() const;

 private:
    struct Other {
        ShardIndex shard = 0;
        RelayId life;
    };

    bool knows(ShardIndex shard) const;
    void offer_to(const Other& other, const Track& track);
    RemoteMember& member_of(ShardIndex from, const OfferedTrack& offered, Instant now);
    void remove(RemoteMember& member, std::size_t track, Instant now);
    void drop_empty_members(Instant now);
    void note_due(const Track& track);

    Context& context_;
    Room& room_;
    RelayId life_;
    std::vector<Other> others_;
    std::vector<std::unique_ptr<RemoteMember>> members_;
    Instant due_ = kNever;  // of the replicas; sometimes too early, never too late
};

}  // namespace parley::node
