#include "sfu/redundancy.hpp"

#include <algorithm>
#include <cmath>

#include "sfu/red_copies.hpp"

namespace parley::sfu {

std::string_view text(RedundancyReason reason) {
    switch (reason) {
        case RedundancyReason::kNoLoss: return "no_loss";
        case RedundancyReason::kLoss: return "loss";
        case RedundancyReason::kBandwidth: return "bandwidth";
        case RedundancyReason::kNotNegotiated: return "not_negotiated";
        case RedundancyReason::kOpaque: return "opaque";
    }
    return "unknown";
}

void Redundancy::on_report(const LossSample& sample, Instant now) {
    const double age = std::max(0.0, to_seconds(now - last_report_) / to_seconds(kHalfLife));
    const double kept = std::exp2(-age);
    expected_ = expected_ * kept + sample.expected;
    lost_ = lost_ * kept + sample.lost;
    last_report_ = now;
    follow_loss(now);
}

std::optional<double> Redundancy::loss() const {
    if (expected_ < kLeastPackets) return {};
    return lost_ / expected_;
}

// Up at once, down after a while.
void Redundancy::follow_loss(Instant now) {
    const auto p = loss();
    if (!p) return;
    std::uint8_t asked = 0;
    if (*p > kOneCopyAbove || (wanted_ >= 1 && *p > kOneCopyUntil)) asked = 1;
    if (*p > kTwoCopiesAbove || (wanted_ >= 2 && *p > kTwoCopiesUntil)) asked = 2;
    if (asked >= wanted_) {
        wanted_ = asked;
        less_since_.reset();
    } else if (!less_since_) {
        less_since_ = now;
    } else if (now - *less_since_ >= kHold) {
        wanted_ = asked;
        less_since_.reset();
    }
}

std::uint8_t Redundancy::affordable(Bitrate audio, std::optional<Bitrate> cut_path,
                                    double share) const {
    if (!cut_path) return kMaxCopies;
    std::uint8_t copies = kMaxCopies;
    while (copies > 0 && audio * (1.0 + copies) > *cut_path * share) --copies;
    return copies;
}

void Redundancy::review(Bitrate audio, std::optional<Bitrate> cut_path, Instant now) {
    const std::uint8_t most = affordable(audio, cut_path, kMaxShare);
    if (most < allowed_) allowed_ = most;
    if (affordable(audio, cut_path, kReturnShare) <= allowed_) {
        more_since_.reset();
    } else if (!more_since_) {
        more_since_ = now;
    } else if (now - *more_since_ >= kReturnHold) {
        allowed_ = affordable(audio, cut_path, kReturnShare);
        more_since_.reset();
    }
    copies_ = std::min(wanted_, allowed_);
    reason_ = copies_ < wanted_ ? RedundancyReason::kBandwidth
              : wanted_ > 0     ? RedundancyReason::kLoss
                                : RedundancyReason::kNoLoss;
}

}  // namespace parley::sfu
