#include "load/packetizer.hpp"

#include <algorithm>

namespace parley::load {
namespace {

using Bytes = std::vector<std::uint8_t>;

// VP8 (RFC 7741 §4.2): X, then I with 15 bits of picture id. Decoders read a partition by need and
// leave the zeros behind it alone.
constexpr std::size_t kVp8Descriptor = 4;

std::vector<LoopPacket> packetize_vp8(BytesView frame, std::size_t wanted) {
    Bytes padded(frame.begin(), frame.end());
    const std::size_t count =
        packets_for(std::max(wanted, frame.size() + kVp8Descriptor * packets_for(frame.size())));
    padded.resize(std::max(frame.size(), wanted - std::min(wanted, count * kVp8Descriptor)));
    std::vector<LoopPacket> packets(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto first = static_cast<std::ptrdiff_t>(part_start(padded.size(), count, i));
        const auto last = static_cast<std::ptrdiff_t>(part_start(padded.size(), count, i + 1));
        auto& payload = packets[i].payload;
        payload = {static_cast<std::uint8_t>(i == 0 ? 0x90 : 0x80), 0x80, 0x80, 0x00};
        payload.insert(payload.end(), padded.begin() + first, padded.begin() + last);
        packets[i].picture_id_at = 2;
        packets[i].marker = i + 1 == count;
    }
    return packets;
}

}  // namespace

std::vector<LoopPacket> packetize(media::Codec codec, const EncodedPicture& picture,
                                  std::size_t wanted) {
    switch (codec) {
        case media::Codec::kVp8: return packetize_vp8(picture.layers.front(), wanted);
        default: return {};
    }
}

}  // namespace parley::load
