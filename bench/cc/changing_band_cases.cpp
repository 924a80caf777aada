// Scenarios in which the path or what is known of it changes: capacities, limits, routes, feedback,
// and TCP beside the media.

#include <algorithm>

#include "bench/cc/simple_call.hpp"

namespace parley::bench {
namespace {

// Down to 100 kbit/s: the picture must be able to go that low.
Run three_capacities(std::uint64_t seed) {
    MediaOptions media;
    media.video.min = Bitrate::from_kbps(30);
    const auto delays = sim::Steps<Duration>{{0s, 100ms}, {45s, 200ms}};
    sim::LinkConfig forward = plain_link(capacity({{0, 500}, {25, 800}, {45, 100}}), 100ms);
    sim::LinkConfig backward = open_link(100ms);
    forward.delay = delays;
    backward.delay = delays;
    SimpleCall call(seed, forward, backward, media);
    call.experiment.run(95s);
    return call.experiment.take(
        {{"500 kbit/s, at 25 s", "kbit/s", call.target(25s), between(425, 520), between(350, 550)},
         {"20 s after 800 kbit/s", "kbit/s", call.target(45s), between(680, 820),
          between(600, 900)},
         {"50 s after 100 kbit/s", "kbit/s", call.target(95s), between(75, 110),
          between(65, 115)}});
}

Run limit_lifted(std::uint64_t seed) {
    SimpleCall call(seed, plain_link(Bitrate::from_kbps(2000), 50ms), open_link(50ms),
                    media_up_to(2500));
    sim::MediaReceiver& receiver = call.flow.receiver();
    call.experiment.world().at(
        100ms, [&](Instant now) { receiver.set_limit(Bitrate::from_kbps(250), now); });
    call.experiment.world().at(10s, [&](Instant now) { receiver.set_limit({}, now); });
    call.experiment.run(20s);
    return call.experiment.take(
        {{"target while limited to 250", "kbit/s", call.target(10s), at_most(250), {}},
         {"5 s after the limit", "kbit/s", call.target(15s), at_least(1700), {}},
         {"10 s after the limit", "kbit/s", call.target(20s), at_least(1700), at_least(1500)}});
}

Run no_feedback(std::uint64_t seed) {
    constexpr Duration kGone = 10s;
    constexpr Duration kBack = 20s;
    SimpleCall call(seed, plain_link(Bitrate::from_kbps(2000), 50ms), open_link(50ms), {});
    sim::MediaReceiver& receiver = call.flow.receiver();
    call.experiment.world().at(kGone, [&](Instant) { receiver.set_feedback_enabled(false); });
    call.experiment.world().at(kBack, [&](Instant) { receiver.set_feedback_enabled(true); });
    call.experiment.run(30s);
    // What was on its way counts; the encoder's last frames too.
    const auto of_kind = [&](sim::PacketKind kind) {
        return carried(call.link, [kind](const auto& record) { return record.kind == kind; });
    };
    const double video = of_kind(sim::PacketKind::kVideo).kbps(kGone + 3500ms, kBack);
    const double probed = of_kind(sim::PacketKind::kPadding).between(kBack, kBack + 1s);
    return call.experiment.take(
        {{"target 3.3 s after the last", "kbit/s", call.target(kGone + 3300ms), at_most(60),
          at_most(40)},
         {"video from then on", "kbit/s", video, at_most(0), {}},
         {"filling of probes in a second of its return", "kB", probed / 1000, at_least(1), {}},
         {"target 2 s after its return", "kbit/s", call.target(kBack + 2s), at_least(800), {}}});
}

Run route_reset(std::uint64_t seed) {
    SimpleCall call(seed, plain_link(capacity({{0, 200}, {10, 800}}), 50ms), open_link(50ms), [] {
        MediaOptions media;
        media.video.min = Bitrate::from_kbps(50);
        return media;
    }());
    call.experiment.world().at(
        10s, [&](Instant now) { call.flow.sender().controller().on_path_changed(now); });
    call.experiment.run(20s);
    return call.experiment.take(
        {{"1 s after the new route", "kbit/s", call.target(11s), at_least(600), at_least(500)}});
}

Run tenfold(std::uint64_t seed) {
    SimpleCall call(seed, plain_link(capacity({{0, 500}, {5, 5000}}), 50ms), open_link(50ms),
                    media_up_to(6000));
    call.experiment.run(20s);
    const Octets left = sent(call.flow);
    return call.experiment.take(
        {{"at 9 s", "kbit/s", call.target(9s), at_least(2500), at_least(1200)}},
        seconds_until(left, 4250, 5s, 20s));
}

Run there_and_back(std::uint64_t seed) {
    SimpleCall call(seed, plain_link(capacity({{0, 5000}, {20, 1000}, {40, 5000}}), 50ms),
                    open_link(50ms), media_up_to(6000));
    call.experiment.run(70s);
    return call.experiment.take(
        {{"15 s after the capacity is back", "kbit/s", call.target(55s), at_least(4000), {}},
         {"28 s after the capacity is back", "kbit/s", call.target(68s), at_least(4000),
          at_least(1000)}},
        seconds_until(sent(call.flow), 4000, 40s, 70s));
}

Run fair_to_tcp(std::uint64_t seed) {
    SimpleCall call(seed, plain_link(Bitrate::from_kbps(1000), 50ms), open_link(50ms), {});
    sim::TcpFlow& tcp = call.experiment.add_tcp({{&call.link}, {&call.back}});
    tcp.sender().send_forever();
    call.experiment.run(30s);
    const Band target = between(250, 700);
    return call.experiment.take(
        {{"target at 10 s", "kbit/s", call.target(10s), target, at_most(750)},
         {"mean target from 10 s", "kbit/s", call.mean_target(10s, 30s), target, at_most(750)}},
        {},
        jain({carried_media(call.link, call.flow.id()).kbps(10s, 30s),
              carried(call.link, [&](const auto& r) {
                  return r.flow == tcp.id();
              }).kbps(10s, 30s)}));
}

Run after_an_upload(std::uint64_t seed) {
    SimpleCall call(seed, plain_link(Bitrate::from_kbps(5000), 50ms), open_link(50ms),
                    media_up_to(6000));
    sim::TcpFlow& tcp = call.experiment.add_tcp({{&call.link}, {&call.back}});
    call.experiment.world().at(3s, [&](Instant) { tcp.sender().send_file(2'000'000); });
    call.experiment.run(40s);
    const Instant ended = tcp.sender().busy_times().front().end;
    if (ended == kNever)
        return call.experiment.take(
            {{"10 s after its end", "kbit/s", 0, at_least(4000), at_least(1500)}});
    const Duration end = ended - sim::World::kBeginning;
    return call.experiment.take(
        {{"10 s after its end", "kbit/s", call.target(end + 10s), at_least(4000), at_least(1500)}},
        seconds_until(sent(call.flow), 4000, end, 40s));
}

}  // namespace

std::vector<Case> changing_band_cases() {
    return {
        {"three-capacities", "500, 800, then 100 kbit/s and 200 ms each way", three_capacities},
        {"limit-lifted", "2 Mbit/s, a receiver's limit of 250 kbit/s is lifted", limit_lifted},
        {"no-feedback", "2 Mbit/s, no feedback for 10 s", no_feedback},
        {"route-reset", "a new route: 200, then 800 kbit/s", route_reset},
        {"500-5000", "500 kbit/s, then 5 Mbit/s", tenfold},
        {"str0m-5-1-5", "str0m: 5, 1, and 5 Mbit/s again", there_and_back},
        {"tcp-1000", "beside TCP on 1 Mbit/s", fair_to_tcp},
        {"tcp-upload", "5 Mbit/s, an upload of 2 MB by TCP", after_an_upload},
    };
}

}  // namespace parley::bench
