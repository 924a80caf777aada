// What the parts of one node share. Owned by the node; everything in it outlives members and rooms.

#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "cc/types.hpp"
#include "ice/candidate.hpp"
#include "node/limits.hpp"
#include "node/media_queue.hpp"
#include "node/relay_box.hpp"
#include "node/timer_queue.hpp"
#include "peer/capabilities.hpp"
#include "peer/transport.hpp"
#include "signal/media_messages.hpp"
#include "trace/drop.hpp"

namespace parley::node {

class Member;
struct Track;

struct NodeConfig {
    /// Our candidates, in the order of descriptions: the one that simple clients shall use first.
    std::vector<ice::Candidate> candidates;
    /// Video codecs in order of preference; empty: as Capabilities::sfu() has them.
    std::vector<std::string> video_codecs;
    WallAnchor wall;
    std::size_t max_members = kMaxMembers;
    std::size_t max_tracks_per_member = kMaxTracksPerMember;
    std::size_t max_outlets_per_member = kMaxOutletsPerMember;
    /// Of each room so many microphones are forwarded, the loudest; 0: all.
    std::size_t loudest_audio = 0;
    /// Each subscriber gets so many cameras, of those who spoke last; 0: all.
    std::size_t last_video = 0;
    /// This node's number, and how many there are over which a room may spread.
    std::size_t shard = 0;
    std::size_t shards = 1;
    Duration stats_interval = 1s;
    /// Of the estimate of each subscriber's path.
    cc::Limits estimate;
    /// Of the keys of each member.
    srtp::Limits srtp;
};

struct Context {
    explicit Context(NodeConfig of_node)
        : config(std::move(of_node)), relay(config.shard, config.shards) {}

    NodeConfig config;
    peer::TransportServices services;
    std::deque<signal::MediaEvent> events;
    std::vector<Member*> work;      // members that have something to say
    std::vector<Track*> news;       // tracks with packets that nobody has looked at
    std::vector<Track*> looked_at;  // tracks whose packets were looked at in this turn
    Train train;
    std::unordered_map<Ssrc, Member*> sources;    // published, to recognise a moved publisher
    RelayBox relay;                               // to other nodes
    std::unordered_map<RelayId, Track*> relayed;  // both ways
    TimerQueue timers;                            // of members and rooms
    trace::DropCounters drops;
    std::uint64_t frames_copied = 0;  // sent along with later ones (RFC 2198)
    std::uint64_t frames_found = 0;   // lost by publishers' networks and found in later packets

    Random& random() { return *services.random; }
    void emit(signal::MediaEvent event) { events.push_back(std::move(event)); }
    /// Puts a member on the list of those with work, once.
    void wake(Member& member);
    /// The same for a member that has nothing but media to send.
    void wake_for_media(Member& member);
    /// An SSRC that is neither 0 nor taken in `taken`.
    template <typename Taken>
    Ssrc fresh_ssrc(const Taken& taken) {
        Ssrc ssrc(random().next_u32());
        while (ssrc.value == 0 || taken(ssrc)) ssrc = Ssrc(random().next_u32());
        return ssrc;
    }
};

}  // namespace parley::node
