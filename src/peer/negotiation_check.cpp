#include "peer/negotiation_check.hpp"

#include <algorithm>
#include <array>

namespace parley::peer {

namespace {

NegotiationError error(std::string code, std::string cause, std::string remedy) {
    return {std::move(code), std::move(cause), std::move(remedy)};
}

bool in_group(const sdp::Group* group, const sdp::Media& media) {
    return group != nullptr && media.mid &&
           std::ranges::find(group->mids, *media.mid) != group->mids.end();
}

Verdict check_kind(const sdp::Description& description, const sdp::Media& media,
                   const Section& known) {
    if (media.kind == known.kind &&
        (known.kind != sdp::MediaKind::kOther || media.kind_text == known.kind_text)) {
        return {};
    }
    return error("section_kind_changed",
                 name_of(description, media) + " was m=" + known.kind_text + " before",
                 "a mid keeps its kind; give another kind a new section");
}

/// The keying that a usable section asks for: DTLS or nothing that we do.
Verdict check_security(const sdp::Description& description, const sdp::Media& media) {
    if (!description.transport_of(media).fingerprints.empty()) return {};
    const auto name = name_of(description, media);
    if (media.find_attribute("crypto") != nullptr) {
        return error("unsupported_crypto", name + " keys SRTP by a=crypto",
                     "offer DTLS-SRTP: a=fingerprint and a=setup");
    }
    if (media.protocol.find("SAVP") == std::string::npos) {
        return error("unsupported_protocol", name + " is unencrypted " + media.protocol,
                     "offer UDP/TLS/RTP/SAVPF with a=fingerprint");
    }
    return {};  // the transport's fingerprint may stand in another section of the bundle
}

bool same_meaning(const sdp::Codec& a, const sdp::Codec& b) {
    if (a.is_rtx() && b.is_rtx()) return a.clock_rate == b.clock_rate && a.apt() == b.apt();
    if (sdp::same_format(a, b)) return true;
    return a.is(b.name) && a.clock_rate == b.clock_rate && a.parameters == b.parameters;
}

/// RFC 8843 §9.1: in a bundle, a payload type means one thing.
Verdict check_payload_types(const sdp::Description& description) {
    std::array<const sdp::Codec*, 128> meaning{};
    for (const auto& media : description.media) {
        if (!is_usable(media)) continue;
        for (const auto& codec : media.codecs) {
            if (codec.name.empty()) continue;
            auto& known = meaning[codec.payload_type & 127];
            if (known == nullptr) known = &codec;
            if (same_meaning(*known, codec)) continue;
            return error("payload_type_conflict",
                         name_of(description, media) + " uses payload type " +
                             std::to_string(codec.payload_type) + " for " + codec.name +
                             ", another section for " + known->name,
                         "within a bundle a payload type means one format");
        }
    }
    return {};
}

/// The usable sections, those of the BUNDLE group first and in its order: the first is the one
/// whose transport counts (RFC 8843 §7.1).
std::vector<const sdp::Media*> by_bundle_order(const sdp::Description& description) {
    std::vector<const sdp::Media*> result;
    if (const auto* group = description.bundle()) {
        for (const auto& mid : group->mids) {
            const auto* media = description.find_media(mid);
            if (media != nullptr && is_usable(*media)) result.push_back(media);
        }
    }
    for (const auto& media : description.media) {
        if (is_usable(media) && !in_group(description.bundle(), media)) result.push_back(&media);
    }
    return result;
}

/// Takes from the sections in turn what is still missing.
void gather(const sdp::Description& description, const std::vector<const sdp::Media*>& sections,
            RemoteTransport& transport, std::optional<sdp::Setup>& setup) {
    for (const auto* media : sections) {
        const auto own = description.transport_of(*media);
        if (transport.ice_ufrag.empty() && own.ice_ufrag && own.ice_pwd) {
            transport.ice_ufrag = *own.ice_ufrag;
            transport.ice_pwd = *own.ice_pwd;
        }
        if (transport.fingerprints.empty()) transport.fingerprints = own.fingerprints;
        if (!setup) setup = own.setup;
        if (transport.candidates.empty()) transport.candidates = media->candidates;
        transport.end_of_candidates = transport.end_of_candidates || media->end_of_candidates;
        for (const auto& option : own.ice_options) {
            // Some stacks separate the options by commas.
            if (option.find("trickle") != std::string::npos) transport.trickle = true;
        }
    }
}

bool is_strong(const sdp::Fingerprint& fingerprint) {
    return fingerprint.hash == "sha-256" || fingerprint.hash == "sha-384" ||
           fingerprint.hash == "sha-512";
}

Verdict check_transport(const RemoteTransport& transport, const std::string& where,
                        bool we_are_lite) {
    if (transport.ice_ufrag.empty()) {
        return error("ice_credentials_missing", where + " has no a=ice-ufrag and a=ice-pwd pair",
                     "give both, in the section or for the session");
    }
    if (transport.fingerprints.empty()) {
        return error("fingerprint_missing", where + " has no a=fingerprint",
                     "offer DTLS-SRTP: a=fingerprint:sha-256 and a=setup");
    }
    if (std::ranges::none_of(transport.fingerprints, is_strong)) {
        return error("fingerprint_unsupported",
                     where + " has only fingerprints by " + transport.fingerprints[0].hash,
                     "use sha-256");
    }
    if (transport.setup == sdp::Setup::kHoldconn) {
        return error("role_conflict", where + " has a=setup:holdconn", "use a=setup:actpass");
    }
    if (we_are_lite && transport.ice_lite) {
        return error("ice_lite_conflict", "both sides are ICE lite, so that nobody would check",
                     "remove a=ice-lite and send connectivity checks");
    }
    return {};
}

}  // namespace

std::string name_of(const sdp::Description& description, const sdp::Media& media) {
    const auto index = &media - description.media.data();
    std::string name = "section " + std::to_string(index) + " (m=" + media.kind_text;
    if (media.mid) name += ", mid " + *media.mid;
    return name + ", line " + std::to_string(media.line.value) + ")";
}

bool is_usable(const sdp::Media& media) {
    const bool kind = media.kind == sdp::MediaKind::kAudio || media.kind == sdp::MediaKind::kVideo;
    return kind && media.is_rtp() && !media.rejected();
}

NegotiationError syntax_error(const sdp::ParseError& parse_error) {
    return error("sdp_syntax", sdp::to_text(parse_error),
                 "send the description as the browser made it");
}

Verdict check_offer_sections(const sdp::Description& offer, std::span<const Section> agreed,
                             std::size_t max_sections) {
    if (offer.media.size() > max_sections) {
        return error("too_many_sections",
                     std::to_string(offer.media.size()) + " sections are offered, " +
                         std::to_string(max_sections) + " are possible",
                     "reuse sections that are no longer needed");
    }
    if (offer.media.size() < agreed.size()) {
        return error("section_order",
                     std::to_string(offer.media.size()) + " sections are offered, " +
                         std::to_string(agreed.size()) + " were agreed",
                     "keep every section; refuse one by port 0");
    }
    for (std::size_t i = 0; i < offer.media.size(); ++i) {
        const auto& media = offer.media[i];
        const bool known = i < agreed.size();
        if (known && agreed[i].mid_on_wire == media.mid.has_value() &&
            (!media.mid || *media.mid == agreed[i].mid)) {
            if (auto verdict = check_kind(offer, media, agreed[i])) return verdict;
            continue;
        }
        if (known && agreed[i].state != SectionState::kRejected) {
            return error("section_order",
                         name_of(offer, media) + " had the mid " + agreed[i].mid + " before",
                         "keep the order and the mids of sections");
        }
        const auto used = std::ranges::find_if(
            agreed, [&](const Section& section) { return media.mid && section.mid == *media.mid; });
        if (used != agreed.end()) {
            return error(
                "mid_conflict",
                name_of(offer, media) + " has the mid of section " + std::to_string(used->index),
                "give a new section a new mid");
        }
    }
    return {};
}

Verdict check_answer_sections(const sdp::Description& answer, std::span<const Section> offered) {
    if (answer.media.size() != offered.size()) {
        return error("section_order",
                     std::to_string(offered.size()) + " sections were offered, " +
                         std::to_string(answer.media.size()) + " are answered",
                     "answer every section, in order");
    }
    for (std::size_t i = 0; i < offered.size(); ++i) {
        const auto& media = answer.media[i];
        if (media.mid && *media.mid != offered[i].mid) {
            return error("section_order",
                         name_of(answer, media) + " was offered with the mid " + offered[i].mid,
                         "answer with the mids of the offer");
        }
        if (auto verdict = check_kind(answer, media, offered[i])) return verdict;
    }
    return {};
}

Verdict check_transport_rules(const sdp::Description& description) {
    std::size_t usable = 0;
    const sdp::Media* outside = nullptr;
    for (const auto& media : description.media) {
        if (!is_usable(media)) continue;
        ++usable;
        if (!in_group(description.bundle(), media) && outside == nullptr) outside = &media;
        if (auto verdict = check_security(description, media)) return verdict;
        if (!media.rtcp_mux) {
            return error("rtcp_mux_required", name_of(description, media) + " has no a=rtcp-mux",
                         "use rtcpMuxPolicy \"require\"");
        }
    }
    if (usable > 1 && outside != nullptr) {
        return error("bundle_required",
                     name_of(description, *outside) + " is not in a BUNDLE group",
                     "bundle all sections (bundlePolicy \"max-bundle\")");
    }
    // Deviates: RFC 8843 §9 wants one meaning for an extension id in the whole bundle. aiortc gives
    // each section numbers of its own; the answer takes the first meaning only.
    return check_payload_types(description);
}

bool is_bundled(const sdp::Description& description) {
    const auto* group = description.bundle();
    if (group == nullptr) return false;
    return std::ranges::all_of(description.media, [&](const sdp::Media& media) {
        return !is_usable(media) || in_group(group, media);
    });
}

Result<std::optional<RemoteTransport>, NegotiationError> read_transport(
    const sdp::Description& description, bool we_are_lite) {
    const auto sections = by_bundle_order(description);
    if (sections.empty()) return std::optional<RemoteTransport>{};
    RemoteTransport transport;
    transport.ice_lite = description.ice_lite;
    std::optional<sdp::Setup> setup;
    gather(description, sections, transport, setup);
    // RFC 4145 §4: without the attribute the remote is active.
    transport.setup = setup.value_or(sdp::Setup::kActive);
    const auto where = name_of(description, *sections[0]);
    if (const auto verdict = check_transport(transport, where, we_are_lite)) {
        return std::unexpected(*verdict);
    }
    return std::optional(std::move(transport));
}

std::vector<sdp::Extmap> extmaps_of(const sdp::Description& description, const sdp::Media& media) {
    auto result = media.extmaps;
    for (const auto& extmap : description.extmaps) {
        const bool known = std::ranges::any_of(
            media.extmaps, [&](const sdp::Extmap& own) { return own.uri == extmap.uri; });
        if (!known) result.push_back(extmap);
    }
    return result;
}

}  // namespace parley::peer
