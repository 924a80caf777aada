#include "sfu/layer_choice.hpp"

#include <algorithm>

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

LayerChoice choose_layer(Wish wish, const LayerOptions& options) {
    if (wish == Wish::kOff) return {std::nullopt, Reason::kOff};
    const auto lowest = lowest_live(options);
    if (!lowest) return {std::nullopt, Reason::kNothingArrives};
    const bool only = options.size() == 1 || (wish != Wish::kAuto && count_sizes(options) == 1);
    if (only) {
        return {options[highest_live(options, kMaxOptions).value_or(0)].id, Reason::kOnlyLayer};
    }
    if (wish == Wish::kAuto) {
        return {options[*highest_live(options, kMaxOptions)].id, Reason::kAuto};
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

}  // namespace parley::sfu
