// A call over one link of each direction, as most scenarios of other projects' tests have it.

#pragma once

#include "bench/cc/experiment.hpp"

namespace parley::bench {

struct SimpleCall {
    SimpleCall(std::uint64_t seed, sim::LinkConfig forward, sim::LinkConfig backward,
               const MediaOptions& media)
        : experiment(seed),
          link(experiment.add_link(std::move(forward))),
          back(experiment.add_link(std::move(backward))),
          flow(experiment.add_media(media, {{&link}, {&back}})) {}

    double target(Duration at) const { return target_at(flow, at); }
    Range targets(Duration begin, Duration end) const { return target_range(flow, begin, end); }
    double mean_target(Duration begin, Duration end) const {
        double sum = 0;
        int count = 0;
        for (Duration at = begin; at < end; at += 100ms, ++count) sum += target(at);
        return count > 0 ? sum / count : 0;
    }

    Experiment experiment;
    sim::Link& link;
    sim::Link& back;
    sim::MediaFlow& flow;
};

/// The common source, able to take up to `kbps`.
inline MediaOptions media_up_to(int kbps) {
    MediaOptions options;
    options.video.max = Bitrate::from_kbps(kbps);
    return options;
}

inline Band between(double low, double high) {
    return {low, high};
}

}  // namespace parley::bench
