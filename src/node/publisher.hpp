// The publishing half of a participant: turns arriving streams into tracks of the room.

#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/token_bucket.hpp"
#include "node/context.hpp"
#include "node/track.hpp"
#include "peer/receiver.hpp"

namespace parley::node {

class Room;

class Publisher final : public Upstream {
 public:
    /// Tracks that a client may publish at once, and how many more a second: each of them takes
    /// sources of every subscriber, and the keys of a subscriber serve for so many.
    static constexpr double kPublications = 2.0 * kMaxTracksPerMember;
    static constexpr double kPublicationRate = 0.2;

    Publisher(Context& context, Member& owner, Instant now)
        : context_(context), owner_(owner), publications_(kPublicationRate, kPublications, now) {}

    /// Forwards a packet to the track's subscribers. A stream's first packet publishes its track: a
    /// track is what arrives, not what was negotiated.
    void on_media(peer::IncomingPacket& incoming, Instant now);
    void on_sender_report(const peer::ReceiveStream& stream, Instant now);
    /// Sections were negotiated anew: tracks without a receiving section are unpublished.
    void on_sections_changed(Instant now);
    void unpublish_all(Instant now);

    void describe(const signal::DescribeTrack& description, Instant now);
    void force_mute(const signal::ForceMute& command, Instant now);

    /// Somebody wants other layers of a track than before: the publisher is told which to send.
    void review_layers(Track& track, Instant now) override;
    /// Hands keyframe requests of subscribers on to the publisher.
    void pump_keyframe_requests(Track& track, Instant now) override;
    void handle_timeout(Instant now);
    Instant next_timeout() const;

    const std::vector<std::unique_ptr<Track>>& tracks() const { return tracks_; }
    std::vector<signal::PublishedTrackStats> stats(Instant now) const;
    /// The share of packets lost on the way here since the last call, 0 to 1.
    double take_loss();

 private:
    struct Place {
        Track* track = nullptr;
        std::size_t layer = 0;
        std::optional<Ssrc> source;  // as the node's table of sources has it
    };
    /// What the client said about a section, possibly before it publishes there.
    struct Description {
        signal::TrackSource source = signal::TrackSource::kUnknown;
        bool muted = false;
    };

    Place* place_of(const peer::IncomingPacket& incoming, Instant now);
    Place* fill_place(const peer::ReceiveStream& stream, Track& track);
    void clear_place(Place& place);
    Track* track_in(std::size_t section);
    Track* publish(const peer::ReceiveSection& section, const peer::ReceiveStream& stream,
                   Instant now);
    void unpublish(std::size_t index, Instant now);
    void announce(Track& track);
    void tell_layers(const Track& track);

    Context& context_;
    Member& owner_;
    std::vector<std::unique_ptr<Track>> tracks_;
    std::array<Place, peer::kMaxSources> places_{};  // by stream index
    std::map<std::string, Description> descriptions_;
    std::shared_ptr<sfu::ParticipantClock> clock_ = std::make_shared<sfu::ParticipantClock>();
    bool force_muted_audio_ = false;
    std::set<std::string> force_muted_;  // tracks, so that a track published anew stays muted
    std::set<std::string> quieted_;      // sections in which some layer is off by request
    TokenBucket publications_;
    std::int64_t counted_packets_ = 0;
    std::int64_t counted_lost_ = 0;
};

}  // namespace parley::node
