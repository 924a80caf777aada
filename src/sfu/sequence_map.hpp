// Renumbers packets for one subscriber. What the network lost stays visible as a gap, so that the
// subscriber asks for it; what was left out on purpose leaves none. A packet that comes late goes
// to its own place, also when its layer has been left meanwhile.
//
// Picture ids and TL0PICIDX (RFC 7741 §4.2, RFC 9628 §4.2) and the frame numbers of dependency
// descriptors move with the segments. Inside a segment frames of layers above the subscriber's
// target are left out; the target changes at packets, so that what comes late is judged by the
// target of its place.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/prefetch.hpp"
#include "sfu/decision.hpp"
#include "sfu/stored_packet.hpp"

namespace parley::sfu {

class SequenceMap {
 public:
    explicit SequenceMap(std::uint16_t first) : highest_(first) {}

    /// From this packet on, what belongs to the target is sent.
    struct Level {
        std::int64_t from = 0;
        std::uint8_t target = 0;
    };
    /// The newest packets left out.
    struct Trail {
        bool at_end = false;  // the newest packet of all was left out
        std::uint32_t timestamp = 0;
        std::uint8_t spatial_layer = 0;
        std::array<std::uint16_t, 8> pictures{};  // ids of dense ones, in a circle
        std::uint16_t picture_count = 0;
    };
    /// A stretch of one layer, sent without interruption.
    struct Segment {
        std::uint8_t layer = 0;
        std::uint32_t epoch = 0;
        std::int64_t first = 0;        // the layer's index where it began
        std::int64_t last = 0;         // the highest index placed or left out
        std::int64_t last_placed = 0;  // where it ends once another has begun
        std::int64_t out_first = 0;
        std::int64_t left_out = 0;            // packets of it left out so far
        std::int64_t known_from = 0;          // places below are forgotten
        std::uint16_t left_out_pictures = 0;  // dense ones: ids close up over them
        std::uint16_t picture_offset = 0;
        std::uint16_t frame_offset = 0;
        std::uint8_t tl0_offset = 0;
        std::uint8_t template_shift = 0;
        std::uint32_t timestamp_offset = 0;
        std::uint32_t serial = 0;
        std::array<Level, 4> levels{};  // the newest of them is the last
        std::uint8_t target() const { return levels.back().target; }
        std::uint8_t target_at(std::int64_t index) const;
        Trail trail;
    };
    /// Out-of-date places: receivers take a number this far back for a new one.
    static constexpr std::int64_t kMaxAge = 4096;

    /// The segment that is being sent; nullptr before the first and while stopped.
    const Segment* current() const { return open_ ? &segments_[newest_] : nullptr; }
    /// Begins with this packet, right after the highest number sent.
    void begin(const StoredPacket& packet, std::uint32_t timestamp_offset, std::uint8_t target = 0);
    void stop() { open_ = false; }
    /// The packet belongs to the current segment and none after it was placed or left out.
    bool is_ahead(const StoredPacket& packet) const;
    /// It, or what follows it in its layer, was sent already.
    bool is_passed(const StoredPacket& packet) const;
    /// From this packet, which is ahead, on.
    void set_target(const StoredPacket& packet, std::uint8_t target);

    enum class Fate : std::uint8_t {
        kNoPlace,
        kLeftOut,  // without leaving a gap
        kSent,
        kFiller,  // it is not wanted, but its place is visible as a gap already
    };
    struct Place {
        Fate fate = Fate::kNoPlace;
        bool newest = false;  // no later packet has been placed
        std::uint8_t target = 0;
        std::uint16_t left_out_pictures = 0;  // before it
        std::int64_t number = 0;
        const Segment* segment = nullptr;
    };
    /// Where the packet goes. Padding and what is above the target is left out.
    Place place(const StoredPacket& packet);
    /// Writes picture id, TL0PICIDX and frame number into the decision.
    void patch(const StoredPacket& packet, const Place& place, Decision& decision);

    /// What the next packet's place needs.
    void prefetch() const {
        prefetch_until(*this, segments_);
        parley::prefetch(segments_[newest_]);
    }

    std::int64_t highest() const { return highest_; }
    bool any_sent() const { return any_; }

 private:
    // Packets left out in a row.
    struct Run {
        std::uint32_t serial = 0;  // of the segment
        std::uint16_t pictures = 0;
        std::int64_t first = 0;
        std::int64_t count = 0;
    };
    struct Spot {
        std::int64_t number = 0;
        std::uint16_t left_out_pictures = 0;
    };
    Segment* find(const StoredPacket& packet);
    std::optional<Spot> spot(const Segment& segment, std::int64_t index) const;
    bool leave_out(Segment& segment, const StoredPacket& packet);
    void leave_out_newest(Segment& segment, const StoredPacket& packet);
    void remember(Segment& segment, std::int64_t first, std::int64_t count, bool picture);

    static constexpr std::size_t kSegments = 4;
    /// Two seconds of every other frame left out.
    static constexpr std::size_t kRuns = 64;
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
    bool frame_known_ = false;
    std::uint16_t frame_ = 0;
    std::uint8_t next_template_ = 0;  // follows those of the newest structure sent
    std::array<Segment, kSegments> segments_{};
    std::vector<Run> runs_;  // kRuns, once something was left out
};

}  // namespace parley::sfu
