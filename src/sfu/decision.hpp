// What differs for one subscriber of one packet (ARCHITECTURE.md, "A packet's walk").

#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "sfu/stored_packet.hpp"
#include "trace/drop.hpp"

namespace parley::sfu {

inline constexpr SlotId kMaxCopyDistance = 15;

struct Decision {
    bool forward : 1 = false;
    bool marker : 1 = false;
    bool empty : 1 = false;  // only its place is filled: a packet without payload
    bool patch_picture_id : 1 = false;
    bool patch_tl0_index : 1 = false;
    bool patch_descriptor : 1 = false;                    // the dependency descriptor
    trace::Drop reason = trace::Drop::kLayerNotSelected;  // when not forwarded
    std::uint8_t tl0_index = 0;
    std::uint8_t padding = 0;  // octets to add so that a train's pieces are equal, at most 16
    std::uint16_t picture_id = 0;
    std::uint16_t sequence_number = 0;
    std::uint32_t timestamp = 0;
    std::uint16_t frame_number = 0;   // of the dependency descriptor
    std::uint8_t template_shift = 0;  // added to its template ids
    // Earlier frames that go along (RFC 2198), four bits each: how many slots before this packet.
    std::uint8_t copies = 0;
    std::uint32_t active_decode_targets = 0;  // written into it unless 0

    /// The n-th frame that goes along, the newest first; 0: none.
    std::uint8_t copy(unsigned n) const { return (copies >> (4 * n)) & 0x0F; }
    void set_copy(unsigned n, SlotId slots_before) {
        copies = static_cast<std::uint8_t>(copies | (slots_before << (4 * n)));
    }

    static Decision drop(trace::Drop why) {
        Decision decision;
        decision.reason = why;
        return decision;
    }
};

/// What a send queue holds for a packet: no octets, only where they are and what to change.
struct Forward {
    SlotId slot = kNoSlot;
    Decision decision;
};

/// A packet sent again (RFC 4588).
struct Retransmission {
    SlotId slot = kNoSlot;
    Decision decision;  // as it was sent first
    std::uint16_t rtx_sequence_number = 0;
};

}  // namespace parley::sfu
