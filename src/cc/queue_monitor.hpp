// How long packets wait on the way: the one-way delay over the least that was seen for a while. The
// clocks of the two ends need not agree, only run alike. What counts is the queue that stands, the
// least of the last tenths of a second: jitter and bursts come and go.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "cc/packet_groups.hpp"

namespace parley::cc {

class QueueMonitor {
 public:
    /// The base is the least delay of one to two of these. A path that became longer for good
    /// counts as queue until then.
    static constexpr Duration kBaseWindow = std::chrono::seconds(10);
    /// The base lives so much longer while others keep the queue from emptying.
    static constexpr int kHeldWindows = 6;
    /// The standing queue is the least of one to two of these, of so many groups at least.
    static constexpr Duration kStandingWindow = std::chrono::milliseconds(100);
    static constexpr int kStandingGroups = 3;

    /// `held`: the queue does not empty, so its least is no measure of the path.
    void on_group(const PacketGroup& group, bool held);
    /// Milliseconds; zero while nothing is known.
    double standing() const;
    /// How long the least delayed packet of the newest group waited, in milliseconds.
    double waited() const;
    void reset() { *this = {}; }

 private:
    static constexpr Duration kMaxStep = std::chrono::seconds(3);  // a clock that was set

    /// The least of the present window and of the one before.
    struct Minimum {
        Duration before = Duration::max();
        Duration present = Duration::max();
        Instant began{};
        int count = 0;

        void add(Duration value, Instant at, Duration window, int least_count) {
            if (count == 0) began = at;
            if (at - began > window && count >= least_count) {
                before = present;
                present = value;
                began = at;
                count = 0;
            }
            present = std::min(present, value);
            ++count;
        }
        Duration value() const { return std::min(before, present); }
    };

    std::optional<Duration> last_;
    Minimum base_;
    Minimum standing_;
};

}  // namespace parley::cc
