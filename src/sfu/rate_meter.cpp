#include "sfu/rate_meter.hpp"

#include <algorithm>

namespace parley::sfu {

void RateMeter::add(std::size_t bytes, std::uint32_t events, Instant now) {
    if (!started_ || now - last_ > kWindow) {
        started_ = true;
        start_ = now;
    }
    last_ = std::max(last_, now);
    const std::int64_t step_number = number(now);
    Step& step = steps_[static_cast<std::uint64_t>(step_number) % kSteps];
    if (step.number != step_number) step = {step_number, 0, 0};
    step.bytes += static_cast<std::uint32_t>(bytes);
    step.events += events;
}

RateMeter::Sum RateMeter::sum(Instant now) const {
    Sum sum;
    if (!started_ || now < start_) return sum;
    const std::int64_t newest = number(now);
    for (const Step& step : steps_) {
        if (step.number > newest - static_cast<std::int64_t>(kSteps) && step.number <= newest) {
            sum.bytes += step.bytes;
            sum.events += step.events;
        }
    }
    // The newest step is not over yet, so the window is a little shorter than all steps. A stream
    // that has just begun is measured over what there is, but not over next to nothing.
    const Duration unfinished = kStep - now.time_since_epoch() % kStep;
    sum.over = std::clamp(now - start_, kWindow / 4, kWindow - unfinished);
    return sum;
}

Bitrate RateMeter::bitrate(Instant now) const {
    const Sum s = sum(now);
    return rate_of(s.bytes, s.over);
}

double RateMeter::events_per_second(Instant now) const {
    const Sum s = sum(now);
    return s.over > Duration::zero() ? static_cast<double>(s.events) / to_seconds(s.over) : 0;
}

}  // namespace parley::sfu
