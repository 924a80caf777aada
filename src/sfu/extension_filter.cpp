#include "sfu/extension_filter.hpp"

#include <algorithm>
#include <utility>

namespace parley::sfu {

bool is_forwarded(rtp::ExtensionType type) {
    switch (type) {
        case rtp::ExtensionType::kAudioLevel:
        case rtp::ExtensionType::kCsrcAudioLevel:
        case rtp::ExtensionType::kVideoOrientation:
        case rtp::ExtensionType::kPlayoutDelay:
        case rtp::ExtensionType::kColorSpace:
        case rtp::ExtensionType::kDependencyDescriptor:
        case rtp::ExtensionType::kContentType:
        case rtp::ExtensionType::kAbsCaptureTime: return true;
        default: return false;
    }
}

FilteredExtensions::FilteredExtensions(const rtp::PacketView& packet,
                                       const rtp::ExtensionMap& ids) {
    auto reader = packet.extension_reader();
    while (const auto element = reader.next()) {
        const rtp::ExtensionType type = ids.type(element->id);
        const std::size_t size = element->data.size();
        if (!is_forwarded(type) || size_ + 2 + size > buffer_.size()) continue;
        buffer_[size_++] = std::to_underlying(type);
        buffer_[size_++] = static_cast<std::uint8_t>(size);
        std::copy(element->data.begin(), element->data.end(), buffer_.data() + size_);
        size_ += size;
    }
}

std::optional<KeptExtension> KeptExtensionReader::next() {
    if (bytes_.size() < 2 || bytes_.size() - 2 < bytes_[1]) return {};
    const KeptExtension element{static_cast<rtp::ExtensionType>(bytes_[0]),
                                bytes_.subspan(2, bytes_[1])};
    bytes_ = bytes_.subspan(2U + bytes_[1]);
    return element;
}

}  // namespace parley::sfu
