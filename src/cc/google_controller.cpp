#include "cc/google_controller.hpp"

#include <algorithm>

namespace parley::cc {
namespace {

constexpr Duration kRoundTripMax = std::chrono::seconds(2);
constexpr Duration kRoundTripMinWindow = std::chrono::seconds(10);

Limits sane(Limits limits) {
    // Under 5 kbit/s nothing works, RTCP included.
    limits.min = std::max(limits.min, Bitrate::from_kbps(5));
    limits.max = std::max(limits.max, limits.min);
    limits.start = std::clamp(limits.start, limits.min, limits.max);
    return limits;
}

}  // namespace

std::unique_ptr<Controller> make_google_controller(const Limits& limits) {
    return std::make_unique<GoogleController>(limits);
}

GoogleController::GoogleController(const Limits& limits)
    : limits_(sane(limits)), rate_(limits_.start, limits_.min, limits_.max) {
    estimate_.target = limits_.start;
    estimate_.lasting = limits_.start;
    estimate_.pacing_rate = limits_.start * kPacingFactor;
}

// ---- facts ----

void GoogleController::on_sent(const SentPacket& packet) {
    unaccounted_ += packet.size;
    in_flight_.on_sent(packet.size, packet.sent);
    if (packet.probe != kNoProbe) probes_.on_sent(packet);
    if (!waiting_since_) waiting_since_ = packet.sent;
    now_ = packet.sent;
}

// Of another path, or of another time.
bool GoogleController::is_stale(const SentPacket& packet, Instant now) const {
    return packet.sent < path_began_ || packet.sent > now || now - packet.sent > kTooLate;
}

void GoogleController::take_received(const PacketReport& report) {
    const bool gap = report.packet.number > next_number_ && next_number_ > 0;
    if (const auto step = groups_.on_received(report.packet, report.arrival, gap)) {
        trend_.update(step->sent_delta, step->arrival_delta, step->group.last_arrival);
        queue_.on_group(step->group, competition_.competing());
        throughput_.on_group(*step);
        busy_.on_group(*step, queue_.waited());
    }
}

void GoogleController::take_reports(std::span<const PacketReport> reports, Instant now) {
    std::optional<Duration> round_trip;
    for (const PacketReport& report : reports) {
        if (is_stale(report.packet, now)) continue;
        losses_.on_report(report);
        lost_ |= !report.received;
        marks_.on_report(report);
        probes_.on_report(report);
        if (report.received) {
            take_received(report);
            in_flight_.on_acknowledged(report.packet.sent);
            round_trip = now - report.packet.sent;
        }
        next_number_ = std::max(next_number_, report.packet.number + 1);
    }
    if (round_trip) set_round_trip(*round_trip, now);
}

void GoogleController::on_feedback(std::span<const PacketReport> reports, Instant now) {
    now_ = now;
    if (reports.empty()) return;
    const bool useful = std::any_of(reports.begin(), reports.end(), [&](const auto& report) {
        return report.received && !is_stale(report.packet, now);
    });
    take_reports(reports, now);
    if (!useful) return;
    if (estimate_.blind) end_blindness(now);
    received_any_ = true;
    feedback_at_ = now;
    waiting_since_.reset();
    alr_.update(unaccounted_, estimate_.target, now);
    unaccounted_ = 0;
    update_rate(now);
    take_probe_results(now);
    settle(now);
}

void GoogleController::set_round_trip(Duration round_trip, Instant now) {
    round_trip = std::clamp(round_trip, Duration(0), kRoundTripMax);
    estimate_.round_trip = round_trip;
    round_trip_ = (round_trip_ * 7 + round_trip) / 8;
    if (!round_trip_min_ || round_trip < *round_trip_min_ ||
        now - round_trip_min_since_ > kRoundTripMinWindow) {
        round_trip_min_ = round_trip;
        round_trip_min_since_ = now;
    }
}

void GoogleController::update_rate(Instant now) {
    losses_.update(now);
    const bool competed = competition_.competing();
    competition_.update(queue_.standing(), rate_.rate(), round_trip_, now);
    if (competition_.competing() && !competed)
        rate_.set(competition_.before() * RateControl::kBackOff, now);
    const Bitrate before = rate_.rate();
    const bool stepped_down = rate_.update({.usage = trend_.usage(),
                                            .queue_ms = queue_.standing(),
                                            .waited_ms = queue_.waited(),
                                            .competing = competition_.competing(),
                                            .lost = lost_,
                                            .throughput = throughput_.rate(),
                                            .busy = busy_.rate(),
                                            .round_trip = round_trip_,
                                            .application_limited = alr_.active(),
                                            .application_limited_lately = alr_.lately(now)},
                                           now);
    lost_ = false;
    if (stepped_down) {
        reason_ = competition_.competing() ? EstimateReason::kLoss : EstimateReason::kDelay;
    } else if (rate_.rate() > before) {
        reason_ = EstimateReason::kIncrease;
    }
    if (const auto limit = losses_.limit(); limit && *limit < rate_.rate()) {
        rate_.capacity().on_overuse(*limit);
        rate_.cap(*limit);
        reason_ = EstimateReason::kLoss;
    }
    if (const auto factor = marks_.update(round_trip_, now)) {
        // What is marked is what arrives, which may follow the rate late.
        const Bitrate from = std::max(rate_.rate(), throughput_.rate().value_or(Bitrate{}));
        rate_.capacity().on_overuse(from);
        rate_.cap(from * *factor);
        reason_ = EstimateReason::kEcn;
    }
}

void GoogleController::take_probe_results(Instant now) {
    while (const auto result = probes_.poll(losses_.inherent_loss(), now)) {
        const bool lower = result->rate < rate_.rate();
        const auto arrived = throughput_.rate();
        // A probe below what arrives already measured something else than the path.
        if (!lower ||
            (result->saturated && (!arrived || result->rate > *arrived * kPacingFactor))) {
            if (result->rate > rate_.rate()) {
                if (result->saturated)
                    rate_.capacity().on_probe(result->rate);
                else
                    rate_.capacity().reset();
                rate_.set_probed(bounded(result->rate), round_trip_, now);
                reason_ = EstimateReason::kProbe;
            }
        }
        prober_.on_result(*result, probe_state(now), now);
    }
}

void GoogleController::end_blindness(Instant now) {
    // What was learnt of delays is old; the rate begins again at half and asks a probe.
    const Bitrate before = rate_.rate();
    groups_.reset();
    trend_.reset();
    queue_.reset();
    competition_.reset();
    throughput_.reset();
    busy_.reset();
    alr_.reset();
    rate_.set(before * 0.5, now);
    estimate_.blind = false;
    prober_.request(before * ProbeController::kAfterDrop, probe_state(now), now, true);
}

void GoogleController::on_remb(Bitrate limit, Instant now) {
    now_ = now;
    const auto old = remb_;
    remb_ = std::max(limit, limits_.min);
    // A limit that held the rate down and is lifted: what is behind it is not known.
    if (old && *remb_ > *old && estimate_.target >= *old * 0.95 && received_any_) {
        prober_.request(estimate_.target * ProbeController::kFurther, probe_state(now), now, true);
    }
    settle(now);
}

void GoogleController::on_receiver_report(double fraction_lost, std::optional<Duration> round_trip,
                                          Instant now) {
    now_ = now;
    report_at_ = now;
    if (round_trip) on_round_trip(*round_trip, now);
    if (feedback_at_ && now - *feedback_at_ < kBlindAfter) return;
    if (estimate_.blind) end_blindness(now);
    const Bitrate rate = receiver_rate_.on_report(rate_.rate(), std::clamp(fraction_lost, 0.0, 1.0),
                                                  round_trip_, now);
    if (rate < rate_.rate()) reason_ = EstimateReason::kLoss;
    if (rate > rate_.rate()) reason_ = EstimateReason::kIncrease;
    estimate_.loss = fraction_lost;
    rate_.set(rate, now);
    settle(now);
}

void GoogleController::on_round_trip(Duration round_trip, Instant now) {
    if (!received_any_) set_round_trip(round_trip, now);
}

void GoogleController::on_path_changed(Instant now) {
    groups_.reset();
    trend_.reset();
    queue_.reset();
    competition_.reset();
    throughput_.reset();
    busy_.reset();
    probes_.reset();
    alr_.reset();
    losses_.reset();
    marks_.reset();
    in_flight_.reset();
    receiver_rate_.reset();
    prober_.reset();
    rate_ = RateControl(limits_.start, limits_.min, limits_.max);
    round_trip_ = std::chrono::milliseconds(200);
    round_trip_min_.reset();
    remb_.reset();
    feedback_at_.reset();
    waiting_since_.reset();
    path_began_ = now;
    estimate_.blind = false;
    reason_ = EstimateReason::kStart;
    settle(now);
}

void GoogleController::on_demand(Bitrate wanted, Instant now) {
    now_ = now;
    prober_.on_demand(wanted, probe_state(now), now);
}

// ---- the machine's part ----

Instant GoogleController::next_timeout() const {
    if (prober_.pending()) return now_;
    return ticked_at_ + (waiting_since_ || !prober_.begun() ? kTick : 10 * kTick);
}

void GoogleController::handle_timeout(Instant now) {
    now_ = now;
    if (now - ticked_at_ >= kTick) {
        ticked_at_ = now;
        alr_.update(unaccounted_, estimate_.target, now);
        unaccounted_ = 0;
        settle(now);
    }
}

std::optional<ProbeRequest> GoogleController::poll_probe(Instant now) {
    if (!prober_.begun()) prober_.begin(limits_.start, probe_state(now), now);
    const auto request = prober_.poll();
    if (request) probes_.on_requested(*request, now);
    return request;
}

// While nothing is sent, what was seen of the queue says less and less: where video is paused for
// it, nothing would be seen for ever. What was sent and is not answered may well stand in it.
bool GoogleController::sees_queue(Instant now) const {
    return waiting_since_ || (feedback_at_ && now - *feedback_at_ < kQueueSeenFor);
}

ProbeController::State GoogleController::probe_state(Instant now) const {
    const auto limit = losses_.limit();
    return {.estimate = estimate_.blind ? kBlindRate : bounded(rate_.rate()),
            .limit = remb_ ? std::min(*remb_, limits_.max) : limits_.max,
            .application_limited = alr_.active(),
            .loss_limited = limit && *limit <= rate_.rate() * 1.05,
            .overused = sees_queue(now) && trend_.usage() == Usage::kOveruse,
            .queue_ms = sees_queue(now) ? queue_.standing() : 0,
            .decreased_at = rate_.decreased_at()};
}

// ---- what it says ----

Bitrate GoogleController::bounded(Bitrate rate) const {
    if (remb_) rate = std::min(rate, *remb_);
    return std::clamp(rate, limits_.min, limits_.max);
}

double GoogleController::drained(Instant now) const {
    if (competition_.competing() || !sees_queue(now)) return 1;
    const double excess = std::max(0.0, queue_.standing() - RateControl::kQueueMs) / 1000;
    return std::max(kMinDrain, 1 - excess);
}

Bitrate GoogleController::pushed_back(Bitrate rate, Instant now) const {
    if (!received_any_ || !round_trip_min_) return rate;
    const double window = static_cast<double>(rate.bps) / 8 *
                              (to_seconds(*round_trip_min_ + kInFlightMargin) +
                               (competition_.competing() ? queue_.standing() / 1000 : 0)) +
                          3000;
    const auto in_flight = static_cast<double>(in_flight_.bytes());
    const double pushback = in_flight <= window ? 1 : std::max(window / in_flight, kMinPushback);
    return rate * std::min(pushback, drained(now));
}

double GoogleController::pacing_factor(Instant now) const {
    const auto decreased = rate_.decreased_at();
    if (marks_.scalable()) return kCarefulPacing;
    const bool careful = decreased && now - *decreased < kCarefulFor;
    return careful && !competition_.competing() ? kCarefulPacing : kPacingFactor;
}

void GoogleController::settle(Instant now) {
    const bool feedback_missing = waiting_since_ && now - *waiting_since_ >= kBlindAfter;
    const bool reports = report_at_ && now - *report_at_ < 2 * kBlindAfter;
    if (feedback_missing && !reports) {
        estimate_.blind = true;
        in_flight_.reset();
    }
    Bitrate target = bounded(rate_.rate());
    EstimateReason reason = reason_;
    if (remb_ && target == *remb_) reason = EstimateReason::kRemb;
    if (target == limits_.max || target == limits_.min) reason = EstimateReason::kLimit;
    const Bitrate pushed = std::max(pushed_back(target, now), std::min(limits_.min, target));
    if (pushed < target) reason = EstimateReason::kPushback;
    estimate_.lasting = target;
    const double pacing = pushed < target ? 1 : pacing_factor(now);
    target = pushed;
    if (estimate_.blind) {
        target = std::min(target, kBlindRate);
        estimate_.lasting = target;
        reason = EstimateReason::kNoFeedback;
    }
    estimate_.target = target;
    estimate_.pacing_rate = target * pacing;
    estimate_.spread = marks_.scalable();
    estimate_.reason = reason;
    if (received_any_) estimate_.loss = losses_.loss();
    if (!estimate_.blind) return prober_.process(probe_state(now), now);
    // Where nothing else is sent, only this finds out that the path is there again.
    if (prober_.demand().bps <= 0) return;
    if (blind_probe_at_ && now - *blind_probe_at_ < kBlindProbeInterval) return;
    blind_probe_at_ = now;
    prober_.request(kBlindProbe, probe_state(now), now, false);
}

}  // namespace parley::cc
