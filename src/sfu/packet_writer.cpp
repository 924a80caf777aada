#include "sfu/packet_writer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "media/picture_fields.hpp"
#include "rtp/dependency_descriptor.hpp"
#include "rtp/extension_values.hpp"
#include "rtp/packet.hpp"
#include "rtp/red.hpp"
#include "rtp/rtx.hpp"
#include "sfu/extension_filter.hpp"

namespace parley::sfu {
namespace {

using rtp::ExtensionType;

// The dependency descriptor as this subscriber gets it.
BytesView write_descriptor(BytesView data, const StoredPacket& packet, const Decision& decision,
                           BytesSpan out) {
    if (!decision.patch_descriptor) return {};
    const media::DescriptorInfo& descriptor = packet.facts.descriptor;
    const rtp::DependencyDescriptorChange change{
        .frame_number = decision.frame_number,
        .template_shift = decision.template_shift,
        .active_decode_targets = decision.active_decode_targets,
        .decode_target_count = descriptor.decode_target_count,
        .active_targets_at = descriptor.active_targets_at};
    return out.first(rtp::rewrite_dependency_descriptor(data, change, out));
}

// RFC 8285 §4.2: elements of more than 16 octets need the two-byte form.
bool needs_two_byte_form(const StoredPacket& packet, const Decision& decision,
                         const OutboundFormat& format) {
    constexpr std::size_t kMaxOneByteElement = 16;
    if (format.extensions.needs_two_byte_form()) return true;
    if (!decision.patch_descriptor ||
        !format.extensions.has(ExtensionType::kDependencyDescriptor)) {
        return false;
    }
    KeptExtensionReader kept(packet.extensions);
    while (const auto element = kept.next()) {
        if (element->type != ExtensionType::kDependencyDescriptor) continue;
        return element->data.size() + rtp::kMaxDescriptorGrowth > kMaxOneByteElement;
    }
    return false;
}

// This hop's elements, one by one: how the two-byte form writes them, which is rare.
template <typename Sink>
void add_each_of_hop(Sink& sink, const HopExtensions& hop, const SendStamp& stamp) {
    if (const auto id = hop.id(ExtensionType::kMid); id != 0 && !hop.mid().empty()) {
        sink.add_extension(id, hop.mid());
    }
    if (const auto id = hop.id(ExtensionType::kAbsSendTime); id != 0) {
        sink.add_extension(id, rtp::write_abs_send_time(rtp::AbsSendTime::from(stamp.now)));
    }
    if (const auto id = hop.id(ExtensionType::kTransportSequenceNumber);
        id != 0 && stamp.transport_number) {
        sink.add_extension(id, rtp::write_transport_sequence_number(*stamp.transport_number));
    }
}

/// Hands the packet's own extensions to `sink`, which writes them or only counts.
template <typename Sink>
void add_kept(Sink& sink, const StoredPacket& packet, const Decision& decision,
              const HopExtensions& ids) {
    KeptExtensionReader kept(packet.extensions);
    while (const auto element = kept.next()) {
        const auto id = ids.id(element->type);
        if (id == 0) continue;
        if (element->type != ExtensionType::kDependencyDescriptor) {
            sink.add_extension(id, element->data);
            continue;
        }
        std::array<std::uint8_t, 255> changed;
        const BytesView data = write_descriptor(element->data, packet, decision, changed);
        if (!data.empty()) sink.add_extension(id, data);
    }
}

std::size_t write_header(const StoredPacket& packet, const Decision& decision,
                         const rtp::HeaderWriter::Fields& fields, const OutboundFormat& format,
                         const SendStamp& stamp, BytesSpan out) {
    const HopExtensions& hop = format.extensions;
    const bool two_byte = needs_two_byte_form(packet, decision, format);
    rtp::HeaderWriter writer(out, fields, two_byte);
    if (two_byte) {
        add_each_of_hop(writer, hop, stamp);
    } else if (const std::size_t size = hop.size(stamp.transport_number.has_value()); size > 0) {
        std::uint8_t* const place = writer.reserve_elements(size);
        if (place == nullptr) return 0;
        hop.write(stamp, place);
    }
    add_kept(writer, packet, decision, hop);
    return writer.finish();
}

std::size_t header_size_of(const StoredPacket& packet, const Decision& decision,
                           const OutboundFormat& format, const SendStamp& stamp) {
    const HopExtensions& hop = format.extensions;
    const bool two_byte = needs_two_byte_form(packet, decision, format);
    rtp::HeaderSize size(two_byte);
    if (two_byte) {
        add_each_of_hop(size, hop, stamp);
    } else {
        size.add_elements(hop.size(stamp.transport_number.has_value()));
    }
    add_kept(size, packet, decision, hop);
    return size.octets();
}

// The facts were read from this very payload, so the offsets lie in it; the check is for packets
// made by hand.
void patch_ids(BytesSpan payload, const PayloadFacts& facts, const Decision& decision) {
    if (decision.patch_picture_id) {
        media::patch_picture_id(payload, facts.numbers.picture_id_at, facts.numbers.long_picture_id,
                                decision.picture_id);
    }
    if (decision.patch_tl0_index && facts.numbers.tl0_index_at < payload.size()) {
        payload[facts.numbers.tl0_index_at] = decision.tl0_index;
    }
}

// Redundancy that the publisher made and that could not be read goes to those who may be able to.
bool readable(const StoredPacket& packet, const OutboundFormat& format) {
    return !packet.red || format.red_payload_type;
}

// RFC 2198, with the frame itself as the last block.
std::size_t write_with_copies(const StoredPacket& packet, const OutboundFormat& format,
                              const Copies& copies, BytesSpan out) {
    Copies numbered = copies;
    for (rtp::RedBlock& block : numbered) block.payload_type = format.payload_type;
    const std::size_t size = rtp::write_red(out, {numbered.data(), numbered.size()},
                                            {format.payload_type, 0, packet.payload});
    return size == red_size(packet.payload.size(), copies) ? size : 0;
}

// The payload as this subscriber gets it: how much of the stored one, and what it becomes.
std::optional<std::size_t> write_payload(const StoredPacket& packet, const Decision& decision,
                                         const OutboundFormat& format, BytesSpan out) {
    if (decision.empty) return 0;
    const BytesView source = packet.payload;
    if (!readable(packet, format) || source.empty() || source.size() > out.size()) return {};
    std::copy(source.begin(), source.end(), out.begin());
    const BytesSpan written = out.first(source.size());
    patch_ids(written, packet.facts, decision);
    return written.size();
}

std::size_t add_padding(BytesSpan out, std::size_t size, std::uint8_t padding) {
    if (padding == 0 || padding > out.size() - size) return size;
    std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(size), padding - 1, std::uint8_t{0});
    out[size + padding - 1U] = padding;
    out[0] |= 0x20;
    return size + padding;
}

}  // namespace

std::size_t packet_size(const StoredPacket& packet, const Decision& decision,
                        const OutboundFormat& format, const SendStamp& stamp,
                        const Copies& copies) {
    const std::size_t header = header_size_of(packet, decision, format, stamp);
    if (decision.empty) return header;
    if (!format.red_payload_type) return header + packet.payload.size();
    return header + red_size(packet.payload.size(), copies);
}

std::size_t rtx_size(const StoredPacket& packet, const Retransmission& again,
                     const OutboundFormat& format, const SendStamp& stamp) {
    const std::size_t plain = packet_size(packet, again.decision, format, stamp);
    return format.rtx_payload_type ? plain + rtp::kRtxHeaderSize : plain;
}

std::size_t write_packet(const StoredPacket& packet, const Decision& decision,
                         const OutboundFormat& format, const SendStamp& stamp, BytesSpan out,
                         const Copies& copies) {
    const bool adds = format.red_payload_type && !copies.empty() && !decision.empty;
    const bool red = format.red_payload_type && (adds || packet.red);
    const std::uint8_t type = red ? *format.red_payload_type : format.payload_type;
    const std::size_t header = write_header(
        packet, decision,
        {decision.marker, type, decision.sequence_number, decision.timestamp, format.ssrc}, format,
        stamp, out);
    if (header == 0) return 0;
    if (adds) {
        const std::size_t size = write_with_copies(packet, format, copies, out.subspan(header));
        return size == 0 ? 0 : add_padding(out, header + size, decision.padding);
    }
    const auto payload = write_payload(packet, decision, format, out.subspan(header));
    if (!payload) return 0;
    return add_padding(out, header + *payload, decision.padding);
}

std::size_t write_rtx(const StoredPacket& packet, const Retransmission& again,
                      const OutboundFormat& format, const SendStamp& stamp, BytesSpan out) {
    if (!format.rtx_payload_type) return write_packet(packet, again.decision, format, stamp, out);
    const Decision& decision = again.decision;
    const std::size_t header =
        write_header(packet, decision,
                     {decision.marker, *format.rtx_payload_type, again.rtx_sequence_number,
                      decision.timestamp, format.rtx_ssrc},
                     format, stamp, out);
    if (header == 0 || out.size() - header < rtp::kRtxHeaderSize) return 0;
    store_be16(&out[header], decision.sequence_number);  // RFC 4588 §4: OSN
    const std::size_t at = header + rtp::kRtxHeaderSize;
    const auto payload = write_payload(packet, decision, format, out.subspan(at));
    if (!payload) return 0;
    return add_padding(out, at + *payload, decision.padding);
}

std::size_t write_padding(const OutboundFormat& format, std::uint16_t rtx_sequence_number,
                          std::uint32_t timestamp, std::size_t size, const SendStamp& stamp,
                          BytesSpan out) {
    if (!format.rtx_payload_type) return 0;
    const StoredPacket nothing;
    const std::size_t header = write_header(
        nothing, {},
        {false, *format.rtx_payload_type, rtx_sequence_number, timestamp, format.rtx_ssrc}, format,
        stamp, out);
    if (header == 0) return 0;
    const std::size_t padding = std::clamp<std::size_t>(size - std::min(size, header), 1, 255);
    return add_padding(out, header, static_cast<std::uint8_t>(padding));
}

}  // namespace parley::sfu
