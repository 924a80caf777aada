#include "rtp/video_layers_allocation.hpp"

namespace parley::rtp {
namespace {

// +-+-+-+-+-+-+-+-+
// |RID| NS| sl_bm |   stream of this packet, streams minus one, layers of every stream
// +-+-+-+-+-+-+-+-+
// |sl0_bm |sl1_bm |   one nibble a stream, only when sl_bm is 0
// |#tl|#tl|#tl|#tl|   temporal layers minus one, for each active spatial layer
// |  target kbit/s |   LEB128, for each temporal layer
// | width - 1, height - 1, frames a second |   for each active spatial layer, or not at all

using Masks = std::array<std::uint8_t, kMaxAllocationStreams>;

Masks read_masks(ByteReader& reader, std::uint8_t shared, std::size_t streams) {
    Masks masks{};
    if (shared != 0) {
        for (std::size_t i = 0; i < streams; ++i) masks[i] = shared;
        return masks;
    }
    for (std::size_t i = 0; i < streams; i += 2) {
        const std::uint8_t pair = reader.u8();
        masks[i] = pair >> 4;
        if (i + 1 < streams) masks[i + 1] = pair & 0x0F;
    }
    return masks;
}

std::uint32_t read_kbps(ByteReader& reader) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        const std::uint8_t octet = reader.u8();
        value |= std::uint64_t{octet & 0x7FU} << shift;
        if ((octet & 0x80) == 0) break;
    }
    return value > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(value);
}

}  // namespace

std::optional<VideoLayersAllocation> read_video_layers_allocation(BytesView data) {
    if (data.empty()) return {};
    VideoLayersAllocation allocation;
    if (data.size() == 1 && data[0] == 0) return allocation;  // everything is paused
    ByteReader reader(data);
    const std::uint8_t head = reader.u8();
    allocation.stream = head >> 6;
    allocation.stream_count = static_cast<std::uint8_t>(1 + ((head >> 4) & 3));
    const Masks masks = read_masks(reader, head & 0x0F, allocation.stream_count);
    for (std::uint8_t stream = 0; stream < allocation.stream_count; ++stream) {
        for (std::uint8_t spatial = 0; spatial < kMaxAllocationSpatialLayers; ++spatial) {
            if ((masks[stream] >> spatial) & 1) {
                allocation.layers.push_back({.stream = stream, .spatial_id = spatial});
            }
        }
    }
    std::array<std::uint8_t, kMaxAllocationStreams * kMaxAllocationSpatialLayers> temporal{};
    std::uint8_t packed = 0;
    for (std::size_t i = 0; i < allocation.layers.size(); ++i) {
        if (i % 4 == 0) packed = reader.u8();
        temporal[i] = static_cast<std::uint8_t>(1 + ((packed >> (6 - 2 * (i % 4))) & 3));
    }
    for (std::size_t i = 0; i < allocation.layers.size(); ++i) {
        for (std::uint8_t t = 0; t < temporal[i]; ++t) {
            allocation.layers[i].targets.push_back(Bitrate::from_kbps(read_kbps(reader)));
        }
    }
    if (!reader.ok()) return {};
    if (reader.remaining() == 0) return allocation;
    allocation.has_resolutions = true;
    for (auto& layer : allocation.layers) {
        // A written 65535 means 65536, which no encoder makes and 16 bits do not hold.
        layer.width = static_cast<std::uint16_t>(reader.u16() + 1);
        layer.height = static_cast<std::uint16_t>(reader.u16() + 1);
        layer.frames_per_second = reader.u8();
    }
    if (!reader.ok()) return {};
    return allocation;
}

}  // namespace parley::rtp
