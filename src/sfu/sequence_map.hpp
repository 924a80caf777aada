// Renumbers packets for one subscriber. What the network lost stays visible as a gap, so that the
// subscriber asks for it; what was left out on purpose leaves none. A packet that comes late goes
// to its own place, also when its layer has been left meanwhile.
//
// Picture ids and TL0PICIDX (RFC 7741 §4.2, RFC 9628 §4.2) move with the segments.

#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "sfu/decision.hpp"
#include "sfu/stored_packet.hpp"

namespace parley::sfu {

class SequenceMap {
 public:
    explicit SequenceMap(std::uint16_t first) : highest_(first) {}

    /// A stretch of one layer, sent without interruption.
    struct Segment {
        std::uint8_t layer = 0;
        std::uint32_t epoch = 0;
        std::int64_t first = 0;        // the layer's index where it began
        std::int64_t last = 0;         // the highest index placed or left out
        std::int64_t last_placed = 0;  // where it ends once another has begun
        std::int64_t out_first = 0;
        std::int64_t left_out = 0;    // packets of it left out so far
        std::int64_t known_from = 0;  // places below are forgotten
        std::uint16_t picture_offset = 0;
        std::uint8_t tl0_offset = 0;
        std::uint32_t timestamp_offset = 0;
        std::uint32_t serial = 0;
    };
    /// Out-of-date places: receivers take a number this far back for a new one.
    static constexpr std::int64_t kMaxAge = 4096;

    /// The segment that is being sent; nullptr before the first and while stopped.
    const Segment* current() const { return open_ ? &segments_[newest_] : nullptr; }
    /// Begins with this packet, right after the highest number sent.
    void begin(const StoredPacket& packet, std::uint32_t timestamp_offset);
    void stop() { open_ = false; }

    struct Place {
        std::int64_t number = 0;
        const Segment* segment = nullptr;
        bool newest = false;  // no later packet has been placed
    };
    /// Where the packet goes; empty when it has no place.
    std::optional<Place> place(const StoredPacket& packet);
    /// Leaves a packet of the current segment out. False when its place is already visible as a
    /// gap.
    bool leave_out(const StoredPacket& packet);
    /// Writes the picture id and TL0PICIDX into the decision.
    void patch(const StoredPacket& packet, const Place& place, Decision& decision);

    std::int64_t highest() const { return highest_; }
    bool any_sent() const { return any_; }

 private:
    struct Run {
        std::uint32_t serial = 0;  // of the segment
        std::int64_t first = 0;
        std::int64_t count = 0;
    };
    Segment* find(const StoredPacket& packet);
    std::optional<std::int64_t> number(const Segment& segment, std::int64_t index) const;
    void remember(Segment& segment, std::int64_t index);

    static constexpr std::size_t kSegments = 4;
    static constexpr std::size_t kRuns = 32;
    std::array<Segment, kSegments> segments_{};
    std::array<Run, kRuns> runs_{};
    std::size_t newest_ = 0;
    std::size_t newest_run_ = 0;
    std::uint32_t serial_ = 0;
    bool open_ = false;
    bool any_ = false;
    std::int64_t highest_;
    bool picture_known_ = false;
    std::uint16_t picture_ = 0;  // the newest sent
    bool tl0_known_ = false;
    std::uint8_t tl0_ = 0;
};

}  // namespace parley::sfu
