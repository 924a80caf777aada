#include "sfu/speakers.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace parley::sfu {
namespace {

template <typename Speakers>
bool contains(const Speakers& speakers, SpeakerId id) {
    return std::ranges::any_of(speakers, [id](const Speaker& s) { return s.id == id; });
}

}  // namespace

SpeakerDetector::State* SpeakerDetector::find(SpeakerId id) {
    const auto it = std::ranges::lower_bound(states_, id, {}, &State::id);
    return it != states_.end() && it->id == id ? &*it : nullptr;
}

void SpeakerDetector::on_level(SpeakerId id, std::uint8_t below_overload_db, Instant now) {
    State* state = find(id);
    if (state == nullptr) {
        if (states_.size() == kMaxParticipants) return;
        const auto at = std::ranges::lower_bound(states_, id, {}, &State::id);
        state = &*states_.insert(at, State{.id = id});
    }
    const double level = 1.0 - std::min<int>(below_overload_db, 127) / 127.0;
    state->level += (level - state->level) * kSmoothing;
    if (level >= kSilentBelow) {
        const bool rises = level > state->loudness;
        state->loudness += (level - state->loudness) * (rises ? kSmoothing : kLoudnessFall);
    }
    state->last_packet = now;
    if (state->level >= kSilentBelow) state->last_loud = now;
    if (state->speaking || state->level >= kSpeakAbove) schedule(now);
}

void SpeakerDetector::remove(SpeakerId id, Instant now) {
    if (State* state = find(id)) {
        if (state->speaking) schedule(now);
        states_.erase(states_.begin() + (state - states_.data()));
    }
}

void SpeakerDetector::schedule(Instant now) {
    if (next_ != kNever) return;
    next_ = last_list_ ? std::max(now, *last_list_ + kInterval) : now;
}

void SpeakerDetector::handle_timeout(Instant now) {
    if (now < next_) return;
    next_ = kNever;
    last_list_ = now;
    bool any = false;
    for (State& state : states_) {
        settle(state, now);
        any = any || state.speaking;
    }
    rank();
    if (any) next_ = now + kInterval;
}

void SpeakerDetector::settle(State& state, Instant now) {
    if (now - state.last_packet >= kStale) state.level = 0;
    if (state.level >= kSpeakAbove) {
        state.speaking = true;
    } else if (now - state.last_loud >= kHangover) {
        state.speaking = false;
    }
}

void SpeakerDetector::rank() {
    // Those listed keep their order, newcomers follow; then the clearly louder pass.
    ranked_.clear();
    for (const Speaker& listed : list_) {
        const State* state = find(listed.id);
        if (state != nullptr && state->speaking) {
            ranked_.push_back({state->id, state->level, state->loudness});
        }
    }
    const auto newcomers = static_cast<std::ptrdiff_t>(ranked_.size());
    for (const State& state : states_) {
        if (state.speaking && !contains(list_, state.id))
            ranked_.push_back({state.id, state.level, state.loudness});
    }
    std::ranges::sort(ranked_.begin() + newcomers, ranked_.end(), std::greater{}, &Speaker::level);
    // The few that can reach the list are enough.
    const std::size_t count = std::min(ranked_.size(), 2 * kMaxSpeakers);
    for (std::size_t pass = 0; pass < count; ++pass) {
        for (std::size_t i = 1; i < count; ++i) {
            if (ranked_[i].loudness > ranked_[i - 1].loudness + kLouderBy) {
                std::swap(ranked_[i], ranked_[i - 1]);
            }
        }
    }
    if (ranked_.size() > kMaxSpeakers) ranked_.resize(kMaxSpeakers);
    const bool same = std::ranges::equal(ranked_, list_, {}, &Speaker::id, &Speaker::id);
    changed_ = changed_ || !same;
    std::swap(list_, ranked_);
}

std::optional<std::span<const Speaker>> SpeakerDetector::poll() {
    if (!std::exchange(changed_, false)) return {};
    return std::span<const Speaker>(list_);
}

}  // namespace parley::sfu
