// What a participant was sent in the last minutes, and why: the estimate of its path from time to
// time, and each decision about a layer. Bounded in time and number.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "signal/json.hpp"
#include "signal/media_messages.hpp"

namespace parley::signal {

class Timeline {
 public:
    static constexpr Duration kKept = std::chrono::minutes(5);
    static constexpr Duration kSampleInterval = 5s;
    /// Of decisions: a room of a hundred whose members come and go, or a path that never rests,
    /// fills it sooner.
    static constexpr std::size_t kMaxChanges = 200;

    void add(const PeerStats& stats, Instant now);
    /// The body that the HTTP API gives.
    Json report(Instant now) const;

 private:
    struct Sample {
        Instant at{};
        std::int64_t estimate_bps = -1;
        std::int64_t demand_bps = 0;
        std::int64_t bitrate_bps = 0;
        float loss = 0;
        float rtt_ms = -1;
        std::uint16_t sending = 0;  // video subscriptions by what they get
        std::uint16_t paused = 0;
        std::string reason;
    };
    struct Change {
        Instant at{};
        LayerChange change;
    };

    void forget(Instant now);

    std::vector<Sample> samples_;
    std::vector<Change> changes_;
};

}  // namespace parley::signal
