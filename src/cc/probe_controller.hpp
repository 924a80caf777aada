// When to probe, and how high: at the start, on, while probes find room, after drops, now and then
// while the application takes less than it may, and when it asks for more.
//
// Deviates from libwebrtc: while the rate is in use and no queue is seen, or more is wanted than it
// allows, it probes too, at intervals that double while probes find nothing, because growing by
// eight percent a second takes half a minute from 0.5 to 5 Mbit/s.

#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"
#include "cc/probe_result.hpp"
#include "cc/types.hpp"

namespace parley::cc {

class ProbeController {
 public:
    static constexpr double kFirst = 3;  // times the start rate
    static constexpr double kSecond = 6;
    static constexpr double kFurther = 2;         // times the last result
    static constexpr double kFurtherShare = 0.7;  // of the last probe's rate, to go on
    static constexpr Duration kResultTimeout = std::chrono::seconds(1);
    static constexpr Duration kAlrInterval = std::chrono::seconds(5);
    static constexpr double kAlrScale = 2;
    static constexpr double kDrop = 0.66;       // less than this of the old rate is a drop
    static constexpr double kAfterDrop = 0.85;  // of the old rate
    static constexpr Duration kDropTimeout = std::chrono::seconds(5);
    static constexpr double kLossLimitedScale = 1.5;
    /// Beyond twice what is wanted there is nothing to gain; while that is not known, beyond this.
    static constexpr double kDemandScale = 2;
    static constexpr Bitrate kDefaultMax = Bitrate::from_kbps(5000);
    static constexpr Duration kGrowthInterval = std::chrono::seconds(2);
    static constexpr Duration kMaxGrowthInterval = std::chrono::seconds(16);
    static constexpr double kGrowthScale = 2;
    /// While the application sends less only because the next layer may not be had: two kilobytes
    /// in so long are little, and a path that is wide again is soon found.
    static constexpr Duration kWantingInterval = std::chrono::seconds(3);
    /// A probe that met the limit of the path this far above the estimate has found something.
    static constexpr double kClearlyMore = 1.2;
    static constexpr double kQuietQueueMs = 15;
    static constexpr std::size_t kMaxQueued = 4;

    /// What the controller knows of the path.
    struct State {
        Bitrate estimate;
        Bitrate limit;  // the receiver's or the configured
        bool application_limited = false;
        bool loss_limited = false;
        bool overused = false;
        double queue_ms = 0;
        std::optional<Instant> decreased_at;
    };

    /// A path that nothing is known of.
    void begin(Bitrate start, const State& state, Instant now);
    bool begun() const { return begun_; }
    void reset();

    /// Zero, after something else: the streams pause, and nothing needs to be found out.
    void on_demand(Bitrate wanted, const State& state, Instant now);
    /// The state's estimate has it already.
    void on_result(const ProbeResult& result, const State& state, Instant now);
    /// After each feedback message, and at next_timeout().
    void process(const State& state, Instant now);
    /// To find out at once whether the path carries `rate`.
    void request(Bitrate rate, const State& state, Instant now, bool further);

    std::optional<ProbeRequest> poll();
    bool pending() const { return queued_ > 0; }
    Bitrate demand() const { return demand_; }

 private:
    Bitrate highest(const State& state) const;
    bool waiting(Instant now) const { return waiting_ && now - asked_at_ < kResultTimeout; }
    bool enqueue(Bitrate rate, const State& state, Instant now);
    void watch_for_drops(const State& state, Instant now);
    void probe_application_limited(const State& state, Instant now);
    void probe_growth(const State& state, Instant now);

    bool begun_ = false;
    std::array<ProbeRequest, kMaxQueued> queue_{};
    std::size_t queued_ = 0;
    ProbeId next_id_ = 1;
    Bitrate demand_;
    bool idle_ = false;  // nothing is wanted any more

    bool waiting_ = false;  // for results, to go further
    bool further_ = false;
    Bitrate last_rate_;
    Instant asked_at_{};
    Bitrate asked_from_;  // the estimate then

    Bitrate before_;  // the estimate of the last call
    Bitrate before_drop_;
    std::optional<Instant> dropped_at_;
    bool was_overused_ = false;
    std::optional<Instant> drop_probe_at_;
    std::optional<Instant> limited_since_;

    bool growing_ = false;  // the last probe was to grow
    Duration growth_interval_ = kGrowthInterval;
};

}  // namespace parley::cc
