#include "sfu/hop_extensions.hpp"

#include <cstring>

namespace parley::sfu {

using rtp::ExtensionType;

HopExtensions::HopExtensions(const rtp::ExtensionMap& ids, std::string_view mid)
    : two_byte_(ids.needs_two_byte_form()) {
    for (std::size_t type = 0; type < ids_.size(); ++type) {
        ids_[type] = ids.id(static_cast<ExtensionType>(type));
    }
    if (mid.size() <= kMaxMid) {
        std::memcpy(mid_.data(), mid.data(), mid.size());
        mid_size_ = static_cast<std::uint8_t>(mid.size());
    }
    if (two_byte_) return;
    if (mid_size_ > 0) add(ExtensionType::kMid, this->mid());
    constexpr std::array<std::uint8_t, rtp::kAbsSendTimeSize> kTime{};
    add(ExtensionType::kAbsSendTime, kTime);
    if (has(ExtensionType::kAbsSendTime)) {
        time_at_ = static_cast<std::uint8_t>(size_ - kTime.size());
    }
    unnumbered_ = size_;
    constexpr std::array<std::uint8_t, rtp::kTransportSequenceNumberSize> kNumber{};
    add(ExtensionType::kTransportSequenceNumber, kNumber);
}

void HopExtensions::add(ExtensionType type, BytesView value) {
    if (!has(type)) return;
    elements_[size_++] = static_cast<std::uint8_t>((id(type) << 4) | (value.size() - 1));
    std::memcpy(&elements_[size_], value.data(), value.size());
    size_ = static_cast<std::uint8_t>(size_ + value.size());
}

void HopExtensions::write(const SendStamp& stamp, std::uint8_t* out) const {
    const std::size_t octets = size(stamp.transport_number.has_value());
    std::memcpy(out, elements_.data(), octets);
    if (time_at_ != 0) store_be24(out + time_at_, rtp::AbsSendTime::from(stamp.now).value);
    if (octets > unnumbered_) store_be16(out + unnumbered_ + 1, *stamp.transport_number);
}

}  // namespace parley::sfu
