// Values that change at given times: a link's capacity, its delay, its loss.

#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "base/units.hpp"
#include "sim/net/world.hpp"

namespace parley::sim {

/// A value that holds from one step to the next. Times count from the world's beginning.
template <typename T>
class Steps {
 public:
    struct Step {
        Duration at{};
        T value{};
    };

    Steps() : steps_{{Duration(0), T{}}} {}
    Steps(T value) : steps_{{Duration(0), value}} {}  // NOLINT: a constant is a schedule too
    Steps(std::initializer_list<Step> steps) : steps_(steps) {}
    explicit Steps(std::vector<Step> steps) : steps_(std::move(steps)) {}

    T at(Instant now) const { return step(now).value; }
    /// When the value changes next.
    Instant next_change(Instant now) const {
        const auto after = first_after(now);
        return after == steps_.end() ? kNever : World::kBeginning + after->at;
    }
    const std::vector<Step>& steps() const { return steps_; }

 private:
    const Step& step(Instant now) const {
        const auto after = first_after(now);
        return after == steps_.begin() ? *after : *std::prev(after);
    }
    typename std::vector<Step>::const_iterator first_after(Instant now) const {
        const Duration elapsed = now - World::kBeginning;
        return std::upper_bound(steps_.begin(), steps_.end(), elapsed,
                                [](Duration value, const Step& s) { return value < s.at; });
    }
    std::vector<Step> steps_;
};

/// When `octets` whose sending begins now have left at that capacity, which may change meanwhile
/// and may be zero for a while; kNever if it stays zero.
Instant finish_time(const Steps<Bitrate>& capacity, std::int64_t octets, Instant now);

/// The octets that the capacity could have carried between two instants.
double octets_between(const Steps<Bitrate>& capacity, Instant begin, Instant end);

}  // namespace parley::sim
