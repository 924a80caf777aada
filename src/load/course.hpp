// The course of a run: joining, settling, the measured time, and a while for what is still under
// way. Told who is there, it says which phase it is. Reads no clock.

#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.hpp"
#include "load/tally.hpp"

namespace parley::load {

/// How long a join may take. `link_delay`: one way, of each participant's emulated link.
Duration join_timeout(Duration link_delay);

enum class Phase : std::uint8_t { kJoining, kSettling, kMeasuring, kDraining, kDone };

/// Who is there at a moment.
struct Attendance {
    bool joining = false;     // somebody has yet to join, or to fail
    std::size_t present = 0;  // joined, and not lost since
    bool complete = false;    // whatever they shall receive has begun to arrive
};

/// What its times depend on.
struct CoursePlan {
    Duration measured{};
    Duration link_delay{};  // one way, of each participant's emulated link
    std::size_t participants = 0;
    bool simulcast = false;
};

class Course {
 public:
    explicit Course(const CoursePlan& plan) : plan_(plan) {}

    /// What was measured until now is all that there will be.
    void interrupt() { interrupted_ = true; }
    void advance(const Attendance& attendance, Instant now);

    Phase phase() const { return phase_; }
    bool interrupted() const { return interrupted_; }
    /// Nothing is in it before the measured time begins; it ends early with the run.
    const Window& window() const { return window_; }

 private:
    void settle(Instant now);
    void end_measuring(const Attendance& attendance, Instant now);

    CoursePlan plan_;
    Phase phase_ = Phase::kJoining;
    bool interrupted_ = false;
    Window window_;
    Instant settled_at_{};
    Instant settling_ends_{};
    Instant drained_at_{};
};

}  // namespace parley::load
