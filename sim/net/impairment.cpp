#include "sim/net/impairment.hpp"

#include <algorithm>
#include <cmath>

namespace parley::sim {

bool Loss::drops(Instant now) {
    const double ratio = config_.ratio.at(now);
    if (ratio <= 0) {
        losing_ = false;
        return false;
    }
    const double draw = random_.uniform();
    if (config_.mean_burst <= 1) return draw < ratio;
    // The two probabilities that give this share of lost packets and this mean run of losses.
    const double leave = 1 / config_.mean_burst;
    const double enter = std::min(1.0, leave * ratio / (1 - std::min(ratio, 0.999)));
    losing_ = losing_ ? draw >= leave : draw < enter;
    return losing_;
}

Duration Jitter::draw() {
    if (config_.max <= Duration(0)) return {};
    const double middle = to_seconds(config_.max) / 2;
    const double deviation = middle / 3;
    double value = -1;
    while (value < 0 || value > 2 * middle) value = middle + deviation * normal(random_);
    return Duration(static_cast<Duration::rep>(value * 1e9));
}

bool Policer::drops(std::uint32_t size, Instant now) {
    if (config_.rate.bps <= 0) return false;
    tokens_ += static_cast<double>(config_.rate.bps) / 8 * to_seconds(now - filled_);
    tokens_ = std::min(tokens_, static_cast<double>(config_.burst));
    filled_ = now;
    if (tokens_ < size) return true;
    tokens_ -= size;
    return false;
}

double normal(Random& random) {
    for (;;) {
        const double u = 2 * random.uniform() - 1;
        const double v = 2 * random.uniform() - 1;
        const double s = u * u + v * v;
        if (s > 0 && s < 1) return u * std::sqrt(-2 * std::log(s) / s);
    }
}

double exponential(Random& random, double mean) {
    return -mean * std::log(1 - random.uniform());
}

}  // namespace parley::sim
