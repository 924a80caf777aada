#include "sfu/layer_choice.hpp"

#include <algorithm>
#include <utility>

namespace parley::sfu {
namespace {

// Options of one size differ in their frame rate alone.
bool same_size(const LayerOption& a, const LayerOption& b) {
    return a.id.stream == b.id.stream && a.id.spatial == b.id.spatial;
}

std::size_t count_sizes(const LayerOptions& options) {
    std::size_t sizes = 1;
    for (std::size_t i = 1; i < options.size(); ++i) {
        if (!same_size(options[i - 1], options[i])) ++sizes;
    }
    return sizes;
}

// The highest rank of the n-th size.
std::size_t top_of_size(const LayerOptions& options, std::size_t n) {
    std::size_t rank = 0;
    for (; rank + 1 < options.size(); ++rank) {
        if (same_size(options[rank], options[rank + 1])) continue;
        if (n-- == 0) break;
    }
    return rank;
}

// The wish in terms of the sizes there are: with two, medium is the lower one, since a subscriber
// who did not ask for high should not pay for it.
std::size_t wished_rank(Wish wish, const LayerOptions& options) {
    const std::size_t count = count_sizes(options);
    switch (wish) {
        case Wish::kLow: return top_of_size(options, 0);
        case Wish::kMedium: return top_of_size(options, (count - 1) / 2);
        default: return options.size() - 1;
    }
}

std::optional<std::size_t> highest_live(const LayerOptions& options, std::size_t at_most) {
    for (std::size_t rank = std::min(at_most + 1, options.size()); rank-- > 0;) {
        if (options[rank].live) return rank;
    }
    return {};
}

std::optional<std::size_t> lowest_live(const LayerOptions& options) {
    for (std::size_t rank = 0; rank < options.size(); ++rank) {
        if (options[rank].live) return rank;
    }
    return {};
}

}  // namespace

LayerChoice choose_layer(Wish wish, const LayerOptions& options, const Ceiling& ceiling) {
    if (wish == Wish::kOff) return {std::nullopt, Reason::kOff};
    const auto lowest = lowest_live(options);
    if (!lowest) return {std::nullopt, Reason::kNothingArrives};
    const bool only = options.size() == 1 || (wish != Wish::kAuto && count_sizes(options) == 1);
    if (only) {
        return {options[highest_live(options, kMaxOptions).value_or(0)].id, Reason::kOnlyLayer};
    }
    if (wish == Wish::kAuto) {
        const auto rank = highest_live(options, ceiling.rank);
        if (!rank) return {options[*lowest].id, Reason::kHigherLayerOnlyLive};
        return {options[*rank].id, ceiling.reason};
    }
    const std::size_t wished = wished_rank(wish, options);
    const auto rank = highest_live(options, wished);
    if (!rank) {
        std::size_t top = *lowest;
        while (top + 1 < options.size() && same_size(options[top], options[top + 1])) ++top;
        return {options[*highest_live(options, top)].id, Reason::kHigherLayerOnlyLive};
    }
    const bool granted = same_size(options[*rank], options[wished]);
    return {options[*rank].id, granted ? Reason::kWish : Reason::kLowerLayerOnlyLive};
}

void AutoLimit::on_loss(double fraction, Instant now) {
    if (fraction > kLowLoss) last_lossy_ = now;
    bad_reports_ = fraction >= kHighLoss ? bad_reports_ + 1 : 0;
    if (bad_reports_ < kReportsForLoss) return;
    bad_reports_ = 0;
    too_lossy_ = true;
}

bool AutoLimit::exceeds_share(const LayerOption& option) const {
    return share_ && option.bitrate > *share_;
}

std::size_t AutoLimit::highest_that_fits(const LayerOptions& options, std::size_t below) const {
    for (std::size_t rank = below; rank-- > 0;) {
        if (options[rank].live && !exceeds_share(options[rank])) return rank;
    }
    return lowest_live(options).value_or(0);
}

void AutoLimit::step_down(std::size_t rank, Reason why, Instant now) {
    const bool trial_failed = trial_since_ && now - *trial_since_ <= kTrialLength;
    hold_ = trial_failed ? std::min(hold_ * 2, kMaxHold) : kHold;
    hold_until_ = now + hold_;
    trial_since_.reset();
    over_since_.reset();
    ceiling_ = {rank, why};
}

bool AutoLimit::may_go_up(const LayerOption& current, const LayerOption& next, Instant now) const {
    if (now < hold_until_) return false;
    if (last_lossy_ && now - *last_lossy_ < kCleanBeforeUp) return false;
    if (!share_) return true;
    return *share_ > next.bitrate * kUpHeadroom || *share_ > current.bitrate * kUpHeadroom;
}

Ceiling AutoLimit::update(const LayerOptions& options, Instant now) {
    const auto top = highest_live(options, kMaxOptions);
    const auto bottom = lowest_live(options);
    const auto used = highest_live(options, ceiling_.rank);
    if (!top || !used || *top == *bottom) return ceiling_;
    if (trial_since_ && now - *trial_since_ > kTrialLength) {
        trial_since_.reset();
        hold_ = kHold;
    }
    const bool lossy = std::exchange(too_lossy_, false);
    if (lossy && *used > *bottom) {
        step_down(*highest_live(options, *used - 1), Reason::kLoss, now);
        return ceiling_;
    }
    if (exceeds_share(options[*used]) && *used > *bottom) {
        if (!over_since_) over_since_ = now;
        if (!settled_ || now - *over_since_ >= kOverBeforeDown) {
            step_down(highest_that_fits(options, *used), Reason::kEstimate, now);
        }
        settled_ = true;
        return ceiling_;
    }
    settled_ = settled_ || share_.has_value();
    over_since_.reset();
    if (*used == *top) return ceiling_;
    std::size_t next = *used + 1;
    while (!options[next].live) ++next;
    if (may_go_up(options[*used], options[next], now)) {
        trial_since_ = now;
        hold_until_ = now + kBetweenUps;
        ceiling_ = next == *top ? Ceiling{} : Ceiling{next, ceiling_.reason};
    }
    return ceiling_;
}

}  // namespace parley::sfu
