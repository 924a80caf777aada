#include "sfu/path_limit.hpp"

#include <algorithm>

namespace parley::sfu {

void PathLimit::on_receiver_estimate(Bitrate estimate, Instant now) {
    received_ = estimate;
    if (!tried_) return;
    const bool fell = estimate < at_try_ * kFailedTry;
    const bool stayed =
        now - tried_since_ >= kTryTime && estimate < *tried_ && estimate < at_try_ * kGrownByTry;
    if (fell || stayed) tried_.reset();
}

void PathLimit::on_loss(double fraction, Bitrate sending, Instant now) {
    if (fraction > kLowLoss) last_lossy_ = now;
    bad_reports_ = fraction >= kHighLoss ? bad_reports_ + 1 : 0;
    if (bad_reports_ < kReportsForLoss || probes()) return;
    bad_reports_ = 0;
    tried_.reset();
    by_loss_ = sending * std::min(kLeastBackoff, 1 - kLossBackoff * fraction);
}

std::optional<Bitrate> PathLimit::limit() const {
    if (probed_) return probed_;
    std::optional<Bitrate> limit = received_;
    if (limit && tried_) limit = std::max(*limit, *tried_);
    if (by_loss_ && (!limit || *by_loss_ < *limit)) return by_loss_;
    return limit;
}

Reason PathLimit::reason() const {
    return !probed_ && by_loss_ && limit() == by_loss_ ? Reason::kLoss : Reason::kEstimate;
}

bool PathLimit::may_try(Bitrate sending, Instant now) const {
    if (probes()) return false;
    if (last_lossy_ && now - *last_lossy_ < kCleanBeforeTry) return false;
    return !received_ || *received_ > sending * kRoomToTry;
}

void PathLimit::try_more(Bitrate total, Instant now) {
    if (by_loss_ && *by_loss_ < total) by_loss_ = total;
    if (!received_ || *received_ >= total) return;
    tried_ = total;
    at_try_ = *received_;
    tried_since_ = now;
}

}  // namespace parley::sfu
