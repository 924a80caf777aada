// How much arrives: what groups brought over the time between their arrivals, for the last half
// second or longer where packets are rare. A stall of the path, and feedback that was lost, do not
// lower it; packets that were held up and come at once do not raise it.

#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/units.hpp"
#include "cc/packet_groups.hpp"

namespace parley::cc {

class ThroughputEstimator {
 public:
    static constexpr Duration kWindow = std::chrono::milliseconds(500);
    static constexpr Duration kMaxWindow = std::chrono::milliseconds(2000);
    static constexpr std::uint32_t kMinPackets = 20;
    static constexpr std::size_t kMaxGroups = 128;

    void on_group(const GroupStep& step);
    /// Nothing until enough has arrived.
    std::optional<Bitrate> rate() const { return rate_over(kWindow, kMinPackets); }
    /// Of the last time only; noisier.
    std::optional<Bitrate> rate_over(Duration window, std::uint32_t min_packets) const;
    void reset() { size_ = 0; }

 private:
    struct Slot {
        Duration arrival{};        // of the last packet
        std::int32_t sent_us = 0;  // since the group before
        std::int32_t arrival_us = 0;
        std::int32_t bytes = 0;
        std::uint16_t packets = 0;
        bool after_gap = false;
    };
    std::array<Slot, kMaxGroups> slots_;
    std::size_t next_ = 0;
    std::size_t size_ = 0;
};

}  // namespace parley::cc
