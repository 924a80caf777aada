// Time as an argument. No core reads a clock: the drivers read it once a batch and pass it in.

#pragma once

#include <chrono>
#include <cstdint>

namespace parley {

/// The monotonic clock of the cores. Its now() is deleted, so a core that reads the time does not
/// compile; only runtime/ and sim/ make instants.
struct CoreClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<CoreClock>;
    static constexpr bool is_steady = true;
    static time_point now() = delete;
};

using Duration = CoreClock::duration;
using Instant = CoreClock::time_point;

/// The deadline of an idle machine.
inline constexpr Instant kNever = Instant::max();

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;
using std::chrono_literals::operator""ns;
using std::chrono_literals::operator""min;

inline std::int64_t to_ms(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}
inline double to_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

/// An NTP timestamp: seconds since 1900 in 32.32 fixed point (RFC 5905 §6). Another type than
/// Instant on purpose: the wall clock may jump.
struct NtpTime {
    std::uint64_t value = 0;

    /// The middle 32 bits, as RTCP's LSR and DLSR use them (RFC 3550 §6.4.1).
    std::uint32_t compact() const { return static_cast<std::uint32_t>(value >> 16); }
    friend auto operator<=>(const NtpTime&, const NtpTime&) = default;
};

/// Wall-clock time: microseconds since 1970-01-01 UTC.
struct WallTime {
    std::int64_t unix_us = 0;

    std::int64_t unix_seconds() const { return unix_us / 1'000'000; }
    NtpTime ntp() const {
        constexpr std::uint64_t kUnixToNtpSeconds =
            2'208'988'800;  // RFC 868: 70 years, 17 leap days
        const auto seconds = static_cast<std::uint64_t>(unix_us / 1'000'000) + kUnixToNtpSeconds;
        const auto fraction = (static_cast<std::uint64_t>(unix_us % 1'000'000) << 32) / 1'000'000;
        return {(seconds << 32) | fraction};
    }
    friend auto operator<=>(const WallTime&, const WallTime&) = default;
};

/// Maps instants to wall-clock time from one reading of both, so that NTP times made from it never
/// jump while it lives.
struct WallAnchor {
    Instant instant{};
    WallTime wall{};

    WallTime at(Instant when) const {
        const auto us =
            std::chrono::duration_cast<std::chrono::microseconds>(when - instant).count();
        return {wall.unix_us + us};
    }
};

}  // namespace parley
