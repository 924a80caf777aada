// Attributes: one reader for each name that is understood, one table that finds it.

#include <algorithm>

#include "sdp/parser.hpp"
#include "sdp/text.hpp"

namespace parley::sdp {

namespace {

using Value = std::string_view;

/// The format that "<payload type> ..." speaks of; null when the number is fine but not on the m=
/// line (such an attribute says nothing and is dropped).
Complaint find_format(Parser& parser, Value number, Codec*& codec, ParseReason reason) {
    const auto payload_type = text::number<std::uint8_t>(number);
    if (!payload_type) return reason;
    if (*payload_type > 127) return ParseReason::kBadPayloadType;
    codec = parser.media()->find_codec(*payload_type);
    return {};
}

Complaint read_rtpmap(Parser& parser, Value value) {
    Codec* codec = nullptr;
    const auto number = text::word(value);
    if (const auto bad = find_format(parser, number, codec, ParseReason::kBadRtpmap)) return bad;
    auto encoding = text::trim(value);
    const auto name = text::cut(encoding, '/');
    const auto clock_text = text::cut(encoding, '/');
    const auto clock_rate = text::number<std::uint32_t>(clock_text);
    if (name.empty() || !text::all(name, text::is_visible) || clock_text.empty()) {
        return ParseReason::kBadRtpmap;
    }
    if (!clock_rate || *clock_rate == 0) return ParseReason::kBadClockRate;
    std::uint8_t channels = 1;
    if (!encoding.empty()) {
        channels = text::number<std::uint8_t>(encoding).value_or(0);
        if (channels == 0) return ParseReason::kBadRtpmap;
    }
    if (codec == nullptr) return {};
    codec->name = name;
    codec->clock_rate = *clock_rate;
    codec->channels = channels;
    parser.note_codec_line(codec->payload_type);
    return {};
}

Complaint read_fmtp(Parser& parser, Value value) {
    if (!parser.media()->is_rtp()) {
        parser.media()->attributes.push_back({"fmtp", std::string(value)});
        return {};
    }
    Codec* codec = nullptr;
    const auto number = text::word(value);
    if (const auto bad = find_format(parser, number, codec, ParseReason::kBadFmtp)) return bad;
    if (codec != nullptr) codec->parameters.append(FormatParameters::parse(value));
    return {};
}

Complaint read_rtcp_fb(Parser& parser, Value value) {
    const auto number = text::word(value);
    const auto feedback = text::trim(value);
    if (feedback.empty()) return ParseReason::kBadRtcpFb;
    if (number == "*") {
        parser.media()->wildcard_feedback.emplace_back(feedback);
        return {};
    }
    Codec* codec = nullptr;
    if (const auto bad = find_format(parser, number, codec, ParseReason::kBadRtcpFb)) return bad;
    if (codec != nullptr) codec->feedback.emplace_back(feedback);
    return {};
}

Complaint read_mid(Parser& parser, Value value) {
    const auto mid = text::trim(value);
    if (mid.empty() || mid.size() > kMaxIdSize || !text::all(mid, text::is_visible)) {
        return ParseReason::kBadMid;
    }
    if (parser.description().find_media(mid) != nullptr) return ParseReason::kDuplicateMid;
    parser.media()->mid = mid;
    return {};
}

Complaint read_group(Parser& parser, Value value) {
    Group group;
    if (parser.description().groups.size() == kMaxGroups) return ParseReason::kBadGroup;
    group.semantics = text::word(value);
    if (group.semantics.empty()) return ParseReason::kBadGroup;
    for (auto mid = text::word(value); !mid.empty(); mid = text::word(value)) {
        if (group.mids.size() == kMaxSections) return ParseReason::kBadGroup;
        group.mids.emplace_back(mid);
    }
    if (group.semantics == "BUNDLE") parser.note_bundle_line();
    parser.description().groups.push_back(std::move(group));
    return {};
}

Transport& transport_at(Parser& parser) {
    return parser.media() != nullptr ? parser.media()->transport : parser.description().transport;
}

// The characters are not held to RFC 8839's ice-char: some stacks use more. A colon would break
// STUN's USERNAME.
bool is_credential(Value value, std::size_t min_size) {
    return value.size() >= min_size && value.size() <= 256 &&
           text::all(value, [](char c) { return text::is_visible(c) && c != ':'; });
}

Complaint read_ice_ufrag(Parser& parser, Value value) {
    value = text::trim(value);
    if (!is_credential(value, 4)) return ParseReason::kBadIceCredentials;
    transport_at(parser).ice_ufrag = value;
    return {};
}

Complaint read_ice_pwd(Parser& parser, Value value) {
    value = text::trim(value);
    if (!is_credential(value, 22)) return ParseReason::kBadIceCredentials;
    transport_at(parser).ice_pwd = value;
    return {};
}

Complaint read_ice_options(Parser& parser, Value value) {
    auto& options = transport_at(parser).ice_options;
    for (auto option = text::word(value); !option.empty(); option = text::word(value)) {
        if (options.size() < kMaxIceOptions) options.emplace_back(option);
    }
    return {};
}

/// The octets of a hash that certificates are named by (RFC 8122 §5); 0 for one unknown here.
std::size_t hash_size(Value hash) {
    if (hash == "sha-1") return 20;
    if (hash == "sha-224") return 28;
    if (hash == "sha-256") return 32;
    if (hash == "sha-384") return 48;
    return hash == "sha-512" ? 64 : 0;
}

Complaint read_fingerprint(Parser& parser, Value value) {
    Fingerprint fingerprint;
    fingerprint.hash = text::word(value);
    fingerprint.value = text::trim(value);
    std::ranges::transform(fingerprint.hash, fingerprint.hash.begin(), text::lower);
    std::ranges::transform(fingerprint.value, fingerprint.value.begin(), text::upper);
    const auto& hex = fingerprint.value;
    if (hex.size() % 3 != 2) return ParseReason::kBadFingerprint;
    for (std::size_t i = 0; i < hex.size(); ++i) {
        const bool fine = i % 3 == 2 ? hex[i] == ':' : text::is_hex(hex[i]);
        if (!fine) return ParseReason::kBadFingerprint;
    }
    const auto expected = hash_size(fingerprint.hash);
    if (expected != 0 && hex.size() != expected * 3 - 1) return ParseReason::kBadFingerprint;
    auto& fingerprints = transport_at(parser).fingerprints;
    if (fingerprints.size() < kMaxFingerprints) fingerprints.push_back(std::move(fingerprint));
    return {};
}

Complaint read_setup(Parser& parser, Value value) {
    value = text::trim(value);
    for (const auto setup : {Setup::kActpass, Setup::kActive, Setup::kPassive, Setup::kHoldconn}) {
        if (value != to_text(setup)) continue;
        transport_at(parser).setup = setup;
        return {};
    }
    return ParseReason::kBadSetup;
}

std::optional<Direction> direction_from(Value value) {
    for (const auto direction :
         {Direction::kSendRecv, Direction::kSendOnly, Direction::kRecvOnly, Direction::kInactive}) {
        if (value == to_text(direction)) return direction;
    }
    return std::nullopt;
}

Complaint read_extmap(Parser& parser, Value value) {
    Extmap extmap;
    auto number = text::word(value);
    const auto id = text::number<std::uint16_t>(text::cut(number, '/'));
    extmap.uri = text::word(value);
    extmap.attributes = text::trim(value);
    // RFC 8285 §5: 1 to 255 on the wire, 4096 to 4351 for an offer with more.
    const bool in_range = id && ((*id >= 1 && *id <= 255) || (*id >= 4096 && *id <= 4351));
    if (!in_range || extmap.uri.empty()) return ParseReason::kBadExtmap;
    if (!number.empty()) {
        extmap.direction = direction_from(number);
        if (!extmap.direction) return ParseReason::kBadExtmap;
    }
    extmap.id = *id;
    auto& extmaps =
        parser.media() != nullptr ? parser.media()->extmaps : parser.description().extmaps;
    if (std::ranges::find(extmaps, *id, &Extmap::id) != extmaps.end()) {
        return ParseReason::kDuplicateExtmap;
    }
    extmaps.push_back(std::move(extmap));
    return {};
}

Complaint read_msid(Parser& parser, Value value) {
    Msid msid;
    msid.stream = text::word(value);
    msid.track = text::word(value);
    if (msid.stream.empty()) return ParseReason::kBadMsid;
    parser.media()->msids.push_back(std::move(msid));
    return {};
}

Complaint read_ssrc(Parser& parser, Value value) {
    SsrcAttribute attribute;
    const auto ssrc = text::number<std::uint32_t>(text::word(value));
    if (!ssrc) return ParseReason::kBadSsrc;
    auto rest = text::trim(value);
    attribute.ssrc = *ssrc;
    attribute.name = text::cut(rest, ':');
    if (!attribute.name.empty()) attribute.value = rest;
    parser.media()->ssrcs.push_back(std::move(attribute));
    return {};
}

Complaint read_ssrc_group(Parser& parser, Value value) {
    SsrcGroup group;
    group.semantics = text::word(value);
    for (auto word = text::word(value); !word.empty(); word = text::word(value)) {
        const auto ssrc = text::number<std::uint32_t>(word);
        if (!ssrc) return ParseReason::kBadSsrcGroup;
        group.ssrcs.push_back(*ssrc);
    }
    if (group.semantics.empty() || group.ssrcs.empty()) return ParseReason::kBadSsrcGroup;
    parser.media()->ssrc_groups.push_back(std::move(group));
    return {};
}

bool is_rid(Value id) {
    return !id.empty() && id.size() <= kMaxIdSize &&
           text::all(id, [](char c) { return text::is_alphanumeric(c) || c == '-' || c == '_'; });
}

/// "pt=96,97" of a rid's restrictions; each must be a format of the section.
Complaint read_rid_payload_types(Parser& parser, Rid& rid) {
    const auto list = rid.restrictions.get("pt");
    if (!list) return {};
    auto rest = *list;
    while (!rest.empty()) {
        const auto payload_type = text::number<std::uint8_t>(text::cut(rest, ','));
        if (!payload_type || parser.media()->find_codec(*payload_type) == nullptr) {
            return ParseReason::kBadRid;
        }
        if (rid.payload_types.size() == kMaxFormats) return ParseReason::kBadRid;
        rid.payload_types.push_back(*payload_type);
    }
    rid.restrictions.remove("pt");
    return {};
}

Complaint read_rid(Parser& parser, Value value) {
    Rid rid;
    rid.id = text::word(value);
    const auto direction = text::word(value);
    if (!is_rid(rid.id) || (direction != "send" && direction != "recv")) {
        return ParseReason::kBadRid;
    }
    rid.send = direction == "send";
    rid.restrictions = FormatParameters::parse(value);
    if (const auto bad = read_rid_payload_types(parser, rid)) return bad;
    auto& rids = parser.media()->rids;
    if (std::ranges::find(rids, rid.id, &Rid::id) != rids.end()) return ParseReason::kDuplicateRid;
    if (rids.size() == kMaxRids) return ParseReason::kTooManyRids;
    rids.push_back(std::move(rid));
    return {};
}

Complaint read_simulcast_streams(Value list, SimulcastStreams& out) {
    while (!list.empty()) {
        auto alternatives = text::cut(list, ';');
        std::vector<SimulcastRid> stream;
        while (!alternatives.empty()) {
            auto id = text::cut(alternatives, ',');
            const bool paused = id.starts_with('~');
            if (paused) id.remove_prefix(1);
            if (!is_rid(id)) return ParseReason::kBadSimulcast;
            if (stream.size() == kMaxRids) return ParseReason::kTooManyRids;
            stream.push_back({std::string(id), paused});
        }
        if (stream.empty()) return ParseReason::kBadSimulcast;
        if (out.size() == kMaxRids) return ParseReason::kTooManyRids;
        out.push_back(std::move(stream));
    }
    return out.empty() ? Complaint{ParseReason::kBadSimulcast} : std::nullopt;
}

Complaint read_simulcast(Parser& parser, Value value) {
    if (parser.media()->simulcast) return ParseReason::kBadSimulcast;
    Simulcast simulcast;
    for (auto word = text::word(value); !word.empty(); word = text::word(value)) {
        auto* streams = word == "send"   ? &simulcast.send
                        : word == "recv" ? &simulcast.receive
                                         : nullptr;
        if (streams == nullptr || !streams->empty()) return ParseReason::kBadSimulcast;
        if (const auto bad = read_simulcast_streams(text::word(value), *streams)) return bad;
    }
    if (simulcast.send.empty() && simulcast.receive.empty()) return ParseReason::kBadSimulcast;
    parser.media()->simulcast = std::move(simulcast);
    parser.note_simulcast_line();
    return {};
}

struct Reader {
    std::string_view name;
    bool in_session;  // may stand before the first m= line
    bool in_media;
    Complaint (*read)(Parser&, Value);
};

constexpr Reader kReaders[] = {
    {"rtpmap", false, true, read_rtpmap},
    {"fmtp", false, true, read_fmtp},
    {"rtcp-fb", false, true, read_rtcp_fb},
    {"mid", false, true, read_mid},
    {"group", true, false, read_group},
    {"ice-ufrag", true, true, read_ice_ufrag},
    {"ice-pwd", true, true, read_ice_pwd},
    {"ice-options", true, true, read_ice_options},
    {"fingerprint", true, true, read_fingerprint},
    {"setup", true, true, read_setup},
    {"extmap", true, true, read_extmap},
    {"msid", false, true, read_msid},
    {"ssrc", false, true, read_ssrc},
    {"ssrc-group", false, true, read_ssrc_group},
    {"rid", false, true, read_rid},
    {"simulcast", false, true, read_simulcast},
};

/// Attributes without value. False when the name is none of them.
bool read_flag(Parser& parser, Value name) {
    auto& description = parser.description();
    auto* media = parser.media();
    if (const auto direction = direction_from(name)) {
        (media != nullptr ? media->direction : description.direction) = direction;
        return true;
    }
    if (name == "extmap-allow-mixed") {
        (media != nullptr ? media->extmap_allow_mixed : description.extmap_allow_mixed) = true;
        return true;
    }
    if (media == nullptr) {
        if (name == "ice-lite") description.ice_lite = true;
        return name == "ice-lite";
    }
    struct Flag {
        std::string_view name;
        bool Media::* member;
    };
    static constexpr Flag kFlags[] = {
        {"rtcp-mux", &Media::rtcp_mux},
        {"rtcp-rsize", &Media::rtcp_rsize},
        {"bundle-only", &Media::bundle_only},
        {"end-of-candidates", &Media::end_of_candidates},
    };
    for (const auto& flag : kFlags) {
        if (flag.name != name) continue;
        media->*flag.member = true;
        return true;
    }
    return false;
}

}  // namespace

Complaint read_attribute(Parser& parser, std::string_view name,
                         std::optional<std::string_view> value) {
    auto* media = parser.media();
    if (!value && read_flag(parser, name)) return {};
    if (name == "candidate" && value && media != nullptr) {
        media->candidates.push_back("candidate:" + std::string(*value));
        return {};
    }
    for (const auto& reader : kReaders) {
        if (reader.name != name || !(media != nullptr ? reader.in_media : reader.in_session)) {
            continue;
        }
        return reader.read(parser, value.value_or(std::string_view{}));
    }
    auto& attributes = media != nullptr ? media->attributes : parser.description().attributes;
    attributes.push_back(
        {std::string(name), value ? std::optional(std::string(*value)) : std::nullopt});
    return {};
}

}  // namespace parley::sdp
