// VP8 and VP9 in RTP.

#include <numeric>

#include "load/packetizers.hpp"

namespace parley::load {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// Payloads of `wanted` octets in all and of even sizes: `describe(i, count)` gives the descriptor
/// in front of part `i` of the frame, zeros stand behind it.
template <typename Describe>
std::vector<LoopPacket> split(BytesView frame, std::size_t wanted, Describe&& describe) {
    const auto descriptors = [&](std::size_t count) {
        std::size_t size = 0;
        for (std::size_t i = 0; i < count; ++i) size += describe(i, count).size();
        return size;
    };
    const std::size_t least = frame.size() + descriptors(packets_for(frame.size()));
    const std::size_t count = packets_for(std::max(wanted, least));
    const std::size_t total = std::max(wanted, frame.size() + descriptors(count));
    std::vector<LoopPacket> packets(count);
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t size = part_start(total, count, i + 1) - part_start(total, count, i);
        Bytes& payload = packets[i].payload;
        payload = describe(i, count);
        const std::size_t room = size - std::min(size, payload.size());
        const std::size_t taken = std::min(room, frame.size() - at);
        const auto from = frame.begin() + static_cast<std::ptrdiff_t>(at);
        payload.insert(payload.end(), from, from + static_cast<std::ptrdiff_t>(taken));
        payload.resize(payload.size() + room - taken);
        at += taken;
    }
    return packets;
}

/// RFC 9628 §4.2.1: sizes of the layers, and one picture that refers to the one before.
void write_scalability_structure(const EncodedPicture& picture, Bytes& out) {
    const std::size_t layers = picture.layers.size();
    const bool layered = layers > 1;
    out.push_back(static_cast<std::uint8_t>((layers - 1) << 5 | 0x10 | (layered ? 0x08 : 0)));
    for (std::size_t i = 0; i < layers; ++i) {
        const unsigned divisor = 1U << (layers - 1 - i);
        for (const unsigned side : {picture.width / divisor, picture.height / divisor}) {
            out.push_back(static_cast<std::uint8_t>(side >> 8));
            out.push_back(static_cast<std::uint8_t>(side));
        }
    }
    if (layered) out.insert(out.end(), {1, 0x04, 1});
}

/// RFC 9628 §4.2. Without layers there are no layer indices: a receiver then goes by picture ids.
Bytes describe_vp9(const EncodedPicture& picture, std::size_t layer, std::size_t part,
                   std::size_t parts) {
    const bool layered = picture.layers.size() > 1;
    const bool structure = picture.keyframe && layer == 0 && part == 0;
    std::uint8_t flags = 0x80;             // I: a picture id
    if (!picture.keyframe) flags |= 0x40;  // P: refers to the picture before
    if (layered) flags |= 0x20;            // L
    if (part == 0) flags |= 0x08;          // B
    if (part + 1 == parts) flags |= 0x04;  // E
    if (structure) flags |= 0x02;          // V
    // Z: no higher layer refers to it; in delta pictures none does (K-SVC).
    if (layered && (!picture.keyframe || layer + 1 == picture.layers.size())) flags |= 0x01;
    Bytes out{flags, 0x80, 0x00};
    if (layered) {
        const bool inter_layer = picture.keyframe && layer > 0;
        out.push_back(static_cast<std::uint8_t>(layer << 1 | (inter_layer ? 1 : 0)));
        out.push_back(0);  // TL0PICIDX: written when it is sent
    }
    if (structure) write_scalability_structure(picture, out);
    return out;
}

}  // namespace

std::vector<LoopPacket> packetize_vp8(BytesView frame, std::size_t wanted) {
    // RFC 7741 §4.2: X with S in the first, I, and 15 bits of picture id.
    auto packets = split(frame, wanted, [](std::size_t i, std::size_t) {
        return Bytes{static_cast<std::uint8_t>(i == 0 ? 0x90 : 0x80), 0x80, 0x80, 0x00};
    });
    for (auto& packet : packets) packet.picture_id_at = 2;
    packets.back().marker = true;
    return packets;
}

std::vector<LoopPacket> packetize_vp9(const EncodedPicture& picture, std::size_t wanted) {
    const auto shares = layer_shares(picture.layers.size());
    std::vector<LoopPacket> packets;
    for (std::size_t layer = 0; layer < picture.layers.size(); ++layer) {
        const auto part = static_cast<std::size_t>(static_cast<double>(wanted) * shares[layer]);
        for (auto& packet : split(picture.layers[layer], part, [&](std::size_t i, std::size_t n) {
                 return describe_vp9(picture, layer, i, n);
             })) {
            packet.picture_id_at = 1;
            packet.tl0_index_at = picture.layers.size() > 1 ? 4 : 0;
            packets.push_back(std::move(packet));
        }
    }
    packets.back().marker = true;
    return packets;
}

}  // namespace parley::load
