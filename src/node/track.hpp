// A published track and the outlets through which subscribers get it.

#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "node/relay_messages.hpp"
#include "peer/negotiation.hpp"
#include "peer/receive_section.hpp"
#include "peer/receive_stream.hpp"
#include "sdp/format.hpp"
#include "sfu/allocator.hpp"
#include "sfu/layer_use.hpp"
#include "sfu/packet_writer.hpp"
#include "sfu/publication.hpp"
#include "sfu/reported_loss.hpp"
#include "sfu/subscription.hpp"
#include "signal/media_messages.hpp"

namespace parley::node {

class Member;
struct Outlet;

/// Somebody who may publish, here or on another node.
struct Participant {
    signal::PeerId id;
    std::string name;
    /// Among all of the room: who spoke last has the lowest. The room's to set.
    std::uint32_t speech_rank = 0;
};

/// The screen and its sound: a stream of their own (docs/signaling.md).
inline bool is_screen(signal::TrackSource source) {
    return source == signal::TrackSource::kScreen || source == signal::TrackSource::kScreenAudio;
}

struct Track;

/// Where a track comes from, as its subscribers see it: its publisher, or another node.
class Upstream {
 public:
    virtual ~Upstream() = default;
    /// Somebody wants other layers of the track than before.
    virtual void review_layers(Track& track, Instant now) = 0;
    /// Hands keyframe requests of subscribers on.
    virtual void pump_keyframe_requests(Track& track, Instant now) = 0;
};

class Shards;

/// What shards of the room on other nodes know and want of a track.
struct TrackRelay {
    /// A publisher can report as often as it likes.
    static constexpr Duration kReportInterval = 200ms;

    RelayId id;
    Shards* replica_in = nullptr;  // of a track that is published on another node
    /// Where it is published: which layers each shard wishes.
    std::vector<sfu::StreamMask> wished;
    /// Elsewhere: which layers its publisher is asked to send, and which ones this shard wished.
    sfu::StreamMask on = sfu::kAllStreams;
    sfu::StreamMask told = 0;
    std::array<Instant, sfu::kMaxLayers> next_report{};
};

struct Track {
    Track(sfu::PublicationConfig config, std::shared_ptr<sfu::ParticipantClock> clock)
        : publication(std::move(config), std::move(clock)) {}

    signal::TrackInfo info;
    Participant* publisher = nullptr;
    Upstream* upstream = nullptr;
    Instant published_at{};
    std::size_t section = 0;
    sdp::Codec codec;  // as the publisher's section describes it
    sfu::Publication publication;
    /// Which stream of the publisher's receiver is which layer.
    std::array<std::optional<peer::StreamIndex>, sfu::kMaxLayers> streams;
    std::vector<std::string> rids;          // by layer
    std::vector<std::string> section_rids;  // as negotiated when it was published
    std::vector<Outlet*> outlets;
    bool has_news = false;    // it stands in the node's list of tracks with new packets
    std::uint64_t voice = 0;  // its number among the room's microphones; 0: none
    bool heard = true;        // false: other microphones are louder, and nobody gets it
    sfu::LayerUse use;
    TrackRelay relay;
    std::uint32_t seen_revision = 0;  // of the publication, told to subscribers
    Instant told_at = Instant::min();
    Instant tell_at = kNever;  // a revision waits to be told

    // What subscribers choose from, worked out once for all of them.
    sfu::LayerOptions options;
    std::uint32_t options_revision = ~0U;
    Instant options_at = Instant::min();

    bool video() const { return info.kind == signal::TrackKind::kVideo; }
};

/// Subscribers are told if what they choose from has changed: at once, but no more often than every
/// kTellInterval, for a publisher can change it with each packet. What waits is due at
/// next_timeout().
inline constexpr Duration kTellInterval = 10ms;
void note_revision(Track& track, Instant now);

/// When note_revision() or the publication has something to do.
inline Instant next_timeout(const Track& track) {
    return std::min(track.publication.next_timeout(), track.tell_at);
}

/// One track on its way to one subscriber.
struct Outlet {
    Outlet(Track& of, Member& to, const sfu::SubscriptionConfig& config, Random& random)
        : track(&of), subscriber(&to), subscription(config, random) {}

    Track* track;
    Member* subscriber;
    bool in_news = false;
    Outlet* next_in_news = nullptr;
    bool open = false;
    bool numbered = false;  // its packets are reported one by one
    bool marked = false;    // by their own numbers (RFC 8888)
    Duration grace{};       // how far behind it may be, after a keyframe that took long
    sfu::SlotId next = 0;   // packets of the track's ring before this one were looked at
    sfu::Subscription subscription;
    sfu::ReportedLoss reported;
    std::optional<peer::SenderId> sender;
    sfu::OutboundFormat format;
    Ssrc ssrc;
    Ssrc rtx_ssrc;
    std::string mid;  // once agreed
    sfu::TrackWish wish;
    sfu::Assignment assignment;
    bool assigned = false;
    sfu::StreamMask needs = sfu::kAllStreams;  // streams that it gets or may soon get
    signal::SubscriptionStatus status = signal::SubscriptionStatus::kActive;
    Instant next_repair{};  // by a keyframe, without a stream for retransmissions
};

}  // namespace parley::node
