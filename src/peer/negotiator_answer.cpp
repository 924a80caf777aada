// Answers to the remote's offers (RFC 9429 §5.3), section by section.

#include <algorithm>

#include "base/assert.hpp"
#include "peer/negotiation_check.hpp"
#include "peer/negotiation_text.hpp"
#include "peer/negotiator.hpp"

namespace parley::peer {

namespace {

/// A section as it was offered, refused until something better is found.
Section offered_section(const sdp::Media& media, std::size_t index) {
    Section section;
    section.index = index;
    section.mid_on_wire = media.mid.has_value();
    section.mid = media.mid.value_or("_" + std::to_string(index));
    section.kind = media.kind;
    section.kind_text = media.kind_text;
    section.protocol = media.protocol;
    section.formats = media.formats;
    for (const auto& codec : media.codecs) {
        section.formats.push_back(std::to_string(codec.payload_type));
    }
    section.rtcp_rsize = media.rtcp_rsize;
    section.extmap_allow_mixed = media.extmap_allow_mixed;
    return section;
}

bool allows(const sdp::Rid& rid, const std::vector<sdp::Codec>& codecs) {
    if (rid.payload_types.empty()) return true;
    return std::ranges::any_of(rid.payload_types, [&](std::uint8_t payload_type) {
        return std::ranges::find(codecs, payload_type, &sdp::Codec::payload_type) != codecs.end();
    });
}

/// The simulcast layers that are taken: of alternatives the first (RFC 8853 §5.3.2), no more than
/// the limit, none without the header extension that tells layers apart.
void read_layers(const sdp::Media& media, std::size_t limit, Section& section) {
    if (!has_extension(section.extensions, rtp::ExtensionType::kRid)) return;
    const auto take = [&](const std::string& id) {
        const auto rid = std::ranges::find(media.rids, id, &sdp::Rid::id);
        if (rid == media.rids.end() || !rid->send || !allows(*rid, section.codecs)) return;
        const bool twice = std::ranges::find(section.rids, id) != section.rids.end();
        if (!twice && section.rids.size() < limit) section.rids.push_back(id);
    };
    if (media.simulcast && !media.simulcast->send.empty()) {
        for (const auto& alternatives : media.simulcast->send) take(alternatives.front().rid);
        section.simulcast = !section.rids.empty();
        return;
    }
    for (const auto& rid : media.rids) take(rid.id);
}

void read_sources(const sdp::Media& media, Section& section) {
    for (const auto& item : media.ssrcs) {
        auto known = std::ranges::find(section.sources, Ssrc(item.ssrc), &RemoteSource::ssrc);
        if (known == section.sources.end()) {
            section.sources.push_back({Ssrc(item.ssrc), {}});
            known = std::prev(section.sources.end());
        }
        if (item.name == "cname") known->cname = item.value;
    }
    for (const auto& group : media.ssrc_groups) {
        if (group.semantics == "FID" && group.ssrcs.size() == 2) {
            section.repair.emplace_back(Ssrc(group.ssrcs[0]), Ssrc(group.ssrcs[1]));
        }
        if (group.semantics == "SIM") {
            auto& layers = section.simulcast_groups.emplace_back();
            for (const auto ssrc : group.ssrcs) layers.emplace_back(ssrc);
        }
    }
}

}  // namespace

void read_remote_streams(const sdp::Media& media, Section& section) {
    section.sources.clear();
    section.repair.clear();
    section.simulcast_groups.clear();
    read_sources(media, section);
    section.remote_stream.clear();
    section.remote_track.clear();
    if (!media.msids.empty()) {
        section.remote_stream = media.msids[0].stream;
        section.remote_track = media.msids[0].track;
    }
}

std::string Negotiator::create_answer(const TransportParameters& transport, Instant now) {
    PARLEY_ASSERT(state_ == SignalingState::kHaveRemoteOffer && remote_offer_);
    const auto& offer = remote_offer_->description;
    std::vector<Section> sections;
    meanings_ = extension_meanings(offer);
    for (std::size_t i = 0; i < offer.media.size(); ++i) {
        sections.push_back(answer_section(offer.media[i], i));
    }
    // Something that is refused in the course of answering leaves a bundle that stands.
    bundled_ = is_bundled(offer);
    DescriptionFrame frame;
    frame.session_id = config_.session_id;
    frame.session_version = session_version_++;
    frame.setup = remote_offer_->our_role;
    frame.bundle = bundled_;
    frame.ice_lite = config_.ice_lite;
    frame.extmap_allow_mixed = offer.extmap_allow_mixed;
    if (bundled_) frame.bundle_order = offer.bundle()->mids;
    const auto text = write_description(sections, specs_of(sections), transport, frame);
    meanings_.clear();
    const auto remote = std::move(*remote_offer_);
    remote_offer_.reset();
    adopt(std::move(sections), remote.transport, remote.our_role, now);
    return text;
}

Section Negotiator::answer_section(const sdp::Media& offered, std::size_t index) {
    const auto& offer = remote_offer_->description;
    const Section* existing = nullptr;
    if (index < agreed_.size() && agreed_[index].mid_on_wire == offered.mid.has_value() &&
        (!offered.mid || agreed_[index].mid == *offered.mid)) {
        existing = &agreed_[index];
    }
    auto section = offered_section(offered, index);
    if (existing != nullptr) {
        section.mid = existing->mid;
        section.local = existing->local;
    }
    const auto carried = existing != nullptr ? existing->sender : std::nullopt;
    if (!is_usable(offered)) {
        section.recyclable = true;
        if (carried) {
            set_sender_state(*carried, SenderState::kRefused, RefusalReason::kSectionRejected);
        }
        return section;
    }
    if (const auto id = sender_for(offered, existing)) answer_with_sender(offered, section, *id);
    const bool receiving = sdp::sends(offer.direction_of(offered));
    if (section.sender && !(receiving && config_.may_receive)) return section;
    if (!config_.may_receive) {
        section.recyclable = true;
        return section;
    }
    answer_receiving(offered, section);
    if (section.codecs.empty()) {
        section.recyclable = true;
        return section;
    }
    section.formats.clear();
    section.state = receiving ? SectionState::kReceiving : SectionState::kInactive;
    return section;
}

/// What we can receive of the section, added to what a sender of ours needs of it.
void Negotiator::answer_receiving(const sdp::Media& offered, Section& section) const {
    const auto& ours = *config_.capabilities.of(section.kind);
    auto codecs = common_codecs(offered, ours, ours.receive_feedback);
    for (auto& codec : section.codecs) {
        const auto known = std::ranges::find(codecs, codec.payload_type, &sdp::Codec::payload_type);
        if (known == codecs.end()) codecs.push_back(std::move(codec));
    }
    section.codecs = std::move(codecs);
    for (auto& extension :
         common_extensions(remote_offer_->description, meanings_, offered, ours, false)) {
        if (!has_extension(section.extensions, extension.type)) {
            section.extensions.push_back(extension);
        }
    }
    choose_feedback(section, settled_feedback(agreed_));
    settle_congestion_feedback(section, section.sender.has_value());
    read_layers(offered, config_.capabilities.max_simulcast_layers, section);
    read_remote_streams(offered, section);
}

/// What this section carries for us: what it carried before, or one that waits for such a section.
std::optional<SenderId> Negotiator::sender_for(const sdp::Media& offered,
                                               const Section* existing) const {
    if (existing != nullptr && find_sender(existing->sender) != nullptr) return existing->sender;
    const auto direction = remote_offer_->description.direction_of(offered);
    const bool ours = existing != nullptr && existing->local;
    const bool attach =
        ours ? sdp::receives(direction)
             : config_.attach_to_offered_sections && direction == sdp::Direction::kRecvOnly;
    if (!attach) return std::nullopt;
    for (const auto& [id, sender] : senders_) {
        if (sender.state != SenderState::kWaiting || sender.spec.kind != offered.kind) continue;
        const bool fits = std::ranges::any_of(sender.spec.codecs, [&](const sdp::Codec& codec) {
            return std::ranges::any_of(offered.codecs, [&](const sdp::Codec& theirs) {
                return sdp::same_format(codec, theirs);
            });
        });
        if (fits) return id;
    }
    return std::nullopt;
}

/// Leaves the section without sender when the offer lacks every codec of it.
void Negotiator::answer_with_sender(const sdp::Media& offered, Section& section, SenderId id) {
    if (!answer_sending(offered, section, *find_sender(id))) {
        remote_.learn_refused(section.kind, find_sender(id)->spec.codecs.front());
        set_sender_state(id, SenderState::kRefused, RefusalReason::kCodecUnsupported);
        return;
    }
    section.sender = id;
    section.formats.clear();
    const bool wanted = sdp::receives(remote_offer_->description.direction_of(offered));
    section.state = wanted ? SectionState::kSending : SectionState::kInactive;
    section.sends = wanted;
    set_sender_state(id, wanted ? SenderState::kActive : SenderState::kHeld);
}

bool Negotiator::answer_sending(const sdp::Media& offered, Section& section,
                                const Sender& sender) const {
    const auto& ours = *config_.capabilities.of(section.kind);
    for (const auto& wanted : sender.spec.codecs) {
        const auto theirs = std::ranges::find_if(offered.codecs, [&](const sdp::Codec& codec) {
            return sdp::same_format(wanted, codec);
        });
        if (theirs == offered.codecs.end()) continue;
        section.codecs.push_back(*theirs);
        section.codecs.back().feedback = common_feedback(offered, *theirs, ours.send_feedback);
        for (const auto& codec : offered.codecs) {
            const bool rtx = sender.spec.rtx && ours.rtx && codec.apt() == theirs->payload_type;
            const auto number = std::to_string(theirs->payload_type);
            const bool red = sender.spec.red && codec.is_red() &&
                             codec.parameters.to_text().starts_with(number + "/");
            if (rtx) section.rtx_payload_type = codec.payload_type;
            if (red) section.red_payload_type = codec.payload_type;
            if (!rtx && !red) continue;
            section.codecs.push_back(codec);
            section.codecs.back().feedback.clear();
        }
        section.payload_type = theirs->payload_type;
        break;
    }
    if (section.codecs.empty()) return false;
    // Nothing could be sent again: a number is protected once (RFC 7714 §8.4).
    if (!section.rtx_payload_type) std::erase(section.codecs[0].feedback, "nack");
    section.extensions =
        common_extensions(remote_offer_->description, meanings_, offered, ours, true);
    choose_feedback(section, settled_feedback(agreed_));
    settle_congestion_feedback(section);
    return true;
}

}  // namespace parley::peer
