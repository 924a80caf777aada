// H.264 payloads as a series of packets, each behind a two-octet length, and bare SPS.

#include <algorithm>

#include "base/assert.hpp"
#include "media/h264.hpp"
#include "media/payload.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace parley;
    using namespace parley::media;
    (void)read_sps_size({data, size});
    (void)parse_h264({data, size});
    FrameInspector inspector(Codec::kH264);
    ByteReader reader({data, size});
    while (reader.remaining() > 0) {
        rtp::PacketView packet;
        const std::size_t head = reader.u16();
        packet.timestamp = static_cast<std::uint32_t>(head >> 12);
        packet.payload = reader.take(std::min(head & 0xFFF, reader.remaining()));
        const auto info = inspector.on_packet(packet);
        PARLEY_ASSERT(info.has_value() == parse_h264(packet.payload).has_value());
        if (info) PARLEY_ASSERT(info->width <= 16'384 && info->height <= 16'384);
    }
    return 0;
}
