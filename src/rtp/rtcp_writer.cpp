#include "rtp/rtcp_writer.hpp"

#include <algorithm>

namespace parley::rtp {
namespace {

constexpr std::size_t kMaxCount = 31;  // five bits
constexpr std::size_t kSenderInfoSize = 20;
constexpr std::size_t kFeedbackHeaderSize = 8;  // sender and media source

std::size_t padded(std::size_t size) {
    return (size + 3) / 4 * 4;
}

void write_blocks(ByteWriter& writer, std::span<const ReportBlock> blocks) {
    for (const auto& block : blocks) {
        writer.u32(block.ssrc.value);
        writer.u8(block.fraction_lost);
        writer.u24(static_cast<std::uint32_t>(block.cumulative_lost) & 0xFF'FFFF);
        writer.u32(block.highest_sequence);
        writer.u32(block.jitter);
        writer.u32(block.last_sr);
        writer.u32(block.delay_since_last_sr);
    }
}

}  // namespace

ByteWriter RtcpWriter::begin(RtcpType type, std::size_t count, std::size_t body_size) {
    const std::size_t size = kRtcpHeaderSize + body_size;
    if (remaining() < size || count > kMaxCount || body_size / 4 > 0xFFFF) {
        ByteWriter none{BytesSpan{}};
        none.u8(0);  // latches
        return none;
    }
    ByteWriter writer(out_.subspan(at_, size));
    writer.u8(static_cast<std::uint8_t>(0x80 | count));
    writer.u8(static_cast<std::uint8_t>(type));
    writer.u16(static_cast<std::uint16_t>(body_size / 4));
    at_ += size;
    return writer;
}

bool RtcpWriter::sender_report(Ssrc sender, const SenderInfo& info,
                               std::span<const ReportBlock> blocks) {
    auto writer = begin(RtcpType::kSenderReport, blocks.size(),
                        4 + kSenderInfoSize + blocks.size() * kReportBlockSize);
    writer.u32(sender.value);
    writer.u64(info.ntp.value);
    writer.u32(info.rtp_timestamp);
    writer.u32(info.packets);
    writer.u32(info.octets);
    write_blocks(writer, blocks);
    return writer.ok();
}

bool RtcpWriter::receiver_report(Ssrc sender, std::span<const ReportBlock> blocks) {
    auto writer =
        begin(RtcpType::kReceiverReport, blocks.size(), 4 + blocks.size() * kReportBlockSize);
    writer.u32(sender.value);
    write_blocks(writer, blocks);
    return writer.ok();
}

bool RtcpWriter::cname(Ssrc source, std::string_view cname) {
    if (cname.size() > 255) return false;
    // At least one zero octet ends the list of items (RFC 3550 §6.5).
    const std::size_t items = 2 + cname.size();
    const std::size_t body = padded(4 + items + 1);
    auto writer = begin(RtcpType::kSourceDescription, 1, body);
    writer.u32(source.value);
    writer.u8(1);
    writer.u8(static_cast<std::uint8_t>(cname.size()));
    writer.bytes(as_bytes(cname));
    writer.zeros(body - 4 - items);
    return writer.ok();
}

bool RtcpWriter::bye(std::span<const Ssrc> sources, std::string_view reason) {
    if (reason.size() > 255) return false;
    const std::size_t text = reason.empty() ? 0 : padded(1 + reason.size());
    auto writer = begin(RtcpType::kBye, sources.size(), 4 * sources.size() + text);
    for (const Ssrc source : sources) writer.u32(source.value);
    if (!reason.empty()) {
        writer.u8(static_cast<std::uint8_t>(reason.size()));
        writer.bytes(as_bytes(reason));
        writer.zeros(text - 1 - reason.size());
    }
    return writer.ok();
}

bool RtcpWriter::pli(Ssrc sender, Ssrc media) {
    auto writer = begin(RtcpType::kPayloadFeedback, 1, kFeedbackHeaderSize);
    writer.u32(sender.value);
    writer.u32(media.value);
    return writer.ok();
}

bool RtcpWriter::fir(Ssrc sender, Ssrc media, std::uint8_t command_sequence) {
    auto writer = begin(RtcpType::kPayloadFeedback, 4, kFeedbackHeaderSize + 8);
    writer.u32(sender.value);
    writer.u32(0);  // RFC 5104 §4.3.1.2
    writer.u32(media.value);
    writer.u8(command_sequence);
    writer.u24(0);
    return writer.ok();
}

bool RtcpWriter::remb(Ssrc sender, Bitrate bitrate, std::span<const Ssrc> sources) {
    if (sources.size() > 255) return false;
    auto mantissa = static_cast<std::uint64_t>(std::max<std::int64_t>(bitrate.bps, 0));
    std::uint32_t exponent = 0;
    while (mantissa > 0x3'FFFF) {
        mantissa >>= 1;
        ++exponent;
    }
    auto writer =
        begin(RtcpType::kPayloadFeedback, 15, kFeedbackHeaderSize + 8 + 4 * sources.size());
    writer.u32(sender.value);
    writer.u32(0);
    writer.bytes(as_bytes("REMB"));
    writer.u8(static_cast<std::uint8_t>(sources.size()));
    writer.u24((exponent << 18) | static_cast<std::uint32_t>(mantissa));
    for (const Ssrc source : sources) writer.u32(source.value);
    return writer.ok();
}

std::size_t RtcpWriter::nack(Ssrc sender, Ssrc media,
                             std::span<const std::uint16_t> sequence_numbers) {
    const std::size_t fixed = kRtcpHeaderSize + kFeedbackHeaderSize;
    if (sequence_numbers.empty() || remaining() < fixed + 4) return 0;
    ByteWriter writer(out_.subspan(at_));
    writer.u8(0x80 | 1);
    writer.u8(static_cast<std::uint8_t>(RtcpType::kTransportFeedback));
    writer.u16(0);  // the length, when the number of items is known
    writer.u32(sender.value);
    writer.u32(media.value);
    std::size_t covered = 0;
    constexpr std::size_t kMaxSize = 0xFFFF * 4;
    while (covered < sequence_numbers.size() && writer.remaining() >= 4 &&
           writer.size() < kMaxSize) {
        const std::uint16_t first = sequence_numbers[covered++];
        std::uint16_t mask = 0;
        for (; covered < sequence_numbers.size(); ++covered) {
            const auto offset = static_cast<std::uint16_t>(sequence_numbers[covered] - first);
            if (offset > 16) break;
            if (offset > 0) mask = static_cast<std::uint16_t>(mask | (1U << (offset - 1)));
        }
        writer.u16(first);
        writer.u16(mask);
    }
    writer.patch_u16(2, static_cast<std::uint16_t>(writer.size() / 4 - 1));
    at_ += writer.size();
    return covered;
}

void RtcpWriter::advance(std::size_t size) {
    at_ += std::min(size, remaining());
}

}  // namespace parley::rtp
