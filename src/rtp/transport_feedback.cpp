#include "rtp/transport_feedback.hpp"

namespace parley::rtp {
namespace {

// Status symbols (§3.1.1): how many octets the packet's delta has.
constexpr std::uint8_t kNotReceived = 0;
constexpr std::uint8_t kSmallDelta = 1;
constexpr std::uint8_t kLargeDelta = 2;

constexpr std::size_t kOneBitSymbols = 14;  // in a status vector chunk (§3.1.4)
constexpr std::size_t kTwoBitSymbols = 7;
constexpr std::uint32_t kMaxRun = 0x1FFF;  // 13 bits (§3.1.3)

std::uint16_t symbols_in(std::uint16_t chunk) {
    if ((chunk & 0x8000) == 0) return chunk & kMaxRun;
    return (chunk & 0x4000) == 0 ? kOneBitSymbols : kTwoBitSymbols;
}

// The symbol with `left` symbols of the chunk still to come, itself included.
std::uint8_t symbol_of(std::uint16_t chunk, std::uint16_t left) {
    if ((chunk & 0x8000) == 0) return (chunk >> 13) & 3;
    if ((chunk & 0x4000) == 0) return (chunk >> (left - 1)) & 1;
    return (chunk >> (2 * (left - 1))) & 3;
}

// Octets that the deltas of `used` symbols of a chunk take; -1 for the reserved symbol.
int delta_octets(std::uint16_t chunk, std::uint16_t used) {
    if ((chunk & 0x8000) == 0) {
        const std::uint8_t symbol = symbol_of(chunk, 1);
        return symbol > kLargeDelta ? -1 : symbol * used;
    }
    const std::uint16_t all = symbols_in(chunk);
    int octets = 0;
    for (std::uint16_t i = 0; i < used; ++i) {
        const std::uint8_t symbol = symbol_of(chunk, static_cast<std::uint16_t>(all - i));
        if (symbol > kLargeDelta) return -1;
        octets += symbol;
    }
    return octets;
}

}  // namespace

//  0                   1                   2                   3
// |                     SSRC of packet sender                     |
// |                      SSRC of media source                     |
// |      base sequence number     |      packet status count      |
// |                 reference time                | fb pkt. count |
// |          packet chunk         |  ...  | recv delta | ...
Result<TransportFeedback, ParseError> parse_transport_feedback(BytesView body) {
    ByteReader reader(body);
    TransportFeedback feedback;
    feedback.sender = Ssrc(reader.u32());
    feedback.media = Ssrc(reader.u32());
    feedback.base_sequence = reader.u16();
    feedback.status_count = reader.u16();
    const auto reference = static_cast<std::int32_t>(reader.u24());
    feedback.reference_time = reference >= 0x80'0000 ? reference - 0x100'0000 : reference;
    feedback.feedback_count = reader.u8();
    if (!reader.ok()) return fail(ParseError::kTooShort);
    if (feedback.status_count == 0) return fail(ParseError::kBadValue);

    const BytesView rest = reader.rest();
    std::uint32_t left = feedback.status_count;
    std::size_t deltas = 0;
    while (left > 0) {
        const std::uint16_t chunk = reader.u16();
        if (!reader.ok()) return fail(ParseError::kBadLength);
        std::uint16_t used = symbols_in(chunk);
        if (used > left) used = static_cast<std::uint16_t>(left);
        const int octets = delta_octets(chunk, used);
        if (octets < 0) return fail(ParseError::kBadValue);
        deltas += static_cast<std::size_t>(octets);
        left -= used;
    }
    feedback.chunks = rest.first(rest.size() - reader.remaining());
    feedback.deltas = reader.take(deltas);
    if (!reader.ok()) return fail(ParseError::kBadLength);
    return feedback;
}

TransportFeedback::Reader::Reader(const TransportFeedback& feedback)
    : chunks_(feedback.chunks),
      deltas_(feedback.deltas),
      left_(feedback.status_count),
      sequence_(feedback.base_sequence),
      clock_(feedback.reference_time * kFeedbackReferenceUnit) {}

std::uint8_t TransportFeedback::Reader::next_symbol() {
    while (chunk_left_ == 0) {
        if (chunks_.size() < 2) return kNotReceived;
        chunk_ = load_be16(chunks_.data());
        chunk_left_ = symbols_in(chunk_);
        chunks_ = chunks_.subspan(2);
    }
    return symbol_of(chunk_, chunk_left_--);
}

std::optional<TransportFeedback::PacketStatus> TransportFeedback::Reader::next() {
    if (left_ == 0) return {};
    --left_;
    PacketStatus status{sequence_++, false, {}};
    const std::uint8_t symbol = next_symbol();
    if (symbol == kNotReceived || deltas_.size() < symbol) return status;
    if (symbol == kSmallDelta) {
        clock_ += deltas_[0] * kFeedbackDeltaUnit;
    } else {
        clock_ += static_cast<std::int16_t>(load_be16(deltas_.data())) * kFeedbackDeltaUnit;
    }
    deltas_ = deltas_.subspan(symbol);
    status.received = true;
    status.arrival = clock_;
    return status;
}

}  // namespace parley::rtp
