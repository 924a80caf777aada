#include "sim/net/feedback.hpp"

#include <algorithm>

namespace parley::sim {
namespace {

constexpr std::uint32_t kSecureRtcp = 20;  // index and tag (RFC 7714 §9)
constexpr std::uint32_t kReceiverReport = 32;
constexpr std::uint32_t kLimit = 24;
constexpr std::uint32_t kFeedbackHeader = 12;
// A transport-wide feedback delta takes one octet up to 63.75 ms and two beyond.
constexpr Duration kSmallDelta = std::chrono::microseconds(63'750);

std::uint32_t transport_wide_size(const std::vector<PacketStatus>& statuses) {
    const auto count = static_cast<std::uint32_t>(statuses.size());
    std::uint32_t deltas = 0;
    std::optional<Duration> last;
    bool large = false;
    for (const PacketStatus& status : statuses) {
        if (!status.received) continue;
        const Duration delta = last ? status.arrival - *last : Duration(0);
        const bool two = delta < Duration(0) || delta > kSmallDelta;
        large |= two;
        deltas += two ? 2 : 1;
        last = status.arrival;
    }
    const std::uint32_t per_chunk = large ? 7 : 14;
    return kFeedbackHeader + 8 + 2 * ((count + per_chunk - 1) / per_chunk) + deltas;
}

}  // namespace

std::uint32_t wire_size(const ControlMessage& message, FeedbackMode mode) {
    std::uint32_t size = 0;
    if (!message.statuses.empty()) {
        const auto count = static_cast<std::uint32_t>(message.statuses.size());
        size += mode == FeedbackMode::kRfc8888 ? 8 + 8 + 2 * count + 4
                                               : transport_wide_size(message.statuses);
    }
    if (message.fraction_lost) size += kReceiverReport;
    if (message.limit) size += kLimit;
    if (!message.wanted.empty()) {
        size += kFeedbackHeader + 4 * static_cast<std::uint32_t>(message.wanted.size());
    }
    if (message.keyframe_wanted) size += kFeedbackHeader;
    const std::uint32_t aligned = (size + 3) / 4 * 4;
    return aligned + kSecureRtcp + kUdpOverhead;
}

void ArrivalLog::on_packet(std::uint16_t number, cc::EcnMark ecn, Instant now) {
    const std::int64_t unwrapped = numbers_.unwrap(number);
    const Duration tick = mode_ == FeedbackMode::kRfc8888 ? kRfc8888Tick : kTransportWideTick;
    const Duration clock = now - Instant{} + kClockOffset;
    const Duration rounded = clock / tick * tick;
    const bool tells_marks = mode_ == FeedbackMode::kRfc8888;
    arrivals_.try_emplace(unwrapped, rounded, tells_marks ? ecn : cc::EcnMark::kUnknown);
    // A packet that comes late is told about again, with those around it.
    next_ = next_ ? std::min(*next_, unwrapped) : unwrapped;
}

std::vector<PacketStatus> ArrivalLog::take() {
    std::vector<PacketStatus> statuses;
    if (arrivals_.empty()) return statuses;
    const std::int64_t newest = arrivals_.rbegin()->first;
    for (std::int64_t number = *next_; number <= newest; ++number) {
        const auto arrival = arrivals_.find(number);
        const bool received = arrival != arrivals_.end();
        statuses.push_back({static_cast<std::uint16_t>(number), received,
                            received ? arrival->second.at : Duration(0),
                            received ? arrival->second.ecn : cc::EcnMark::kUnknown});
    }
    arrivals_.clear();
    next_ = newest + 1;
    return statuses;
}

}  // namespace parley::sim
