#include "sfu/last_n.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace parley::sfu {

void LastN::choose(std::span<VideoCandidate> candidates, std::size_t places) {
    order_.resize(candidates.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::sort(order_, {}, [&](std::size_t i) { return std::tuple(candidates[i].rank, i); });
    for (const std::size_t i : order_) {
        VideoCandidate& candidate = candidates[i];
        // What is idle is sent where it would have a place, so that it has one when it begins.
        candidate.sent = candidate.exempt || places > 0;
        if (candidate.sent && !candidate.exempt && !candidate.idle) --places;
    }
}

}  // namespace parley::sfu
