// Redundancy made for one subscriber (RFC 2198): a packet takes along the frames that the same
// subscriber was sent just before it. Which ones is decided with the packet, so that nothing goes
// along that the subscriber was not to have; their octets stay in the publication's ring.

#pragma once

#include <array>
#include <cstdint>

#include "base/static_vector.hpp"
#include "rtp/red.hpp"
#include "sfu/decision.hpp"
#include "sfu/packet_ring.hpp"

namespace parley::sfu {

inline constexpr std::uint8_t kMaxCopies = 2;  // Decision::copies has room for as many
/// A payload with its redundancy; with headers, extensions and the tag it stays below the usual
/// path MTU of 1,200 octets that WebRTC keeps to.
inline constexpr std::size_t kMaxRedPayload = 1000;

/// Frames to be written in front of the packet's own, oldest first.
using Copies = StaticVector<rtp::RedBlock, kMaxCopies>;

/// What a payload of `size` octets becomes.
std::size_t red_size(std::size_t size, const Copies& copies);

/// The frames that the decision names; those that left the ring are left out.
Copies copies_of(const StoredPacket& packet, const Decision& decision, const PacketRing& ring);

/// What one subscriber was sent last.
class RecentFrames {
 public:
    void note(std::int64_t number, SlotId slot) { entry(number) = {number, slot}; }
    void clear() { entries_.fill({}); }
    /// Names the frames that go along with the packet sent as `number`; at most `most` of them, and
    /// none in front of a gap. Returns their octets, headers included.
    std::size_t choose(std::int64_t number, const StoredPacket& packet, std::uint8_t most,
                       const PacketRing& ring, Decision& decision) const;

 private:
    struct Entry {
        std::int64_t number = -1;
        SlotId slot = kNoSlot;
    };
    static constexpr std::size_t kEntries = 4;
    static_assert(kEntries > kMaxCopies);
    Entry& entry(std::int64_t number) {
        return entries_[static_cast<std::size_t>(number) % kEntries];
    }
    const Entry& entry(std::int64_t number) const {
        return entries_[static_cast<std::size_t>(number) % kEntries];
    }

    std::array<Entry, kEntries> entries_{};
};

}  // namespace parley::sfu
