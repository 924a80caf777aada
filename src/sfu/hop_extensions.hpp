// The header extensions of one subscriber's section: which id stands for which, and the elements
// that belong to this hop rather than to the media (mid, send time, transport sequence number).
// Those are the same in every packet but for two values, so they are laid out once and copied.
//
// Small on purpose: it is read for each packet of each subscriber, and fetched from far for most.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "rtp/extension.hpp"
#include "rtp/extension_values.hpp"

namespace parley::sfu {

/// What is known only when the packet leaves.
struct SendStamp {
    Instant now{};                                  // for abs-send-time
    std::optional<std::uint16_t> transport_number;  // for transport-wide feedback, when negotiated
};

class HopExtensions {
 public:
    HopExtensions() = default;
    /// An empty `mid` (RFC 9143 §15), or one of more than 16 octets, is not sent.
    HopExtensions(const rtp::ExtensionMap& ids, std::string_view mid);

    /// 0 for a type that was not negotiated.
    std::uint8_t id(rtp::ExtensionType type) const { return ids_[static_cast<std::size_t>(type)]; }
    bool has(rtp::ExtensionType type) const { return id(type) != 0; }
    bool needs_two_byte_form() const { return two_byte_; }

    BytesView mid() const { return {mid_.data(), mid_size_}; }

    /// Octets of this hop's elements in the one-byte form (RFC 8285 §4.2).
    std::size_t size(bool numbered) const { return numbered ? size_ : unnumbered_; }
    /// Writes them to `out`, which has room for size(stamp.transport_number.has_value()).
    void write(const SendStamp& stamp, std::uint8_t* out) const;

 private:
    static constexpr std::size_t kMaxMid = 16;
    static constexpr std::size_t kMaxElements =
        1 + kMaxMid + 1 + rtp::kAbsSendTimeSize + 1 + rtp::kTransportSequenceNumberSize;

    void add(rtp::ExtensionType type, BytesView value);

    std::array<std::uint8_t, static_cast<std::size_t>(rtp::ExtensionType::kCount)> ids_{};
    bool two_byte_ = false;
    std::array<std::uint8_t, kMaxMid> mid_{};
    std::uint8_t mid_size_ = 0;
    // As they are sent, but for the values of time and number. The number comes last: packets
    // without one are written without it.
    std::array<std::uint8_t, kMaxElements> elements_{};
    std::uint8_t size_ = 0;
    std::uint8_t unnumbered_ = 0;  // octets before the number
    std::uint8_t time_at_ = 0;     // where the send time's value is; 0: none
};

}  // namespace parley::sfu
