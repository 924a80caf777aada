#include "node/send_path.hpp"

#include <cstdlib>
#include <utility>

namespace parley::node {
namespace {

// The reference time of transport-wide feedback has 24 bits.
constexpr std::int64_t kReferenceTurn = std::int64_t{1} << 24;

constexpr std::int64_t kMaxTurns = 1000;
// Of RFC 8888's clock, in its units: a thousand turns of 18 hours.
constexpr std::int64_t kMaxReportClock = kMaxTurns << 32;
// Where no probe can be made, the controller's wish for one is no reason to hurry.
constexpr Duration kCalmInterval = 100ms;

}  // namespace

SendPath::SendPath(const cc::Limits& limits)
    : controller_(cc::make_google_controller(limits)), fallback_(limits.start) {}

void SendPath::set_feedback(bool reported, Instant now) {
    if (reported_ == reported) return;
    reported_ = reported;
    news_ = reported;
    settle(now);
}

void SendPath::rest(bool waiting, Instant now) {
    send_due_ = kNever;
    const bool probing = pacer_.probe() != cc::kNoProbe;
    if (waiting) {
        send_due_ = pacer_.next_send(now);
        if (!probing) send_due_ = std::max(send_due_, now + kQuantum);
    }
    if (fillable_ && reported_) {
        const Instant padding = pacer_.next_padding();
        if (padding != kNever) {
            send_due_ = std::min(send_due_, std::max(padding, pacer_.next_send(now)));
        }
    }
    if (send_due_ != kNever) send_due_ = std::max(send_due_, now + kLeastWait);
}

void SendPath::on_transport_feedback(const rtp::TransportFeedback& feedback, Instant now) {
    if (!reported_ || !statuses_.take(now, feedback.status_count)) return;
    if (reference_) {
        const std::int64_t step = std::int64_t{feedback.reference_time} - *reference_;
        if (step < -kReferenceTurn / 2) ++clock_turns_;
        if (step > kReferenceTurn / 2) --clock_turns_;
    }
    reference_ = feedback.reference_time;
    if (std::abs(clock_turns_) > kMaxTurns) clock_turns_ = 0;  // a clock that lies
    const Duration turned = clock_turns_ * kReferenceTurn * rtp::kFeedbackReferenceUnit;
    log_.begin_feedback(now);
    auto reader = feedback.read();
    while (const auto status = reader.next()) {
        log_.on_status(status->sequence_number, status->received, status->arrival + turned,
                       cc::EcnMark::kUnknown);
    }
    end_feedback(now);
}

void SendPath::on_congestion_feedback(const rtp::CongestionFeedback& feedback, Instant now) {
    if (!reported_) return;
    std::int64_t turned = report_clock_.unwrap(feedback.timestamp);
    if (turned < 0 || turned > kMaxReportClock) {  // a clock that lies
        report_clock_.reset();
        turned = report_clock_.unwrap(feedback.timestamp);
    }
    // In two steps: the product with a second would overflow within two turns.
    const Duration made =
        turned / rtp::kReportTimestampUnits * Duration(1s) +
        turned % rtp::kReportTimestampUnits * Duration(1s) / rtp::kReportTimestampUnits;
    log_.begin_feedback(now);
    auto reader = feedback.read();
    while (const auto status = reader.next()) {
        if (status->received && !status->age) continue;
        const auto number = streams_.find(status->media, status->sequence_number);
        if (!number) continue;
        log_.on_status(*number, status->received, made - status->age.value_or(Duration{}),
                       static_cast<cc::EcnMark>(status->ecn));
    }
    end_feedback(now);
}

void SendPath::end_feedback(Instant now) {
    const auto reports = log_.end_feedback();
    if (const auto round_trip = log_.round_trip()) controller_->on_round_trip(*round_trip, now);
    controller_->on_feedback(reports, now);
    settle(now);
}

void SendPath::on_remb(Bitrate limit, Instant now) {
    controller_->on_remb(limit, now);
    settle(now);
}

void SendPath::on_report(double fraction_lost, std::optional<Duration> round_trip, Instant now) {
    controller_->on_receiver_report(fraction_lost, round_trip, now);
    settle(now);
}

void SendPath::on_path_changed(Instant now) {
    controller_->on_path_changed(now);
    reference_.reset();
    report_clock_.reset();
    news_ = reported_;
    settle(now);
}

void SendPath::on_demand(Bitrate wanted, Instant now) {
    controller_->on_demand(wanted, now);
    settle(now);
}

void SendPath::on_fallback(Bitrate rate, Instant now) {
    fallback_ = rate;
    if (!reported_) settle(now);
}

void SendPath::handle_timeout(Instant now) {
    if (send_due_ <= now) send_due_ = kNever;
    if (control_due_ > now) return;
    controller_->handle_timeout(now);
    settle(now);
}

// One at a time: the next begins when this one is complete. Where nothing can fill it up, a probe
// would only measure what media happens to take.
void SendPath::begin_probe(Instant now) {
    if (!fillable_ || pacer_.probe() != cc::kNoProbe) return;
    if (const auto probe = controller_->poll_probe(now)) {
        pacer_.start_probe(*probe, now);
        send_due_ = now;
    }
}

void SendPath::settle(Instant now) {
    if (!reported_) {
        control_due_ = kNever;
        pacer_.set_rate(fallback_ * kPacingFactor, now);
        return;
    }
    begin_probe(now);
    const cc::Estimate& estimate = controller_->estimate();
    pacer_.set_rate(estimate.pacing_rate, now);
    pacer_.set_spread(estimate.spread, now);
    pacer_.set_padding_rate(estimate.padding_rate, now);
    if (estimate.lasting != lasting_ || estimate.blind != blind_ || estimate.reason != reason_) {
        lasting_ = estimate.lasting;
        blind_ = estimate.blind;
        reason_ = estimate.reason;
        news_ = true;
    }
    const Duration least = fillable_ ? kQuantum : kCalmInterval;
    control_due_ = std::max(controller_->next_timeout(), now + least);
}

}  // namespace parley::node
