// RFC 8867 §5.1 to §5.8: one bottleneck of 300 ms, a way of 50 ms, jitter of up to 30 ms. Rates of
// the targets are shares of what there is to fill: the capacity, or what the sources take at most.

#include <algorithm>
#include <cmath>

#include "bench/cc/experiment.hpp"

namespace parley::bench {
namespace {

constexpr Duration kSettle = 10s;  // the end of a step, in which its rates are taken

double percent_of(double kbps, double capacity_kbps, double flows = 1) {
    return 100 * kbps / std::min(capacity_kbps, flows * source_kbps({}));
}

double queue_p95(const sim::Link& link, Duration begin, Duration end) {
    return percentile(waits(link, begin + 3s, end), 0.95);
}

struct Step {
    Duration begin{};
    Duration end{};
    double kbps = 0;
    bool up = true;
};

// ---- 5.1, and with queues that mark (6.2) ----

struct VariableOptions {
    Duration one_way = 50ms;
    sim::QueueConfig queue;
    cc::EcnMark ecn = cc::EcnMark::kNotEct;
};

const std::vector<Step> kVariable = {
    {0s, 40s, 1000, true}, {40s, 60s, 2500, true}, {60s, 80s, 600, false}, {80s, 100s, 1000, true}};

struct Variable {
    Variable(std::uint64_t seed, const VariableOptions& options) : experiment(seed) {
        sim::LinkConfig config = rmcat_bottleneck(
            capacity({{0, 1000}, {40, 2500}, {60, 600}, {80, 1000}}), options.one_way);
        config.queue = options.queue;
        link = &experiment.add_link(config);
        sim::Link& back = experiment.add_link(rmcat_way_back(options.one_way));
        MediaOptions media;
        media.ecn = options.ecn;
        if (options.ecn != cc::EcnMark::kNotEct) media.feedback = sim::FeedbackMode::kRfc8888;
        flow = &experiment.add_media(media, {{link}, {&back}});
        experiment.run(100s);
        carried = carried_media(*link);
        left = sent(*flow);
    }
    Experiment experiment;
    sim::Link* link = nullptr;
    sim::MediaFlow* flow = nullptr;
    Octets carried;
    Octets left;
};

struct StepFigures {
    double used_up = 1000;
    double used_down = 1000;
    double up = 0;
    double down = 0;
    double queue = 0;
    double variation = 0;
};

StepFigures measure_steps(const Variable& run) {
    StepFigures result;
    for (const Step& step : kVariable) {
        const double used = percent_of(run.carried.kbps(step.end - kSettle, step.end), step.kbps);
        const double took = convergence(run.left, step.begin, step.end);
        (step.up ? result.used_up : result.used_down) =
            std::min(step.up ? result.used_up : result.used_down, used);
        (step.up ? result.up : result.down) = std::max(step.up ? result.up : result.down, took);
        result.queue = std::max(result.queue, queue_p95(*run.link, step.begin, step.end));
        result.variation =
            std::max(result.variation, variation_percent(run.left, step.end - kSettle, step.end));
    }
    return result;
}

Run variable_capacity(std::uint64_t seed, Duration one_way) {
    Variable run(seed, {.one_way = one_way});
    const StepFigures steps = measure_steps(run);
    const double peak = percentile(waits(*run.link, 60s, 63s), 1);
    return run.experiment.take(
        {{"use at the end of up steps", "%", steps.used_up, at_least(85), {}},
         {"use at the end of the down step", "%", steps.used_down, at_least(80), {}},
         {"convergence up", "s", steps.up, at_most(one_way > 50ms ? 15 : 10), {}},
         {"convergence down", "s", steps.down, at_most(2), {}},
         {"queue p95 in a step", "ms", steps.queue, at_most(80), {}},
         {"longest queue at the drop", "ms", peak, at_most(300), {}},
         {"queue below 80 ms after the drop",
          "s",
          seconds_until_wait_below(*run.link, 80, 60s),
          at_most(3),
          {}},
         {"loss outside of the drop", "%", loss_percent(*run.link, {60s, 62s}), at_most(1), {}},
         {"variation of the steady rate", "%", steps.variation, at_most(10), {}}},
        std::max(steps.up, steps.down));
}

Run marked_capacity(std::uint64_t seed, sim::QueueKind kind, cc::EcnMark ecn, Band queue) {
    Variable run(seed, {.queue = {.kind = kind}, .ecn = ecn});
    const StepFigures steps = measure_steps(run);
    return run.experiment.take({{"use at the end of steps",
                                 "%",
                                 std::min(steps.used_up, steps.used_down),
                                 at_least(75),
                                 {}},
                                {"queue p95 in a step", "ms", steps.queue, queue, {}},
                                {"loss", "%", loss_percent(*run.link), at_most(0), {}}},
                               std::max(steps.up, steps.down));
}

// ---- 5.2 ----

Run two_flows(std::uint64_t seed) {
    Experiment experiment(seed);
    sim::Link& link = experiment.add_link(
        rmcat_bottleneck(capacity({{0, 4000}, {25, 2000}, {50, 3500}, {75, 1000}, {100, 2000}})));
    sim::Link& back = experiment.add_link(rmcat_way_back());
    sim::MediaFlow& a = experiment.add_media({.name = "flow 1"}, {{&link}, {&back}});
    sim::MediaFlow& b = experiment.add_media({.name = "flow 2"}, {{&link}, {&back}});
    experiment.run(125s);
    const std::vector<Step> steps = {{0s, 25s, 4000},
                                     {25s, 50s, 2000, false},
                                     {50s, 75s, 3500},
                                     {75s, 100s, 1000, false},
                                     {100s, 125s, 2000}};
    const Octets both = carried_media(link);
    const Octets of_a = carried_media(link, a.id());
    const Octets of_b = carried_media(link, b.id());
    double used = 1000;
    double fair = 1;
    double queue = 0;
    for (const Step& step : steps) {
        const Duration begin = step.end - kSettle;
        used = std::min(used, percent_of(both.kbps(begin, step.end), step.kbps, 2));
        fair = std::min(
            fair, jain({of_a.kbps(step.end - 20s, step.end), of_b.kbps(step.end - 20s, step.end)}));
        queue = std::max(queue, queue_p95(link, step.begin, step.end));
    }
    return experiment.take({{"use at the end of a step", "%", used, at_least(85), {}},
                            {"fairness in a step", "", fair, at_least(0.95), {}},
                            {"queue p95 in a step", "ms", queue, at_most(100), {}}},
                           {}, fair);
}

// ---- 5.3 ----

Run congested_feedback(std::uint64_t seed) {
    Experiment experiment(seed);
    sim::Link& there = experiment.add_link(
        rmcat_bottleneck(capacity({{0, 2000}, {20, 1000}, {40, 500}, {60, 2000}})));
    sim::Link& back =
        experiment.add_link(rmcat_bottleneck(capacity({{0, 2000}, {35, 800}, {70, 2000}})));
    sim::MediaFlow& forward = experiment.add_media({.name = "forward"}, {{&there}, {&back}});
    sim::MediaFlow& backward = experiment.add_media({.name = "backward"}, {{&back}, {&there}});
    experiment.run(100s);
    const std::vector<Step> there_steps = {
        {0s, 20s, 2000}, {20s, 40s, 1000}, {40s, 60s, 500}, {60s, 100s, 2000}};
    const std::vector<Step> back_steps = {{0s, 35s, 2000}, {35s, 70s, 800}, {70s, 100s, 2000}};
    double queue = 0;
    const auto used = [&](const sim::Link& link, const std::vector<Step>& steps) {
        const Octets octets = carried_media(link);
        double least = 1000;
        for (const Step& step : steps) {
            least =
                std::min(least, percent_of(octets.kbps(step.end - kSettle, step.end), step.kbps));
            queue = std::max(queue, queue_p95(link, step.begin, step.end));
        }
        return least;
    };
    const double forward_used = used(there, there_steps);
    const double backward_used = used(back, back_steps);
    // What the receiver of the forward flow says takes room from the backward flow.
    const auto share = [](const sim::Link& link, const sim::MediaFlow& told) {
        const double all = carried(link, [](const auto&) { return true; }).between(0s, 100s);
        return 100 * static_cast<double>(told.receiver().feedback_bytes()) / all;
    };
    return experiment.take(
        {{"use forward at the end of a step", "%", forward_used, at_least(75), {}},
         {"use backward at the end of a step", "%", backward_used, at_least(75), {}},
         {"feedback of the rate",
          "%",
          std::max(share(back, forward), share(there, backward)),
          at_most(5),
          {}},
         {"queue p95 in a step", "ms", queue, at_most(120), {}}});
}

// ---- 5.4 and 5.8 ----

struct Three {
    Three(std::uint64_t seed, bool pauses) : experiment(seed) {
        link = &experiment.add_link(rmcat_bottleneck(Bitrate::from_kbps(3500)));
        sim::Link& back = experiment.add_link(rmcat_way_back());
        for (int i = 0; i < 3; ++i) {
            MediaOptions options;
            options.name = "flow " + std::to_string(i + 1);
            options.start = 20s * i;
            flows.push_back(&experiment.add_media(options, {{link}, {&back}}));
        }
        if (pauses) {
            sim::MediaSender& first = flows[0]->sender();
            experiment.world().at(40s, [&](Instant now) { first.pause_media(true, now); });
            experiment.world().at(60s, [&](Instant now) { first.pause_media(false, now); });
        }
        experiment.run(120s);
        for (const auto* flow : flows) left.push_back(sent(*flow));
    }
    std::vector<double> rates(Duration begin, Duration end) const {
        std::vector<double> result;
        for (const Octets& octets : left) result.push_back(octets.kbps(begin, end));
        return result;
    }
    Experiment experiment;
    sim::Link* link = nullptr;
    std::vector<sim::MediaFlow*> flows;
    std::vector<Octets> left;
};

Run competing_flows(std::uint64_t seed) {
    Three run(seed, false);
    const double fair = jain(run.rates(100s, 120s));
    const double from_60 = jain(run.rates(60s, 120s));
    double slowest = 0;
    for (int i = 0; i < 3; ++i) {
        const Duration end = i < 2 ? 20s * (i + 1) : 120s;
        slowest = std::max(slowest, convergence(run.left[std::size_t(i)], 20s * i, end));
    }
    double least = 1000;
    for (Duration at = 5s; at + 1s <= 120s; at += 1s) {
        const double flows = at < 20s ? 1 : at < 40s ? 2 : 3;
        const double share = std::min(3500 / flows, source_kbps({}));
        least = std::min(least, 100 * run.left[0].kbps(at, at + 1s) / share);
    }
    return run.experiment.take(
        {{"fairness from 60 s", "", std::min(fair, from_60), at_least(0.95), {}},
         {"convergence after a start", "s", slowest, at_most(15), {}},
         {"least of the first flow in a second", "% of its share", least, at_least(50), {}}},
        slowest, fair);
}

Run pause_and_resume(std::uint64_t seed) {
    Three run(seed, true);
    // Two flows have 3500 for themselves between 40 s and 60 s, more than they take.
    const double share = std::min(3500.0 / 2, source_kbps({}));
    const double others = std::max(seconds_until(run.left[1], 0.85 * share, 40s, 60s),
                                   seconds_until(run.left[2], 0.85 * share, 40s, 60s));
    const double resumed = convergence(run.left[0], 60s, 120s);
    double spike = 0;
    for (const double wait : waits(*run.link, 60s, 70s)) spike = std::max(spike, wait);
    for (const double wait : waits(*run.link, 40s, 50s)) spike = std::max(spike, wait);
    return run.experiment.take(
        {{"the others at 85 % of their share", "s", others, at_most(10), {}},
         {"convergence of the resumed flow", "s", resumed, at_most(10), {}},
         {"longest queue after pause and resume", "ms", spike, at_most(200), {}}},
        std::max(others, resumed), jain(run.rates(100s, 120s)));
}

// ---- 5.5 ----

Run round_trip_fairness(std::uint64_t seed) {
    constexpr Duration kLength = 300s;
    Experiment experiment(seed);
    sim::Link& link = experiment.add_link(rmcat_bottleneck(Bitrate::from_kbps(4000), 0ms));
    std::vector<sim::MediaFlow*> flows;
    for (const Duration one_way : {10ms, 25ms, 50ms, 100ms, 150ms}) {
        sim::Link& there = experiment.add_link(open_link(one_way));
        sim::Link& back = experiment.add_link(rmcat_way_back(one_way));
        MediaOptions options;
        options.name = std::to_string(to_ms(one_way)) + " ms";
        options.start = 10s * static_cast<int>(flows.size());
        flows.push_back(&experiment.add_media(options, {{&link, &there}, {&back}}));
    }
    experiment.run(kLength);
    std::vector<double> rates;
    for (const auto* flow : flows) {
        rates.push_back(carried_media(link, flow->id()).kbps(kLength - 20s, kLength));
    }
    const double least = *std::min_element(rates.begin(), rates.end());
    return experiment.take({{"fairness", "", jain(rates), at_least(0.90), {}},
                            {"least flow", "% of its share", 100 * least / 800, at_least(60), {}}},
                           {}, jain(rates));
}

// ---- 5.6 and 5.7 ----

Run against_long_tcp(std::uint64_t seed, Duration queue) {
    Experiment experiment(seed);
    sim::LinkConfig config = rmcat_bottleneck(Bitrate::from_kbps(2000));
    config.queue.max_delay = queue;
    sim::Link& link = experiment.add_link(config);
    sim::Link& back = experiment.add_link(rmcat_way_back());
    sim::MediaFlow& media = experiment.add_media({.start = 5s, .stop = 119s}, {{&link}, {&back}});
    sim::TcpFlow& tcp = experiment.add_tcp({{&link}, {&back}});
    tcp.sender().send_forever();
    experiment.run(120s);
    const double share = 100 * carried_media(link, media.id()).kbps(10s, 119s) / 2000;
    const Band target = queue > 300ms ? Band{.low = 15, .high = 75} : Band{.low = 25, .high = 65};
    const double tcp_kbps =
        carried(link, [&](const auto& r) { return r.flow == tcp.id(); }).kbps(10s, 119s);
    return experiment.take({{"share of the media", "%", share, target, at_most(75)},
                            {"voice concealed", "%", concealed_percent(media), at_most(1), {}}},
                           {}, jain({share * 20, tcp_kbps}));
}

// While files are being sent they take what they can; what counts is how soon the media are back
// when the last of those that overlap has gone.
double recovery_after_bursts(const Octets& media, const std::vector<sim::TcpFlow*>& tcp) {
    constexpr Duration kQuiet = 5s;
    std::vector<std::pair<Duration, Duration>> busy;
    for (const auto* flow : tcp) {
        for (const auto& time : flow->sender().busy_times()) {
            const Duration end = time.end == kNever ? 300s : time.end - sim::World::kBeginning;
            busy.emplace_back(time.begin - sim::World::kBeginning, end);
        }
    }
    std::sort(busy.begin(), busy.end());
    double slowest = 0;
    double before = 0;  // the rate at the end of the last quiet time
    Duration quiet_from{};
    for (const auto& [begin, end] : busy) {
        if (begin > quiet_from + kQuiet) {
            if (before > 0) {
                slowest = std::max(slowest, seconds_until(media, 0.8 * before, quiet_from, begin));
            }
            before = media.kbps(begin - 2s, begin);
        }
        quiet_from = std::max(quiet_from, end);
    }
    return slowest;
}

Run against_short_tcp(std::uint64_t seed) {
    Experiment experiment(seed);
    sim::Link& link = experiment.add_link(rmcat_bottleneck(Bitrate::from_kbps(2000)));
    sim::Link& back = experiment.add_link(rmcat_way_back());
    sim::MediaFlow& a = experiment.add_media({.name = "flow 1"}, {{&link}, {&back}});
    sim::MediaFlow& b = experiment.add_media({.name = "flow 2"}, {{&link}, {&back}});
    std::vector<sim::TcpFlow*> tcp;
    for (int i = 0; i < 10; ++i) {
        tcp.push_back(&experiment.add_tcp({{&link}, {&back}}, "10 x TCP"));
        tcp.back()->sender().send_files({});
    }
    experiment.run(300s);
    const Octets both = carried_media(link);
    const double share = 100 * both.kbps(10s, 300s) / 2000;
    const double fair = jain(
        {carried_media(link, a.id()).kbps(10s, 300s), carried_media(link, b.id()).kbps(10s, 300s)});
    return experiment.take(
        {{"share of the media", "%", share, at_least(40), {}},
         {"back at 80 % after bursts", "s", recovery_after_bursts(both, tcp), at_most(5), {}},
         {"fairness of the media", "", fair, at_least(0.90), {}}},
        {}, fair);
}

// ---- 6.3 ----

Run three_bottlenecks(std::uint64_t seed) {
    constexpr Duration kLength = 300s;
    Experiment experiment(seed);
    // A long flow crosses all three, each of which carries a flow of its own.
    std::vector<sim::Link*> chain;
    for (const double kbps : {2000.0, 1600.0, 2400.0}) {
        chain.push_back(&experiment.add_link(rmcat_bottleneck(capacity({{0, kbps}}), 20ms)));
    }
    sim::Link& back = experiment.add_link(rmcat_way_back(60ms));
    sim::MediaFlow& across = experiment.add_media({.name = "long"}, {chain, {&back}});
    for (std::size_t i = 0; i < chain.size(); ++i) {
        sim::Link& short_back = experiment.add_link(rmcat_way_back(20ms));
        experiment.add_media({.name = "cross " + std::to_string(i + 1), .start = 5s * int(i)},
                             {{chain[i]}, {&short_back}});
    }
    experiment.run(kLength);
    const double rate = carried_media(*chain.back(), across.id()).kbps(kLength - 60s, kLength);
    return experiment.take(
        {{"the long flow", "% of its least fair share", 100 * rate / 800, at_least(40), {}}});
}

}  // namespace

std::vector<Case> rmcat_cases() {
    return {
        {"5.1", "variable capacity, one flow", [](auto s) { return variable_capacity(s, 50ms); }},
        {"5.1-100ms", "variable capacity, a way of 100 ms",
         [](auto s) { return variable_capacity(s, 100ms); }},
        {"5.2", "variable capacity, two flows", two_flows},
        {"5.3", "congested feedback", congested_feedback},
        {"5.4", "competing flows of the same kind", competing_flows},
        {"5.5", "fairness between round trips", round_trip_fairness},
        {"5.6", "against a long TCP stream", [](auto s) { return against_long_tcp(s, 300ms); }},
        {"5.6-1000ms", "against a long TCP stream, a queue of 1 s",
         [](auto s) { return against_long_tcp(s, 1000ms); }},
        {"5.7", "against short TCP streams", against_short_tcp},
        {"5.8", "pause and resume", pause_and_resume},
    };
}

std::vector<Case> more_rmcat_cases() {
    return {
        {"6.2-codel", "variable capacity, CoDel with ECN",
         [](auto s) {
             return marked_capacity(s, sim::QueueKind::kCodel, cc::EcnMark::kEct0, at_most(80));
         }},
        {"6.2-dualpi2", "variable capacity, DualPI2",
         [](auto s) {
             return marked_capacity(s, sim::QueueKind::kDualPi2, cc::EcnMark::kEct1, at_most(20));
         }},
        {"6.3", "three bottlenecks in a row", three_bottlenecks},
    };
}

}  // namespace parley::bench
