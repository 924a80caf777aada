// Whether the queue is kept full by others, who go back for losses only (TCP): it stands however
// far this flow goes back. Then going back for delay would hand them the path, so losses alone
// count until the queue empties once (Arun and Balakrishnan, "Copa", NSDI 2018, §3.2, has the idea
// of two modes told apart by the emptying of the queue).

#pragma once

#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"

namespace parley::cc {

class Competition {
 public:
    /// A queue above this stands...
    static constexpr double kStandsMs = 35;
    /// ...for others' sake when it did so for so long, in which this flow alone would have drained
    /// it.
    static constexpr Duration kPatience = std::chrono::milliseconds(2500);
    static constexpr double kEmptyMs = 12;

    /// After each feedback message. `round_trip` is what a change needs to be seen.
    void update(double standing_ms, Bitrate rate, Duration round_trip, Instant now) {
        if (standing_ms < kEmptyMs) {
            competing_ = false;
            since_.reset();
            return;
        }
        if (competing_) return;
        if (standing_ms < kStandsMs) {
            since_.reset();
            return;
        }
        if (!since_) {
            since_ = now;
            before_ = rate;
        }
        if (now - *since_ > kPatience + 2 * round_trip) competing_ = true;
    }
    bool competing() const { return competing_; }
    /// The rate before the flow went back in vain.
    Bitrate before() const { return before_; }
    void reset() { *this = {}; }

 private:
    bool competing_ = false;
    std::optional<Instant> since_;
    Bitrate before_;
};

}  // namespace parley::cc
