// Whether queues on the way grow: the slope of a line through the smoothed one-way delay of the
// last groups, against a threshold that adapts, so that a flow is not starved by others that fill
// queues (draft-ietf-rmcat-gcc-02 §5.3 to §5.4, with the trend line that took the Kalman filter's
// place).

#pragma once

#include <array>
#include <cstdint>

#include "base/time.hpp"

namespace parley::cc {

enum class Usage : std::uint8_t { kNormal, kOveruse, kUnderuse };

class TrendlineEstimator {
 public:
    static constexpr std::size_t kWindow = 20;    // groups
    static constexpr double kSmoothing = 0.9;     // of the accumulated delay
    static constexpr double kGain = 4.0;          // of the slope against the threshold
    static constexpr int kMaxDeltas = 60;         // confidence grows with so many groups
    static constexpr double kOveruseMs = 10;      // it must last
    static constexpr double kThresholdMs = 12.5;  // to begin with
    static constexpr double kThresholdMinMs = 6;
    static constexpr double kThresholdMaxMs = 600;
    static constexpr double kThresholdUp = 0.0087;  // a millisecond
    static constexpr double kThresholdDown = 0.039;
    static constexpr double kMaxAdaptMs = 15;  // a spike beyond does not adapt it

    /// A group's distances from the one before, and when it arrived.
    void update(Duration sent_delta, Duration arrival_delta, Duration arrival);
    Usage usage() const { return usage_; }
    /// Milliseconds of queue a millisecond.
    double slope() const { return slope_; }
    double threshold() const { return threshold_; }
    void reset() { *this = {}; }

 private:
    struct Point {
        double at = 0;
        double delay = 0;
    };
    double fit() const;
    void detect(double sent_delta_ms);
    void adapt(double modified_trend, double at);

    std::array<Point, kWindow> points_{};
    std::size_t next_ = 0;
    std::size_t size_ = 0;
    int deltas_ = 0;
    Duration first_arrival_{};
    double accumulated_ = 0;
    double smoothed_ = 0;
    double slope_ = 0;
    double previous_slope_ = 0;
    double threshold_ = kThresholdMs;
    double adapted_at_ = -1;
    double over_ms_ = -1;
    int over_count_ = 0;
    Usage usage_ = Usage::kNormal;
};

}  // namespace parley::cc
