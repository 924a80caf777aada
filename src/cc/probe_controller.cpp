#include "cc/probe_controller.hpp"

#include <algorithm>

namespace parley::cc {

void ProbeController::reset() {
    const ProbeId next = next_id_;
    const Bitrate demand = demand_;
    const bool idle = idle_;
    *this = {};
    next_id_ = next;
    demand_ = demand;
    idle_ = idle;
}

Bitrate ProbeController::highest(const State& state) const {
    const Bitrate useful = demand_.bps > 0 ? demand_ * kDemandScale : kDefaultMax;
    Bitrate limit = std::min(state.limit, useful);
    if (state.loss_limited) limit = std::min(limit, state.estimate * kLossLimitedScale);
    return limit;
}

bool ProbeController::enqueue(Bitrate rate, const State& state, Instant now) {
    const Bitrate limit = highest(state);
    rate = std::min(rate, limit);
    if (queued_ == kMaxQueued || rate.bps <= 0) return false;
    queue_[queued_++] = {.id = next_id_, .rate = rate};
    ++next_id_;
    waiting_ = true;
    asked_at_ = now;
    asked_from_ = state.estimate;
    last_rate_ = rate;
    if (rate == limit) further_ = false;
    return true;
}

std::optional<ProbeRequest> ProbeController::poll() {
    if (queued_ == 0) return {};
    const ProbeRequest first = queue_[0];
    std::shift_left(queue_.begin(), queue_.end(), 1);
    --queued_;
    return first;
}

void ProbeController::begin(Bitrate start, const State& state, Instant now) {
    begun_ = true;
    further_ = true;
    growing_ = false;
    enqueue(start * kFirst, state, now);
    if (last_rate_ < highest(state)) enqueue(start * kSecond, state, now);
}

void ProbeController::request(Bitrate rate, const State& state, Instant now, bool further) {
    further_ = further;
    growing_ = false;
    enqueue(rate, state, now);
}

void ProbeController::on_demand(Bitrate wanted, const State& state, Instant now) {
    const bool more = wanted > demand_;
    idle_ = wanted.bps <= 0 && (idle_ || demand_.bps > 0);
    demand_ = wanted;
    if (!more || !begun_ || waiting(now) || !state.application_limited || state.overused) return;
    if (wanted <= state.estimate) return;
    const Bitrate most = state.estimate * kFurther;
    further_ = true;
    growing_ = false;
    enqueue(std::min(wanted, most), state, now);
    if (wanted < most) enqueue(std::min(wanted * 2, most), state, now);
}

void ProbeController::on_result(const ProbeResult& result, const State& state, Instant now) {
    if (growing_) {
        const bool found = !result.saturated ? result.rate > state.estimate * 0.9
                                             : result.rate > asked_from_ * kClearlyMore;
        growth_interval_ =
            found ? kGrowthInterval : std::min(growth_interval_ * 2, kMaxGrowthInterval);
    }
    if (!waiting(now) || !further_ || result.saturated || state.overused) return;
    if (result.rate > last_rate_ * kFurtherShare) {
        enqueue(result.rate * kFurther, state, now);
    }
}

void ProbeController::watch_for_drops(const State& state, Instant now) {
    if (state.estimate < before_ * kDrop) {
        before_drop_ = before_;
        dropped_at_ = now;
    }
    before_ = state.estimate;
    const bool recovered = was_overused_ && !state.overused;
    was_overused_ = state.overused;
    if (!recovered || !dropped_at_ || now - *dropped_at_ > kDropTimeout || waiting(now)) return;
    if (!state.application_limited) return;
    if (drop_probe_at_ && now - *drop_probe_at_ < kDropTimeout) return;
    drop_probe_at_ = now;
    request(before_drop_ * kAfterDrop, state, now, false);
}

void ProbeController::probe_application_limited(const State& state, Instant now) {
    if (!state.application_limited) {
        limited_since_.reset();
        return;
    }
    if (!limited_since_) limited_since_ = now;
    // Layers come in steps: who wants the next one and may not have it sends far less than it may,
    // and only a probe finds out that the path has become wider.
    const bool wants_more = demand_ > state.estimate;
    const Duration interval =
        wants_more ? std::min(growth_interval_, kWantingInterval) : kAlrInterval;
    if (now - std::max(*limited_since_, asked_at_) < interval) return;
    if (state.estimate >= highest(state)) return;
    if (wants_more && (state.overused || state.queue_ms > kQuietQueueMs)) return;
    request(state.estimate * kAlrScale, state, now, true);
    growing_ = wants_more;
}

void ProbeController::probe_growth(const State& state, Instant now) {
    if (state.application_limited || state.loss_limited || state.overused) return;
    if (state.queue_ms > kQuietQueueMs) return;
    if (state.decreased_at && now - *state.decreased_at < growth_interval_) return;
    if (now - asked_at_ < growth_interval_) return;
    if (state.estimate * 1.1 >= highest(state)) return;
    request(state.estimate * kGrowthScale, state, now, true);
    growing_ = true;
}

void ProbeController::process(const State& state, Instant now) {
    if (!begun_) return;
    if (waiting_ && !waiting(now)) waiting_ = false;
    watch_for_drops(state, now);
    if (waiting_ || idle_) return;
    probe_application_limited(state, now);
    if (!waiting_) probe_growth(state, now);
}

}  // namespace parley::cc
