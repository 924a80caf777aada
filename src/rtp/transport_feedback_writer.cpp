// The writing half of transport_feedback.hpp. Two passes over the arrivals, the first to learn how
// many fit, since the chunks of all packets stand before the deltas of all.

#include <algorithm>
#include <array>

#include "rtp/rtcp.hpp"
#include "rtp/transport_feedback.hpp"

namespace parley::rtp {
namespace {

constexpr std::size_t kFixedSize = kRtcpHeaderSize + 16;
constexpr std::size_t kMaxStatuses = 0xFFFF;
constexpr std::size_t kMaxRun = 0x1FFF;  // 13 bits (§3.1.3)
constexpr std::size_t kOneBitSymbols = 14;
constexpr std::size_t kTwoBitSymbols = 7;
constexpr std::int64_t kTicksPerReference = kFeedbackReferenceUnit / kFeedbackDeltaUnit;
constexpr std::uint8_t kNotReceived = 0;
constexpr std::uint8_t kLarge = 2;  // a delta of two octets

// Gathers status symbols and turns them into chunks, greedily. What is pending is always a run of
// one symbol, or at most 7 of any kind, or at most 14 without large deltas: it fits one chunk.
class ChunkEncoder {
 public:
    /// Without a writer it only counts.
    explicit ChunkEncoder(ByteWriter* writer) : writer_(writer) {}

    void add(std::uint8_t symbol) {
        if (!can_add(symbol)) emit(false);
        if (size_ < symbols_.size()) symbols_[size_] = symbol;
        uniform_ = size_ == 0 || (uniform_ && symbol == symbols_[0]);
        large_ = (size_ > 0 && large_) || symbol == kLarge;
        ++size_;
    }
    void finish() {
        if (size_ > 0) emit(true);
    }
    /// With what is pending.
    std::size_t octets() const { return 2 * (chunks_ + (size_ > 0 ? 1 : 0)); }

 private:
    bool can_add(std::uint8_t symbol) const {
        if (size_ < kTwoBitSymbols) return true;
        if (size_ < kOneBitSymbols && !large_ && symbol != kLarge) return true;
        return uniform_ && symbol == symbols_[0] && size_ < kMaxRun;
    }
    void emit(bool last) {
        if (uniform_) {
            put((std::size_t{symbols_[0]} << 13) | size_);
            size_ = 0;
        } else if (!large_ && (size_ == kOneBitSymbols || (last && size_ > kTwoBitSymbols))) {
            std::size_t chunk = 0x8000;
            for (std::size_t i = 0; i < size_; ++i) chunk |= std::size_t{symbols_[i]} << (13 - i);
            put(chunk);
            size_ = 0;
        } else {
            emit_two_bit();
        }
    }
    void emit_two_bit() {
        const std::size_t count = std::min(size_, kTwoBitSymbols);
        std::size_t chunk = 0xC000;
        for (std::size_t i = 0; i < count; ++i) {
            chunk |= std::size_t{symbols_[i]} << (12 - 2 * i);
        }
        put(chunk);
        std::array<std::uint8_t, kOneBitSymbols> rest{};
        const std::size_t left = size_ - count;
        for (std::size_t i = 0; i < left; ++i) rest[i] = symbols_[count + i];
        size_ = 0;
        for (std::size_t i = 0; i < left; ++i) add(rest[i]);
    }
    void put(std::size_t chunk) {
        ++chunks_;
        if (writer_ != nullptr) writer_->u16(static_cast<std::uint16_t>(chunk));
    }

    ByteWriter* writer_;
    std::array<std::uint8_t, kOneBitSymbols> symbols_{};
    std::size_t size_ = 0;
    std::size_t chunks_ = 0;
    bool uniform_ = true;
    bool large_ = false;
};

std::int64_t ticks(Instant time) {
    return std::chrono::floor<std::chrono::duration<std::int64_t, std::ratio<1, 4000>>>(
               time.time_since_epoch())
        .count();
}

std::int64_t reference_of(Instant first) {
    const std::int64_t at = ticks(first);
    return (at - (at % kTicksPerReference + kTicksPerReference) % kTicksPerReference) /
           kTicksPerReference;
}

struct Plan {
    std::size_t arrivals = 0;
    std::size_t statuses = 0;
    std::size_t size = 0;  // of the packet before padding
};

// How many arrivals fit the buffer, the fields and 16-bit deltas.
Plan plan(std::size_t capacity, std::int64_t base, std::span<const TransportArrival> arrivals) {
    Plan result;
    ChunkEncoder chunks(nullptr);
    std::size_t deltas = 0;
    std::int64_t next = base;
    std::int64_t clock = reference_of(arrivals[0].time) * kTicksPerReference;
    for (const auto& arrival : arrivals) {
        const std::int64_t delta = ticks(arrival.time) - clock;
        if (arrival.sequence < next ||
            arrival.sequence - base >= static_cast<std::int64_t>(kMaxStatuses) ||
            delta < INT16_MIN || delta > INT16_MAX) {
            break;
        }
        for (; next < arrival.sequence; ++next) chunks.add(kNotReceived);
        ++next;
        const std::uint8_t symbol = delta >= 0 && delta <= 255 ? 1 : kLarge;
        chunks.add(symbol);
        deltas += symbol;
        clock += delta;
        const std::size_t size = kFixedSize + chunks.octets() + deltas;
        if ((size + 3) / 4 * 4 > capacity) break;
        result = {result.arrivals + 1, static_cast<std::size_t>(next - base), size};
    }
    return result;
}

void write_chunks(ByteWriter& writer, std::int64_t base,
                  std::span<const TransportArrival> arrivals) {
    ChunkEncoder chunks(&writer);
    std::int64_t next = base;
    std::int64_t clock = reference_of(arrivals[0].time) * kTicksPerReference;
    for (const auto& arrival : arrivals) {
        for (; next < arrival.sequence; ++next) chunks.add(kNotReceived);
        ++next;
        const std::int64_t at = ticks(arrival.time);
        chunks.add(at >= clock && at - clock <= 255 ? 1 : kLarge);
        clock = at;
    }
    chunks.finish();
}

void write_deltas(ByteWriter& writer, std::span<const TransportArrival> arrivals) {
    std::int64_t clock = reference_of(arrivals[0].time) * kTicksPerReference;
    for (const auto& arrival : arrivals) {
        const std::int64_t delta = ticks(arrival.time) - clock;
        clock += delta;
        if (delta >= 0 && delta <= 255) {
            writer.u8(static_cast<std::uint8_t>(delta));
        } else {
            writer.u16(static_cast<std::uint16_t>(delta));
        }
    }
}

}  // namespace

WrittenFeedback write_transport_feedback(BytesSpan out, Ssrc sender, Ssrc media, std::int64_t base,
                                         std::uint8_t feedback_count,
                                         std::span<const TransportArrival> arrivals) {
    if (arrivals.empty()) return {};
    const Plan planned = plan(out.size(), base, arrivals);
    if (planned.arrivals == 0) return {};
    arrivals = arrivals.first(planned.arrivals);
    const std::size_t size = (planned.size + 3) / 4 * 4;
    const std::size_t padding = size - planned.size;

    ByteWriter writer(out.first(size));
    writer.u8(static_cast<std::uint8_t>((padding > 0 ? 0xA0 : 0x80) | kTransportFeedbackFormat));
    writer.u8(static_cast<std::uint8_t>(RtcpType::kTransportFeedback));
    writer.u16(static_cast<std::uint16_t>(size / 4 - 1));
    writer.u32(sender.value);
    writer.u32(media.value);
    writer.u16(static_cast<std::uint16_t>(base));
    writer.u16(static_cast<std::uint16_t>(planned.statuses));
    writer.u24(static_cast<std::uint32_t>(reference_of(arrivals[0].time)) & 0xFF'FFFF);
    writer.u8(feedback_count);
    write_chunks(writer, base, arrivals);
    write_deltas(writer, arrivals);
    if (padding > 0) {
        writer.zeros(padding - 1);
        writer.u8(static_cast<std::uint8_t>(padding));
    }
    return {size, planned.arrivals};
}

}  // namespace parley::rtp
