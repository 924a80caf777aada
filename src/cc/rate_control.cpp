#include "cc/rate_control.hpp"

#include <algorithm>
#include <cmath>

namespace parley::cc {

// ---- the link's capacity ----

void LinkCapacity::on_overuse(Bitrate arrived) {
    update(arrived, kWeight);
}

void LinkCapacity::on_probe(Bitrate result) {
    update(result, 0.5);
}

void LinkCapacity::update(Bitrate rate, double weight) {
    const double sample = rate.kbps();
    if (!known()) {
        mean_kbps_ = sample;
        return;
    }
    mean_kbps_ = (1 - weight) * mean_kbps_ + weight * sample;
    const double error = mean_kbps_ - sample;
    variance_ = (1 - weight) * variance_ + weight * error * error / std::max(mean_kbps_, 1.0);
    // 0.4 is 14 kbit/s at 500, 2.5 is 35 kbit/s.
    variance_ = std::clamp(variance_, 0.4, 2.5);
}

double LinkCapacity::deviation() const {
    return std::sqrt(variance_ * mean_kbps_);
}

Bitrate LinkCapacity::mean() const {
    return Bitrate::from_bps(static_cast<std::int64_t>(mean_kbps_ * 1000));
}

Bitrate LinkCapacity::upper() const {
    return Bitrate::from_bps(static_cast<std::int64_t>((mean_kbps_ + 3 * deviation()) * 1000));
}

Bitrate LinkCapacity::lower() const {
    return Bitrate::from_bps(
        static_cast<std::int64_t>(std::max(0.0, mean_kbps_ - 3 * deviation()) * 1000));
}

// ---- the rate ----

void RateControl::change_state(const Input& input) {
    if (input.competing) {
        state_ = input.lost ? State::kDecrease : State::kIncrease;
        return;
    }
    if (input.usage == Usage::kUnderuse) {  // the queue drains: let it
        state_ = State::kHold;
        return;
    }
    const bool grows = input.usage == Usage::kOveruse && input.waited_ms > kNoiseMs;
    if (grows || input.queue_ms > kQueueMs) {
        state_ = State::kDecrease;
    } else {
        state_ = State::kIncrease;
    }
}

bool RateControl::update(const Input& input, Instant now) {
    change_state(input);
    bool decreased = false;
    if (state_ == State::kIncrease) {
        increase(input, now);
    } else if (state_ == State::kDecrease) {
        if (may_decrease(input, now)) decreased = decrease(input, now);
        if (decreased) state_ = State::kHold;
    }
    changed_at_ = now;
    return decreased;
}

void RateControl::increase(const Input& input, Instant now) {
    const double seconds = changed_at_ ? std::clamp(to_seconds(now - *changed_at_), 0.0, 1.0) : 0;
    if (input.throughput && capacity_.known() && *input.throughput > capacity_.upper()) {
        capacity_.reset();
    }
    if (input.application_limited) return;
    Bitrate step;
    if (capacity_.known()) {
        // About one packet more each response time, that is a round trip and the detector's delay.
        const double frame_bits = static_cast<double>(rate_.bps) / 30;
        const double packets = std::max(1.0, std::ceil(frame_bits / (8 * 1200)));
        const Duration response = input.round_trip + std::chrono::milliseconds(100);
        const double per_second = frame_bits / packets / to_seconds(response);
        step = Bitrate::from_bps(static_cast<std::int64_t>(
            seconds * std::max(per_second, static_cast<double>(kMinStep.bps))));
    } else {
        step = rate_ * (std::pow(kGrowth, seconds) - 1);
        step = std::max(step, Bitrate::from_bps(static_cast<std::int64_t>(1000 * seconds)));
    }
    Bitrate next = rate_ + step;
    if (input.throughput) {
        next = std::min(next, std::max(rate_, *input.throughput * kAhead + kAheadAlso));
    }
    rate_ = std::clamp(next, min_, max_);
}

bool RateControl::may_decrease(const Input& input, Instant now) const {
    // A burst after a silence: what arrived so far measures the silence. If the link is the limit
    // now, it is known within some packets how much passes while it is busy.
    if (input.application_limited_lately && !input.busy && !input.competing) return false;
    if (!decreased_at_) return true;
    // What the last step did must show first: a round trip, a feedback interval, and the window of
    // the standing queue.
    if (now - *decreased_at_ >= input.round_trip + std::chrono::milliseconds(150)) return true;
    const auto arrived = arrives(input, now);
    return arrived && *arrived < rate_ * 0.5;
}

std::optional<Bitrate> RateControl::arrives(const Input& input, Instant now) const {
    auto arrived = input.throughput;
    if (arrived && now <= probed_until_) arrived = std::max(*arrived, probed_);
    // Where others fill the queue, a busy link is not this flow's.
    if (input.busy && !input.competing)
        arrived = std::max(arrived.value_or(Bitrate{}), *input.busy);
    return arrived;
}

bool RateControl::decrease(const Input& input, Instant now) {
    Bitrate next = rate_ * kBackOff;
    if (const auto arrived = arrives(input, now)) {
        next = *arrived * kBackOff;
        if (next > rate_ && capacity_.known()) next = capacity_.mean() * kBackOff;
        if (*arrived < capacity_.lower()) capacity_.reset();
        capacity_.on_overuse(*arrived);
    }
    rate_ = std::clamp(std::min(next, rate_), min_, max_);
    decreased_at_ = now;
    return true;
}

void RateControl::set(Bitrate rate, Instant now) {
    rate_ = std::clamp(rate, min_, max_);
    changed_at_ = now;
}

void RateControl::set_probed(Bitrate rate, Duration round_trip, Instant now) {
    set(rate, now);
    probed_ = rate;
    probed_until_ = now + round_trip + std::chrono::milliseconds(600);
}

void RateControl::cap(Bitrate rate) {
    rate_ = std::clamp(std::min(rate_, rate), min_, max_);
}

}  // namespace parley::cc
