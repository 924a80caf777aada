#include "cc/throughput_estimator.hpp"

#include <algorithm>
#include <limits>

namespace parley::cc {
namespace {

std::int32_t to_us(Duration duration) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    return static_cast<std::int32_t>(
        std::clamp<std::int64_t>(us, 0, std::numeric_limits<std::int32_t>::max() / 1024));
}

// The longest and the second longest of some intervals, and their sum.
struct Intervals {
    std::int64_t sum = 0;
    std::int64_t longest = 0;
    std::int64_t second = 0;

    void add(std::int64_t value) {
        sum += value;
        if (value > longest) {
            second = longest;
            longest = value;
        } else {
            second = std::max(second, value);
        }
    }
    /// Without the longest: it counts as much as the second.
    std::int64_t without_stall() const { return sum - longest + second; }
};

}  // namespace

void ThroughputEstimator::on_group(const GroupStep& step) {
    slots_[next_] = {step.group.last_arrival,
                     to_us(step.sent_delta),
                     to_us(step.arrival_delta),
                     static_cast<std::int32_t>(std::min<std::int64_t>(step.group.bytes, 1 << 24)),
                     static_cast<std::uint16_t>(std::min(step.group.packets, 0xFFFFU)),
                     step.group.after_gap};
    next_ = (next_ + 1) % kMaxGroups;
    size_ = std::min(size_ + 1, kMaxGroups);
}

std::optional<Bitrate> ThroughputEstimator::rate_over(Duration window,
                                                      std::uint32_t min_packets) const {
    if (size_ < 2) return {};
    const Duration newest = slots_[(next_ + kMaxGroups - 1) % kMaxGroups].arrival;
    Intervals sent;
    Intervals arrived;
    std::int64_t bytes = 0;
    std::uint32_t packets = 0;
    for (std::size_t i = 1; i <= size_; ++i) {
        const Slot& slot = slots_[(next_ + kMaxGroups - i) % kMaxGroups];
        const Duration age = newest - slot.arrival;
        if (age > kMaxWindow || (age > window && packets >= min_packets)) break;
        if (slot.after_gap) continue;
        sent.add(slot.sent_us);
        arrived.add(slot.arrival_us);
        bytes += slot.bytes;
        packets += slot.packets;
    }
    if (packets < std::min(min_packets, 5U) || arrived.sum <= 0) return {};
    const std::int64_t time = std::max(arrived.without_stall(), sent.without_stall());
    if (time < 20'000) return {};
    return rate_of(bytes, std::chrono::microseconds(time));
}

}  // namespace parley::cc
