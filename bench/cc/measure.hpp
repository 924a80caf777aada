// What is measured on the records of a run. Rates are those of the wire, IP and UDP headers
// included, as a link's capacity is.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/net/flows.hpp"

namespace parley::bench {

/// Octets over time, in bins of ten milliseconds.
class Octets {
 public:
    static constexpr Duration kBin = std::chrono::milliseconds(10);

    void add(Instant at, double octets);
    /// Between two times since the world's beginning.
    double between(Duration begin, Duration end) const;
    double kbps(Duration begin, Duration end) const;

 private:
    double until(Duration at) const;
    std::vector<double> bins_;
    mutable std::vector<double> sums_;  // up to each bin; made when asked for
};

using Wanted = std::function<bool(const sim::LinkRecord&)>;

/// Media (no filling, no feedback) that a link carried, of one flow or of all.
Octets carried_media(const sim::Link& link);
Octets carried_media(const sim::Link& link, sim::FlowId flow);
Octets carried(const sim::Link& link, const Wanted& wanted);
/// What left a sender, filling included or not.
Octets sent(const sim::MediaFlow& flow, bool filling = false);

/// Milliseconds that packets waited, in order of time.
std::vector<double> waits(const sim::Link& link, Duration begin, Duration end);
/// From `begin` on, when a packet waited less than that for the first time, in seconds after it.
double seconds_until_wait_below(const sim::Link& link, double ms, Duration begin);
/// The share of the packets of media flows that a link dropped, outside of some time.
struct Except {
    Duration begin{};
    Duration end{};
};
double loss_percent(const sim::Link& link, Except except = {});

/// Jain's index of fairness: 1 where all have the same.
double jain(const std::vector<double>& rates);

/// Seconds from `begin` until the rate of the next half second is within 15 % of the last ten
/// seconds' before `end`; infinite if it never is.
double convergence(const Octets& octets, Duration begin, Duration end);
/// Seconds until it is at least that for half a second.
double seconds_until(const Octets& octets, double kbps, Duration begin, Duration end);
/// The standard deviation of the rates of seconds, in percent of their mean.
double variation_percent(const Octets& octets, Duration begin, Duration end);

double target_at(const sim::MediaFlow& flow, Duration at);
/// The least and the greatest target, in kbit/s.
struct Range {
    double least = 0;
    double most = 0;
};
Range target_range(const sim::MediaFlow& flow, Duration begin, Duration end);

/// The share of time in which the picture stood still, by the rule of W3C's statistics: a gap
/// between frames of more than three times their average, and of 150 ms more than it.
double freeze_percent(const sim::MediaFlow& flow, Duration begin, Duration end);
/// The share of voice that a playout buffer must invent: what never came, and what came later than
/// a buffer that was 40 ms deep, grew by each underrun, and shrank by 20 ms a second since.
double concealed_percent(const sim::MediaFlow& flow);

/// What a camera at that most and a voice take on the wire.
double source_kbps(const sim::VideoConfig& video);

}  // namespace parley::bench
