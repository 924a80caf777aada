#include "bench/cc/experiment.hpp"

#include <algorithm>

namespace parley::bench {
namespace {

using sim::World;

constexpr int kPlotPoints = 240;

// One source in five has frames of equal size, one has no frames to speak of.
sim::VideoKind kind_by_seed(sim::VideoKind kind, std::uint64_t seed) {
    if (kind != sim::VideoKind::kCamera) return kind;
    if (seed % 5 == 4) return sim::VideoKind::kFixedSize;
    if (seed % 5 == 0) return sim::VideoKind::kConstantRate;
    return kind;
}

}  // namespace

Experiment::Experiment(std::uint64_t seed) : seed_(seed), world_(seed) {}

sim::Link& Experiment::add_link(sim::LinkConfig config) {
    return links_.emplace_back(world_, std::move(config));
}

sim::MediaFlow& Experiment::add_media(const MediaOptions& options, sim::Ways ways) {
    sim::MediaSenderConfig sender;
    sender.flow = next_flow_++;
    sender.video = options.video;
    sender.video.kind = kind_by_seed(options.video.kind, seed_);
    sender.has_video = options.has_video;
    sender.has_audio = options.has_audio;
    sender.limits.start = options.start_rate;
    sender.demand = options.demand;
    sender.feedback = options.feedback;
    sender.ecn = options.ecn;
    sender.make_controller = cc::make_google_controller;
    sim::MediaReceiverConfig receiver;
    receiver.flow = sender.flow;
    receiver.feedback = options.feedback;
    sim::MediaFlow& flow = media_.emplace_back(world_, sender, receiver, std::move(ways));
    options_.push_back(options);
    world_.at(options.start, [&flow](Instant now) { flow.sender().start(now); });
    if (options.stop != Duration::max()) {
        world_.at(options.stop, [&flow](Instant) { flow.sender().stop(); });
    }
    return flow;
}

sim::TcpFlow& Experiment::add_tcp(sim::Ways ways, std::string name) {
    tcp_names_.push_back(std::move(name));
    return tcp_.emplace_back(world_, next_flow_++, std::move(ways));
}

void Experiment::run(Duration length) {
    length_ = length;
    world_.run_until(length);
}

Run Experiment::take(std::vector<Figure> figures, std::optional<double> convergence,
                     std::optional<double> fairness) {
    Run run;
    run.figures = std::move(figures);
    run.summary = summary();
    run.summary.convergence = convergence;
    run.summary.fairness = fairness;
    run.plot = plot();
    run.hash = world_.log().hash();
    return run;
}

Summary Experiment::summary() const {
    constexpr Duration kSettled = 5s;
    Summary result;
    if (bottleneck().config().capacity && length_ > 2 * kSettled) {
        const double octets =
            carried(bottleneck(), [](const auto&) { return true; }).between(kSettled, length_);
        const double possible =
            sim::octets_between(*bottleneck().config().capacity, World::kBeginning + kSettled,
                                World::kBeginning + length_);
        result.utilisation = 100 * octets / possible;
    }
    const auto delays = waits(bottleneck(), 0s, length_);
    result.queue_p50 = percentile(delays, 0.5);
    result.queue_p95 = percentile(delays, 0.95);
    result.queue_max = percentile(delays, 1);
    result.loss = loss_percent(bottleneck());
    for (std::size_t i = 0; i < media_.size(); ++i) {
        if (!options_[i].has_video) continue;
        const double frozen =
            freeze_percent(media_[i], options_[i].start + 2s, std::min(length_, options_[i].stop));
        result.freeze = std::max(result.freeze.value_or(0), frozen);
    }
    return result;
}

// ---- the drawing ----

Plot Experiment::plot() const {
    Plot plot;
    plot.step = std::max<Duration>(length_ / kPlotPoints, 50ms);
    const auto sample = [&](std::string name, Line::Role role, const auto& value) {
        Line line{std::move(name), role, {}};
        for (Duration at{}; at + plot.step <= length_; at += plot.step) {
            line.values.push_back(value(at, at + plot.step));
        }
        plot.lines.push_back(std::move(line));
    };
    const Duration half_window = std::max<Duration>(plot.step, 500ms) / 2;
    const auto smooth = [&](const Octets& octets) {
        return [&octets, half_window, this](Duration begin, Duration end) {
            const Duration middle = (begin + end) / 2;
            return octets.kbps(std::max(Duration(0), middle - half_window),
                               std::min(length_, middle + half_window));
        };
    };
    if (const auto& steps = bottleneck().config().capacity) {
        sample("capacity", Line::Role::kCapacity, [&](Duration begin, Duration) {
            return steps->at(World::kBeginning + begin).kbps();
        });
    }
    Octets tcp;
    for (const sim::TcpFlow& flow : tcp_) {
        for (const auto& arrival : flow.receiver().arrivals()) tcp.add(arrival.at, arrival.size);
    }
    if (!tcp_.empty()) sample(tcp_names_.front(), Line::Role::kTcp, smooth(tcp));
    for (std::size_t i = 0; i < media_.size(); ++i) {
        const Octets octets = sent(media_[i], true);
        const auto rate = smooth(octets);
        sample(options_[i].name, Line::Role::kMedia, [&](Duration begin, Duration end) {
            return begin < options_[i].start || begin >= options_[i].stop ? -1 : rate(begin, end);
        });
    }
    if (media_.size() == 1) {
        sample("target", Line::Role::kTarget, [&](Duration begin, Duration) {
            return begin < options_[0].start || begin >= options_[0].stop
                       ? -1
                       : target_at(media_[0], begin);
        });
    }
    std::vector<double> longest(static_cast<std::size_t>(length_ / plot.step) + 1);
    for (const sim::LinkRecord& record : bottleneck().records()) {
        const auto bin = static_cast<std::size_t>((record.at - World::kBeginning) / plot.step);
        if (record.fate == sim::Fate::kCarried && bin < longest.size()) {
            longest[bin] = std::max(longest[bin], to_seconds(record.wait) * 1000);
        }
    }
    sample("queue", Line::Role::kQueue, [&](Duration begin, Duration) {
        return longest[static_cast<std::size_t>(begin / plot.step)];
    });
    return plot;
}

// ---- links ----

sim::Steps<Bitrate> capacity(std::initializer_list<std::pair<double, double>> steps) {
    std::vector<sim::Steps<Bitrate>::Step> result;
    for (const auto& [second, kbps] : steps) {
        result.push_back({std::chrono::milliseconds(static_cast<std::int64_t>(second * 1000)),
                          Bitrate::from_bps(static_cast<std::int64_t>(kbps * 1000))});
    }
    return sim::Steps<Bitrate>(std::move(result));
}

sim::LinkConfig plain_link(sim::Steps<Bitrate> capacity, Duration one_way) {
    sim::LinkConfig config;
    config.capacity = std::move(capacity);
    config.delay = one_way;
    return config;
}

sim::LinkConfig open_link(Duration one_way) {
    sim::LinkConfig config;
    config.delay = one_way;
    return config;
}

sim::LinkConfig rmcat_bottleneck(sim::Steps<Bitrate> capacity, Duration one_way) {
    sim::LinkConfig config = plain_link(std::move(capacity), one_way);
    config.jitter = {30ms, true};
    return config;
}

sim::LinkConfig rmcat_way_back(Duration one_way) {
    sim::LinkConfig config = open_link(one_way);
    config.jitter = {30ms, true};
    return config;
}

}  // namespace parley::bench
