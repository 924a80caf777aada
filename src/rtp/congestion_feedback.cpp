#include "rtp/congestion_feedback.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "rtp/rtcp.hpp"

namespace parley::rtp {
namespace {

constexpr std::size_t kBlockHeader = 8;
constexpr std::size_t kTimestamp = 4;
constexpr std::uint16_t kReceived = 0x8000;
constexpr std::uint16_t kAgeMask = 0x1FFF;
// Ages that are none (RFC 8888 §3.1): longer ago than can be said, or later than the report.
constexpr std::int64_t kLongAgo = 0x1FFE;

std::size_t padding_of(std::size_t reports) {
    return reports % 2 * 2;
}

std::int64_t in_units(Duration time, std::int64_t units) {
    // Halves go up. In two steps, or the product would overflow after 39 days.
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const std::int64_t rest = (time - seconds).count();
    return seconds.count() * units + (rest * units + 500'000'000) / 1'000'000'000;
}

}  // namespace

//  0                   1                   2                   3
// |                 SSRC of RTCP packet sender                    |
// |                   SSRC of 1st RTP stream                      |
// |          begin_seq            |          num_reports          |
// |R|ECN|  Arrival time offset    | ...
// |                   Report timestamp (32 bits)                  |
Result<CongestionFeedback, ParseError> parse_congestion_feedback(BytesView body) {
    if (body.size() < 4 + kTimestamp || body.size() % 4 != 0) return fail(ParseError::kTooShort);
    CongestionFeedback feedback;
    feedback.sender = Ssrc(load_be32(body.data()));
    feedback.timestamp = load_be32(&body[body.size() - kTimestamp]);
    feedback.blocks = body.subspan(4, body.size() - 4 - kTimestamp);
    ByteReader reader(feedback.blocks);
    while (reader.remaining() > 0) {
        reader.skip(6);
        const std::size_t reports = reader.u16();
        if (reports > kMaxCongestionReports) return fail(ParseError::kBadValue);
        reader.skip(2 * reports + padding_of(reports));
        if (!reader.ok()) return fail(ParseError::kBadLength);
    }
    return feedback;
}

std::optional<CongestionFeedback::PacketStatus> CongestionFeedback::Reader::next() {
    while (left_ == 0) {
        blocks_ = blocks_.subspan(std::min(padding_, blocks_.size()));
        padding_ = 0;
        if (blocks_.size() < kBlockHeader) return {};
        media_ = Ssrc(load_be32(blocks_.data()));
        sequence_ = load_be16(&blocks_[4]);
        left_ = load_be16(&blocks_[6]);
        padding_ = padding_of(left_);
        blocks_ = blocks_.subspan(kBlockHeader);
    }
    if (blocks_.size() < 2) return {};
    const std::uint16_t word = load_be16(blocks_.data());
    blocks_ = blocks_.subspan(2);
    --left_;
    PacketStatus status{media_, sequence_++, (word & kReceived) != 0, net::Ecn::kNotEct, {}};
    if (!status.received) return status;
    status.ecn = static_cast<net::Ecn>((word >> 13) & 3);
    const std::int64_t age = word & kAgeMask;
    if (age < kLongAgo) status.age = Duration(1s) * age / kArrivalUnits;
    return status;
}

CongestionFeedbackWriter::CongestionFeedbackWriter(BytesSpan out, Ssrc sender, Instant now)
    : out_(out), now_(now) {
    if (out.size() < kLeast) return;
    out[0] = 0x80 | kCongestionFeedbackFormat;
    out[1] = static_cast<std::uint8_t>(RtcpType::kTransportFeedback);
    store_be32(&out[4], sender.value);
    at_ = kRtcpHeaderSize + 4;
}

std::size_t CongestionFeedbackWriter::room() const {
    const std::size_t left = out_.size() - at_;
    if (at_ == 0 || left < kBlockHeader + 4 + kTimestamp) return 0;
    return std::min((left - kBlockHeader - kTimestamp) / 4 * 2, kMaxCongestionReports);
}

void CongestionFeedbackWriter::add(Ssrc media, std::uint16_t first,
                                   std::span<const CongestionArrival> packets) {
    PARLEY_ASSERT(!packets.empty() && packets.size() <= room());
    store_be32(&out_[at_], media.value);
    store_be16(&out_[at_ + 4], first);
    store_be16(&out_[at_ + 6], static_cast<std::uint16_t>(packets.size()));
    at_ += kBlockHeader;
    for (const CongestionArrival& packet : packets) {
        std::uint16_t word = 0;
        if (packet.received) {
            const auto age =
                std::clamp<std::int64_t>(in_units(now_ - packet.time, kArrivalUnits), 0, kLongAgo);
            word = static_cast<std::uint16_t>(kReceived | static_cast<unsigned>(packet.ecn) << 13U |
                                              static_cast<unsigned>(age));
        }
        store_be16(&out_[at_], word);
        at_ += 2;
    }
    if (padding_of(packets.size()) != 0) {
        store_be16(&out_[at_], 0);
        at_ += 2;
    }
    empty_ = false;
}

std::size_t CongestionFeedbackWriter::finish() {
    if (empty_) return 0;
    const std::int64_t timestamp = in_units(now_.time_since_epoch(), kReportTimestampUnits);
    store_be32(&out_[at_], static_cast<std::uint32_t>(timestamp));
    at_ += kTimestamp;
    store_be16(&out_[2], static_cast<std::uint16_t>(at_ / 4 - 1));
    return at_;
}

}  // namespace parley::rtp
