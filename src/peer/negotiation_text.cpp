#include "peer/negotiation_text.hpp"

#include <algorithm>

namespace parley::peer {

namespace {

struct DefaultAddress {
    std::uint16_t port = 9;
    std::string connection = "IN IP4 0.0.0.0";
};

std::string_view next_word(std::string_view& rest) {
    const auto start = std::min(rest.find_first_not_of(' '), rest.size());
    rest.remove_prefix(start);
    const auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    return word;
}

/// The first UDP candidate is the default one (RFC 8839 §4.2.1); with none, the address that says
/// so.
DefaultAddress default_address(const std::vector<std::string>& candidates) {
    for (std::string_view rest : candidates) {
        next_word(rest);  // foundation
        next_word(rest);  // component
        if (!sdp::equals_ignore_case(next_word(rest), "udp")) continue;
        next_word(rest);  // priority
        const auto address = next_word(rest);
        std::uint32_t port = 0;
        for (const char c : next_word(rest)) {
            if (c < '0' || c > '9' || port > 65'535) return {};
            port = port * 10 + static_cast<std::uint32_t>(c - '0');
        }
        if (address.empty() || port == 0 || port > 65'535) return {};
        const bool v6 = address.find(':') != std::string_view::npos;
        return {static_cast<std::uint16_t>(port),
                std::string(v6 ? "IN IP6 " : "IN IP4 ").append(address)};
    }
    return {};
}

sdp::Direction direction_of(const Section& section) {
    switch (section.state) {
        case SectionState::kReceiving:
            return section.sends ? sdp::Direction::kSendRecv : sdp::Direction::kRecvOnly;
        case SectionState::kSending: return sdp::Direction::kSendOnly;
        default: return sdp::Direction::kInactive;
    }
}

sdp::Media write_rejected(const Section& section) {
    sdp::Media media;
    media.kind = section.kind;
    media.kind_text = section.kind_text;
    media.port = 0;
    media.protocol = section.protocol;
    media.formats = section.formats;
    if (media.formats.empty()) media.formats.emplace_back("0");
    media.connections = {"IN IP4 0.0.0.0"};
    if (section.mid_on_wire) media.mid = section.mid;
    if (media.is_rtp()) media.direction = sdp::Direction::kInactive;
    return media;
}

void write_codecs(sdp::Media& media, const Section& section) {
    media.codecs = section.codecs;
    for (auto& codec : media.codecs) {
        // What the remote said of its own sending (RFC 6184 §8.2.2, RFC 7587 §7) is not ours to
        // say.
        auto parameters = codec.parameters;
        for (const auto& item : parameters.items()) {
            if (item.name.starts_with("sprop-")) codec.parameters.remove(item.name);
        }
    }
}

/// RFC 8888 §6: of a transport, hence said of all formats at once.
void write_congestion_feedback(sdp::Media& media) {
    std::size_t found = 0;
    for (auto& codec : media.codecs) found += std::erase(codec.feedback, kCongestionFeedback);
    if (found > 0) media.wildcard_feedback.emplace_back(kCongestionFeedback);
}

void write_receiving(sdp::Media& media, const Section& section) {
    sdp::SimulcastStreams streams;
    for (const auto& id : section.rids) {
        media.rids.push_back({id, false, {}, {}});
        streams.push_back({{id, false}});
    }
    if (section.simulcast) media.simulcast = sdp::Simulcast{{}, std::move(streams)};
}

void write_sending(sdp::Media& media, const Section& section, const SenderSpec& spec) {
    media.msids.push_back({spec.stream_id.empty() ? "-" : spec.stream_id, spec.track_id});
    if (!spec.rids.empty()) {
        sdp::SimulcastStreams streams;
        for (const auto& id : spec.rids) {
            media.rids.push_back({id, true, {}, {}});
            streams.push_back({{id, false}});
        }
        media.simulcast = sdp::Simulcast{std::move(streams), {}};
        return;
    }
    if (section.rtx_payload_type) {
        media.ssrc_groups.push_back({"FID", {spec.ssrc.value, spec.rtx_ssrc.value}});
    }
    media.ssrcs.push_back({spec.ssrc.value, "cname", spec.cname});
    if (section.rtx_payload_type) {
        media.ssrcs.push_back({spec.rtx_ssrc.value, "cname", spec.cname});
    }
}

sdp::Media write_section(const Section& section, const SenderSpec* sender,
                         const TransportParameters& transport, const DescriptionFrame& frame,
                         const DefaultAddress& address) {
    if (section.state == SectionState::kRejected) return write_rejected(section);
    sdp::Media media;
    media.kind = section.kind;
    media.kind_text = section.kind_text;
    media.protocol = section.protocol;
    media.port = address.port;
    media.connections = {address.connection};
    if (section.mid_on_wire) media.mid = section.mid;
    media.direction = direction_of(section);
    media.transport.ice_ufrag = transport.ice_ufrag;
    media.transport.ice_pwd = transport.ice_pwd;
    media.transport.fingerprints = {transport.fingerprint};
    media.transport.setup = frame.setup;
    media.rtcp_mux = true;
    media.rtcp_rsize = section.rtcp_rsize;
    media.extmap_allow_mixed = section.extmap_allow_mixed;
    for (const auto& extension : section.extensions) {
        media.extmaps.push_back(
            {extension.id, extension.direction, std::string(rtp::uri(extension.type)), {}});
    }
    if (section.state == SectionState::kSending) {
        media.codecs = section.codecs;
    } else {
        write_codecs(media, section);
        write_receiving(media, section);
    }
    write_congestion_feedback(media);
    if (section.sends && sender != nullptr) write_sending(media, section, *sender);
    return media;
}

/// The mids of the group, and the section that carries the candidates: the group's first.
sdp::Group bundle_group(std::span<const Section> sections, const DescriptionFrame& frame) {
    sdp::Group group{"BUNDLE", {}};
    const auto add = [&](const Section& section) {
        if (section.state == SectionState::kRejected || !section.mid_on_wire) return;
        const bool there = std::ranges::find(group.mids, section.mid) != group.mids.end();
        if (!there) group.mids.push_back(section.mid);
    };
    for (const auto& mid : frame.bundle_order) {
        const auto found = std::ranges::find(sections, mid, &Section::mid);
        if (found != sections.end()) add(*found);
    }
    for (const auto& section : sections) add(section);
    return group;
}

}  // namespace

std::string write_description(std::span<const Section> sections,
                              std::span<const SenderSpec* const> senders,
                              const TransportParameters& transport, const DescriptionFrame& frame) {
    sdp::Description description;
    description.origin.session_id = frame.session_id;
    description.origin.session_version = frame.session_version;
    description.ice_lite = frame.ice_lite;
    description.extmap_allow_mixed = frame.extmap_allow_mixed;
    // RFC 8838 §4.1: said by who can take trickled candidates, though we never send them late.
    description.transport.ice_options = {"trickle"};
    description.attributes.push_back({"msid-semantic", "WMS *"});
    const auto address = default_address(transport.candidates);
    for (std::size_t i = 0; i < sections.size(); ++i) {
        description.media.push_back(
            write_section(sections[i], senders[i], transport, frame, address));
    }
    const auto group = bundle_group(sections, frame);
    if (frame.bundle && !group.mids.empty()) description.groups.push_back(group);
    for (auto& media : description.media) {
        const bool carries = media.port != 0 && (group.mids.empty() || media.mid == group.mids[0]);
        if (!carries) continue;
        media.candidates = transport.candidates;
        media.end_of_candidates = true;
        break;
    }
    return sdp::write(description);
}

}  // namespace parley::peer
