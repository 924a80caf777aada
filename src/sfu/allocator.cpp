#include "sfu/allocator.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace parley::sfu {
namespace {

// Where the subscriber does not say how large it shows a camera: a tile among some.
constexpr std::uint32_t kUsualArea = 640 * 360;

// Audio as it is, when it is known to be less than usual; somebody may begin to speak at any time.
Bitrate audio_of(std::span<const AllocationStream> streams) {
    Bitrate measured;
    std::size_t count = 0;
    for (const AllocationStream& stream : streams) {
        if (stream.kind != Kind::kAudio || stream.idle) continue;
        ++count;
        const bool known = stream.bitrate.bps > 0;
        measured = measured + (known ? stream.bitrate * Allocator::kAudioHeadroom : Bitrate{});
    }
    const auto speakers = std::min(count, Allocator::kSpeakersAtOnce);
    return std::max(measured, Allocator::kAudioRate * static_cast<double>(speakers));
}

// ---- how high a stream may go for other reasons than bandwidth ----

/// All temporal layers of one picture size are a rung of the ladder.
struct Rungs {
    explicit Rungs(const LayerOptions& options) {
        for (std::size_t i = 0; i < options.size(); ++i) {
            const bool same = i > 0 && options[i].id.stream == options[i - 1].id.stream &&
                              options[i].id.spatial == options[i - 1].id.spatial;
            if (!same) ++count;
            of[i] = static_cast<std::uint8_t>(count - 1);
        }
    }
    std::array<std::uint8_t, kMaxOptions> of{};
    std::size_t count = 0;
};

struct Height {
    std::size_t rung = 0;
    Reason reason = Reason::kAuto;
};

// The wish in terms of the sizes there are: with two, medium is the lower one, since a subscriber
// who did not ask for high should not pay for it.
std::size_t wished_rung(Wish wish, std::size_t count) {
    switch (wish) {
        case Wish::kLow: return 0;
        case Wish::kMedium: return (count - 1) / 2;
        default: return count - 1;
    }
}

// The lowest size that fills the view; a wish by name is not bound by the view.
Height height_for(const TrackWish& wish, const LayerOptions& options, const Rungs& rungs) {
    if (wish.layer != Wish::kAuto) return {wished_rung(wish.layer, rungs.count), Reason::kWish};
    const std::size_t top = rungs.count - 1;
    if (wish.view.area() == 0) return {top, Reason::kAuto};
    for (std::size_t i = 0; i < options.size(); ++i) {
        const std::uint32_t area = std::uint32_t{options[i].width} * options[i].height;
        const bool enough = area >= wish.view.area() * Allocator::kLargeEnough;
        if (options[i].live && enough) {
            return {rungs.of[i], rungs.of[i] == top ? Reason::kAuto : Reason::kViewSize};
        }
    }
    return {top, Reason::kAuto};
}

}  // namespace

std::span<const Assignment> Allocator::allocate(std::span<const AllocationStream> streams,
                                                Instant now) {
    remember(streams);
    prepare(streams, now);
    choose(now);
    settle(streams);
    return assignments_;
}

// Finds what is known of each stream; what is not among them any more is forgotten.
void Allocator::remember(std::span<const AllocationStream> streams) {
    next_memory_.clear();
    for (std::size_t i = 0; i < streams.size(); ++i) {
        const auto is_it = [&](const Memory& memory) { return memory.id == streams[i].id; };
        // Usually at the same place.
        auto found = memory_.begin() + static_cast<std::ptrdiff_t>(std::min(i, memory_.size()));
        if (found == memory_.end() || !is_it(*found)) found = std::ranges::find_if(memory_, is_it);
        // One that may be sent again is one that has just begun.
        const bool idle = streams[i].idle || streams[i].beyond_last_n;
        Memory memory;
        if (found != memory_.end()) {
            memory = *found;
            memory.fresh = back_ || memory.wish != streams[i].wish || (memory.idle && !idle);
        }
        memory.id = streams[i].id;
        memory.wish = streams[i].wish;
        memory.idle = idle;
        next_memory_.push_back(memory);
    }
    memory_.swap(next_memory_);
    back_ = false;
}

void Allocator::prepare(std::span<const AllocationStream> streams, Instant now) {
    audio_ = audio_of(streams);
    demand_ = audio_;
    candidates_.clear();
    for (std::size_t i = 0; i < streams.size(); ++i) {
        const AllocationStream& stream = streams[i];
        if (stream.kind != Kind::kVideo || stream.options == nullptr) continue;
        memory_[i].rates.update(*stream.options, now);
        if (stream.wish.layer != Wish::kOff && !stream.beyond_last_n) add_candidate(stream, i);
    }
    std::ranges::sort(candidates_, [](const Candidate& a, const Candidate& b) {
        return std::tie(b.priority, b.area, a.stream) < std::tie(a.priority, a.area, b.stream);
    });
    lowest_ = audio_;
    for (const Candidate& candidate : candidates_) {
        lowest_ = lowest_ + std::min(candidate.cost(0), kMostUnasked);
        demand_ = demand_ + candidate.cost(candidate.top());
    }
}

void Allocator::add_candidate(const AllocationStream& stream, std::size_t index) {
    const LayerOptions& options = *stream.options;
    const Memory& memory = memory_[index];
    const Rungs rungs(options);
    std::size_t lowest = 0;
    while (lowest < options.size() && !options[lowest].live) ++lowest;
    if (lowest == options.size()) return;
    const Height height = height_for(stream.wish, options, rungs);

    Candidate candidate;
    candidate.stream = index;
    candidate.priority = priority_of(stream.wish, stream.screen);
    candidate.area = stream.wish.view.area() == 0 ? kUsualArea : stream.wish.view.area();
    candidate.fresh = memory.fresh;
    candidate.insists = stream.wish.layer != Wish::kAuto && !path_.probes();
    candidate.top_reason = height.reason;
    std::size_t highest = height.rung;
    if (rungs.of[lowest] > highest) {
        highest = rungs.of[lowest];
        candidate.top_reason = Reason::kHigherLayerOnlyLive;
    }
    bool found = false;
    for (std::size_t i = lowest; i < options.size() && rungs.of[i] <= highest; ++i) {
        const bool beyond = found && memory.target;
        if (memory.target == options[i].id) found = true;
        if (!options[i].live) continue;
        const Bitrate cost = stream.idle ? Bitrate{} : memory.rates.of(i);
        candidate.steps.push_back({static_cast<std::uint8_t>(i), rungs.of[i], cost});
        if (memory.target && !beyond) candidate.current = candidate.top();
    }
    const bool wished = stream.wish.layer != Wish::kAuto;
    if (options.size() == 1 || (wished && rungs.count == 1)) {
        candidate.top_reason = Reason::kOnlyLayer;
    } else if (wished && candidate.steps.back().rung < height.rung) {
        candidate.top_reason = Reason::kLowerLayerOnlyLive;
    }
    // What it was sent is not among the options any more: what costs no more comes next.
    if (memory.target && !found) {
        candidate.current = 0;
        while (candidate.current < candidate.top() &&
               candidate.cost(candidate.current + 1) <= memory.share) {
            ++candidate.current;
        }
    }
    candidates_.push_back(candidate);
}

void Allocator::choose(Instant now) {
    if (blind_) return fill(audio_ * (1 / kKeepTolerance), false);
    auto limit = path_.limit();
    if (!limit) return fill({}, true);
    // What a receiver estimates is bound to what it gets: who gets nothing would never get more.
    if (!path_.probes()) limit = std::max(*limit, lowest_);
    fill(limit, false);
    // The first limit lowers nothing: until then it was not known how much there is.
    if (lowered() && limited_) gate_.on_lowered(used_, now);
    limited_ = true;
    kept_.clear();
    for (const Candidate& candidate : candidates_) kept_.push_back(candidate.level);
    const Bitrate kept_filled = filled_;

    fill(limit, true);
    const bool room = raised();
    const bool wanted =
        std::ranges::any_of(candidates_, [](const Candidate& c) { return c.level < c.top(); });
    const bool may_try = wanted && path_.may_try(kept_filled, now);
    const Bitrate known = path_.probes() ? *limit : Bitrate{};
    if (gate_.ask(room || may_try, known, now, awakened())) {
        gate_.on_raised(now);
        if (room) return;
        lift_one();
        return path_.try_more(filled_, now);
    }
    if (!wanted && !room) path_.lift_loss_limit();
    for (std::size_t i = 0; i < kept_.size(); ++i) candidates_[i].level = kept_[i];
    filled_ = kept_filled;
}

bool Allocator::fits(const Candidate& candidate, int level, std::optional<Bitrate> budget) const {
    if (!budget || candidate.insists) return true;
    const Bitrate total = filled_ - candidate.cost(candidate.level) + candidate.cost(level);
    if (level > candidate.current && !candidate.fresh) return total * kRaiseHeadroom <= *budget;
    return total <= *budget * kKeepTolerance;
}

// Every stream's lowest first, then by priority; among equals everybody's next size before
// anybody's second next. Without `may_raise` streams stay at most where they are.
void Allocator::fill(std::optional<Bitrate> budget, bool may_raise) {
    filled_ = audio_;
    const auto cap = [&](const Candidate& candidate) {
        const bool free = may_raise || candidate.fresh || candidate.insists;
        return free ? candidate.top() : candidate.current;
    };
    for (Candidate& candidate : candidates_) candidate.level = kNothing;
    for (Candidate& candidate : candidates_) {
        if (cap(candidate) < 0 || !fits(candidate, 0, budget)) continue;
        candidate.level = 0;
        filled_ = filled_ + candidate.cost(0);
    }
    for (auto first = candidates_.begin(); first != candidates_.end();) {
        const auto last = std::find_if(first, candidates_.end(), [&](const Candidate& candidate) {
            return candidate.priority != first->priority;
        });
        for (int rung = 0; rung < static_cast<int>(kMaxOptions); ++rung) {
            for (auto it = first; it != last; ++it) raise_to(*it, rung, budget, cap(*it));
        }
        first = last;
    }
}

void Allocator::raise_to(Candidate& candidate, int rung, std::optional<Bitrate> budget, int cap) {
    while (candidate.level >= 0 && candidate.level < cap) {
        const int next = candidate.level + 1;
        if (candidate.rung_above() > rung) return;
        if (!fits(candidate, next, budget)) return;
        filled_ = filled_ - candidate.cost(candidate.level) + candidate.cost(next);
        candidate.level = next;
    }
}

// Somebody gets less for want of bandwidth, rather than because another needs it more.
bool Allocator::lowered() const {
    const auto is_new = [](const Candidate& candidate) { return candidate.fresh; };
    if (std::ranges::any_of(candidates_, is_new)) return false;
    return std::ranges::any_of(candidates_, [](const Candidate& c) { return c.level < c.current; });
}

// No video at all is sent, and some would be.
bool Allocator::awakened() const {
    const auto none = [](int level) { return level == kNothing; };
    return std::ranges::all_of(kept_, none) && raised();
}

bool Allocator::raised() const {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        if (candidates_[i].level > kept_[i]) return true;
    }
    return false;
}

// The one raise that would come next if there were room: from nothing to the lowest layer, else to
// the next size.
void Allocator::lift_one() {
    for (std::size_t i = 0; i < kept_.size(); ++i) candidates_[i].level = kept_[i];
    const auto turn = [](const Candidate& c) {
        if (c.level >= c.top()) return std::tuple(2, 0, 0);
        if (c.level < 0) return std::tuple(0, 0, 0);
        return std::tuple(1, -int{c.priority}, int{c.rung_above()});
    };
    const auto next = std::ranges::min_element(candidates_, {}, turn);
    if (next->level < 0) {
        next->level = 0;
    } else {
        const auto rung = next->rung_above();
        while (next->level < next->top() && next->rung_above() == rung) ++next->level;
    }
    filled_ = audio_;
    for (const Candidate& c : candidates_) filled_ = filled_ + c.cost(c.level);
}

void Allocator::settle(std::span<const AllocationStream> streams) {
    assignments_.assign(streams.size(), {});
    for (std::size_t i = 0; i < streams.size(); ++i) {
        const bool off = streams[i].wish.layer == Wish::kOff;
        if (streams[i].kind == Kind::kAudio) assignments_[i].target = LayerId{};
        if (streams[i].beyond_last_n) assignments_[i] = {{}, Reason::kLastN, {}, true, {}};
        if (off) assignments_[i] = {{}, Reason::kOff, {}, false, {}};
        const bool none = off || streams[i].beyond_last_n || streams[i].kind == Kind::kAudio;
        if (none) memory_[i].target.reset();
    }
    constrained_ = false;
    used_ = audio_;
    for (const Candidate& candidate : candidates_) {
        const Assignment one = outcome(streams[candidate.stream], candidate);
        used_ = used_ + one.share;
        constrained_ = constrained_ || candidate.level < candidate.top();
        memory_[candidate.stream].target = one.target;
        memory_[candidate.stream].share = one.share;
        assignments_[candidate.stream] = one;
    }
}

Assignment Allocator::outcome(const AllocationStream& stream, const Candidate& candidate) const {
    const LayerOptions& options = *stream.options;
    Assignment one;
    one.wanted = options[candidate.steps.back().option].id;
    one.paused = candidate.level < 0;
    one.share = candidate.cost(candidate.level);
    if (one.paused) {
        one.reason = Reason::kBandwidth;
        return one;
    }
    one.target = options[candidate.steps[static_cast<std::size_t>(candidate.level)].option].id;
    if (stream.idle) {
        one.reason = Reason::kNothingArrives;
    } else if (candidate.level < candidate.top()) {
        one.reason = path_.reason();
    } else {
        one.reason = candidate.top_reason;
    }
    return one;
}

}  // namespace parley::sfu
