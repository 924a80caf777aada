// The publication's memory of packets: one copy of each, shared by the send queues of all its
// subscribers and by their retransmissions.
//
// Octets live in a circular arena, their facts in a circular table. Both start small and double
// while packets younger than the retention would be overwritten, up to a cap: an idle or audio
// publication stays small, and a warmed-up one allocates nothing.

#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "sfu/stored_packet.hpp"

namespace parley::sfu {

class PacketRing {
 public:
    struct Limits {
        std::size_t max_bytes = 0;
        std::size_t max_packets = 0;  // a power of two
        Duration retention{};
    };
    /// Two seconds at 4 Mbit/s in at most 4,096 packets.
    static constexpr Limits video() { return {1U << 20U, 4096, 1s}; }
    /// A second of 50 packets with redundancy in them.
    static constexpr Limits audio() { return {1U << 15U, 128, 1s}; }

    explicit PacketRing(Limits limits) : limits_(limits) {}

    /// Copies payload and extensions; the rest of `packet` is taken as it is. A packet that is
    /// larger than the whole ring may become is refused with kNoSlot.
    SlotId append(const StoredPacket& packet);
    /// nullptr when it was overwritten, or never was. Valid until the next append.
    const StoredPacket* find(SlotId id) const;
    /// The id that the next packet gets.
    SlotId next() const { return next_; }
    /// The oldest id that can be found; next() when there is none.
    SlotId oldest() const { return oldest_; }

    std::size_t capacity_bytes() const { return arena_.size(); }
    std::size_t capacity_packets() const { return slots_.size(); }

 private:
    static constexpr std::size_t kFirstBytes = 4096;
    static constexpr std::size_t kFirstPackets = 32;
    struct Slot {
        StoredPacket packet;
        std::uint64_t begin = 0;  // where its octets begin, counted since the ring was made
    };

    Slot& slot(SlotId id) { return slots_[static_cast<std::size_t>(id) & (slots_.size() - 1)]; }
    const Slot& slot(SlotId id) const {
        return slots_[static_cast<std::size_t>(id) & (slots_.size() - 1)];
    }
    std::uint64_t place(std::size_t size) const;
    bool oldest_is_young(Instant now) const;
    void make_room(std::size_t size, Instant now);
    void forget_overwritten(std::uint64_t end);
    void resize_arena(std::size_t size);
    void resize_slots(std::size_t size);
    void put(Slot& slot, const StoredPacket& packet);

    Limits limits_;
    std::vector<std::uint8_t> arena_;
    std::vector<Slot> slots_;
    std::uint64_t head_ = 0;  // octets ever placed, skipped ends of the arena included
    SlotId oldest_ = 0;
    SlotId next_ = 0;
};

}  // namespace parley::sfu
