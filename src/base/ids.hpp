// Strong types for numbers that must not be mixed up.

#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace parley {

/// A number that is only a name: it compares and hashes, and does no arithmetic.
template <typename Tag, typename Rep>
struct StrongId {
    Rep value{};

    constexpr StrongId() = default;
    constexpr explicit StrongId(Rep v) : value(v) {}
    friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;
};

/// A synchronisation source (RFC 3550 §3).
using Ssrc = StrongId<struct SsrcTag, std::uint32_t>;
/// An RTP payload type, 0 to 127.
using PayloadType = StrongId<struct PayloadTypeTag, std::uint8_t>;

}  // namespace parley

template <typename Tag, typename Rep>
struct std::hash<parley::StrongId<Tag, Rep>> {
    std::size_t operator()(const parley::StrongId<Tag, Rep>& id) const noexcept {
        return std::hash<Rep>{}(id.value);
    }
};
