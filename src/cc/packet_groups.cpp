#include "cc/packet_groups.hpp"

#include <algorithm>

namespace parley::cc {

void PacketGroups::reset() {
    current_ = {};
    previous_ = {};
    reordered_ = 0;
}

bool PacketGroups::belongs(const SentPacket& packet, Duration arrival) const {
    if (packet.sent - current_.first_sent <= kBurst) return true;
    // Held up on the way and let go together: the spacing is the link's, not the queue's.
    const Duration apart = arrival - current_.last_arrival;
    const Duration sent_apart = packet.sent - current_.last_sent;
    return apart <= kBurst && apart < sent_apart && arrival - current_.first_arrival < kMaxBurst;
}

std::optional<GroupStep> PacketGroups::step() const {
    if (previous_.packets == 0) return {};
    return GroupStep{current_, current_.last_sent - previous_.last_sent,
                     current_.last_arrival - previous_.last_arrival};
}

std::optional<GroupStep> PacketGroups::on_received(const SentPacket& packet, Duration arrival,
                                                   bool gap) {
    if (current_.packets > 0 && packet.sent < current_.first_sent) return {};
    const Duration delay = arrival - packet.sent.time_since_epoch();
    if (current_.packets > 0 && belongs(packet, arrival)) {
        current_.last_sent = std::max(current_.last_sent, packet.sent);
        current_.last_arrival = std::max(current_.last_arrival, arrival);
        current_.first_arrival = std::min(current_.first_arrival, arrival);
        current_.least_delay = std::min(current_.least_delay, delay);
        current_.bytes += packet.size;
        current_.after_gap |= gap;
        ++current_.packets;
        return {};
    }
    std::optional<GroupStep> done;
    if (current_.packets > 0) {
        done = step();
        if (done) {
            const Duration change = done->arrival_delta - done->sent_delta;
            const bool backwards = done->arrival_delta < Duration(0);
            reordered_ = backwards ? reordered_ + 1 : 0;
            if (backwards) done.reset();
            if (std::chrono::abs(change) > kMaxClockStep || reordered_ >= kMaxReordered) {
                ++resets_;
                reset();
                done.reset();
            }
        }
        // A group that was overtaken is no reference for the next.
        if (reordered_ == 0) previous_ = current_;
    }
    current_ = {packet.sent, packet.sent, arrival, arrival, delay, packet.size, 1, gap};
    return done;
}

}  // namespace parley::cc
