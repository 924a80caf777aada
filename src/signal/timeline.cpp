#include "signal/timeline.hpp"

#include <utility>

namespace parley::signal {
namespace {

Json layer_or_null(int layer) {
    return layer < 0 ? Json() : Json(layer);
}

}  // namespace

void Timeline::forget(Instant now) {
    const auto old = [&](const auto& one) { return now - one.at > kKept; };
    std::erase_if(samples_, old);
    std::erase_if(changes_, old);
}

void Timeline::add(const PeerStats& stats, Instant now) {
    for (const LayerChange& change : stats.changes) {
        changes_.push_back({now - std::chrono::milliseconds(change.age_ms), change});
    }
    if (changes_.size() > kMaxChanges) {
        const auto excess = static_cast<std::ptrdiff_t>(changes_.size() - kMaxChanges);
        changes_.erase(changes_.begin(), changes_.begin() + excess);
    }
    forget(now);
    if (!samples_.empty() && now - samples_.back().at < kSampleInterval) return;
    Sample& sample = samples_.emplace_back();
    sample.at = now;
    sample.estimate_bps = stats.estimate_down_bps;
    sample.demand_bps = stats.demand_down_bps;
    sample.bitrate_bps = stats.bitrate_down_bps;
    sample.loss = static_cast<float>(stats.loss_down);
    sample.rtt_ms = static_cast<float>(stats.rtt_ms);
    sample.reason = stats.estimate_reason;
    for (const auto& subscription : stats.subscriptions) {
        if (subscription.status == SubscriptionStatus::kPaused) ++sample.paused;
        if (!subscription.layer_sent.empty()) ++sample.sending;
    }
}

Json Timeline::report(Instant now) const {
    Json samples = Json::array();
    for (const Sample& sample : samples_) {
        samples.push_back(
            {{"msAgo", to_ms(now - sample.at)},
             {"estimateBps", sample.estimate_bps < 0 ? Json() : Json(sample.estimate_bps)},
             {"estimateReason", sample.reason},
             {"demandBps", sample.demand_bps},
             {"bitrateBps", sample.bitrate_bps},
             {"loss", sample.loss},
             {"rttMs", sample.rtt_ms < 0 ? Json() : Json(sample.rtt_ms)},
             {"sending", sample.sending},
             {"paused", sample.paused}});
    }
    Json changes = Json::array();
    for (const Change& one : changes_) {
        const LayerChange& change = one.change;
        changes.push_back({{"msAgo", to_ms(now - one.at)},
                           {"track", change.track},
                           {"layer", change.layer},
                           {"spatial", layer_or_null(change.spatial)},
                           {"temporal", layer_or_null(change.temporal)},
                           {"reason", change.reason},
                           {"paused", change.paused},
                           {"shareBps", change.share_bps}});
    }
    return {
        {"keptMs", to_ms(kKept)}, {"samples", std::move(samples)}, {"changes", std::move(changes)}};
}

}  // namespace parley::signal
