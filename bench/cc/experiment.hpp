// One run being set up: a world, links and flows, then the summary and the drawing of what
// happened. The first link added is the bottleneck that the summary speaks of.

#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench/cc/case.hpp"
#include "bench/cc/measure.hpp"
#include "sim/net/flows.hpp"

namespace parley::bench {

/// The source of all cases, where a case does not say otherwise: a video of 150 kbit/s to
/// 1.5 Mbit/s and a voice, beginning at 300 kbit/s as browsers do.
struct MediaOptions {
    std::string name = "media";
    Duration start{};
    Duration stop = Duration::max();
    sim::VideoConfig video;
    bool has_video = true;
    bool has_audio = true;
    Bitrate start_rate = Bitrate::from_kbps(300);
    /// What the controller is told to be wanted; zero: what the sources take at most.
    Bitrate demand;
    sim::FeedbackMode feedback = sim::FeedbackMode::kTransportWide;
    cc::EcnMark ecn = cc::EcnMark::kNotEct;
};

class Experiment {
 public:
    explicit Experiment(std::uint64_t seed);

    sim::World& world() { return world_; }
    sim::Link& add_link(sim::LinkConfig config);
    sim::MediaFlow& add_media(const MediaOptions& options, sim::Ways ways);
    sim::TcpFlow& add_tcp(sim::Ways ways, std::string name = "TCP");
    void run(Duration length);

    /// After run(). Figures are added by the case.
    Run take(std::vector<Figure> figures, std::optional<double> convergence = {},
             std::optional<double> fairness = {});

 private:
    Summary summary() const;
    Plot plot() const;
    const sim::Link& bottleneck() const { return links_.front(); }

    std::uint64_t seed_;
    sim::World world_;
    Duration length_{};
    std::deque<sim::Link> links_;
    std::deque<sim::MediaFlow> media_;
    std::deque<sim::TcpFlow> tcp_;
    std::vector<MediaOptions> options_;
    std::vector<std::string> tcp_names_;
    sim::FlowId next_flow_ = 1;
};

/// Kilobits as capacities of links, times in seconds.
sim::Steps<Bitrate> capacity(std::initializer_list<std::pair<double, double>> steps);
/// A bottleneck as RFC 8867 §4 has it: 300 ms of drop-tail queue, jitter of up to 30 ms.
sim::LinkConfig rmcat_bottleneck(sim::Steps<Bitrate> capacity, Duration one_way = 50ms);
/// A way back that is never full.
sim::LinkConfig rmcat_way_back(Duration one_way = 50ms);
/// A link without jitter, as libwebrtc's scenarios have them.
sim::LinkConfig plain_link(sim::Steps<Bitrate> capacity, Duration one_way);
sim::LinkConfig open_link(Duration one_way);

}  // namespace parley::bench
