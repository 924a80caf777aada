#include "sfu/participant_clock.hpp"

#include <algorithm>

namespace parley::sfu {
namespace {

// A report that is this far off was made by another clock, or by one that was set.
constexpr Duration kStep = 1s;
// How fast the offset may follow a clock that runs slower than ours: twice what a bad crystal
// drifts (500 ppm).
constexpr std::int64_t kCreepDivisor = 1000;

Duration from_ntp_units(std::int64_t units) {
    const std::int64_t whole = units >> 32;
    const auto fraction = static_cast<std::int64_t>(units & 0xFFFFFFFF);
    return Duration(whole * 1'000'000'000 + ((fraction * 1'000'000'000) >> 32));
}

}  // namespace

Instant ParticipantClock::convert(const Generation& generation, NtpTime ntp) const {
    const auto units = static_cast<std::int64_t>(ntp.value - generation.base_ntp);
    return generation.base_local + from_ntp_units(units);
}

ParticipantClock::Reading ParticipantClock::on_sender_report(NtpTime ntp, Instant arrival) {
    auto* generation = &generations_[current_ % generations_.size()];
    if (!known_) {
        known_ = true;
        *generation = {ntp.value, arrival};
    }
    // Positive: this report travelled longer than the fastest.
    const Duration late = arrival - convert(*generation, ntp);
    if (late > kStep || late < -kStep) {
        ++current_;
        generation = &generations_[current_ % generations_.size()];
        *generation = {ntp.value, arrival};
    } else if (late < Duration::zero()) {
        generation->base_local += late;
    } else {
        const Duration elapsed = std::max(arrival - adjusted_at_, Duration::zero());
        generation->base_local += std::min(late, elapsed / kCreepDivisor);
    }
    adjusted_at_ = arrival;
    return {ntp, current_};
}

Instant ParticipantClock::local(Reading reading) const {
    return convert(generations_[reading.generation % generations_.size()], reading.ntp);
}

}  // namespace parley::sfu
