#include "cc/trendline_estimator.hpp"

#include <algorithm>
#include <cmath>

namespace parley::cc {
namespace {

double to_double_ms(Duration duration) {
    return static_cast<double>(duration.count()) / 1e6;
}

}  // namespace

void TrendlineEstimator::update(Duration sent_delta, Duration arrival_delta, Duration arrival) {
    if (deltas_ == 0) first_arrival_ = arrival;
    deltas_ = std::min(deltas_ + 1, 1000);
    accumulated_ += to_double_ms(arrival_delta - sent_delta);
    smoothed_ = kSmoothing * smoothed_ + (1 - kSmoothing) * accumulated_;
    const double at = to_double_ms(arrival - first_arrival_);
    points_[next_] = {at, smoothed_};
    next_ = (next_ + 1) % kWindow;
    size_ = std::min(size_ + 1, kWindow);
    if (size_ == kWindow) slope_ = fit();
    detect(to_double_ms(sent_delta));
    adapt(std::min(deltas_, kMaxDeltas) * slope_ * kGain, at);
}

// Least squares.
double TrendlineEstimator::fit() const {
    double mean_at = 0;
    double mean_delay = 0;
    for (const Point& point : points_) {
        mean_at += point.at;
        mean_delay += point.delay;
    }
    mean_at /= kWindow;
    mean_delay /= kWindow;
    double covariance = 0;
    double variance = 0;
    for (const Point& point : points_) {
        covariance += (point.at - mean_at) * (point.delay - mean_delay);
        variance += (point.at - mean_at) * (point.at - mean_at);
    }
    return variance > 0 ? covariance / variance : slope_;
}

void TrendlineEstimator::detect(double sent_delta_ms) {
    if (deltas_ < 2) return;
    const double modified = std::min(deltas_, kMaxDeltas) * slope_ * kGain;
    if (modified > threshold_) {
        // At its beginning it is taken to have lasted half of the interval.
        over_ms_ = over_ms_ < 0 ? sent_delta_ms / 2 : over_ms_ + sent_delta_ms;
        ++over_count_;
        if (over_ms_ > kOveruseMs && over_count_ > 1 && slope_ >= previous_slope_) {
            over_ms_ = 0;
            over_count_ = 0;
            usage_ = Usage::kOveruse;
        }
    } else {
        over_ms_ = -1;
        over_count_ = 0;
        usage_ = modified < -threshold_ ? Usage::kUnderuse : Usage::kNormal;
    }
    previous_slope_ = slope_;
}

void TrendlineEstimator::adapt(double modified_trend, double at) {
    const double last = adapted_at_ < 0 ? at : adapted_at_;
    adapted_at_ = at;
    const double size = std::abs(modified_trend);
    if (size > threshold_ + kMaxAdaptMs) return;
    const double rate = size < threshold_ ? kThresholdDown : kThresholdUp;
    threshold_ += rate * (size - threshold_) * std::clamp(at - last, 0.0, 100.0);
    threshold_ = std::clamp(threshold_, kThresholdMinMs, kThresholdMaxMs);
}

}  // namespace parley::cc
