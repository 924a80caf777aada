#include "load/out_stream.hpp"

#include <algorithm>

#include "rtp/extension_values.hpp"
#include "rtp/rtcp_writer.hpp"
#include "rtp/rtx.hpp"

namespace parley::load {
namespace {

using rtp::ExtensionType;

/// With the structure of three layers it has some 35 octets.
constexpr std::size_t kMaxDescriptor = 64;
/// RFC 8285 §4.2: the one-byte form has room for no more.
constexpr std::size_t kLargestOneByteElement = 16;

void add_extensions(rtp::HeaderWriter& writer, const OutPacket& packet, const SendFormat& format,
                    const std::string& rid, bool retransmission, OutContext& context, Instant now) {
    const auto& ids = format.ids;
    if (const auto id = ids.id(ExtensionType::kMid)) {
        writer.add_extension(id, as_bytes(format.mid));
    }
    const auto rid_type = retransmission ? ExtensionType::kRepairedRid : ExtensionType::kRid;
    if (const auto id = ids.id(rid_type); id != 0 && !rid.empty()) {
        writer.add_extension(id, as_bytes(rid));
    }
    if (const auto id = ids.id(ExtensionType::kAbsSendTime)) {
        writer.add_extension(id, rtp::write_abs_send_time(rtp::AbsSendTime::from(now)));
    }
    if (const auto id = ids.id(ExtensionType::kTransportSequenceNumber)) {
        writer.add_extension(id,
                             rtp::write_transport_sequence_number(context.transport_sequence++));
    }
    if (const auto id = ids.id(ExtensionType::kAbsCaptureTime)) {
        writer.add_extension(id, rtp::write_abs_capture_time(packet.sent));
    }
    if (const auto id = ids.id(ExtensionType::kDependencyDescriptor);
        id != 0 && !packet.descriptor.empty()) {
        std::array<std::uint8_t, kMaxDescriptor> descriptor{};
        const std::size_t size = std::min(packet.descriptor.size(), descriptor.size());
        std::copy_n(packet.descriptor.begin(), size, descriptor.begin());
        store_be16(&descriptor[1], packet.frame_number);
        writer.add_extension(id, BytesView(descriptor).first(size));
    }
    if (const auto id = ids.id(ExtensionType::kAudioLevel); id != 0 && packet.audio_level != 0xFF) {
        writer.add_extension(id, std::array{packet.audio_level});
    }
}

}  // namespace

OutStream::OutStream(Ssrc ssrc, Ssrc rtx_ssrc, std::uint32_t clock_rate, std::string rid, bool keep,
                     Random& random)
    : ssrc_(ssrc),
      rtx_ssrc_(rtx_ssrc),
      rid_(std::move(rid)),
      // RFC 3550 §5.1: random; the upper half is left out so that the first wrap takes a while.
      next_(random.next_u16() & 0x7FFF),
      next_rtx_(random.next_u16() & 0x7FFF),
      statistics_(clock_rate),
      history_(keep ? kHistory : 0) {}

bool OutStream::write(const OutPacket& packet, const Numbers& numbers, const SendFormat& format,
                      OutContext& context, Instant now) {
    const BytesSpan out = context.port->space();
    const bool two_byte = packet.descriptor.size() > kLargestOneByteElement;
    rtp::HeaderWriter writer(out,
                             {packet.marker, numbers.payload_type, numbers.sequence_number,
                              packet.timestamp, numbers.ssrc},
                             two_byte);
    add_extensions(writer, packet, format, rid_, numbers.original.has_value(), context, now);
    const std::size_t header = writer.finish();
    const std::size_t lead = numbers.original ? rtp::kRtxHeaderSize : 0;
    const std::size_t size = header + lead + packet.payload.size();
    if (header == 0 || size > out.size()) return false;
    if (numbers.original) store_be16(&out[header], *numbers.original);
    const BytesSpan payload = out.subspan(header + lead, packet.payload.size());
    std::copy(packet.payload.begin(), packet.payload.end(), payload.begin());
    if (packet.picture_id_at != 0) {
        store_be16(&payload[packet.picture_id_at],
                   static_cast<std::uint16_t>(0x8000 | packet.picture_id));
    }
    // Every picture is of the base temporal layer, so that both count the same.
    if (packet.tl0_index_at != 0) {
        payload[packet.tl0_index_at] = static_cast<std::uint8_t>(packet.picture_id);
    }
    const auto transmit = context.peer.send_rtp(out, size);
    if (!transmit) return false;
    context.port->commit(*transmit, now);
    return true;
}

bool OutStream::send(const OutPacket& packet, const SendFormat& format, OutContext& context,
                     Instant now) {
    const Numbers numbers{ssrc_, format.payload_type, next_, {}};
    if (!write(packet, numbers, format, context, now)) return false;
    if (!history_.empty()) history_[next_ % kHistory] = packet;
    statistics_.on_sent(packet.payload.size(), packet.timestamp, now);
    ++next_;
    return true;
}

bool OutStream::resend(std::uint16_t sequence_number, const SendFormat& format, OutContext& context,
                       Instant now) {
    const auto age = static_cast<std::uint16_t>(next_ - 1 - sequence_number);
    if (history_.empty() || age >= kHistory || !format.rtx_payload_type) return false;
    const OutPacket& packet = history_[sequence_number % kHistory];
    if (packet.payload.empty()) return false;
    const Numbers numbers{rtx_ssrc_, *format.rtx_payload_type, next_rtx_, sequence_number};
    if (!write(packet, numbers, format, context, now)) return false;
    ++next_rtx_;
    return true;
}

void OutStream::send_report(std::string_view cname, OutContext& context, Instant now) {
    if (!statistics_.active()) return;
    const BytesSpan out = context.port->space();
    rtp::RtcpWriter writer(out.first(1200));
    writer.sender_report(ssrc_, statistics_.make_info(now, context.anchor.at(now).ntp()));
    writer.cname(ssrc_, cname);
    if (const auto transmit = context.peer.send_rtcp(out, writer.size())) {
        context.port->commit(*transmit, now);
    }
}

}  // namespace parley::load
