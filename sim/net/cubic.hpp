// CUBIC's congestion window (RFC 9438), in segments: slow start, cubic growth, the Reno-friendly
// region, fast convergence. Left out: HyStart++ (RFC 9406), so slow start runs until it loses.

#pragma once

#include "base/time.hpp"

namespace parley::sim {

class CubicWindow {
 public:
    static constexpr double kInitial = 10;  // RFC 6928
    static constexpr double kBeta = 0.7;    // RFC 9438 §4.6
    static constexpr double kC = 0.4;       // RFC 9438 §5.1

    double size() const { return size_; }
    double slow_start_threshold() const { return threshold_; }

    /// `segments` were acknowledged while the window was in use.
    void on_ack(double segments, Duration round_trip, Instant now);
    /// Loss was seen by selective or duplicate acknowledgements; once a round trip.
    void on_loss();
    void on_timeout();

 private:
    void decrease();
    void avoid_congestion(double segments, Duration round_trip, Instant now);
    double cubic(double seconds) const;

    double size_ = kInitial;
    double threshold_ = 1e9;
    double max_ = 0;       // where the last loss was, after fast convergence
    double prior_ = 0;     // the window before the last decrease
    double estimate_ = 0;  // what Reno would have
    double inflection_ = 0;
    Instant epoch_ = kNever;  // when this growth began
};

}  // namespace parley::sim
