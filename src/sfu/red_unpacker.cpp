#include "sfu/red_unpacker.hpp"

#include <algorithm>

#include "rtp/red.hpp"

namespace parley::sfu {
namespace {

// a is before b, on the circle of sequence numbers.
bool is_before(std::uint16_t a, std::uint16_t b) {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(a - b)) < 0;
}

}  // namespace

const RedUnpacker::Known* RedUnpacker::find(std::uint16_t sequence_number) const {
    const Known& known = known_[sequence_number % kKnown];
    return known.any && known.sequence_number == sequence_number ? &known : nullptr;
}

// Near what is known, and not from before a beginning. A number far away is a restart, which is not
// for this class to decide.
bool RedUnpacker::in_reach(std::uint16_t sequence_number) const {
    if (!newest_ || is_before(sequence_number, *oldest_)) return false;
    const auto ahead = static_cast<std::int16_t>(sequence_number - *newest_);
    return ahead < static_cast<std::int16_t>(kKnown);
}

void RedUnpacker::note(std::uint16_t sequence_number, std::uint32_t timestamp) {
    if (!in_reach(sequence_number)) {
        if (newest_ && is_before(sequence_number, *newest_)) return;  // late
        oldest_ = newest_ = sequence_number;
    }
    known_[sequence_number % kKnown] = {true, sequence_number, timestamp};
    if (is_before(*newest_, sequence_number)) newest_ = sequence_number;
    const auto limit = static_cast<std::uint16_t>(*newest_ - (kKnown - 1));
    if (is_before(*oldest_, limit)) oldest_ = limit;
}

std::optional<RedUnpacker::Unpacked> RedUnpacker::unpack(const rtp::PacketView& packet,
                                                         std::uint8_t codec_type) {
    const auto blocks = rtp::parse_red(packet.payload, packet.payload_type);
    if (!blocks) return {};
    const auto is_ours = [&](const rtp::RedBlock& block) {
        return block.payload_type == codec_type;
    };
    if (!std::all_of(blocks->begin(), blocks->end(), is_ours)) return {};
    Unpacked unpacked{blocks->back().payload, {}};

    const std::size_t redundant = blocks->size() - 1;
    const std::size_t first = redundant - std::min(redundant, kMaxEarlier);
    for (std::size_t i = first; i < redundant; ++i) {
        const rtp::RedBlock& block = (*blocks)[i];
        const auto number = static_cast<std::uint16_t>(packet.sequence_number - (redundant - i));
        const std::uint32_t timestamp = packet.timestamp - block.timestamp_offset;
        if (const Known* known = find(number)) {
            consecutive_ = known->timestamp == timestamp;
            if (!consecutive_) return Unpacked{unpacked.newest, {}};
        } else if (!block.payload.empty() && in_reach(number)) {
            unpacked.lost.push_back({number, timestamp, block.payload});
        }
    }
    if (!consecutive_) unpacked.lost.clear();
    return unpacked;
}

}  // namespace parley::sfu
