// One offset for each participant between its NTP clock and ours. All its tracks share it, so that
// sender reports made from it keep the tracks in step (RFC 3550 §6.4.1: reports of sources to be
// synchronised have one reference clock).

#pragma once

#include <array>
#include <cstdint>

#include "base/time.hpp"

namespace parley::sfu {

class ParticipantClock {
 public:
    /// A time of the participant's clock, and which of its clocks it was: one that steps is a new
    /// one.
    struct Reading {
        NtpTime ntp;
        std::uint32_t generation = 0;
    };

    /// A sender report of any of the participant's sources has arrived.
    Reading on_sender_report(NtpTime ntp, Instant arrival);
    /// That time in ours, the fastest trip seen included.
    Instant local(Reading reading) const;

 private:
    struct Generation {
        std::uint64_t base_ntp = 0;
        Instant base_local{};
    };
    Instant convert(const Generation& generation, NtpTime ntp) const;

    // A reading older than four steps of the clock is converted wrongly, which Timeline notices.
    std::array<Generation, 4> generations_{};
    std::uint32_t current_ = 0;
    bool known_ = false;
    Instant adjusted_at_{};
};

}  // namespace parley::sfu
