// Redundant audio as it arrives (RFC 2198): the newest frame goes on as a packet like any other,
// and earlier frames whose own packets were lost on the way are found among the redundant ones.
//
// Redundant blocks have timestamps and no sequence numbers. Senders repeat their newest frames
// without a gap, so the last block is of the packet before, the one before it of the packet before
// that; but RFC 2198 does not require it. So it is believed only after a block was seen to fit a
// packet that did arrive, and no longer when one does not.

#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/static_vector.hpp"
#include "rtp/packet.hpp"

namespace parley::sfu {

class RedUnpacker {
 public:
    /// Frames taken out of one packet; browsers send at most nine.
    static constexpr std::size_t kMaxEarlier = 8;

    /// A frame whose packet has not been noted.
    struct Earlier {
        std::uint16_t sequence_number = 0;
        std::uint32_t timestamp = 0;
        BytesView payload;
    };
    struct Unpacked {
        BytesView newest;
        StaticVector<Earlier, kMaxEarlier> lost;  // oldest first
    };

    /// Takes a packet of RED apart whose blocks have the codec's payload type. Empty when it cannot
    /// be read, as when it is encrypted end to end.
    std::optional<Unpacked> unpack(const rtp::PacketView& packet, std::uint8_t codec_type);
    /// A packet of the stream has arrived, or a lost one was found.
    void note(std::uint16_t sequence_number, std::uint32_t timestamp);
    /// Nothing from before the next noted packet is found any more.
    void reset() { *this = {}; }

 private:
    struct Known {
        bool any = false;
        std::uint16_t sequence_number = 0;
        std::uint32_t timestamp = 0;
    };
    static constexpr std::size_t kKnown = 64;
    const Known* find(std::uint16_t sequence_number) const;
    bool in_reach(std::uint16_t sequence_number) const;

    std::array<Known, kKnown> known_{};
    // Noted last, and the first of the last while; both or neither.
    std::optional<std::uint16_t> newest_;
    std::optional<std::uint16_t> oldest_;
    bool consecutive_ = false;  // blocks were seen to be of the packets just before
};

}  // namespace parley::sfu
