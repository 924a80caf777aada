// Our offers (RFC 9429 §5.2) and what the remote's answers make of them (§5.11).

#include <algorithm>

#include "base/assert.hpp"
#include "peer/negotiation_check.hpp"
#include "peer/negotiation_text.hpp"
#include "peer/negotiator.hpp"

namespace parley::peer {

namespace {

bool uses_payload_type(const std::vector<Section>& sections, std::uint8_t payload_type) {
    return std::ranges::any_of(sections, [&](const Section& section) {
        return section.state != SectionState::kRejected && section.codec(payload_type) != nullptr;
    });
}

/// The first number that nobody in the bundle uses: the dynamic range, then the one below that
/// RTCP does not need (RFC 5761 §4, RFC 3551 §6).
std::optional<std::uint8_t> free_payload_type(const RemoteFormats& remote,
                                              const std::vector<Section>& sections,
                                              const Section& own) {
    const auto is_free = [&](std::uint8_t number) {
        return !remote.uses_payload_type(number) && !uses_payload_type(sections, number) &&
               own.codec(number) == nullptr;
    };
    for (std::uint8_t number = 96; number <= 127; ++number) {
        if (is_free(number)) return number;
    }
    for (std::uint8_t number = 35; number <= 63; ++number) {
        if (is_free(number)) return number;
    }
    return std::nullopt;
}

/// The number of a format in this bundle: as in another section of ours, as the remote has it, or a
/// free one.
std::optional<std::uint8_t> number_for(const RemoteFormats& remote,
                                       const std::vector<Section>& sections, const Section& own,
                                       const sdp::Codec& codec) {
    for (const auto& section : sections) {
        if (section.kind != own.kind || section.state == SectionState::kRejected) continue;
        for (const auto& known : section.codecs) {
            if (sdp::same_format(known, codec)) return known.payload_type;
        }
    }
    if (const auto known = remote.payload_type(own.kind, codec)) return known;
    return free_payload_type(remote, sections, own);
}

std::optional<std::uint8_t> number_for_rtx(const RemoteFormats& remote,
                                           const std::vector<Section>& sections, const Section& own,
                                           std::uint8_t repaired) {
    for (const auto& section : sections) {
        if (section.state == SectionState::kRejected) continue;
        for (const auto& known : section.codecs) {
            if (known.apt() == repaired) return known.payload_type;
        }
    }
    if (const auto known = remote.rtx_of(repaired)) return known;
    return free_payload_type(remote, sections, own);
}

std::optional<std::uint8_t> number_for_extension(const RemoteFormats& remote,
                                                 const std::vector<Section>& sections,
                                                 const Section& own, rtp::ExtensionType type) {
    // Sections of the own kind first: some stacks (aiortc) number each kind for itself.
    std::bitset<256> used;
    for (const bool own_kind : {true, false}) {
        for (const auto& section : sections) {
            if (section.state == SectionState::kRejected) continue;
            if ((section.kind == own.kind) != own_kind) continue;
            for (const auto& known : section.extensions) {
                if (known.type == type && !used[known.id]) return known.id;
                used.set(known.id);
            }
        }
    }
    for (const auto& known : own.extensions) used.set(known.id);
    if (const auto known = remote.extension_id(type); known && !used[*known]) return known;
    // RFC 8285 §4.2: 15 is reserved in the one-byte form.
    const int limit = remote.allows_mixed_extmap() ? 255 : 14;
    for (int id = 1; id <= limit; ++id) {
        if (id == 15 || used[id] || remote.uses_extension_id(static_cast<std::uint8_t>(id))) {
            continue;
        }
        return static_cast<std::uint8_t>(id);
    }
    return std::nullopt;
}

void reset_section(Section& section, const SenderSpec& spec) {
    const auto index = section.index;
    auto mid = section.mid;
    section = Section{};
    section.index = index;
    section.mid = std::move(mid);
    section.kind = spec.kind;
    section.kind_text = sdp::to_text(spec.kind);
    section.protocol = "UDP/TLS/RTP/SAVPF";
    section.local = true;
    section.rtcp_rsize = true;
}

}  // namespace

void read_remote_streams(const sdp::Media& media, Section& section);  // negotiator_answer.cpp

std::string Negotiator::create_offer(const TransportParameters& transport, Instant now) {
    PARLEY_ASSERT(state_ == SignalingState::kStable);
    offered_ = plan();
    for (const auto& section : offered_) {
        if (section.sender && sender_state(*section.sender) == SenderState::kWaiting) {
            set_sender_state(*section.sender, SenderState::kOffered);
        }
    }
    refuse_waiting(RefusalReason::kTooManySections);
    state_ = SignalingState::kHaveLocalOffer;
    offered_at_ = now;
    changed_at_.reset();
    DescriptionFrame frame;
    frame.session_id = config_.session_id;
    frame.session_version = session_version_++;
    frame.setup = sdp::Setup::kActpass;
    frame.bundle = bundled_ || has_room_for_senders();
    frame.ice_lite = config_.ice_lite;
    frame.extmap_allow_mixed = !negotiated_ || remote_.allows_mixed_extmap();
    return write_description(offered_, specs_of(offered_), transport, frame);
}

/// The sections as they should be: those of removed senders parked, waiting senders placed.
std::vector<Section> Negotiator::plan() {
    auto sections = agreed_;
    for (auto& section : sections) {
        if (!section.sender) continue;
        const bool receiving = section.state == SectionState::kReceiving;
        section.sends = find_sender(section.sender) != nullptr;  // also one that the remote held
        if (!receiving) {
            section.state = section.sends ? SectionState::kSending : SectionState::kInactive;
        }
        if (section.sends) continue;
        section.sender.reset();
        section.rtx_payload_type.reset();
        section.red_payload_type.reset();
    }
    for (const auto& [id, sender] : senders_) {
        if (sender.state == SenderState::kWaiting) place_sender(id, sender, sections);
    }
    return sections;
}

/// In a parked section of ours and of the kind, else in a refused one (with a new mid, RFC 9429
/// §5.2.2), else in a new one. Sections of the remote are left to the remote.
bool Negotiator::place_sender(SenderId id, const Sender& sender, std::vector<Section>& sections) {
    const auto parked = std::ranges::find_if(sections, [&](const Section& section) {
        return section.local && !section.sender && section.kind == sender.spec.kind &&
               section.state == SectionState::kInactive;
    });
    if (parked != sections.end()) {
        auto section = *parked;
        reset_section(section, sender.spec);
        if (!fill_sending(section, id, sender, sections)) return false;
        *parked = std::move(section);
        return true;
    }
    const auto refused = std::ranges::find_if(sections, [&](const Section& section) {
        const bool media =
            section.kind == sdp::MediaKind::kAudio || section.kind == sdp::MediaKind::kVideo;
        return section.state == SectionState::kRejected && section.recyclable && media &&
               section.mid_on_wire;
    });
    Section section;
    section.index = static_cast<std::size_t>(refused - sections.begin());
    if (section.index >= config_.max_sections) return false;
    section.mid = fresh_mid(sections);
    reset_section(section, sender.spec);
    if (!fill_sending(section, id, sender, sections)) return false;
    if (refused != sections.end()) {
        *refused = std::move(section);
    } else {
        sections.push_back(std::move(section));
    }
    return true;
}

/// Short, since every packet may carry it, and unlike what browsers choose.
std::string Negotiator::fresh_mid(const std::vector<Section>& sections) {
    for (;;) {
        auto mid = "s" + std::to_string(next_mid_++);
        if (std::ranges::find(sections, mid, &Section::mid) == sections.end()) return mid;
    }
}

/// False when there is no payload type left.
bool Negotiator::fill_sending(Section& section, SenderId id, const Sender& sender,
                              const std::vector<Section>& sections) const {
    const auto& ours = *config_.capabilities.of(section.kind);
    const auto add = [&](sdp::Codec codec, std::uint8_t number) {
        codec.payload_type = number;
        section.codecs.push_back(std::move(codec));
    };
    for (const auto& wanted : sender.spec.codecs) {
        const auto number = number_for(remote_, sections, section, wanted);
        if (!number || section.codec(*number) != nullptr) continue;
        add(wanted, *number);
        section.codecs.back().feedback = ours.send_feedback;
        if (!sender.spec.rtx || !ours.rtx) continue;
        const auto rtx_number = number_for_rtx(remote_, sections, section, *number);
        if (!rtx_number) continue;
        sdp::Codec rtx{0, "rtx", wanted.clock_rate, 1, {}, {}};
        rtx.parameters.set("apt", std::to_string(*number));
        add(std::move(rtx), *rtx_number);
        if (section.codecs.size() == 2) section.rtx_payload_type = rtx_number;
    }
    if (section.codecs.empty()) return false;
    section.payload_type = section.codecs[0].payload_type;
    if (sender.spec.red) {
        const auto& media = section.codecs[0];
        sdp::Codec red{0, "red", media.clock_rate, media.channels, {}, {}};
        const auto number = std::to_string(media.payload_type);
        red.parameters = sdp::FormatParameters::parse(number + "/" + number);
        if (const auto red_number = number_for(remote_, sections, section, red)) {
            section.red_payload_type = red_number;
            add(std::move(red), *red_number);
        }
    }
    for (const auto& extension : ours.extensions) {
        const bool layered =
            !sender.spec.rids.empty() && (extension.type == rtp::ExtensionType::kRid ||
                                          extension.type == rtp::ExtensionType::kRepairedRid);
        if (!extension.send && !layered) continue;
        const auto number = number_for_extension(remote_, sections, section, extension.type);
        if (number) section.extensions.push_back({*number, extension.type, std::nullopt});
    }
    const auto settled = settled_feedback(sections);
    if (!settled.empty()) choose_feedback(section, settled);
    settle_congestion_feedback(section, true);  // the answer chooses
    section.sender = id;
    section.state = SectionState::kSending;
    section.sends = true;
    return true;
}

// ---- the answer to our offer ----

Section Negotiator::apply_answer(const sdp::Description& answer, const sdp::Media& answered,
                                 Section section) {
    if (section.state == SectionState::kRejected || !is_usable(answered)) {
        section.recyclable = section.state == SectionState::kRejected;  // we wrote port 0
        section.state = SectionState::kRejected;
        section.sends = false;
        const auto refused = std::exchange(section.sender, std::nullopt);
        if (refused) {
            set_sender_state(*refused, SenderState::kRefused, RefusalReason::kSectionRejected);
        }
        if (section.formats.empty()) {
            for (const auto& codec : section.codecs) {
                section.formats.push_back(std::to_string(codec.payload_type));
            }
        }
        return section;
    }
    section.formats.clear();
    const auto offered_codecs = section.codecs;
    // Numbers are those of the offer; what the answer leaves out is not agreed (RFC 3264 §6.1).
    std::erase_if(section.codecs, [&](const sdp::Codec& codec) {
        const auto* theirs = answered.find_codec(codec.payload_type);
        return theirs == nullptr || !theirs->is(codec.name);
    });
    std::erase_if(section.codecs, [&](const sdp::Codec& codec) {
        return codec.is_rtx() && section.codec(codec.apt().value_or(255)) == nullptr;
    });
    for (auto& codec : section.codecs) {
        codec.feedback =
            common_feedback(answered, *answered.find_codec(codec.payload_type), codec.feedback);
    }
    const auto extmaps = extmaps_of(answer, answered);
    std::erase_if(section.extensions, [&](const HeaderExtension& extension) {
        return std::ranges::none_of(extmaps, [&](const sdp::Extmap& extmap) {
            return extmap.id == extension.id && extmap.uri == rtp::uri(extension.type);
        });
    });
    section.rtcp_rsize = section.rtcp_rsize && answered.rtcp_rsize;
    const auto direction = answer.direction_of(answered);
    const bool receiving = sdp::sends(direction) && section.state == SectionState::kReceiving;
    section.state = receiving ? SectionState::kReceiving : SectionState::kInactive;
    if (section.sender) apply_answer_sending(answered, sdp::receives(direction), section);
    if (section.sends && !receiving) {
        section.state = SectionState::kSending;
        for (auto& codec : section.codecs) {  // nothing could be sent again (RFC 7714 §8.4)
            if (!section.rtx_payload_type) std::erase(codec.feedback, "nack");
        }
    }
    if (!section.sends || receiving) read_remote_streams(answered, section);
    settle_congestion_feedback(section, section.sends && receiving);
    if (section.codecs.empty()) {  // parked with what was offered: an m= line needs a format
        section.codecs = offered_codecs;
        section.state = SectionState::kInactive;
        section.sends = false;
    }
    return section;
}

void Negotiator::apply_answer_sending(const sdp::Media& answered, bool wanted, Section& section) {
    const SenderId id = *section.sender;
    const auto* sender = find_sender(id);
    section.sends = false;
    // The remote's order of preference decides which of the common formats is sent.
    std::optional<std::uint8_t> chosen;
    for (const auto& theirs : answered.codecs) {
        const auto* codec = section.codec(theirs.payload_type);
        if (chosen || codec == nullptr || codec->is_red()) continue;
        const bool ours = sender == nullptr  // removed meanwhile: what was offered stands
                              ? codec->payload_type == section.payload_type
                              : std::ranges::any_of(sender->spec.codecs, [&](const auto& format) {
                                    return sdp::same_format(format, *codec);
                                });
        if (ours) chosen = codec->payload_type;
    }
    if (!chosen) {
        if (sender != nullptr) {
            remote_.learn_refused(section.kind, sender->spec.codecs.front());
        }
        set_sender_state(id, SenderState::kRefused, RefusalReason::kCodecUnsupported);
        section.sender.reset();
        section.rtx_payload_type.reset();
        section.red_payload_type.reset();
        return;
    }
    section.payload_type = *chosen;
    section.rtx_payload_type.reset();
    bool red = false;
    for (const auto& codec : section.codecs) {
        if (codec.apt() == *chosen) section.rtx_payload_type = codec.payload_type;
        red = red || codec.is_red();
    }
    if (!red) section.red_payload_type.reset();
    section.sends = wanted;
    set_sender_state(id, wanted ? SenderState::kActive : SenderState::kHeld);
}

}  // namespace parley::peer
