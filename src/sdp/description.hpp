// A session description as a value: what RFC 8866 lines mean to WebRTC, typed, and everything else
// kept as text so that writing a parsed description loses nothing that matters.
//
// RFC 8866 (SDP), 8839 (ICE), 8843 (BUNDLE), 8851 and 8853 (rid, simulcast), 8285 (extmap), 5761
// (rtcp-mux), 5506 (rtcp-rsize), 8122 and 5763 (fingerprint, setup), 5576 (ssrc), 8830 (msid), 4585
// (rtcp-fb), 3890 (TIAS).
//
// Leaves out: the meaning of candidates (ice/), of SCTP attributes (kept as text), the obsolete k=
// line (discarded, RFC 8866 §5.12), and every offer/answer rule (peer/negotiator.hpp).

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sdp/format.hpp"

namespace parley::sdp {

// What a description may hold. A conference of a hundred has some 60 kB and 200 sections.
inline constexpr std::size_t kMaxSize = 256 * 1024;
inline constexpr std::size_t kMaxLines = 16'384;
inline constexpr std::size_t kMaxLineSize = 4096;
inline constexpr std::size_t kMaxSections = 256;
inline constexpr std::size_t kMaxAttributes = 1024;  // of the session or of one section
inline constexpr std::size_t kMaxFormats = 128;      // of one section: payload types are 7 bits
inline constexpr std::size_t kMaxGroups = 16;
inline constexpr std::size_t kMaxIceOptions = 16;   // of the session or of one section
inline constexpr std::size_t kMaxFingerprints = 8;  // the same
inline constexpr std::size_t kMaxRids = 16;         // of one section
/// A mid or rid longer than this does not fit a one-byte header extension (RFC 8285 §4.2).
inline constexpr std::size_t kMaxIdSize = 16;

enum class MediaKind : std::uint8_t { kAudio, kVideo, kApplication, kOther };
enum class Direction : std::uint8_t { kSendRecv, kSendOnly, kRecvOnly, kInactive };
enum class Setup : std::uint8_t { kActpass, kActive, kPassive, kHoldconn };

std::string_view to_text(MediaKind kind);  // "audio"; "other" for kOther
std::string_view to_text(Direction direction);
std::string_view to_text(Setup setup);
constexpr bool sends(Direction d) {
    return d == Direction::kSendRecv || d == Direction::kSendOnly;
}
constexpr bool receives(Direction d) {
    return d == Direction::kSendRecv || d == Direction::kRecvOnly;
}
/// The same direction as the other side sees it.
constexpr Direction reversed(Direction d) {
    if (d == Direction::kSendOnly) return Direction::kRecvOnly;
    return d == Direction::kRecvOnly ? Direction::kSendOnly : d;
}

/// An attribute that this parser does not interpret: `a=name` or `a=name:value`.
struct Attribute {
    std::string name;
    std::optional<std::string> value;
    friend bool operator==(const Attribute&, const Attribute&) = default;
};

/// A line that is not an attribute and not interpreted, e.g. {'i', "a title"}.
struct OtherLine {
    char type = 'i';
    std::string value;
    friend bool operator==(const OtherLine&, const OtherLine&) = default;
};

/// `b=<type>:<value>`: AS in kbit/s (RFC 8866 §5.8), TIAS in bit/s (RFC 3890).
struct Bandwidth {
    std::string type;
    std::uint64_t value = 0;
    friend bool operator==(const Bandwidth&, const Bandwidth&) = default;
};

/// `a=fingerprint:<hash> <value>` (RFC 8122); the hash in lower case, the value in upper case.
struct Fingerprint {
    std::string hash;
    std::string value;
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// What a section or the session says about the transport (RFC 8839, 8122, 5763).
struct Transport {
    std::optional<std::string> ice_ufrag;
    std::optional<std::string> ice_pwd;
    std::vector<std::string> ice_options;
    std::vector<Fingerprint> fingerprints;
    std::optional<Setup> setup;
    friend bool operator==(const Transport&, const Transport&) = default;
};

/// `a=extmap:<id>[/<direction>] <uri> [<attributes>]` (RFC 8285 §8).
struct Extmap {
    std::uint16_t id = 0;
    std::optional<Direction> direction;
    std::string uri;
    std::string attributes;
    friend bool operator==(const Extmap&, const Extmap&) = default;
};

/// `a=group:<semantics> <mids>` (RFC 5888); BUNDLE is RFC 8843.
struct Group {
    std::string semantics;
    std::vector<std::string> mids;
    friend bool operator==(const Group&, const Group&) = default;
};

/// `a=msid:<stream> [<track>]` (RFC 8830).
struct Msid {
    std::string stream;
    std::string track;
    friend bool operator==(const Msid&, const Msid&) = default;
};

/// `a=ssrc:<ssrc> <attribute>[:<value>]` (RFC 5576 §4.1).
struct SsrcAttribute {
    std::uint32_t ssrc = 0;
    std::string name;
    std::string value;
    friend bool operator==(const SsrcAttribute&, const SsrcAttribute&) = default;
};

/// `a=ssrc-group:<semantics> <ssrcs>` (RFC 5576 §4.2): FID, SIM, FEC-FR.
struct SsrcGroup {
    std::string semantics;
    std::vector<std::uint32_t> ssrcs;
    friend bool operator==(const SsrcGroup&, const SsrcGroup&) = default;
};

/// `a=rid:<id> <send|recv> [pt=<list>;<restrictions>]` (RFC 8851).
struct Rid {
    std::string id;
    bool send = true;
    std::vector<std::uint8_t> payload_types;  // empty: all
    FormatParameters restrictions;            // without pt
    friend bool operator==(const Rid&, const Rid&) = default;
};

/// One alternative of one simulcast stream; `~` in front says paused (RFC 8853 §5.1).
struct SimulcastRid {
    std::string rid;
    bool paused = false;
    friend bool operator==(const SimulcastRid&, const SimulcastRid&) = default;
};
/// Streams in order of preference, each a list of alternatives.
using SimulcastStreams = std::vector<std::vector<SimulcastRid>>;
struct Simulcast {
    SimulcastStreams send;
    SimulcastStreams receive;
    friend bool operator==(const Simulcast&, const Simulcast&) = default;
};

/// Where something stood in the text that was parsed, from 1; 0 in a description made here. Two
/// descriptions are equal whatever their line numbers.
struct SourceLine {
    std::uint32_t value = 0;
    friend bool operator==(SourceLine, SourceLine) { return true; }
};

/// One `m=` section.
struct Media {
    MediaKind kind = MediaKind::kOther;
    std::string kind_text;  // as on the m= line
    std::uint16_t port = 9;
    std::string protocol = "UDP/TLS/RTP/SAVPF";
    /// The payload types of an RTP section in the m= line's order. Static ones that had no rtpmap
    /// have the values of RFC 3551 §6; a dynamic one without rtpmap has an empty name.
    std::vector<Codec> codecs;
    std::vector<std::string> wildcard_feedback;  // a=rtcp-fb:*
    std::vector<std::string> formats;            // of a section that is not RTP

    std::vector<OtherLine> other_lines;    // i=
    std::vector<std::string> connections;  // c=, without "c="
    std::vector<Bandwidth> bandwidths;

    std::optional<std::string> mid;
    std::optional<Direction> direction;
    Transport transport;
    std::vector<std::string> candidates;  // "candidate:..." as it stood
    bool end_of_candidates = false;
    bool bundle_only = false;
    bool rtcp_mux = false;
    bool rtcp_rsize = false;
    bool extmap_allow_mixed = false;
    std::vector<Extmap> extmaps;
    std::vector<Msid> msids;
    std::vector<Rid> rids;
    std::optional<Simulcast> simulcast;
    std::vector<SsrcGroup> ssrc_groups;
    std::vector<SsrcAttribute> ssrcs;
    std::vector<Attribute> attributes;  // everything else, in order

    SourceLine line;  // of the m= line

    bool is_rtp() const;
    /// Port 0 refuses a section unless it is bundle-only (RFC 8843 §6).
    bool rejected() const { return port == 0 && !bundle_only; }
    const Codec* find_codec(std::uint8_t payload_type) const;
    Codec* find_codec(std::uint8_t payload_type);
    const Attribute* find_attribute(std::string_view name) const;
    friend bool operator==(const Media&, const Media&) = default;
};

struct Origin {
    std::string username = "-";
    std::uint64_t session_id = 0;
    std::uint64_t session_version = 0;
    std::string network = "IN IP4 0.0.0.0";  // network type, address type and address
    friend bool operator==(const Origin&, const Origin&) = default;
};

struct Description {
    Origin origin;
    std::string name = "-";
    std::vector<OtherLine> other_lines;    // i=, u=, e=, p=
    std::vector<std::string> connections;  // c=
    std::vector<Bandwidth> bandwidths;
    std::vector<OtherLine> timing;  // t=, r=, z=; written as t=0 0 when empty
    std::vector<Group> groups;
    bool ice_lite = false;
    bool extmap_allow_mixed = false;
    std::vector<Extmap> extmaps;
    std::optional<Direction> direction;
    Transport transport;
    std::vector<Attribute> attributes;
    std::vector<Media> media;

    const Group* bundle() const;  // the first BUNDLE group
    const Media* find_media(std::string_view mid) const;
    /// What holds for a section: its own line, else the session's, else sendrecv (RFC 8866 §6.7).
    Direction direction_of(const Media& section) const;
    /// A section's transport with the session's values where it has none.
    Transport transport_of(const Media& section) const;
    bool allows_mixed_extmap(const Media& section) const {
        return extmap_allow_mixed || section.extmap_allow_mixed;
    }
    friend bool operator==(const Description&, const Description&) = default;
};

enum class ParseReason : std::uint8_t {
    kEmpty,
    kTooLarge,
    kTooManyLines,
    kLineTooLong,
    kTooManySections,
    kTooManyAttributes,
    kTooManyFormats,
    kTooManyRids,
    kControlCharacter,
    kNotALine,  // not "<letter>=<value>"
    kVersionMissing,
    kVersionUnsupported,
    kOriginMissing,
    kBadOrigin,
    kUnknownLine,
    kBadTiming,
    kBadConnection,
    kBadBandwidth,
    kBadMediaLine,
    kBadPort,
    kBadPayloadType,
    kDuplicatePayloadType,
    kBadRtpmap,
    kBadClockRate,
    kBadFmtp,
    kBadRtcpFb,
    kRtxWithoutApt,
    kBadMid,
    kDuplicateMid,
    kBadGroup,
    kBundleOfUnknownMid,
    kBadIceCredentials,
    kBadFingerprint,
    kBadSetup,
    kBadExtmap,
    kDuplicateExtmap,
    kBadMsid,
    kBadSsrc,
    kBadSsrcGroup,
    kBadRid,
    kDuplicateRid,
    kBadSimulcast,
    kSimulcastOfUnknownRid,
};

/// Why a text is not a description, and on which line (from 1; 0 when it is no one line's fault).
struct ParseError {
    std::uint32_t line = 0;
    ParseReason reason = ParseReason::kEmpty;
    friend bool operator==(const ParseError&, const ParseError&) = default;
};

/// "bad_rtpmap": for counters.
std::string_view to_text(ParseReason reason);
/// "line 12: an rtpmap must be <payload type> <name>/<clock rate>": for people.
std::string to_text(const ParseError& error);

/// Lines may end in CRLF or LF, in any mixture, and stand in any order within their level.
Result<Description, ParseError> parse(std::string_view text);

/// CRLF, in RFC 8866's order. Values that hold line breaks are cut there: nothing injects a line.
std::string write(const Description& description);

}  // namespace parley::sdp
