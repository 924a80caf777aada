// The rate that the delay allows: additive or multiplicative increase while queues do not grow, a
// step down below what arrives when they do (draft-ietf-rmcat-gcc-02 §5.5).

#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"
#include "cc/trendline_estimator.hpp"

namespace parley::cc {

/// What was found to be the path's limit when it was overused: mean and deviation of the rates that
/// arrived then. Near it, rates grow in small steps.
class LinkCapacity {
 public:
    static constexpr double kWeight = 0.05;

    void on_overuse(Bitrate arrived);
    /// A probe that met the limit says more.
    void on_probe(Bitrate result);
    bool known() const { return mean_kbps_ > 0; }
    Bitrate mean() const;
    /// Three deviations.
    Bitrate upper() const;
    Bitrate lower() const;
    void reset() { *this = {}; }

 private:
    void update(Bitrate rate, double weight);
    double deviation() const;

    double mean_kbps_ = 0;
    double variance_ = 0.4;  // relative to the mean
};

class RateControl {
 public:
    static constexpr double kBackOff = 0.85;
    static constexpr double kGrowth = 1.08;                     // a second, far from the limit
    static constexpr Bitrate kMinStep = Bitrate::from_kbps(4);  // a second, near it
    /// It may not run ahead of what arrives by more than this.
    static constexpr double kAhead = 1.5;
    static constexpr Bitrate kAheadAlso = Bitrate::from_kbps(10);

    /// A queue that stands this long is overuse even if it does not grow.
    static constexpr double kQueueMs = 25;
    /// A trend without a queue is noise.
    static constexpr double kNoiseMs = 8;

    struct Input {
        Usage usage = Usage::kNormal;
        double queue_ms = 0;   // that stands
        double waited_ms = 0;  // of the newest packets
        /// Others keep the queue full: only losses count.
        bool competing = false;
        bool lost = false;
        std::optional<Bitrate> throughput;
        /// What arrived while the link was busy without a break.
        std::optional<Bitrate> busy;
        Duration round_trip = std::chrono::milliseconds(200);
        bool application_limited = false;
        /// Some of the throughput's window may be silence that the application chose.
        bool application_limited_lately = false;
    };

    RateControl(Bitrate start, Bitrate min, Bitrate max) : min_(min), max_(max), rate_(start) {}

    /// After each feedback message, and now and then. True if it stepped down.
    bool update(const Input& input, Instant now);
    /// What was learnt otherwise holds from now on.
    void set(Bitrate rate, Instant now);
    /// A probe measured this. For a while what arrives is less only because less was sent before.
    void set_probed(Bitrate rate, Duration round_trip, Instant now);
    /// Not more than this, for it was found to be too much.
    void cap(Bitrate rate);
    Bitrate rate() const { return rate_; }
    LinkCapacity& capacity() { return capacity_; }
    std::optional<Instant> decreased_at() const { return decreased_at_; }

 private:
    enum class State : std::uint8_t { kHold, kIncrease, kDecrease };

    void change_state(const Input& input);
    void increase(const Input& input, Instant now);
    bool decrease(const Input& input, Instant now);
    std::optional<Bitrate> arrives(const Input& input, Instant now) const;
    bool may_decrease(const Input& input, Instant now) const;

    Bitrate min_;
    Bitrate max_;
    Bitrate rate_;
    LinkCapacity capacity_;
    State state_ = State::kHold;
    std::optional<Instant> changed_at_;
    std::optional<Instant> decreased_at_;
    Bitrate probed_;
    Instant probed_until_ = Instant::min();
};

}  // namespace parley::cc
