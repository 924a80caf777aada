#include "rtp/extension.hpp"

namespace parley::rtp {
namespace {

// In the order of ExtensionType.
constexpr std::array<std::string_view, static_cast<std::size_t>(ExtensionType::kCount)> kUris{
    "",
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "urn:ietf:params:rtp-hdrext:csrc-audio-level",
    "urn:3gpp:video-orientation",
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-timing",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type",
    "urn:ietf:params:rtp-hdrext:toffset",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
};

}  // namespace

std::string_view uri(ExtensionType type) {
    const auto index = static_cast<std::size_t>(type);
    return index < kUris.size() ? kUris[index] : std::string_view{};
}

ExtensionType extension_from_uri(std::string_view uri) {
    if (uri.empty()) return ExtensionType::kUnknown;
    const auto found = std::find(kUris.begin(), kUris.end(), uri);
    return found == kUris.end() ? ExtensionType::kUnknown
                                : static_cast<ExtensionType>(found - kUris.begin());
}

bool ExtensionMap::set(std::uint8_t id, ExtensionType type) {
    if (id == 0 || type == ExtensionType::kUnknown || type >= ExtensionType::kCount) return false;
    auto& known_id = ids_[static_cast<std::size_t>(type)];
    if (types_[id] == type) return true;
    if (types_[id] != ExtensionType::kUnknown || known_id != 0) return false;
    types_[id] = type;
    known_id = id;
    if (id > kMaxOneByteId) ++large_ids_;
    return true;
}

void ExtensionMap::erase(std::uint8_t id) {
    if (types_[id] == ExtensionType::kUnknown) return;
    if (id > kMaxOneByteId) --large_ids_;
    ids_[static_cast<std::size_t>(types_[id])] = 0;
    types_[id] = ExtensionType::kUnknown;
}

}  // namespace parley::rtp
