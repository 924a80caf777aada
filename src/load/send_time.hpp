// The send time that a packet carries from publisher to subscriber, in the absolute capture time
// extension: a server passes that on from end to end.

#pragma once

#include "base/time.hpp"

namespace parley::load {

inline NtpTime send_time(Instant now, const WallAnchor& anchor) {
    return anchor.at(now).ntp();
}

inline Instant sent_at(NtpTime time, const WallAnchor& anchor) {
    // Differences of NTP times are of the same 32.32 fixed point.
    const auto ahead = static_cast<std::int64_t>(time.value - anchor.wall.ntp().value);
    const std::int64_t seconds = ahead >> 32;
    const auto fraction = static_cast<std::int64_t>(
        (static_cast<std::uint64_t>(ahead) & 0xFFFFFFFF) * 1'000'000'000 >> 32);
    // A value from elsewhere may be anything: years away is as good as never.
    constexpr std::int64_t kYear = 31'536'000;
    if (seconds > kYear || seconds < -kYear) return {};
    return anchor.instant + Duration(seconds * 1'000'000'000 + fraction);
}

}  // namespace parley::load
