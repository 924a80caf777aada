// Packets that left in one burst, taken together: what a burst queues behind itself is no sign of
// congestion, only how the spacing of bursts changes on the way is (draft-ietf-rmcat-gcc-02 §5.2).

#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "cc/types.hpp"

namespace parley::cc {

struct PacketGroup {
    Instant first_sent{};
    Instant last_sent{};
    Duration first_arrival{};
    Duration last_arrival{};
    /// Of any packet, between the two clocks: without what the burst queued behind itself.
    Duration least_delay{};
    std::int64_t bytes = 0;
    std::uint32_t packets = 0;
    /// Numbers before or within it were named by no feedback: what arrived meanwhile is not known.
    bool after_gap = false;
};

/// A group that is complete, and its distance from the one before.
struct GroupStep {
    PacketGroup group;
    Duration sent_delta{};
    Duration arrival_delta{};
};

class PacketGroups {
 public:
    /// Packets sent within this time of the first form a group.
    static constexpr Duration kBurst = std::chrono::milliseconds(5);
    /// Packets that arrive together after having waited form one group up to this length.
    static constexpr Duration kMaxBurst = std::chrono::milliseconds(100);
    /// More than this between what passed at the sender and at the receiver is a clock that was
    /// set, not a queue.
    static constexpr Duration kMaxClockStep = std::chrono::seconds(3);

    /// `gap`: numbers right before this packet's were never reported. Packets in order of their
    /// numbers; one that was sent before its group began is left out.
    std::optional<GroupStep> on_received(const SentPacket& packet, Duration arrival, bool gap);
    void reset();
    /// How often it began anew because times made no sense.
    std::uint64_t resets() const { return resets_; }

 private:
    static constexpr int kMaxReordered = 3;

    bool belongs(const SentPacket& packet, Duration arrival) const;
    std::optional<GroupStep> step() const;

    PacketGroup current_;   // grows; empty at first
    PacketGroup previous_;  // complete; empty at first
    int reordered_ = 0;
    std::uint64_t resets_ = 0;
};

}  // namespace parley::cc
