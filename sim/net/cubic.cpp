#include "sim/net/cubic.hpp"

#include <algorithm>
#include <cmath>

namespace parley::sim {

void CubicWindow::on_ack(double segments, Duration round_trip, Instant now) {
    if (size_ < threshold_) {
        size_ += segments;
        return;
    }
    avoid_congestion(segments, round_trip, now);
}

void CubicWindow::avoid_congestion(double segments, Duration round_trip, Instant now) {
    if (epoch_ == kNever) {
        epoch_ = now;
        // RFC 9438 §4.8: growth from above the last maximum begins at its inflection.
        if (size_ >= max_) max_ = size_;
        inflection_ = std::cbrt((max_ - size_) / kC);
        estimate_ = size_;
    }
    const double elapsed = to_seconds(now - epoch_);
    // RFC 9438 §4.3: Reno's additive increase with this decrease factor.
    const double alpha = estimate_ >= prior_ ? 1 : 3 * (1 - kBeta) / (1 + kBeta);
    estimate_ += alpha * segments / size_;
    if (cubic(elapsed) < estimate_) {
        size_ = std::max(size_, estimate_);
        return;
    }
    const double target = std::clamp(cubic(elapsed + to_seconds(round_trip)), size_, 1.5 * size_);
    size_ += (target - size_) / size_ * segments;
}

double CubicWindow::cubic(double seconds) const {
    const double from_inflection = seconds - inflection_;
    return kC * from_inflection * from_inflection * from_inflection + max_;
}

void CubicWindow::decrease() {
    prior_ = size_;
    // Fast convergence (RFC 9438 §4.7): a flow that lost before its old maximum gives up more.
    max_ = size_ < max_ ? size_ * (1 + kBeta) / 2 : size_;
    threshold_ = std::max(size_ * kBeta, 2.0);
    epoch_ = kNever;
}

void CubicWindow::on_loss() {
    decrease();
    size_ = threshold_;
}

void CubicWindow::on_timeout() {
    decrease();
    size_ = 1;
}

}  // namespace parley::sim
