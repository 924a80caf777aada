// Units as types.

#pragma once

#include <compare>
#include <cstdint>

#include "base/time.hpp"

namespace parley {

/// Bits per second.
struct Bitrate {
    std::int64_t bps = 0;

    static constexpr Bitrate from_bps(std::int64_t value) { return {value}; }
    static constexpr Bitrate from_kbps(std::int64_t value) { return {value * 1000}; }
    constexpr double kbps() const { return static_cast<double>(bps) / 1000.0; }
    friend constexpr auto operator<=>(const Bitrate&, const Bitrate&) = default;
};

constexpr Bitrate operator+(Bitrate a, Bitrate b) {
    return {a.bps + b.bps};
}
constexpr Bitrate operator-(Bitrate a, Bitrate b) {
    return {a.bps - b.bps};
}
constexpr Bitrate operator*(Bitrate a, double factor) {
    return {static_cast<std::int64_t>(static_cast<double>(a.bps) * factor)};
}

/// The rate of `bytes` octets over `duration`; zero for an empty duration.
constexpr Bitrate rate_of(std::int64_t bytes, Duration duration) {
    if (duration.count() <= 0) return {};
    return {static_cast<std::int64_t>(static_cast<double>(bytes) * 8e9 /
                                      static_cast<double>(duration.count()))};
}

}  // namespace parley
