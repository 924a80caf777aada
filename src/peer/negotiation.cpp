#include "peer/negotiation.hpp"

#include <algorithm>

namespace parley::peer {

std::string_view to_text(SectionState state) {
    switch (state) {
        case SectionState::kReceiving: return "receiving";
        case SectionState::kSending: return "sending";
        case SectionState::kInactive: return "inactive";
        case SectionState::kRejected: break;
    }
    return "rejected";
}

std::string_view to_text(RefusalReason reason) {
    switch (reason) {
        case RefusalReason::kNone: return "none";
        case RefusalReason::kCodecUnsupported: return "codec_unsupported";
        case RefusalReason::kSectionRejected: return "section_rejected";
        case RefusalReason::kNoBundle: return "no_bundle";
        case RefusalReason::kTooManySections: break;
    }
    return "too_many_sections";
}

const sdp::Codec* Section::codec(std::uint8_t wanted) const {
    const auto found = std::ranges::find(codecs, wanted, &sdp::Codec::payload_type);
    return found == codecs.end() ? nullptr : &*found;
}

rtp::ExtensionMap Section::extension_map() const {
    rtp::ExtensionMap map;
    for (const auto& extension : extensions) map.set(extension.id, extension.type);
    return map;
}

bool Section::has_feedback(std::uint8_t wanted, std::string_view feedback) const {
    const auto* found = codec(wanted);
    return found != nullptr &&
           std::ranges::find(found->feedback, feedback) != found->feedback.end();
}

}  // namespace parley::peer
