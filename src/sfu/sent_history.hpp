// What one subscriber was sent: from its sequence numbers back to ring slots, for NACK and RTX.
// The octets are the publication's; an entry is 40 octets.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/prefetch.hpp"
#include "base/time.hpp"
#include "sfu/decision.hpp"
#include "sfu/packet_ring.hpp"

namespace parley::sfu {

class SentHistory {
 public:
    static constexpr std::size_t kFirstEntries = 128;
    static constexpr std::size_t kMaxEntries = 2048;  // a second at 18 Mbit/s
    static constexpr Duration kRetention = 1s;
    /// Retransmissions are at most this part of the media sent...
    static constexpr std::int64_t kBudgetDivisor = 5;
    /// ...with this much saved up at most, so that a lost keyframe can be repaired.
    static constexpr std::int64_t kMaxBudget = 128 * 1024;
    static constexpr std::int64_t kFirstBudget = 32 * 1024;
    /// A packet is sent again once in a round trip; this one while none is known.
    static constexpr Duration kDefaultRtt = 100ms;
    static constexpr Duration kMinRtt = 5ms;
    /// Among so many of the newest packets one is chosen for filling.
    static constexpr std::int64_t kFillingChoice = 8;

    SentHistory(bool enabled, std::uint16_t first_rtx_number)
        : enabled_(enabled), rtx_number_(first_rtx_number) {}

    void record(std::int64_t number, SlotId slot, const Decision& decision, std::size_t bytes,
                Instant now);
    std::optional<Retransmission> answer(std::uint16_t sequence_number, const PacketRing& ring,
                                         Instant now, std::optional<Duration> rtt);

    /// One of the newest packets to fill a probe with: the smallest of at least `size` octets, else
    /// the largest. It takes nothing from the budget and counts as no answer.
    std::optional<Retransmission> filling(std::size_t size, const PacketRing& ring);
    std::uint16_t take_rtx_number() { return rtx_number_++; }

    /// What record() of the next packets needs; the object itself is near.
    void prefetch() const {
        constexpr std::size_t kFrame = 5;
        if (entries_.empty()) return;
        parley::prefetch(&entry_of(highest_ + 1), kFrame * sizeof(Entry));
    }

    std::uint64_t asked() const { return asked_; }
    std::uint64_t sent() const { return sent_; }
    std::size_t capacity() const { return entries_.size(); }

 private:
    struct Entry {
        std::int64_t number = -1;
        SlotId slot = kNoSlot;
        Instant sent{};
        bool again = false;  // `sent` is of a retransmission
        Decision decision;
    };
    const Entry& entry_of(std::int64_t number) const {
        return entries_[static_cast<std::size_t>(number) & (entries_.size() - 1)];
    }
    Entry& entry(std::int64_t number) { return const_cast<Entry&>(entry_of(number)); }
    void grow();

    bool enabled_;
    std::vector<Entry> entries_;
    std::int64_t highest_ = -1;
    std::int64_t budget_ = kFirstBudget;
    std::uint16_t rtx_number_;
    std::uint64_t asked_ = 0;
    std::uint64_t sent_ = 0;
};

}  // namespace parley::sfu
