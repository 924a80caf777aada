// What waits in front of a bottleneck: who is let in, who is marked, who is thrown out.
//  - drop-tail, bounded by the time it would take to send what waits, or by packets;
//  - the same, marking above a threshold of delay;
//  - CoDel (RFC 8289), marking packets that allow it;
//  - DualPI2 (RFC 9332): a queue for scalable traffic beside the classic one, coupled. Left out:
//  its
//    overload handling, since no sender here floods it.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "base/random.hpp"
#include "base/units.hpp"
#include "sim/net/packet.hpp"

namespace parley::sim {

enum class QueueKind : std::uint8_t { kDropTail, kThreshold, kCodel, kDualPi2 };

struct QueueConfig {
    QueueKind kind = QueueKind::kDropTail;
    /// What is longer than this at the present capacity does not get in.
    Duration max_delay = std::chrono::milliseconds(300);
    /// So many packets at most; 0 is no bound.
    std::size_t max_packets = 0;
    /// Where kThreshold begins to mark.
    Duration mark_above = std::chrono::milliseconds(20);
};

struct Queued {
    Packet packet;
    Instant entered{};
};

class Queue {
 public:
    virtual ~Queue() = default;
    /// False if the packet was dropped. `capacity` is the link's at this moment.
    virtual bool push(Packet packet, Bitrate capacity, Instant now) = 0;
    /// The next to send; nothing if there is none. May drop packets, which take_dropped() tells.
    virtual std::optional<Queued> pop(Bitrate capacity, Instant now) = 0;
    virtual bool empty() const = 0;
    virtual std::int64_t bytes() const = 0;

    /// Packets dropped by pop() since the last call.
    std::deque<Queued> take_dropped() { return std::exchange(dropped_, {}); }

 protected:
    std::deque<Queued> dropped_;
};

std::unique_ptr<Queue> make_queue(const QueueConfig& config, Random random);

}  // namespace parley::sim
