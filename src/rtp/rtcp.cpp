#include "rtp/rtcp.hpp"

namespace parley::rtp {
namespace {

using Parsed = Result<RtcpMessage, ParseError>;

constexpr std::uint8_t kFormatNack = 1;                // RFC 4585 §6.2.1
constexpr std::uint8_t kFormatPli = 1;                 // RFC 4585 §6.3.1
constexpr std::uint8_t kFormatFir = 4;                 // RFC 5104 §4.3.1
constexpr std::uint8_t kFormatApplication = 15;        // RFC 4585 §6.4
constexpr std::uint32_t kRembIdentifier = 0x52454D42;  // "REMB"
constexpr std::uint8_t kSdesCname = 1;                 // RFC 3550 §6.5.1

Parsed parse_sender_report(const RtcpPacket& packet) {
    ByteReader reader(packet.body);
    SenderReport report;
    report.sender = Ssrc(reader.u32());
    report.info.ntp = {reader.u64()};
    report.info.rtp_timestamp = reader.u32();
    report.info.packets = reader.u32();
    report.info.octets = reader.u32();
    report.blocks = ReportBlocks(reader.take(packet.count * kReportBlockSize));
    if (!reader.ok()) return fail(ParseError::kBadLength);
    return report;
}

Parsed parse_receiver_report(const RtcpPacket& packet) {
    ByteReader reader(packet.body);
    ReceiverReport report;
    report.sender = Ssrc(reader.u32());
    report.blocks = ReportBlocks(reader.take(packet.count * kReportBlockSize));
    if (!reader.ok()) return fail(ParseError::kBadLength);
    return report;
}

Parsed parse_source_description(const RtcpPacket& packet) {
    const SourceDescription description{packet.body, packet.count};
    auto reader = description.read();
    while (reader.next()) {
    }
    if (!reader.ok()) return fail(ParseError::kBadLength);
    return description;
}

Parsed parse_bye(const RtcpPacket& packet) {
    ByteReader reader(packet.body);
    Bye bye;
    bye.sources = reader.take(packet.count * 4U);
    if (reader.ok() && reader.remaining() > 0) bye.reason = as_text(reader.take(reader.u8()));
    if (!reader.ok()) return fail(ParseError::kBadLength);
    return bye;
}

Parsed parse_nack(const RtcpPacket& packet) {
    ByteReader reader(packet.body);
    const Ssrc sender(reader.u32());
    const Ssrc media(reader.u32());
    if (!reader.ok() || reader.remaining() == 0) return fail(ParseError::kBadLength);
    return Nack{sender, media, reader.rest()};
}

Parsed parse_fir(const RtcpPacket& packet) {
    ByteReader reader(packet.body);
    const Ssrc sender(reader.u32());
    reader.skip(4);  // the media source is not used (RFC 5104 §4.3.1.2)
    if (!reader.ok() || reader.remaining() == 0 || reader.remaining() % 8 != 0) {
        return fail(ParseError::kBadLength);
    }
    return FullIntraRequest{sender, reader.rest()};
}

Parsed parse_application_feedback(const RtcpPacket& packet) {
    ByteReader reader(packet.body);
    const Ssrc sender(reader.u32());
    reader.skip(4);
    if (reader.u32() != kRembIdentifier) return UnreadRtcp{packet.type, packet.count};
    const std::uint8_t sources = reader.u8();
    const std::uint32_t packed = reader.u24();
    const unsigned exponent = packed >> 18;
    const std::uint64_t mantissa = packed & 0x3'FFFF;
    if (!reader.ok() || reader.remaining() != sources * 4U) return fail(ParseError::kBadLength);
    // 45 places are left in a signed 64-bit rate.
    if (mantissa != 0 && exponent > 45) return fail(ParseError::kBadValue);
    const auto bps = static_cast<std::int64_t>(mantissa == 0 ? 0 : mantissa << exponent);
    return Remb{sender, Bitrate::from_bps(bps), reader.rest()};
}

Parsed parse_payload_feedback(const RtcpPacket& packet) {
    if (packet.body.size() < 8) return fail(ParseError::kBadLength);
    switch (packet.count) {
        case kFormatPli:
            return PictureLossIndication{Ssrc(load_be32(packet.body.data())),
                                         Ssrc(load_be32(&packet.body[4]))};
        case kFormatFir: return parse_fir(packet);
        case kFormatApplication: return parse_application_feedback(packet);
        default: return UnreadRtcp{packet.type, packet.count};
    }
}

Parsed parse_rtp_feedback(const RtcpPacket& packet) {
    switch (packet.count) {
        case kFormatNack: return parse_nack(packet);
        case kTransportFeedbackFormat: {
            const auto feedback = parse_transport_feedback(packet.body);
            if (!feedback) return fail(feedback.error());
            return *feedback;
        }
        case kCongestionFeedbackFormat: {
            const auto feedback = parse_congestion_feedback(packet.body);
            if (!feedback) return fail(feedback.error());
            return *feedback;
        }
        default: return UnreadRtcp{packet.type, packet.count};
    }
}

}  // namespace

std::optional<RtcpPacket> CompoundReader::next() {
    if (bytes_.empty()) return {};
    const BytesView all = bytes_;
    bytes_ = {};
    malformed_ = true;
    if (all.size() < kRtcpHeaderSize || all[0] >> 6 != 2) return {};
    // The packet types that multiplexing with RTP leaves to RTCP (RFC 5761 §4).
    if (all[1] < 192 || all[1] > 223) return {};
    const std::size_t size = kRtcpHeaderSize + 4U * load_be16(&all[2]);
    if (all.size() < size) return {};
    BytesView body = all.subspan(kRtcpHeaderSize, size - kRtcpHeaderSize);
    if ((all[0] & 0x20) != 0) {
        const std::size_t padding = body.empty() ? 0 : body.back();
        if (padding == 0 || padding > body.size()) return {};
        body = body.first(body.size() - padding);
    }
    malformed_ = false;
    bytes_ = all.subspan(size);
    return RtcpPacket{static_cast<RtcpType>(all[1]), static_cast<std::uint8_t>(all[0] & 0x1F),
                      body};
}

ReportBlock ReportBlocks::operator[](std::size_t i) const {
    const std::uint8_t* at = &bytes_[i * kReportBlockSize];
    ReportBlock block;
    block.ssrc = Ssrc(load_be32(at));
    block.fraction_lost = at[4];
    const auto lost = static_cast<std::int32_t>(load_be24(at + 5));
    block.cumulative_lost = lost >= 0x80'0000 ? lost - 0x100'0000 : lost;
    block.highest_sequence = load_be32(at + 8);
    block.jitter = load_be32(at + 12);
    block.last_sr = load_be32(at + 16);
    block.delay_since_last_sr = load_be32(at + 20);
    return block;
}

std::optional<SourceDescription::Chunk> SourceDescription::Reader::next() {
    if (left_ == 0 || !reader_.ok()) return {};
    --left_;
    Chunk chunk{Ssrc(reader_.u32()), {}};
    // Items until a zero octet, then padding to 32 bits (RFC 3550 §6.5). A read past the end yields
    // zero, so the loop ends with the packet.
    while (const std::uint8_t item = reader_.u8()) {
        const BytesView text = reader_.take(reader_.u8());
        if (item == kSdesCname && chunk.cname.empty()) chunk.cname = as_text(text);
    }
    reader_.skip((4 - reader_.position() % 4) % 4);
    if (!reader_.ok()) return {};
    return chunk;
}

Result<RtcpMessage, ParseError> parse_rtcp(const RtcpPacket& packet) {
    switch (packet.type) {
        case RtcpType::kSenderReport: return parse_sender_report(packet);
        case RtcpType::kReceiverReport: return parse_receiver_report(packet);
        case RtcpType::kSourceDescription: return parse_source_description(packet);
        case RtcpType::kBye: return parse_bye(packet);
        case RtcpType::kTransportFeedback: return parse_rtp_feedback(packet);
        case RtcpType::kPayloadFeedback: return parse_payload_feedback(packet);
        default: return UnreadRtcp{packet.type, packet.count};
    }
}

}  // namespace parley::rtp
