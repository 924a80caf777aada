#include "rtp/rtx.hpp"

#include <cstring>

namespace parley::rtp {

Result<RtxPayload, ParseError> read_rtx(BytesView payload) {
    if (payload.size() < kRtxHeaderSize) return fail(ParseError::kTooShort);
    return RtxPayload{load_be16(payload.data()), payload.subspan(kRtxHeaderSize)};
}

Result<BytesSpan, ParseError> unwrap_rtx(BytesSpan packet, std::uint8_t original_payload_type,
                                         Ssrc original_ssrc) {
    const auto view = parse_packet(packet);
    if (!view) return fail(view.error());
    const auto rtx = read_rtx(view->payload);
    if (!rtx) return fail(rtx.error());
    const std::size_t header = view->header_size();
    std::memmove(packet.data() + kRtxHeaderSize, packet.data(), header);
    const BytesSpan original = packet.subspan(kRtxHeaderSize);
    original[1] = static_cast<std::uint8_t>((original[1] & 0x80) | (original_payload_type & 0x7F));
    store_be16(&original[2], rtx->original_sequence_number);
    store_be32(&original[8], original_ssrc.value);
    return original;
}

std::size_t write_rtx_payload(BytesSpan out, std::uint16_t original_sequence_number,
                              BytesView payload) {
    ByteWriter writer(out);
    writer.u16(original_sequence_number);
    writer.bytes(payload);
    return writer.ok() ? writer.size() : 0;
}

std::size_t write_rtx(BytesSpan out, const PacketView& original, std::uint8_t payload_type,
                      Ssrc ssrc, std::uint16_t sequence_number) {
    const std::size_t header = original.header_size();
    if (out.size() < header + kRtxHeaderSize + original.payload.size()) return 0;
    std::memcpy(out.data(), original.bytes.data(), header);
    out[0] &= 0xDF;  // the original's padding is not carried on
    out[1] = static_cast<std::uint8_t>((out[1] & 0x80) | (payload_type & 0x7F));
    store_be16(&out[2], sequence_number);
    store_be32(&out[8], ssrc.value);
    return header +
           write_rtx_payload(out.subspan(header), original.sequence_number, original.payload);
}

}  // namespace parley::rtp
