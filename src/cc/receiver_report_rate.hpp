// The rate by receiver reports alone, for receivers that send no feedback on packets
// (draft-ietf-rmcat-gcc-02 §6): up while less than 2 % is lost, down by half the loss beyond 10 %.

#pragma once

#include <algorithm>
#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"

namespace parley::cc {

class ReceiverReportRate {
 public:
    static constexpr double kLow = 0.02;
    static constexpr double kHigh = 0.10;
    static constexpr double kGrowth = 1.08;
    static constexpr Duration kIncreaseInterval = std::chrono::seconds(1);
    static constexpr Duration kDecreaseInterval = std::chrono::milliseconds(300);

    /// The rate after a report, given the one before.
    Bitrate on_report(Bitrate rate, double lost, Duration round_trip, Instant now) {
        if (lost < kLow) {
            if (increased_ && now - *increased_ < kIncreaseInterval) return rate;
            increased_ = now;
            return rate * kGrowth + Bitrate::from_kbps(1);
        }
        if (lost <= kHigh) return rate;
        if (decreased_ && now - *decreased_ < kDecreaseInterval + round_trip) return rate;
        decreased_ = now;
        return rate * (1 - std::min(lost, 1.0) / 2);
    }
    void reset() { *this = {}; }

 private:
    std::optional<Instant> increased_;
    std::optional<Instant> decreased_;
};

}  // namespace parley::cc
