#include "ice/check_list.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace parley::ice {

Pair* CheckList::find(const net::Path& path, std::uint8_t generation) {
    const auto found = std::ranges::find_if(pairs_, [&](const Pair& pair) {
        return pair.generation == generation && pair.path == path;
    });
    return found == pairs_.end() ? nullptr : &*found;
}

Pair* CheckList::find(PairId id) {
    const auto found = std::ranges::find(pairs_, id, &Pair::id);
    return found == pairs_.end() ? nullptr : &*found;
}

const Pair* CheckList::find(PairId id) const {
    const auto found = std::ranges::find(pairs_, id, &Pair::id);
    return found == pairs_.end() ? nullptr : &*found;
}

Pair& CheckList::add(Pair pair) {
    PARLEY_ASSERT(!full());
    pair.id = next_id_++;
    if (pair.state == PairState::kWaiting && foundation_busy(pair.foundation)) {
        pair.state = PairState::kFrozen;
    }
    pairs_.push_back(std::move(pair));
    return pairs_.back();
}

void CheckList::erase(PairId id) {
    std::erase_if(pairs_, [id](const Pair& pair) { return pair.id == id; });
}

std::optional<PairId> CheckList::oldest(std::optional<PairId> keep,
                                        bool only_peer_reflexive) const {
    // A pair that was never heard of counts from its creation.
    const auto rank = [](const Pair& pair) {
        return std::pair(pair.proven, std::max(pair.heard, pair.created));
    };
    const Pair* oldest = nullptr;
    for (const auto& pair : pairs_) {
        if (pair.id == keep) continue;
        if (only_peer_reflexive && pair.remote_type != CandidateType::kPeerReflexive) continue;
        if (oldest == nullptr || rank(pair) < rank(*oldest)) oldest = &pair;
    }
    if (oldest == nullptr) return {};
    return oldest->id;
}

std::size_t CheckList::peer_reflexive() const {
    return static_cast<std::size_t>(
        std::ranges::count(pairs_, CandidateType::kPeerReflexive, &Pair::remote_type));
}

void CheckList::trigger(Pair& pair) {
    if (pair.triggered) return;
    pair.triggered = true;
    pair.trigger_order = ++trigger_count_;
    pair.state = PairState::kWaiting;
}

Pair* CheckList::next_triggered(std::uint8_t generation) {
    Pair* first = nullptr;
    for (auto& pair : pairs_) {
        if (!pair.triggered || pair.generation != generation) continue;
        if (first == nullptr || pair.trigger_order < first->trigger_order) first = &pair;
    }
    return first;
}

Pair* CheckList::next_ordinary(std::uint8_t generation) {
    Pair* best = nullptr;
    for (auto& pair : pairs_) {
        if (pair.generation != generation || pair.state != PairState::kWaiting) continue;
        if (best == nullptr || pair.priority > best->priority) best = &pair;
    }
    if (best != nullptr) return best;
    for (auto& pair : pairs_) {
        if (pair.generation != generation || pair.state != PairState::kFrozen) continue;
        if (foundation_busy(pair.foundation)) continue;
        if (best == nullptr || pair.priority > best->priority) best = &pair;
    }
    return best;
}

Pair* CheckList::next(bool ordinary_checks, std::uint8_t generation) {
    if (auto* pair = next_triggered(generation)) return pair;
    return ordinary_checks ? next_ordinary(generation) : nullptr;
}

bool CheckList::has_next(bool ordinary_checks, std::uint8_t generation) const {
    return std::ranges::any_of(pairs_, [&](const Pair& pair) {
        if (pair.generation != generation) return false;
        if (pair.triggered) return true;
        if (!ordinary_checks) return false;
        return pair.state == PairState::kWaiting ||
               (pair.state == PairState::kFrozen && !foundation_busy(pair.foundation));
    });
}

void CheckList::thaw(std::uint64_t foundation) {
    for (auto& pair : pairs_) {
        if (pair.foundation == foundation && pair.state == PairState::kFrozen) {
            pair.state = PairState::kWaiting;
        }
    }
}

void CheckList::recompute_priorities(bool controlling) {
    for (auto& pair : pairs_) {
        pair.priority = controlling ? pair_priority(pair.local_priority, pair.remote_priority)
                                    : pair_priority(pair.remote_priority, pair.local_priority);
    }
}

std::size_t CheckList::active() const {
    return static_cast<std::size_t>(std::ranges::count_if(pairs_, [](const Pair& pair) {
        return pair.state == PairState::kWaiting || pair.state == PairState::kInProgress;
    }));
}

bool CheckList::foundation_busy(std::uint64_t foundation) const {
    return std::ranges::any_of(pairs_, [&](const Pair& pair) {
        return pair.foundation == foundation &&
               (pair.state == PairState::kWaiting || pair.state == PairState::kInProgress);
    });
}

}  // namespace parley::ice
