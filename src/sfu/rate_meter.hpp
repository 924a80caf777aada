// Bits and events a second over the last second, in twenty steps: constant memory, constant time.

#pragma once

#include <array>
#include <cstdint>

#include "base/prefetch.hpp"
#include "base/time.hpp"
#include "base/units.hpp"

namespace parley::sfu {

class RateMeter {
 public:
    void add(std::size_t bytes, std::uint32_t events, Instant now);
    Bitrate bitrate(Instant now) const;
    double events_per_second(Instant now) const;
    /// What add() needs.
    void prefetch(Instant now) const {
        prefetch_until(*this, steps_);
        parley::prefetch(steps_[static_cast<std::uint64_t>(number(now)) % kSteps]);
    }
    /// A whole window has been seen since the first packet after silence.
    bool settled(Instant now) const { return started_ && now - start_ >= kWindow; }

 private:
    static constexpr std::size_t kSteps = 20;
    static constexpr Duration kStep = 50ms;
    static constexpr Duration kWindow = kStep * kSteps;
    struct Step {
        std::int64_t number = -1;
        std::uint32_t bytes = 0;
        std::uint32_t events = 0;
    };
    struct Sum {
        std::int64_t bytes = 0;
        std::int64_t events = 0;
        Duration over{};
    };
    Sum sum(Instant now) const;
    static std::int64_t number(Instant now) { return now.time_since_epoch() / kStep; }

    bool started_ = false;
    Instant start_{};
    Instant last_{};
    std::array<Step, kSteps> steps_{};
};

}  // namespace parley::sfu
