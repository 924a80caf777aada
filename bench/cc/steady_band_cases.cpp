// Scenarios on a path that stays as it is: beginnings, steady rates, the shared screen.

#include <algorithm>

#include "bench/cc/simple_call.hpp"

namespace parley::bench {
namespace {

Run initial_probe(std::uint64_t seed, int link_kbps, Band target, Band accepted) {
    MediaOptions nothing;
    nothing.has_video = false;
    nothing.has_audio = false;
    SimpleCall call(seed, plain_link(Bitrate::from_kbps(link_kbps), 25ms), open_link(25ms),
                    nothing);
    call.experiment.run(2s);
    return call.experiment.take({{"target at 1 s", "kbit/s", call.target(1s), target, accepted}});
}

Run overshooting_encoder(std::uint64_t seed) {
    MediaOptions media;
    media.video.overshoot = 1.3;
    SimpleCall call(seed, plain_link(Bitrate::from_kbps(1000), 50ms), open_link(50ms), media);
    call.experiment.run(60s);
    double longest = 0;
    for (const sim::SentRecord& record : call.flow.sender().sent()) {
        if (record.at < sim::World::kBeginning + 5s) continue;
        longest = std::max(longest, to_seconds(record.queued) * 1000);
    }
    return call.experiment.take(
        {{"longest wait behind the pacer from 5 s", "ms", longest, at_most(80), at_most(150)}});
}

Run reports_only(std::uint64_t seed) {
    MediaOptions media;
    media.feedback = sim::FeedbackMode::kReportsOnly;
    media.start_rate = Bitrate::from_kbps(1000);
    sim::LinkConfig link = plain_link(Bitrate::from_kbps(1000), 100ms);
    link.loss.ratio = sim::Steps<double>{{0s, 0.0}, {20s, 0.15}};
    SimpleCall call(seed, link, open_link(100ms), media);
    call.experiment.run(40s);
    return call.experiment.take(
        {{"target at 20 s", "kbit/s", call.target(20s), at_least(500), at_least(500)},
         {"20 s after 15 % loss began", "kbit/s", call.target(40s), at_most(300), at_most(300)}});
}

Run steady(std::uint64_t seed, int link_kbps, Duration round_trip, Duration length, Band target,
           Band accepted, std::optional<Band> round_trips) {
    SimpleCall call(seed, plain_link(Bitrate::from_kbps(link_kbps), round_trip / 2),
                    open_link(round_trip / 2), media_up_to(link_kbps * 5 / 4));
    call.experiment.run(length);
    const Range range = call.targets(1s, length);
    std::vector<Figure> figures = {
        {"least target from 1 s", "kbit/s", range.least, target, accepted},
        {"greatest target", "kbit/s", range.most, target, accepted},
        {"mean target", "kbit/s", call.mean_target(1s, length), target, accepted}};
    if (round_trips) {
        // Smoothed as a sender smooths it, over some seconds; the way itself does not wait.
        double longest = 0;
        for (Duration at = 1s; at + 1s <= length; at += 1s) {
            double sum = 0;
            const auto delays = waits(call.link, at, at + 1s);
            for (const double delay : delays) sum += delay;
            if (!delays.empty())
                longest = std::max(longest, sum / static_cast<double>(delays.size()));
        }
        figures.push_back({"longest mean round trip of a second", "ms",
                           to_seconds(round_trip) * 1000 + longest, *round_trips, at_most(80)});
    }
    return call.experiment.take(std::move(figures));
}

Run slides(std::uint64_t seed) {
    MediaOptions media = media_up_to(2500);
    media.video.kind = sim::VideoKind::kSlides;
    media.video.frames_per_second = 15;
    SimpleCall call(seed, plain_link(Bitrate::from_kbps(2000), 50ms), open_link(50ms), media);
    call.experiment.run(60s);
    const Range range = call.targets(1s, 60s);
    std::vector<double> visible;
    for (const sim::ShownFrame& frame : call.flow.receiver().shown()) {
        // The first slide meets a rate that nothing is known of.
        if (frame.keyframe && frame.captured > sim::World::kBeginning + 1s)
            visible.push_back(to_seconds(frame.at - frame.captured) * 1000);
    }
    return call.experiment.take(
        {{"least target from 1 s", "kbit/s", range.least, between(1500, 2050), between(1200, 2600)},
         {"greatest target from 1 s", "kbit/s", range.most, between(1500, 2050),
          between(1200, 2600)},
         {"longest until a slide is visible", "ms", percentile(visible, 1), at_most(700), {}}});
}

Run str0m_steady(std::uint64_t seed) {
    SimpleCall call(seed, plain_link(Bitrate::from_kbps(2000), 50ms), open_link(50ms),
                    media_up_to(2500));
    call.experiment.run(15s);
    return call.experiment.take(
        {{"target at 15 s", "kbit/s", call.target(15s), at_least(1800), at_least(1000)}});
}

// The source takes 1 Mbit/s of the 10 Mbit/s that the application says it may want.
Run str0m_application_limited(std::uint64_t seed) {
    MediaOptions media = media_up_to(1000);
    media.demand = Bitrate::from_kbps(10'000);
    SimpleCall call(seed, plain_link(Bitrate::from_kbps(10'000), 50ms), open_link(50ms), media);
    call.experiment.run(10s);
    return call.experiment.take(
        {{"target at 10 s", "kbit/s", call.target(10s), at_least(8000), at_least(5000)}});
}

}  // namespace

std::vector<Case> steady_band_cases() {
    return {
        {"probe-3000", "no media, 3 Mbit/s: the first probe",
         [](auto s) { return initial_probe(s, 3000, at_least(2500), at_least(2500)); }},
        {"probe-500", "no media, 500 kbit/s: the first probe",
         [](auto s) { return initial_probe(s, 500, at_least(420), at_least(400)); }},
        {"overshoot", "an encoder that makes 30 % too much, 1 Mbit/s", overshooting_encoder},
        {"reports-only", "no feedback but receiver reports, 1 Mbit/s, then 15 % loss",
         reports_only},
        {"steady-600", "600 kbit/s, round trip 100 ms",
         [](auto s) {
             return steady(s, 600, 100ms, 30s, between(400, 640), between(250, 700), {});
         }},
        {"steady-2000-20ms", "2 Mbit/s, round trip 20 ms, for 15 minutes",
         [](auto s) {
             return steady(s, 2000, 20ms, 900s, between(1700, 2050), between(1500, 2500),
                           at_most(70));
         }},
        {"steady-2000-50ms", "2 Mbit/s, round trip 50 ms",
         [](auto s) {
             return steady(s, 2000, 50ms, 30s, between(1600, 2050), between(1500, 2300), {});
         }},
        {"slides", "a shared screen, a slide each 5 s, 2 Mbit/s", slides},
        {"str0m-2000", "str0m: 2 Mbit/s", str0m_steady},
        {"str0m-limited", "str0m: 10 Mbit/s, a source of 1 Mbit/s", str0m_application_limited},
    };
}

}  // namespace parley::bench
