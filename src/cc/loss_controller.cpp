#include "cc/loss_controller.hpp"

#include <algorithm>
#include <cmath>

namespace parley::cc {
namespace {

constexpr double kNegligibleLoss = 0.005;
constexpr double kGridStep = 0.97;
constexpr int kGridSteps = 90;  // down to 6 % of the highest rate
// Losses come in bursts: so many of them count as one.
constexpr double kBurstiness = 3;
// How much better a limit must explain the observations than random loss does.
constexpr double kEvidence = 6;
// What makes inherent loss beyond the likely as costly as misfit.
constexpr double kUnlikely = 60;

}  // namespace

void LossController::on_report(const PacketReport& report) {
    if (!began_) began_ = report.packet.sent;
    if (report.packet.sent - *began_ >= kObservation && packets_ >= kMinPackets) {
        close(report.packet.sent);
    }
    bytes_ += report.packet.size;
    ++packets_;
    if (!report.received) ++lost_;
}

void LossController::close(Instant end) {
    const Duration length = end - *began_;
    // After a pause of the application the rate would be a mean over nothing.
    if (length < 8 * kObservation) {
        past_[next_] = {static_cast<double>(rate_of(bytes_, length).bps),
                        static_cast<double>(packets_), static_cast<double>(lost_)};
        next_ = (next_ + 1) % kObservations;
        size_ = std::min(size_ + 1, kObservations);
        fresh_ = true;
    }
    began_ = end;
    bytes_ = 0;
    packets_ = 0;
    lost_ = 0;
}

void LossController::update(Instant now) {
    if (!fresh_) {
        if (limit_ && now - observed_at_ >= kLimitLife) reset();
        return;
    }
    fresh_ = false;
    observed_at_ = now;
    double lost = 0;
    double packets = 0;
    double all_lost = 0;
    for (std::size_t i = 1; i <= size_; ++i) {
        const Observation& seen = past_[(next_ + kObservations - i) % kObservations];
        all_lost += seen.lost;
        if (i > 4) continue;
        lost += seen.lost;
        packets += seen.packets;
    }
    recent_ = packets > 0 ? lost / packets : 0;
    if (all_lost == 0) {
        inherent_ = 0;
        limit_.reset();
        return;
    }
    evaluate(now);
}

// The share kept that makes min(rate, bandwidth) explain what arrived best.
LossController::Fit LossController::fit(double bandwidth, double variance) const {
    double crossed = 0;
    double squared = 0;
    double weight = 1;
    for (std::size_t i = 1; i <= size_; ++i, weight *= kAging) {
        const Observation& seen = past_[(next_ + kObservations - i) % kObservations];
        const double carried = std::min(1.0, bandwidth / seen.rate);
        const double arrived = 1 - seen.lost / seen.packets;
        crossed += weight * seen.packets * arrived * carried;
        squared += weight * seen.packets * carried * carried;
    }
    Fit result;
    const double kept = std::clamp(crossed / squared, 1 - kMaxInherent, 1.0);
    result.inherent = 1 - kept;
    weight = 1;
    for (std::size_t i = 1; i <= size_; ++i, weight *= kAging) {
        const Observation& seen = past_[(next_ + kObservations - i) % kObservations];
        const double carried = std::min(1.0, bandwidth / seen.rate);
        const double error = 1 - seen.lost / seen.packets - kept * carried;
        result.misfit += weight * seen.packets * error * error;
    }
    result.misfit /= variance * kBurstiness;
    return result;
}

void LossController::evaluate(Instant now) {
    double highest = 0;
    double lost = 0;
    double packets = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        highest = std::max(highest, past_[i].rate);
        lost += past_[i].lost;
        packets += past_[i].packets;
    }
    if (highest <= 0 || packets <= 0) return;
    const double mean = std::clamp(lost / packets, kNegligibleLoss, 0.5);
    const double variance = mean * (1 - mean);
    const auto cost = [](const Fit& found) {
        return found.misfit + kUnlikely * std::max(0.0, found.inherent - kLikelyLoss);
    };

    const Fit random = fit(highest, variance);
    Fit best = random;
    double bandwidth = highest;
    double candidate = highest;
    for (int i = 0; i < kGridSteps; ++i) {
        candidate *= kGridStep;
        const Fit found = fit(candidate, variance);
        if (cost(found) < cost(best)) {
            best = found;
            bandwidth = candidate;
        }
    }
    const bool limited = cost(random) - cost(best) > kEvidence;
    inherent_ = limited ? best.inherent : random.inherent;
    if (!limited) {
        limit_.reset();
        return;
    }
    limit_ = Bitrate::from_bps(static_cast<std::int64_t>(bandwidth));
    limited_at_ = now;
}

}  // namespace parley::cc
