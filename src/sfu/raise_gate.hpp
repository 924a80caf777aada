// When may more be sent than before? Down is at once; up waits until the room for it has lasted,
// longer after a step down, and ever longer where steps up keep failing, so that nothing flaps.

#pragma once

#include <algorithm>
#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"

namespace parley::sfu {

class RaiseGate {
 public:
    static constexpr Duration kFirstPatience = 300ms;  // before anything ever had to be lowered
    static constexpr Duration kPatience = 1500ms;      // an estimate that rises and stays
    static constexpr Duration kHold = 3s;              // after a step down
    static constexpr Duration kMaxHold = 60s;
    static constexpr Duration kTrial = 8s;  // lowered within it: the step up has failed

    /// A path that carries this many times what failed is another path: failures of the old one do
    /// not count.
    static constexpr double kWider = 1.5;

    /// Something had to be lowered for want of bandwidth; `sending`: what all took together.
    void on_lowered(Bitrate sending, Instant now) {
        settle(now);
        failed_at_ = sending;
        lowered_at_ = now;
        const bool failed = raised_.has_value();
        // The hold grows with failures only: a path that changed once is followed quickly.
        if (failed) hold_ = std::min(hold_ * 2, kMaxHold);
        hold_until_ = std::max(hold_until_, now + hold_);
        lowered_ = true;
        raised_.reset();
        since_.reset();
    }
    /// There is, or is not, room for more on a path that carries `limit`, zero if that is not
    /// known. True: take it, and say on_raised(). `urgent`: nothing is sent so far; before
    /// anything ever had to be lowered it is not made to wait.
    bool ask(bool room, Bitrate limit, Instant now, bool urgent = false) {
        settle(now);
        if (!room) {
            since_.reset();
            return false;
        }
        if (!since_) since_ = now;
        const Duration first = urgent ? Duration::zero() : kFirstPatience;
        const Duration patience = lowered_ ? kPatience : first;
        const bool other = limit >= failed_at_ * kWider && now >= lowered_at_ + kHold;
        return (other || now >= hold_until_) && now - *since_ >= patience;
    }
    void on_raised(Instant now) {
        raised_ = now;
        since_.reset();
    }
    /// Something waits for its time.
    bool waiting() const { return since_.has_value(); }

 private:
    void settle(Instant now) {
        if (!raised_ || now - *raised_ <= kTrial) return;
        raised_.reset();
        hold_ = kHold;
    }

    Duration hold_ = kHold;
    Instant hold_until_ = Instant::min();
    Bitrate failed_at_;
    Instant lowered_at_{};
    std::optional<Instant> since_;   // room for more, without a break
    std::optional<Instant> raised_;  // the newest step up that is still on trial
    bool lowered_ = false;
};

}  // namespace parley::sfu
