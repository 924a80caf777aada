// What a network does to packets besides queueing them: losing them at random or in bursts,
// delaying them unevenly, policing them.

#pragma once

#include <cstdint>

#include "base/random.hpp"
#include "base/time.hpp"
#include "base/units.hpp"
#include "sim/net/schedule.hpp"

namespace parley::sim {

/// Loss of a share of the packets. With a mean burst length above one, losses come in runs of
/// geometric length (Gilbert's model: one state loses everything, the other nothing).
struct LossConfig {
    Steps<double> ratio = 0.0;  // 0 to 1
    double mean_burst = 1;
};

class Loss {
 public:
    Loss(LossConfig config, Random random) : config_(std::move(config)), random_(random) {}
    bool drops(Instant now);

 private:
    LossConfig config_;
    Random random_;
    bool losing_ = false;
};

/// Delay added to each packet, from 0 to `max`: a normal distribution around the middle, cut off
/// where RFC 8868 §4.5 does it, three deviations out.
struct JitterConfig {
    Duration max{};
    bool keeps_order = true;
};

class Jitter {
 public:
    Jitter(JitterConfig config, Random random) : config_(config), random_(random) {}
    Duration draw();
    bool keeps_order() const { return config_.keeps_order; }

 private:
    JitterConfig config_;
    Random random_;
};

/// A token bucket that drops what exceeds it and delays nothing. A rate of zero polices nothing.
struct PolicerConfig {
    Bitrate rate;
    std::int64_t burst = 0;  // octets
};

class Policer {
 public:
    explicit Policer(PolicerConfig config)
        : config_(config), tokens_(static_cast<double>(config.burst)) {}
    bool drops(std::uint32_t size, Instant now);

 private:
    PolicerConfig config_;
    double tokens_;
    Instant filled_ = World::kBeginning;
};

/// A standard normal draw (the polar method of Marsaglia and Bray).
double normal(Random& random);
/// An exponential draw of the given mean.
double exponential(Random& random, double mean);

}  // namespace parley::sim
