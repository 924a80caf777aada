// Scenarios in which packets get lost: at random, of the feedback, by a policer.

#include <algorithm>

#include "bench/cc/simple_call.hpp"

namespace parley::bench {
namespace {

Run tenth_lost_long_way(std::uint64_t seed) {
    sim::LinkConfig link = plain_link(Bitrate::from_kbps(2000), 200ms);
    link.loss.ratio = 0.1;
    SimpleCall call(seed, link, open_link(200ms), media_up_to(2500));
    call.experiment.run(120s);
    return call.experiment.take(
        {{"mean target from 20 s", "kbit/s", call.mean_target(20s, 120s), at_least(800),
          at_least(100)},
         {"target at 120 s", "kbit/s", call.target(120s), at_least(800), at_least(100)}});
}

// A dip: 100 kbit/s down and up again within half a second.
double count_dips(const SimpleCall& call, Duration begin, Duration end) {
    constexpr double kDip = 100;
    double dips = 0;
    for (Duration at = begin; at < end; at += 10ms) {
        const double here = call.target(at);
        const Range before = call.targets(at - 250ms, at);
        const Range after = call.targets(at, at + 250ms);
        if (before.most > here + kDip && after.most > here + kDip) {
            ++dips;
            at += 500ms;
        }
    }
    return dips;
}

Run fifth_lost(std::uint64_t seed) {
    sim::LinkConfig link = plain_link(Bitrate::from_kbps(2000), 10ms);
    link.loss.ratio = 0.2;
    SimpleCall call(seed, link, open_link(10ms), media_up_to(2500));
    call.experiment.run(40s);
    return call.experiment.take({{"dips of 100 kbit/s within 500 ms", "",
                                  count_dips(call, 10s, 39s), at_most(0), at_most(1)}});
}

Run tenth_lost(std::uint64_t seed) {
    sim::LinkConfig link = plain_link(Bitrate::from_kbps(1000), 25ms);
    link.loss.ratio = 0.1;
    SimpleCall call(seed, link, open_link(25ms), {});
    call.experiment.run(60s);
    const Range range = call.targets(10s, 60s);
    const Band target = between(500, 1000);
    const Band accepted = between(200, 1100);
    return call.experiment.take(
        {{"least target from 10 s", "kbit/s", range.least, target, accepted},
         {"greatest target from 10 s", "kbit/s", range.most, target, accepted},
         {"mean target from 10 s", "kbit/s", call.mean_target(10s, 60s), target, accepted}});
}

Run feedback_lost(std::uint64_t seed) {
    sim::LinkConfig back = open_link(25ms);
    back.loss = {.ratio = 0.2, .mean_burst = 3};
    SimpleCall call(seed, plain_link(Bitrate::from_kbps(1000), 25ms), back, {});
    call.experiment.run(60s);
    const Range range = call.targets(10s, 60s);
    const Band target = between(600, 1000);
    const Band accepted = between(300, 1100);
    return call.experiment.take(
        {{"least target from 10 s", "kbit/s", range.least, target, accepted},
         {"greatest target from 10 s", "kbit/s", range.most, target, accepted},
         {"mean target from 10 s", "kbit/s", call.mean_target(10s, 60s), target, accepted}});
}

Run policed(std::uint64_t seed) {
    MediaOptions media;
    media.video.min = Bitrate::from_kbps(50);
    sim::LinkConfig link = open_link(25ms);
    link.policer = {.rate = Bitrate::from_kbps(256), .burst = 16'000};
    SimpleCall call(seed, link, open_link(25ms), media);
    call.experiment.run(60s);
    const Band target = between(150, 260);
    const Band accepted = between(50, 1100);
    const Range range = call.targets(10s, 60s);
    return call.experiment.take(
        {{"least target from 10 s", "kbit/s", range.least, target, accepted},
         {"greatest target from 10 s", "kbit/s", range.most, target, accepted},
         {"mean target from 10 s", "kbit/s", call.mean_target(10s, 60s), target, accepted}});
}

}  // namespace

std::vector<Case> losing_band_cases() {
    return {
        {"loss-10-400ms", "10 % loss, 2 Mbit/s, round trip 400 ms", tenth_lost_long_way},
        {"loss-20", "20 % loss, 2 Mbit/s", fifth_lost},
        {"loss-10", "10 % loss, 1 Mbit/s", tenth_lost},
        {"feedback-loss", "20 % of the feedback lost in bursts of 3, 1 Mbit/s", feedback_lost},
        {"policed", "policed to 256 kbit/s", policed},
    };
}

}  // namespace parley::bench
