// The values of a negotiation: what goes into a Negotiator and what it has agreed upon.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "peer/capabilities.hpp"
#include "sdp/description.hpp"

namespace parley::peer {

/// Something that this peer sends. Unique in its negotiator, never reused.
using SenderId = StrongId<struct SenderIdTag, std::uint32_t>;

/// Our end of the transport, made by whoever owns ICE and DTLS.
struct TransportParameters {
    std::string ice_ufrag;
    std::string ice_pwd;
    sdp::Fingerprint fingerprint;  // {"sha-256", "AB:CD:..."}
    /// All of them, each "candidate:...", the one that simple clients shall use first.
    std::vector<std::string> candidates;
};

/// The remote's end, from its newest description.
struct RemoteTransport {
    std::string ice_ufrag;
    std::string ice_pwd;
    std::vector<sdp::Fingerprint> fingerprints;
    sdp::Setup setup = sdp::Setup::kActpass;
    bool ice_lite = false;
    bool trickle = false;
    bool end_of_candidates = false;
    std::vector<std::string> candidates;
};

/// Why a description was refused. Nothing changed.
struct NegotiationError {
    std::string code;    // snake_case, for programs
    std::string cause;   // names the line or section, for people
    std::string remedy;  // what to do about it
};

/// What a remote offer brings, to look at before the answer is made.
struct OfferSummary {
    /// Absent when the offer has no section that could carry media (e.g. only a data channel).
    std::optional<RemoteTransport> transport;
    bool first = false;                // the first description of this session
    bool ice_restart = false;          // ufrag and password changed: set new local credentials
    bool fingerprint_changed = false;  // another certificate: a new DTLS association
    bool collision = false;            // our own offer was rolled back for it
};

struct AnswerSummary {
    /// The answer belongs to no offer of ours (it was rolled back): nothing happened.
    bool ignored = false;
    std::optional<RemoteTransport> transport;
    bool first = false;
    bool ice_restart = false;
    bool fingerprint_changed = false;
};

/// What we want to send. The caller chooses the SSRCs.
struct SenderSpec {
    sdp::MediaKind kind = sdp::MediaKind::kVideo;
    /// In order of preference; an SFU names the one published codec. Payload types are ignored.
    std::vector<sdp::Codec> codecs;
    bool rtx = true;   // where the kind's capabilities have it
    bool red = false;  // also offer RED around the first codec (audio)
    std::string stream_id;
    std::string track_id;
    std::string cname;
    Ssrc ssrc;
    Ssrc rtx_ssrc;
    /// Simulcast layers, best first; empty for one stream. With rids no SSRC is written.
    std::vector<std::string> rids;
};

enum class SenderState : std::uint8_t {
    kUnknown,  // no such sender
    kWaiting,  // for its first offer
    kOffered,  // in an offer that is not answered
    kActive,   // the remote takes it
    kHeld,     // agreed, but the remote does not want it now (its side is inactive)
    kRefused,  // the remote rejected the section or lacks the codec
};
enum class RefusalReason : std::uint8_t {
    kNone,
    kCodecUnsupported,
    kSectionRejected,
    kNoBundle,         // the remote has one section without BUNDLE: there is no room for another
    kTooManySections,  // or payload types
};
std::string_view to_text(RefusalReason reason);

/// kReceiving also when media flows both ways: a browser that adds a track may put it into a
/// section of ours (W3C addTrack reuses a transceiver that only received). Section::sends tells.
enum class SectionState : std::uint8_t { kReceiving, kSending, kInactive, kRejected };
std::string_view to_text(SectionState state);

struct HeaderExtension {
    std::uint8_t id = 0;
    rtp::ExtensionType type = rtp::ExtensionType::kUnknown;
    std::optional<sdp::Direction> direction;  // as we see it; absent: as the section
    friend bool operator==(const HeaderExtension&, const HeaderExtension&) = default;
};

/// A stream that the remote announced by SSRC.
struct RemoteSource {
    Ssrc ssrc;
    std::string cname;
    friend bool operator==(const RemoteSource&, const RemoteSource&) = default;
};

/// One m= section as both sides agreed upon it.
struct Section {
    std::size_t index = 0;
    std::string mid;  // made here when the remote gives none
    bool mid_on_wire = true;
    sdp::MediaKind kind = sdp::MediaKind::kOther;
    std::string kind_text;
    std::string protocol;
    std::vector<std::string> formats;  // of a rejected section, as it was offered
    bool local = false;                // first offered by us
    SectionState state = SectionState::kRejected;
    bool sends = false;  // the sender's media flows (state kSending, or kReceiving both ways)
    /// Our own newest description refused it, so that an offer may give it a new mid. Firefox looks
    /// at that alone, and does not take its own refusal for enough.
    bool recyclable = false;

    /// The agreed formats in order of preference, RTX behind what it repairs, with the payload
    /// types on the wire.
    std::vector<sdp::Codec> codecs;
    std::vector<HeaderExtension> extensions;
    bool extmap_allow_mixed = false;
    bool rtcp_rsize = false;

    // Receiving.
    std::vector<std::string> rids;  // agreed simulcast layers, in the remote's order
    bool simulcast = false;
    std::vector<RemoteSource> sources;
    std::vector<std::pair<Ssrc, Ssrc>> repair;        // FID: media, RTX
    std::vector<std::vector<Ssrc>> simulcast_groups;  // SIM: layers without rids
    std::string remote_stream;
    std::string remote_track;

    // Sending.
    std::optional<SenderId> sender;
    std::uint8_t payload_type = 0;
    std::optional<std::uint8_t> rtx_payload_type;
    std::optional<std::uint8_t> red_payload_type;

    const sdp::Codec* codec(std::uint8_t payload_type) const;
    rtp::ExtensionMap extension_map() const;
    bool has_feedback(std::uint8_t payload_type, std::string_view feedback) const;
};

enum class CodecSupport : std::uint8_t { kYes, kNo, kUnknown };

/// RFC 9429 §3.2, without provisional answers.
enum class SignalingState : std::uint8_t { kStable, kHaveLocalOffer, kHaveRemoteOffer };

/// Our offer has had no answer for the configured time. Said once for each offer.
struct OfferUnanswered {
    Duration age{};
};
/// A sender changed its state by a description.
struct SenderChanged {
    SenderId sender;
    SenderState state = SenderState::kUnknown;
    RefusalReason reason = RefusalReason::kNone;
};
using NegotiatorEvent = std::variant<OfferUnanswered, SenderChanged>;

struct NegotiatorConfig {
    Capabilities capabilities = Capabilities::sfu();
    std::uint64_t session_id = 0;
    /// An SFU never offers before the client's first offer was answered; a client does.
    bool may_offer_first = false;
    /// A peer that only sends refuses what the remote offers to send.
    bool may_receive = true;
    /// Attach waiting senders to recvonly sections that the remote offers (players by WHEP).
    bool attach_to_offered_sections = false;
    bool ice_lite = false;
    /// The DTLS role taken when the remote leaves the choice (kPassive or kActive).
    sdp::Setup role_for_actpass = sdp::Setup::kPassive;
    Duration merge_window = 50ms;   // changes within it make one offer
    Duration answer_timeout = 10s;  // then OfferUnanswered
    std::size_t max_sections = sdp::kMaxSections;
};

}  // namespace parley::peer
