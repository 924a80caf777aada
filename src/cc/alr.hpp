// Whether the application takes much less than it may: then a rate that nobody uses says nothing of
// the path, and only probes do.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"

namespace parley::cc {

class AlrDetector {
 public:
    /// Below this share of the target the application is the limit.
    static constexpr double kShare = 0.65;
    /// Half a second of it unused, four fifths to begin, one half to end.
    static constexpr Duration kWindow = std::chrono::milliseconds(500);
    static constexpr double kBegin = 0.8;
    static constexpr double kEnd = 0.5;

    /// `bytes` left since the last call.
    void update(std::int64_t bytes, Bitrate target, Instant now) {
        if (!updated_) {
            updated_ = now;
            return;
        }
        const double seconds = std::clamp(to_seconds(now - *updated_), 0.0, 1.0);
        updated_ = now;
        const double rate = kShare * static_cast<double>(target.bps) / 8;
        const double depth = rate * to_seconds(kWindow);
        unused_ = std::clamp(unused_ + rate * seconds - static_cast<double>(bytes), -depth, depth);
        if (!since_ && unused_ > kBegin * depth) since_ = now;
        if (since_ && unused_ < kEnd * depth) {
            since_.reset();
            ended_ = now;
        }
    }
    /// Since when the application is the limit.
    std::optional<Instant> since() const { return since_; }
    bool active() const { return since_.has_value(); }
    /// Whether it is, or was within the time over which rates are measured.
    bool lately(Instant now) const { return since_ || (ended_ && now - *ended_ < kWindow); }
    void reset() { *this = {}; }

 private:
    std::optional<Instant> updated_;
    double unused_ = 0;  // octets
    std::optional<Instant> since_;
    std::optional<Instant> ended_;
};

}  // namespace parley::cc
