// What the signal machine (rooms, sessions) and the media nodes (peers, media) say to each other.
// Plain values: they cross threads by mailbox, and the simulator may delay them.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"

namespace parley::signal {

/// One participant's connection to the media server, unique for the life of the process.
using PeerId = StrongId<struct PeerIdTag, std::uint64_t>;

enum class SdpType : std::uint8_t { kOffer, kAnswer };
enum class TrackKind : std::uint8_t { kAudio, kVideo };
enum class TrackSource : std::uint8_t { kUnknown, kMicrophone, kCamera, kScreen, kScreenAudio };
/// The simulcast layer that a subscriber asks for.
enum class LayerWish : std::uint8_t { kAuto, kLow, kMedium, kHigh, kOff };

// ---- signal to node -------------------------------------------------------------------------

/// Makes the peer; its transport starts with its first offer.
struct CreatePeer {
    PeerId peer;
    std::string room;
    std::string participant;  // the client id; also the stream id of what it publishes
    bool may_publish = true;
    bool may_subscribe = true;
};
struct ClosePeer {
    PeerId peer;
    std::string reason;
};
struct RemoteDescription {
    PeerId peer;
    SdpType type = SdpType::kOffer;
    std::string sdp;
};
/// A listed candidate: counted, never sent to (design §6). Empty: end of candidates.
struct RemoteCandidate {
    PeerId peer;
    std::string candidate;
};
/// What a client says about a section it sends in: its source and whether the user muted it. May
/// arrive before or after the offer that has the mid.
struct DescribeTrack {
    PeerId peer;
    std::string mid;
    std::optional<TrackSource> source;
    std::optional<bool> muted;
};
/// A moderator's mute: media of the track is dropped until it is lifted.
struct ForceMute {
    PeerId peer;
    std::string track;  // empty: all audio of the peer
    bool muted = true;
};
/// What a subscriber wants of a track; replaces what it wanted before.
struct SetLayerWish {
    PeerId subscriber;
    std::string track;
    LayerWish wish = LayerWish::kAuto;
    std::uint16_t width = 0;  // of its view, in pixels; 0: not known
    std::uint16_t height = 0;
    std::optional<std::uint8_t> priority;  // 0 to 100, larger is more important
};

/// How many cameras a subscriber wants at most, of those who spoke last; empty: no limit of its
/// own.
struct SetVideoLimit {
    PeerId subscriber;
    std::optional<std::uint16_t> count;
};

using MediaCommand = std::variant<CreatePeer, ClosePeer, RemoteDescription, RemoteCandidate,
                                  DescribeTrack, ForceMute, SetLayerWish, SetVideoLimit>;

// ---- node to signal -------------------------------------------------------------------------

/// Where a subscriber finds a track.
struct TrackMapping {
    std::string mid;
    std::string participant;
    std::string track;
};
struct LocalDescription {
    PeerId peer;
    SdpType type = SdpType::kAnswer;
    std::string sdp;
    /// The sections in which this peer receives others' tracks, as of this description.
    std::vector<TrackMapping> tracks;
};
/// A description was refused. `code` is an error code of docs/signaling.md.
struct DescriptionRefused {
    PeerId peer;
    SdpType type = SdpType::kOffer;
    std::string code;
    std::string cause;
    std::string remedy;
};

enum class PeerState : std::uint8_t {
    kNew,
    kConnecting,
    kConnected,
    kDisconnected,
    kFailed,
    kClosed
};
struct PeerStateChanged {
    PeerId peer;
    PeerState state = PeerState::kNew;
    std::string reason;
};

/// Some of what the peer should get cannot be sent over this connection: its keys serve for no more
/// streams.
struct MediaKeysUsedUp {
    PeerId peer;
};

struct TrackInfo {
    std::string track;        // unique in the room: "<participant>.<mid>"
    std::string participant;  // who publishes it
    std::string mid;          // in the publisher's session
    TrackKind kind = TrackKind::kAudio;
    TrackSource source = TrackSource::kUnknown;
    std::string codec;         // "opus", "VP8", ...
    bool muted = false;        // by its owner
    bool force_muted = false;  // by a moderator
    bool simulcast = false;    // more than one layer has arrived
};
/// A track appeared or changed (muted, source, simulcast).
struct TrackPublished {
    PeerId peer;
    TrackInfo info;
};
struct TrackUnpublished {
    PeerId peer;
    std::string track;
};
/// kPaused: nothing is sent for want of bandwidth, or because others spoke more recently.
enum class SubscriptionStatus : std::uint8_t { kActive, kCodecUnsupported, kPaused };
struct SubscriptionChanged {
    PeerId subscriber;
    std::string track;
    SubscriptionStatus status = SubscriptionStatus::kActive;
    std::string codec;
    std::string reason;  // why it is paused
};
/// Which layers of its track a publisher shall send: those that somebody watches. A track without
/// simulcast has one, without a name.
struct TrackLayers {
    struct Layer {
        std::string rid;
        bool active = true;
    };
    PeerId peer;
    std::string track;
    std::string mid;
    std::vector<Layer> layers;
};
struct SpeakerLevel {
    std::string participant;
    double level = 0;  // 0 (silent) to 1 (loudest)
};
/// Those who speak now, loudest first; sent when it changes.
struct ActiveSpeakers {
    std::string room;
    std::vector<SpeakerLevel> speakers;
};

struct PublishedLayerStats {
    std::string rid;  // empty without simulcast
    std::uint32_t ssrc = 0;
    bool live = false;
    std::int64_t bitrate_bps = 0;
    std::uint32_t width = 0;  // of the last keyframe, 0 when unknown
    std::uint32_t height = 0;
    double frames_per_second = 0;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::int64_t lost = 0;
    double jitter_ms = 0;
    std::uint64_t nacks_sent = 0;
    std::uint64_t keyframes_requested = 0;
    std::uint64_t retransmissions_received = 0;
    std::uint64_t found = 0;  // lost on the way here and found in later packets (RFC 2198)
};
struct PublishedTrackStats {
    TrackInfo info;
    std::vector<PublishedLayerStats> layers;
};
struct SubscriptionStats {
    std::string track;
    std::string participant;  // the publisher
    std::string mid;
    SubscriptionStatus status = SubscriptionStatus::kActive;
    LayerWish wanted = LayerWish::kAuto;
    std::uint16_t view_width = 0;  // as the subscriber says; 0: not known
    std::uint16_t view_height = 0;
    int priority = 0;
    std::string layer_sent;  // rid, "single", or empty when nothing is sent
    int spatial = -1;        // highest layers that are sent of it; -1: all
    int temporal = -1;
    std::string reason;          // why this layer
    std::int64_t share_bps = 0;  // of the estimate, set aside for it
    std::int64_t bitrate_bps = 0;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    double loss = 0;  // 0 to 1, from the last receiver report
    std::uint64_t nacks_received = 0;
    std::uint64_t retransmissions_sent = 0;
    std::uint64_t keyframe_requests_received = 0;
    std::uint64_t layer_switches = 0;
    int redundancy = 0;  // earlier frames of audio that go along with each
    std::string redundancy_reason;
    std::uint64_t frames_copied = 0;
};
/// A decision about what a subscriber gets of a track.
struct LayerChange {
    std::int64_t age_ms = 0;  // how long before the figures that it comes with
    std::string track;
    std::string layer;  // rid, "single", or empty when nothing is to be sent
    int spatial = -1;
    int temporal = -1;
    std::string reason;
    bool paused = false;
    std::int64_t share_bps = 0;
};
/// A peer's figures, sent about once a second; the newest replaces the older.
struct PeerStats {
    PeerId peer;
    PeerState state = PeerState::kNew;
    std::string transport;  // "udp" or "tcp", empty before ICE
    std::string local_address;
    std::string remote_address;
    std::string srtp_profile;
    double rtt_ms = -1;    // -1 when unknown
    double loss_up = 0;    // 0 to 1 over the last second: client to server
    double loss_down = 0;  // server to client
    std::int64_t bitrate_up_bps = 0;
    std::int64_t bitrate_down_bps = 0;
    std::int64_t estimate_down_bps = -1;  // what the path to the client carries, or -1
    std::string estimate_reason;          // what moved or bounded it last
    std::int64_t demand_down_bps = 0;     // what its subscriptions would take without a limit
    std::vector<PublishedTrackStats> published;
    std::vector<SubscriptionStats> subscriptions;
    std::vector<LayerChange> changes;  // since the figures before, oldest first
    std::vector<std::pair<std::string, std::uint64_t>> drops;  // reason, count; non-zero only
};

using MediaEvent = std::variant<LocalDescription, DescriptionRefused, PeerStateChanged,
                                MediaKeysUsedUp, TrackPublished, TrackUnpublished,
                                SubscriptionChanged, TrackLayers, ActiveSpeakers, PeerStats>;

}  // namespace parley::signal
