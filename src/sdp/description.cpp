#include "sdp/description.hpp"

#include <algorithm>

namespace parley::sdp {

std::string_view to_text(MediaKind kind) {
    switch (kind) {
        case MediaKind::kAudio: return "audio";
        case MediaKind::kVideo: return "video";
        case MediaKind::kApplication: return "application";
        case MediaKind::kOther: break;
    }
    return "other";
}

std::string_view to_text(Direction direction) {
    switch (direction) {
        case Direction::kSendRecv: return "sendrecv";
        case Direction::kSendOnly: return "sendonly";
        case Direction::kRecvOnly: return "recvonly";
        case Direction::kInactive: break;
    }
    return "inactive";
}

std::string_view to_text(Setup setup) {
    switch (setup) {
        case Setup::kActpass: return "actpass";
        case Setup::kActive: return "active";
        case Setup::kPassive: return "passive";
        case Setup::kHoldconn: break;
    }
    return "holdconn";
}

bool Media::is_rtp() const {
    return protocol.find("RTP/") != std::string::npos;
}

const Codec* Media::find_codec(std::uint8_t payload_type) const {
    const auto found = std::ranges::find(codecs, payload_type, &Codec::payload_type);
    return found == codecs.end() ? nullptr : &*found;
}

Codec* Media::find_codec(std::uint8_t payload_type) {
    const auto found = std::ranges::find(codecs, payload_type, &Codec::payload_type);
    return found == codecs.end() ? nullptr : &*found;
}

const Attribute* Media::find_attribute(std::string_view name) const {
    const auto found = std::ranges::find(attributes, name, &Attribute::name);
    return found == attributes.end() ? nullptr : &*found;
}

const Group* Description::bundle() const {
    const auto found = std::ranges::find(groups, "BUNDLE", &Group::semantics);
    return found == groups.end() ? nullptr : &*found;
}

const Media* Description::find_media(std::string_view mid) const {
    const auto found =
        std::ranges::find_if(media, [&](const Media& section) { return section.mid == mid; });
    return found == media.end() ? nullptr : &*found;
}

Direction Description::direction_of(const Media& section) const {
    if (section.direction) return *section.direction;
    return direction.value_or(Direction::kSendRecv);
}

Transport Description::transport_of(const Media& section) const {
    Transport result = section.transport;
    // The credentials belong together: a ufrag of one level with a password of another is none.
    if (!result.ice_ufrag && !result.ice_pwd) {
        result.ice_ufrag = transport.ice_ufrag;
        result.ice_pwd = transport.ice_pwd;
    }
    if (result.ice_options.empty()) result.ice_options = transport.ice_options;
    if (result.fingerprints.empty()) result.fingerprints = transport.fingerprints;
    if (!result.setup) result.setup = transport.setup;
    return result;
}

}  // namespace parley::sdp
