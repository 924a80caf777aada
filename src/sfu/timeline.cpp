#include "sfu/timeline.hpp"

#include <cstdlib>

namespace parley::sfu {
namespace {

std::int32_t signed_difference(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a - b);
}

}  // namespace

std::uint32_t Timeline::aligned(const StoredPacket& packet, const LayerClock& layer,
                                const LayerClock* previous, const ParticipantClock& clock) const {
    if (previous == nullptr || !previous->known() || !layer.known()) {
        return newest_ +
               static_cast<std::uint32_t>(layer.to_ticks(packet.arrival - newest_arrival_));
    }
    const std::uint32_t to_subscriber = newest_ - newest_source_;     // of the previous layer
    if (previous == &layer) return packet.timestamp + to_subscriber;  // after a pause
    const std::uint32_t by_arrival =
        previous->timestamp_by_arrival(layer.capture_by_arrival(packet.timestamp)) + to_subscriber;
    if (!previous->has_report() || !layer.has_report()) return by_arrival;
    const std::uint32_t by_report =
        previous->timestamp_by_report(layer.capture_by_report(packet.timestamp, clock), clock) +
        to_subscriber;
    const auto error = std::abs(std::int64_t{signed_difference(by_report, by_arrival)});
    return error > layer.to_ticks(kMaxReportError) ? by_arrival : by_report;
}

std::uint32_t Timeline::begin(const StoredPacket& packet, const LayerClock& layer,
                              const LayerClock* previous, const ParticipantClock& clock) {
    if (!any_) return first_ - packet.timestamp;
    std::uint32_t timestamp = aligned(packet, layer, previous, clock) - shift_;
    shift_ = 0;
    // A frame of the new layer may have been captured no later than the last one sent. Timestamps
    // must grow all the same; what that costs is taken back at the next beginning.
    const std::uint32_t earliest = newest_ + layer.clock_rate() / kMinStepDivisor;
    if (signed_difference(timestamp, earliest) < 0) {
        shift_ = earliest - timestamp;
        timestamp = earliest;
    }
    return timestamp - packet.timestamp;
}

void Timeline::on_sent(const StoredPacket& packet, std::uint32_t timestamp) {
    any_ = true;
    newest_ = timestamp;
    newest_source_ = packet.timestamp;
    newest_arrival_ = packet.arrival;
}

}  // namespace parley::sfu
