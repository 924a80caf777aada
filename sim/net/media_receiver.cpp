#include "sim/net/media_receiver.hpp"

#include <algorithm>

namespace parley::sim {

// ---- frames ----

void FrameAssembler::on_packet(const MediaPosition& media, Instant now) {
    missing_.erase(media.number);
    for (; highest_ < media.number; ++highest_) {
        if (highest_ >= next_) missing_[highest_] = {now};
    }
    highest_ = std::max(highest_, media.number + 1);
    if (media.number < next_) return;
    packets_.emplace(media.number, media);
    show_complete(now);
}

void FrameAssembler::show_complete(Instant now) {
    if (broken_) {
        // Only a keyframe helps, and it makes what lies before it worthless.
        const auto key = std::find_if(packets_.begin(), packets_.end(), [](const auto& packet) {
            return packet.second.keyframe && packet.second.first_of_frame;
        });
        if (key == packets_.end()) return;
        next_ = key->first;
        packets_.erase(packets_.begin(), key);
        missing_.erase(missing_.begin(), missing_.lower_bound(next_));
        broken_ = false;
    }
    for (auto packet = packets_.begin(); packet != packets_.end() && packet->first == next_;
         packet = packets_.erase(packet), ++next_) {
        if (packet->second.last_of_frame) {
            shown_.push_back({now, packet->second.captured, packet->second.keyframe});
        }
    }
}

std::vector<std::int64_t> FrameAssembler::wanted(Duration round_trip, Instant now) {
    std::vector<std::int64_t> numbers;
    for (auto entry = missing_.begin(); entry != missing_.end();) {
        auto& [number, missing] = *entry;
        if (now - missing.noticed > kGiveUp || missing.requests >= kMaxRequests) {
            broken_ = true;
            entry = missing_.erase(entry);
            continue;
        }
        const bool due = missing.requests == 0 ? now - missing.noticed >= kPatience
                                               : now - missing.asked >= round_trip + kPatience;
        if (due) {
            numbers.push_back(number);
            missing.asked = now;
            ++missing.requests;
        }
        ++entry;
    }
    return numbers;
}

bool FrameAssembler::wants_keyframe(Instant now) {
    if (!broken_ ||
        (keyframe_asked_ != Instant::min() && now - keyframe_asked_ < kKeyframeInterval)) {
        return false;
    }
    keyframe_asked_ = now;
    return true;
}

// ---- the receiver ----

MediaReceiver::MediaReceiver(World& world, MediaReceiverConfig config, const Route& to_sender)
    : config_(config),
      to_sender_(to_sender),
      arrivals_(config.feedback),
      feedback_due_(world, [this](Instant now) { on_feedback_due(now); }),
      report_due_(world, [this](Instant now) { on_report_due(now); }),
      requests_due_(world, [this](Instant now) { on_requests_due(now); }) {}

void MediaReceiver::on_packet(Packet packet, Instant now) {
    received_.push_back({now, now - packet.sent, packet.size - kUdpOverhead, packet.kind});
    const std::int64_t number = numbers_.unwrap(packet.number);
    if (highest_ < 0) reported_highest_ = number - 1;
    highest_ = std::max(highest_, number);
    ++came_;
    newest_sent_ = packet.sent;
    newest_at_ = now;
    if (config_.feedback != FeedbackMode::kReportsOnly) {
        arrivals_.on_packet(packet.number, packet.ecn, now);
        if (!feedback_due_.armed()) feedback_due_.arm(now + feedback_interval(now));
    }
    if (!report_due_.armed()) report_due_.arm(now + kReportInterval);
    if (packet.kind == PacketKind::kVideo || packet.kind == PacketKind::kRetransmission) {
        frames_.on_packet(packet.media, now);
        if (frames_.is_waiting() && !requests_due_.armed())
            requests_due_.arm(now + kRequestInterval);
    }
}

// Browsers let feedback take a twentieth of what comes, within bounds.
Duration MediaReceiver::feedback_interval(Instant now) const {
    constexpr double kShare = 0.05;
    constexpr double kTypicalBits = 68 * 8;
    std::int64_t bytes = 0;
    for (auto record = received_.rbegin(); record != received_.rend(); ++record) {
        if (now - record->at > std::chrono::seconds(1)) break;
        bytes += record->size;
    }
    const double rate = std::max(static_cast<double>(bytes) * 8 * kShare, 1.0);
    return std::clamp(Duration(static_cast<Duration::rep>(kTypicalBits / rate * 1e9)),
                      config_.min_feedback_interval, config_.max_feedback_interval);
}

void MediaReceiver::on_feedback_due(Instant now) {
    if (arrivals_.empty()) return;  // the next packet starts it again
    feedback_due_.arm(now + feedback_interval(now));
    ControlMessage message;
    message.statuses = arrivals_.take();
    send(std::move(message), now);
}

void MediaReceiver::on_report_due(Instant now) {
    report_due_.arm(now + kReportInterval);
    const std::int64_t expected = highest_ - reported_highest_;
    const std::int64_t came = came_ - reported_came_;
    if (expected <= 0) return;
    ControlMessage message;
    const auto lost = static_cast<double>(std::max<std::int64_t>(0, expected - came));
    // The wire has 256 steps (RFC 3550 §6.4.1).
    message.fraction_lost = static_cast<int>(lost * 256 / static_cast<double>(expected)) / 256.0;
    if (config_.limit.bps > 0) message.limit = config_.limit;
    reported_highest_ = highest_;
    reported_came_ = came_;
    send(std::move(message), now);
}

void MediaReceiver::on_requests_due(Instant now) {
    ControlMessage message;
    message.wanted = frames_.wanted(round_trip_, now);
    message.keyframe_wanted = frames_.wants_keyframe(now);
    if (!message.wanted.empty() || message.keyframe_wanted) send(std::move(message), now);
    if (frames_.is_waiting()) requests_due_.arm(now + kRequestInterval);
}

void MediaReceiver::set_limit(Bitrate limit, Instant now) {
    config_.limit = limit;
    ControlMessage message;
    // No limit is said as a very large one.
    message.limit = limit.bps > 0 ? limit : Bitrate::from_kbps(1'000'000);
    send(std::move(message), now);
}

void MediaReceiver::send(ControlMessage message, Instant now) {
    if (!feedback_enabled_) return;
    message.echo = newest_sent_;
    message.held = now - newest_at_;
    Packet packet;
    packet.route = &to_sender_;
    packet.flow = config_.flow;
    packet.kind = PacketKind::kControl;
    packet.size = wire_size(message, config_.feedback);
    packet.sent = now;
    packet.control = std::make_shared<const ControlMessage>(std::move(message));
    feedback_bytes_ += packet.size;
    forward(std::move(packet), now);
}

}  // namespace parley::sim
