#include "sim/net/media_sender.hpp"

#include <algorithm>

namespace parley::sim {
namespace {

constexpr double kMediaShare =
    double(MediaSender::kMaxPayload - MediaSender::kRtpOverhead) / MediaSender::kMaxPayload;
constexpr Duration kRetransmissionWindow = std::chrono::seconds(1);

}  // namespace

MediaSender::MediaSender(World& world, MediaSenderConfig config, const Route& to_receiver)
    : world_(world),
      config_(std::move(config)),
      to_receiver_(to_receiver),
      controller_(config_.make_controller(config_.limits)),
      video_(config_.video, world.fork()),
      random_(world.fork()),
      frame_due_(world, [this](Instant now) { on_frame_due(now); }),
      audio_due_(world, [this](Instant now) { on_audio_due(now); }),
      wake_(world, [this](Instant now) { pump(now); }) {}

Bitrate MediaSender::audio_rate() const {
    return config_.has_audio ? rate_of(kAudioPayload, kAudioInterval) : Bitrate{};
}

Bitrate MediaSender::demand() const {
    if (config_.demand.bps > 0) return config_.demand;
    const Bitrate video = config_.has_video ? config_.video.max : Bitrate{};
    return video * (1 / kMediaShare) + audio_rate();
}

void MediaSender::start(Instant now) {
    running_ = true;
    retransmission_window_ = now;
    pause_media(false, now);
    pump(now);
}

void MediaSender::stop() {
    running_ = false;
    frame_due_.disarm();
    audio_due_.disarm();
    wake_.disarm();
}

void MediaSender::pause_media(bool paused, Instant now) {
    paused_ = paused;
    if (paused) {
        frame_due_.disarm();
        audio_due_.disarm();
        controller_->on_demand({}, now);
        return;
    }
    controller_->on_demand(demand(), now);
    video_.request_keyframe();
    // Sources are not in step with each other.
    const auto phase = [&](Duration interval) {
        return Duration(static_cast<Duration::rep>(
            random_.below(static_cast<std::uint64_t>(interval.count()))));
    };
    if (config_.has_video) frame_due_.arm(now + phase(video_.interval()));
    if (config_.has_audio) audio_due_.arm(now + phase(kAudioInterval));
}

// ---- what comes from the sources ----

void MediaSender::on_frame_due(Instant now) {
    frame_due_.arm(now + video_.interval());
    video_.set_target(video_target(controller_->estimate()), now);
    if (!waiting_.empty() && now - waiting_.front().queued > kMaxQueueDelay) {
        ++frames_skipped_;
        return;
    }
    if (const auto frame = video_.next_frame(now)) queue_frame(*frame, now);
    pump(now);
}

void MediaSender::queue_frame(const VideoFrame& frame, Instant now) {
    const std::int64_t most = kMaxPayload - kRtpOverhead;
    const std::int64_t packets = std::max<std::int64_t>(1, (frame.bytes + most - 1) / most);
    for (std::int64_t i = 0; i < packets; ++i) {
        const std::int64_t media = frame.bytes / packets + (i < frame.bytes % packets ? 1 : 0);
        Waiting packet;
        packet.size = static_cast<std::uint32_t>(media) + kRtpOverhead;
        packet.queued = now;
        packet.media = {.number = next_media_number_++,
                        .frame = frame_,
                        .first_of_frame = i == 0,
                        .last_of_frame = i == packets - 1,
                        .keyframe = frame.keyframe,
                        .captured = now};
        waiting_.push_back(packet);
        history_.push_back(packet);
    }
    ++frame_;
    while (static_cast<std::int64_t>(history_.size()) > kHistory) history_.pop_front();
}

void MediaSender::on_audio_due(Instant now) {
    audio_due_.arm(now + kAudioInterval);
    send({.size = kAudioPayload, .media = {}, .kind = PacketKind::kAudio, .queued = now}, now);
    pump(now);
}

// ---- what comes from the receiver ----

void MediaSender::on_packet(Packet packet, Instant now) {
    if (!running_ || !packet.control) return;
    on_control(*packet.control, now);
    pump(now);
}

void MediaSender::on_control(const ControlMessage& message, Instant now) {
    const Duration round_trip = now - message.echo - message.held;
    if (on_round_trip) on_round_trip(round_trip);
    if (message.limit) controller_->on_remb(*message.limit, now);
    if (message.fraction_lost && config_.feedback == FeedbackMode::kReportsOnly) {
        controller_->on_receiver_report(*message.fraction_lost, round_trip, now);
    }
    if (!message.statuses.empty()) {
        log_.begin_feedback(now);
        for (const PacketStatus& status : message.statuses) {
            log_.on_status(status.number, status.received, status.arrival, status.ecn);
        }
        const auto reports = log_.end_feedback();
        if (log_.round_trip()) controller_->on_round_trip(*log_.round_trip(), now);
        controller_->on_feedback(reports, now);
    }
    for (const std::int64_t number : message.wanted) retransmit(number, now);
    if (message.keyframe_wanted) video_.request_keyframe();
}

void MediaSender::retransmit(std::int64_t number, Instant now) {
    if (history_.empty() || number < history_.front().media.number) return;
    const auto index = static_cast<std::size_t>(number - history_.front().media.number);
    if (index >= history_.size()) return;
    const auto waits = [&](const Waiting& w) { return w.media.number == number; };
    if (std::any_of(asked_again_.begin(), asked_again_.end(), waits)) return;
    Waiting packet = history_[index];
    packet.kind = PacketKind::kRetransmission;
    packet.queued = now;
    asked_again_.push_back(packet);
}

// ---- what leaves ----

void MediaSender::pump(Instant now) {
    if (!running_) return;
    if (controller_->next_timeout() <= now) controller_->handle_timeout(now);
    while (const auto probe = controller_->poll_probe(now)) pacer_.start_probe(*probe, now);
    apply_estimate(now);
    while (pacer_.may_send(now) && (send_waiting(now) || send_padding(now))) {
    }
    arm(now);
}

void MediaSender::apply_estimate(Instant now) {
    const cc::Estimate& estimate = controller_->estimate();
    pacer_.set_rate(estimate.pacing_rate, now);
    pacer_.set_spread(estimate.spread, now);
    pacer_.set_padding_rate(estimate.padding_rate, now);
    if (targets_.empty() || targets_.back().target != estimate.target ||
        targets_.back().blind != estimate.blind) {
        targets_.push_back({now, estimate.target, estimate.reason, estimate.blind});
        world_.log().add(static_cast<std::uint64_t>(estimate.target.bps));
    }
    if (now - retransmission_window_ >= kRetransmissionWindow) {
        const Bitrate rate = rate_of(retransmitted_bytes_, now - retransmission_window_);
        retransmission_bps_ = static_cast<double>(rate.bps);
        retransmitted_bytes_ = 0;
        retransmission_window_ = now;
    }
}

Bitrate MediaSender::video_target(const cc::Estimate& estimate) const {
    if (estimate.blind || paused_) return {};
    const auto target = static_cast<double>(estimate.target.bps);
    const double repair = std::min(retransmission_bps_, kMaxRetransmissionShare * target);
    const double left = target - repair - static_cast<double>(audio_rate().bps);
    // An encoder that runs takes its minimum whatever it is told.
    return {std::max<std::int64_t>(1, static_cast<std::int64_t>(left * kMediaShare))};
}

bool MediaSender::send_waiting(Instant now) {
    std::deque<Waiting>& queue = asked_again_.empty() ? waiting_ : asked_again_;
    if (queue.empty()) return false;
    const Waiting packet = queue.front();
    queue.pop_front();
    send(packet, now);
    return true;
}

bool MediaSender::send_padding(Instant now) {
    const std::uint32_t wanted = pacer_.padding_wanted(now);
    if (wanted == 0) return false;
    // Packets sent before make large filling; without any there is only RTP's own padding.
    const std::uint32_t most = history_.empty() ? kMaxPlainPadding : kMaxPayload;
    const std::uint32_t size = std::clamp(wanted, kRtpOverhead + 1, most);
    send({.size = size, .media = {}, .kind = PacketKind::kPadding, .queued = now}, now);
    return true;
}

void MediaSender::send(const Waiting& waiting, Instant now) {
    Packet packet;
    packet.route = &to_receiver_;
    packet.flow = config_.flow;
    packet.kind = waiting.kind;
    packet.ecn = config_.ecn;
    packet.size = waiting.size + kUdpOverhead;
    packet.number = log_.next_number();
    packet.sent = now;
    packet.media = waiting.media;
    controller_->on_sent(log_.on_sent(waiting.size, pacer_.probe(), now));
    pacer_.on_sent(waiting.size, now);
    if (waiting.kind == PacketKind::kRetransmission) retransmitted_bytes_ += waiting.size;
    sent_.push_back({now, now - waiting.queued, waiting.size, waiting.kind});
    forward(std::move(packet), now);
}

void MediaSender::arm(Instant now) {
    Instant next = controller_->next_timeout();
    const bool waits = !waiting_.empty() || !asked_again_.empty();
    if (waits) next = std::min(next, pacer_.next_send(now));
    const Instant padding = pacer_.next_padding();
    if (padding != kNever) next = std::min(next, std::max(padding, pacer_.next_send(now)));
    // A deadline that is due was served in this call: never spin within an instant.
    wake_.arm(next == kNever ? kNever : std::max(next, now + std::chrono::microseconds(100)));
}

}  // namespace parley::sim
