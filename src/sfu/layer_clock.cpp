#include "sfu/layer_clock.hpp"

#include <algorithm>

namespace parley::sfu {
namespace {

// A timestamp this far from where the clock should be begins a new line of them.
constexpr Duration kJump = 5s;
// As in participant_clock.cpp.
constexpr std::int64_t kCreepDivisor = 1000;

std::int32_t signed_difference(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a - b);
}

}  // namespace

Duration LayerClock::to_duration(std::int32_t ticks) const {
    return Duration(std::int64_t{ticks} * 1'000'000'000 / clock_rate_);
}

std::int64_t LayerClock::to_ticks(Duration duration) const {
    // In two parts: nanoseconds times a clock rate overflow after a day.
    const std::int64_t seconds = duration.count() / 1'000'000'000;
    const std::int64_t rest = duration.count() % 1'000'000'000;
    const std::int64_t half = rest < 0 ? -500'000'000 : 500'000'000;
    return seconds * clock_rate_ + (rest * clock_rate_ + half) / 1'000'000'000;
}

void LayerClock::on_packet(std::uint32_t timestamp, Instant arrival) {
    if (!arrival_known_) {
        arrival_known_ = true;
        arrival_timestamp_ = timestamp;
        arrival_ = arrival;
        return;
    }
    const Instant expected = capture_by_arrival(timestamp);
    const Duration late = arrival - expected;
    if (late < Duration::zero() || late > kJump) {
        arrival_timestamp_ = timestamp;
        arrival_ = arrival;
    } else if (const Duration elapsed = expected - arrival_; elapsed > Duration::zero()) {
        arrival_timestamp_ = timestamp;
        arrival_ = expected + std::min(late, elapsed / kCreepDivisor);
    }
}

void LayerClock::on_sender_report(ParticipantClock::Reading reading, std::uint32_t timestamp) {
    report_known_ = true;
    report_ = reading;
    report_timestamp_ = timestamp;
}

void LayerClock::reset() {
    arrival_known_ = false;
    report_known_ = false;
}

Instant LayerClock::capture_by_arrival(std::uint32_t timestamp) const {
    return arrival_ + to_duration(signed_difference(timestamp, arrival_timestamp_));
}

Instant LayerClock::capture_by_report(std::uint32_t timestamp,
                                      const ParticipantClock& clock) const {
    return clock.local(report_) + to_duration(signed_difference(timestamp, report_timestamp_));
}

std::uint32_t LayerClock::timestamp_by_arrival(Instant capture) const {
    return arrival_timestamp_ + static_cast<std::uint32_t>(to_ticks(capture - arrival_));
}

std::uint32_t LayerClock::timestamp_by_report(Instant capture,
                                              const ParticipantClock& clock) const {
    return report_timestamp_ + static_cast<std::uint32_t>(to_ticks(capture - clock.local(report_)));
}

std::uint32_t LayerClock::timestamp_at(Instant capture, const ParticipantClock& clock) const {
    return report_known_ ? timestamp_by_report(capture, clock) : timestamp_by_arrival(capture);
}

}  // namespace parley::sfu
