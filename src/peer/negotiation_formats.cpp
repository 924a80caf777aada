#include "peer/negotiation_formats.hpp"

#include <algorithm>

#include "peer/negotiation_check.hpp"
#include "rtp/red.hpp"

namespace parley::peer {

namespace {

constexpr std::size_t kMaxRefused = 64;  // remembered refusals; the oldest goes first

/// RED is usable when all it wraps is agreed upon (RFC 2198 §5: its fmtp lists payload types).
bool red_is_usable(const sdp::Codec& red, const std::vector<sdp::Codec>& agreed) {
    std::size_t blocks = 0;
    for (const auto& item : red.parameters.items()) {
        std::string_view list = item.name;
        while (!list.empty()) {
            if (++blocks > rtp::kMaxRedBlocks) return false;
            const auto slash = list.find('/');
            const auto number = list.substr(0, slash);
            list = slash == std::string_view::npos ? std::string_view{} : list.substr(slash + 1);
            const bool known = std::ranges::any_of(agreed, [&](const sdp::Codec& codec) {
                return std::to_string(codec.payload_type) == number;
            });
            if (!known) return false;
        }
    }
    return true;
}

bool same_entry(const sdp::Codec& a, const sdp::Codec& b) {
    if (a.is_rtx() && b.is_rtx()) return a.apt() == b.apt();
    return sdp::same_format(a, b);
}

/// Whether a section before this one gives the id to another extension. Within a bundle an id means
/// one thing (RFC 8843 §9); of an offer that breaks this the first meaning is taken, since a remote
/// may keep one table for all sections and misread what it numbered twice (aiortc does both).
bool has_other_meaning(const ExtensionMeanings& meanings, const sdp::Media& media,
                       const sdp::Extmap& extmap) {
    const auto found = meanings.find(extmap.id);
    return found != meanings.end() && found->second.media != &media &&
           found->second.uri != extmap.uri;
}

bool has(const std::vector<std::string>& list, std::string_view item) {
    return std::ranges::find(list, item) != list.end();
}

bool any_has(const Section& section, std::string_view feedback) {
    return std::ranges::any_of(
        section.codecs, [&](const sdp::Codec& codec) { return has(codec.feedback, feedback); });
}

}  // namespace

void RemoteFormats::learn(const sdp::Description& description, bool is_offer) {
    allows_mixed_ = allows_mixed_ || description.extmap_allow_mixed;
    for (const auto& media : description.media) {
        if (is_usable(media)) learn_section(description, media, is_offer);
    }
}

void RemoteFormats::learn_section(const sdp::Description& description, const sdp::Media& media,
                                  bool is_offer) {
    const bool receives = sdp::receives(description.direction_of(media));
    if (receives && is_offer) {
        (media.kind == sdp::MediaKind::kAudio ? audio_receivable_ : video_receivable_) = true;
    }
    allows_mixed_ = allows_mixed_ || media.extmap_allow_mixed;
    for (const auto& codec : media.codecs) {
        if (codec.name.empty()) continue;
        if (receives && is_offer) {
            std::erase_if(refused_, [&](const Refused& refused) {
                return refused.kind == media.kind && sdp::same_format(refused.codec, codec);
            });
        }
        const auto known = std::ranges::find_if(formats_, [&](const Format& format) {
            return format.codec.payload_type == codec.payload_type;
        });
        if (known == formats_.end()) {
            formats_.push_back({media.kind, codec, receives});
        } else if (same_entry(known->codec, codec)) {
            known->receivable = known->receivable || receives;
        } else {
            *known = {media.kind, codec, receives};
        }
    }
    for (const auto& extmap : extmaps_of(description, media)) {
        if (extmap.id > 255) continue;
        const auto id = static_cast<std::uint8_t>(extmap.id);
        const auto type = rtp::extension_from_uri(extmap.uri);
        extension_ids_.set(id);
        std::erase_if(extensions_, [&](const HeaderExtension& known) {
            return known.id == id || known.type == type;
        });
        if (type != rtp::ExtensionType::kUnknown) extensions_.push_back({id, type, {}});
    }
}

void RemoteFormats::learn_refused(sdp::MediaKind kind, const sdp::Codec& codec) {
    if (refused_.size() == kMaxRefused) refused_.erase(refused_.begin());
    refused_.push_back({kind, codec});
}

CodecSupport RemoteFormats::support(sdp::MediaKind kind, const sdp::Codec& codec) const {
    for (const auto& refused : refused_) {
        if (refused.kind == kind && sdp::same_format(refused.codec, codec))
            return CodecSupport::kNo;
    }
    for (const auto& format : formats_) {
        if (format.kind == kind && format.receivable && sdp::same_format(format.codec, codec)) {
            return CodecSupport::kYes;
        }
    }
    const bool told = kind == sdp::MediaKind::kAudio ? audio_receivable_ : video_receivable_;
    return told ? CodecSupport::kNo : CodecSupport::kUnknown;
}

std::optional<std::uint8_t> RemoteFormats::payload_type(sdp::MediaKind kind,
                                                        const sdp::Codec& codec) const {
    for (const auto& format : formats_) {
        if (format.kind == kind && sdp::same_format(format.codec, codec)) {
            return format.codec.payload_type;
        }
    }
    return std::nullopt;
}

std::optional<std::uint8_t> RemoteFormats::rtx_of(std::uint8_t payload_type) const {
    for (const auto& format : formats_) {
        if (format.codec.apt() == payload_type) return format.codec.payload_type;
    }
    return std::nullopt;
}

bool RemoteFormats::uses_payload_type(std::uint8_t payload_type) const {
    return std::ranges::any_of(
        formats_, [&](const Format& format) { return format.codec.payload_type == payload_type; });
}

std::optional<std::uint8_t> RemoteFormats::extension_id(rtp::ExtensionType type) const {
    const auto found = std::ranges::find(extensions_, type, &HeaderExtension::type);
    return found == extensions_.end() ? std::nullopt : std::optional(found->id);
}

std::vector<std::string> common_feedback(const sdp::Media& media, const sdp::Codec& codec,
                                         const std::vector<std::string>& our_feedback) {
    std::vector<std::string> result;
    if (codec.is_rtx() || codec.is_red()) return result;
    for (const auto& ours : our_feedback) {
        if (has(codec.feedback, ours) || has(media.wildcard_feedback, ours)) result.push_back(ours);
    }
    return result;
}

std::vector<sdp::Codec> common_codecs(const sdp::Media& media, const KindCapabilities& ours,
                                      const std::vector<std::string>& our_feedback) {
    std::vector<std::pair<std::size_t, std::size_t>> ranked;  // our preference, the remote's
    for (std::size_t i = 0; i < media.codecs.size(); ++i) {
        if (const auto rank = preference(ours, media.codecs[i])) ranked.emplace_back(*rank, i);
    }
    std::ranges::sort(ranked);
    std::vector<sdp::Codec> result;
    for (const auto& [rank, index] : ranked) {
        const auto* offered = &media.codecs[index];
        result.push_back(*offered);
        result.back().feedback = common_feedback(media, *offered, our_feedback);
        if (!ours.rtx || offered->is_red()) continue;
        for (const auto& rtx : media.codecs) {
            if (rtx.apt() != offered->payload_type) continue;
            result.push_back(rtx);
            result.back().feedback.clear();
            break;
        }
    }
    const auto agreed = result;
    std::erase_if(result, [&](const sdp::Codec& codec) {
        return codec.is_red() && !red_is_usable(codec, agreed);
    });
    const bool any_media =
        std::ranges::any_of(result, [](const sdp::Codec& codec) { return !codec.is_red(); });
    return any_media ? result : std::vector<sdp::Codec>{};
}

ExtensionMeanings extension_meanings(const sdp::Description& description) {
    ExtensionMeanings result;
    for (const auto& media : description.media) {
        if (!is_usable(media)) continue;
        for (const auto& extmap : extmaps_of(description, media)) {
            result.try_emplace(extmap.id, ExtensionMeaning{&media, extmap.uri});
        }
    }
    return result;
}

std::vector<HeaderExtension> common_extensions(const sdp::Description& description,
                                               const ExtensionMeanings& meanings,
                                               const sdp::Media& media,
                                               const KindCapabilities& ours, bool we_send) {
    std::vector<HeaderExtension> result;
    const bool mixed = description.allows_mixed_extmap(media);
    for (const auto& extmap : extmaps_of(description, media)) {
        const auto type = rtp::extension_from_uri(extmap.uri);
        if (type == rtp::ExtensionType::kUnknown || has_extension(result, type)) continue;
        if (extmap.id > (mixed ? 255 : 14)) continue;
        if (has_other_meaning(meanings, media, extmap)) continue;
        const auto known = std::ranges::find(ours.extensions, type, &ExtensionCapability::type);
        if (known == ours.extensions.end() || !(we_send ? known->send : known->receive)) continue;
        HeaderExtension extension{static_cast<std::uint8_t>(extmap.id), type, std::nullopt};
        if (extmap.direction) {
            const bool useful =
                we_send ? sdp::receives(*extmap.direction) : sdp::sends(*extmap.direction);
            if (!useful) continue;
            extension.direction = sdp::reversed(*extmap.direction);
        }
        result.push_back(extension);
    }
    return result;
}

bool has_extension(const std::vector<HeaderExtension>& extensions, rtp::ExtensionType type) {
    return std::ranges::find(extensions, type, &HeaderExtension::type) != extensions.end();
}

std::string_view settled_feedback(std::span<const Section> sections) {
    for (const auto& section : sections) {
        const bool used =
            section.state == SectionState::kReceiving || section.state == SectionState::kSending;
        const bool wide = any_has(section, kTransportWideFeedback);
        if (used && wide != any_has(section, kCongestionFeedback)) {
            return wide ? kTransportWideFeedback : kCongestionFeedback;
        }
    }
    return {};
}

void choose_feedback(Section& section, std::string_view settled) {
    if (!any_has(section, kTransportWideFeedback) || !any_has(section, kCongestionFeedback)) return;
    const auto left_out =
        settled == kTransportWideFeedback ? kCongestionFeedback : kTransportWideFeedback;
    for (auto& codec : section.codecs) std::erase(codec.feedback, left_out);
}

void settle_congestion_feedback(Section& section, bool keep_remb) {
    const bool wide =
        has_extension(section.extensions, rtp::ExtensionType::kTransportSequenceNumber);
    for (auto& codec : section.codecs) {
        if (!wide) std::erase(codec.feedback, kTransportWideFeedback);
        const bool agreed =
            has(codec.feedback, kTransportWideFeedback) || has(codec.feedback, kCongestionFeedback);
        if (agreed && !keep_remb) std::erase(codec.feedback, "goog-remb");
    }
    if (!any_has(section, kCongestionFeedback) || any_has(section, kTransportWideFeedback)) return;
    std::erase_if(section.extensions, [](const HeaderExtension& extension) {
        return extension.type == rtp::ExtensionType::kTransportSequenceNumber;
    });
}

}  // namespace parley::peer
