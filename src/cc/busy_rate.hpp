// What arrives while packets wait for the link. A link that is busy without a break delivers what
// it can, so this measures the link, where the rate over a longer time measures what was sent.

#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"
#include "cc/packet_groups.hpp"

namespace parley::cc {

class BusyRate {
 public:
    /// Even the first packet of a group waited for so long: the link was busy before.
    static constexpr double kWaitedMs = 8;
    static constexpr Duration kLeast = std::chrono::milliseconds(60);
    static constexpr std::uint32_t kLeastPackets = 5;
    /// What is older counts half.
    static constexpr Duration kWindow = std::chrono::milliseconds(500);

    /// `waited_ms` of the group's least delayed packet, over an empty path.
    void on_group(const GroupStep& step, double waited_ms) {
        if (waited_ms < kWaitedMs || step.arrival_delta < Duration(0)) {
            *this = {};
            return;
        }
        if (step.group.after_gap) return;
        time_ += step.arrival_delta;
        bytes_ += step.group.bytes;
        packets_ += step.group.packets;
        if (time_ < kWindow) return;
        time_ /= 2;
        bytes_ /= 2;
        packets_ /= 2;
    }
    std::optional<Bitrate> rate() const {
        if (time_ < kLeast || packets_ < kLeastPackets) return {};
        return rate_of(bytes_, time_);
    }
    void reset() { *this = {}; }

 private:
    Duration time_{};
    std::int64_t bytes_ = 0;
    std::uint32_t packets_ = 0;
};

}  // namespace parley::cc
