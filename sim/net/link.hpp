// One direction of a link: loss, policing, a queue, a capacity, and then the time that the way
// takes. It writes down what became of each packet.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/net/impairment.hpp"
#include "sim/net/packet.hpp"
#include "sim/net/queue.hpp"
#include "sim/net/schedule.hpp"
#include "sim/net/world.hpp"

namespace parley::sim {

struct LinkConfig {
    /// Nothing: packets never wait. Zero for a while: the link stands still.
    std::optional<Steps<Bitrate>> capacity;
    Steps<Duration> delay;
    JitterConfig jitter;
    QueueConfig queue;
    LossConfig loss;
    PolicerConfig policer;
};

enum class Fate : std::uint8_t { kCarried, kQueueFull, kQueueManaged, kLost, kPoliced };

/// What a link did with a packet, when it left the queue (or did not get in).
struct LinkRecord {
    Instant at{};
    Duration wait{};  // between coming and the beginning of its sending
    std::uint32_t size = 0;
    FlowId flow = 0;
    PacketKind kind = PacketKind::kVideo;
    Fate fate = Fate::kCarried;
    bool marked = false;
};

class Link {
 public:
    Link(World& world, LinkConfig config);

    void on_packet(Packet packet, Instant now);

    const LinkConfig& config() const { return config_; }
    const std::vector<LinkRecord>& records() const { return records_; }
    /// Octets that wait at this moment, without the packet that is being sent.
    std::int64_t queued_bytes() const { return queue_->bytes(); }

 private:
    struct InFlight {
        Instant at{};
        std::uint64_t order = 0;
        Packet packet;
    };

    void send_next(Instant now);
    void finish_sending(Instant now);
    void propagate(Packet packet, Instant now);
    void deliver(Instant now);
    void record(const Packet& packet, Duration wait, Fate fate, Instant now);

    World& world_;
    LinkConfig config_;
    Loss loss_;
    Jitter jitter_;
    Policer policer_;
    std::unique_ptr<Queue> queue_;
    std::optional<Packet> sending_;
    std::vector<InFlight> in_flight_;  // a heap by arrival
    std::uint64_t order_ = 0;
    Instant last_arrival_{};
    Timer sent_;
    Timer arrival_;
    std::vector<LinkRecord> records_;
};

}  // namespace parley::sim
