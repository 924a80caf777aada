// Scenarios with queues that mark packets instead of losing them. libwebrtc's bands are those of
// its SCReAM controller; here Google congestion control has to keep them.

#include <algorithm>

#include "bench/cc/simple_call.hpp"

namespace parley::bench {
namespace {

MediaOptions marked_media(int kbps) {
    MediaOptions media = media_up_to(kbps);
    media.ecn = cc::EcnMark::kEct1;
    media.feedback = sim::FeedbackMode::kRfc8888;
    return media;
}

Run dual_queue(std::uint64_t seed) {
    sim::LinkConfig link = plain_link(Bitrate::from_kbps(600), 50ms);
    link.queue.kind = sim::QueueKind::kDualPi2;
    SimpleCall call(seed, link, open_link(50ms), marked_media(800));
    call.experiment.run(30s);
    const Range range = call.targets(3s, 30s);
    const Band target = between(450, 600);
    const Band accepted = between(350, 660);
    return call.experiment.take(
        {{"least target from 3 s", "kbit/s", range.least, target, accepted},
         {"greatest target from 3 s", "kbit/s", range.most, target, accepted},
         {"mean target from 3 s", "kbit/s", call.mean_target(3s, 30s), target, accepted}});
}

Run marking_threshold(std::uint64_t seed) {
    sim::LinkConfig link = plain_link(Bitrate::from_kbps(1000), 25ms);
    link.queue = {.kind = sim::QueueKind::kThreshold, .mark_above = 10ms};
    SimpleCall call(seed, link, open_link(25ms), marked_media(1500));
    call.experiment.run(30s);
    double sum = 0;
    const auto delays = waits(call.link, 3s, 5s);
    for (const double delay : delays) sum += delay;
    const double mean = delays.empty() ? 0 : sum / static_cast<double>(delays.size());
    return call.experiment.take(
        {{"target at 4 s", "kbit/s", call.target(4s), between(800, 1000), between(650, 1100)},
         {"mean target from 4 s", "kbit/s", call.mean_target(4s, 30s), between(800, 1000),
          between(650, 1100)},
         {"round trip around 4 s", "ms", 50 + mean, at_most(70), at_most(75)}});
}

}  // namespace

std::vector<Case> marking_band_cases() {
    return {
        {"dualpi2-600", "600 kbit/s, round trip 100 ms, DualPI2", dual_queue},
        {"marks-1000", "1 Mbit/s, round trip 50 ms, marks above 10 ms of queue", marking_threshold},
    };
}

std::vector<Case> all_cases() {
    std::vector<Case> all;
    for (auto part : {rmcat_cases, more_rmcat_cases, steady_band_cases, changing_band_cases,
                      losing_band_cases, marking_band_cases}) {
        for (Case& one : part()) all.push_back(std::move(one));
    }
    return all;
}

}  // namespace parley::bench
