#include "sim/net/tcp.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "sim/net/flows.hpp"

namespace parley::sim {
namespace {

struct Bottleneck {
    explicit Bottleneck(std::int64_t kbps, Duration queue = 300ms, double loss = 0,
                        std::uint64_t seed = 1)
        : world(seed), there(world, forward_link(kbps, queue, loss)), back(world, way()) {}

    static LinkConfig way() {
        LinkConfig config;
        config.delay = Duration(25ms);
        return config;
    }
    static LinkConfig forward_link(std::int64_t kbps, Duration queue, double loss) {
        LinkConfig config = way();
        config.capacity = Bitrate::from_kbps(kbps);
        config.queue.max_delay = queue;
        config.loss.ratio = loss;
        return config;
    }
    TcpFlow& add() {
        flows.push_back(std::make_unique<TcpFlow>(world, static_cast<FlowId>(flows.size() + 1),
                                                  Ways{{&there}, {&back}}));
        return *flows.back();
    }

    World world;
    Link there;
    Link back;
    std::vector<std::unique_ptr<TcpFlow>> flows;
};

double kbps(const TcpFlow& flow, Duration begin, Duration end) {
    double bits = 0;
    for (const ArrivalRecord& record : flow.receiver().arrivals()) {
        const Duration at = record.at - World::kBeginning;
        if (at >= begin && at < end) bits += record.size * 8.0;
    }
    return bits / to_seconds(end - begin) / 1000;
}

TEST(Cubic, GrowsAsTheStandardSays) {
    CubicWindow window;
    while (window.size() < 100) window.on_ack(1, 100ms, World::kBeginning);
    window.on_loss();
    EXPECT_DOUBLE_EQ(window.size(), 70);
    // K = cbrt(100 * 0.3 / 0.4) = 4.217 s: then the window is where the loss was, flat before and
    // steep after.
    const auto run = [&](Duration begin, Duration length) {
        for (Duration at = begin; at < begin + length; at += 100ms) {
            window.on_ack(window.size(), 100ms, World::kBeginning + at);
        }
        return window.size();
    };
    EXPECT_NEAR(run(0s, 4200ms), 100, 2);
    const double at_maximum = window.size();
    EXPECT_LT(run(4200ms, 1s) - at_maximum, 2);
    EXPECT_GT(run(5200ms, 3s) - at_maximum, 15);
}

TEST(Cubic, FastConvergenceGivesUpMore) {
    CubicWindow window;
    while (window.size() < 100) window.on_ack(1, 100ms, World::kBeginning);
    window.on_loss();
    window.on_loss();  // below the last maximum: aims at 70 * 0.85 from now on
    EXPECT_DOUBLE_EQ(window.size(), 49);
    const double inflection = std::cbrt((70 * 0.85 - 49) / 0.4);
    const auto at = [&](double s) { return World::kBeginning + Duration(std::int64_t(s * 1e9)); };
    // A round trip so long that Reno's line stays below.
    for (double s = 0; s < inflection; s += 0.5) window.on_ack(window.size(), 500ms, at(s));
    EXPECT_NEAR(window.size(), 59.5, 1.5);
}

TEST(Tcp, AloneItFillsTheLinkWithASawtooth) {
    Bottleneck net(2000);
    TcpFlow& flow = net.add();
    flow.sender().send_forever();
    net.world.run_until(20s);
    const std::int64_t timeouts = flow.sender().timeouts();  // of slow start, which overshoots
    const std::int64_t retransmissions = flow.sender().retransmissions();
    double lowest = 1e9;
    double highest = 0;
    for (Duration at = 20s; at < 60s; at += 100ms) {
        net.world.run_until(at);
        lowest = std::min(lowest, flow.sender().window());
        highest = std::max(highest, flow.sender().window());
    }
    EXPECT_GT(kbps(flow, 5s, 60s), 1980);
    EXPECT_EQ(flow.sender().timeouts(), timeouts);
    // 350 ms of 2 Mbit/s are 58 segments: there it loses and falls to 70 %.
    EXPECT_NEAR(highest, 60, 5);
    EXPECT_NEAR(lowest / highest, 0.7, 0.03);
    // Losses of a sawtooth are few.
    EXPECT_LT(flow.sender().retransmissions() - retransmissions, 50);
}

TEST(Tcp, TwoShareTheLink) {
    Bottleneck net(4000);
    TcpFlow& first = net.add();
    TcpFlow& second = net.add();
    first.sender().send_forever();
    net.world.at(10s, [&](Instant) { second.sender().send_forever(); });
    net.world.run_until(120s);
    const double a = kbps(first, 60s, 120s);
    const double b = kbps(second, 60s, 120s);
    EXPECT_GT(a + b, 3950);
    EXPECT_GT(std::min(a, b) / std::max(a, b), 0.7);
}

TEST(Tcp, SurvivesRandomLossOfDataAndOfAcknowledgements) {
    Bottleneck net(2000, 300ms, 0.05);
    TcpFlow& flow = net.add();
    flow.sender().send_file(1'000'000);
    net.world.run_until(120s);
    EXPECT_FALSE(flow.sender().busy());
    EXPECT_GT(flow.sender().retransmissions(), 10);
}

TEST(Tcp, FilesComeWithPauses) {
    Bottleneck net(10'000);
    TcpFlow& flow = net.add();
    flow.sender().send_files({});
    net.world.run_until(600s);
    const auto& times = flow.sender().busy_times();
    // A pause of 10 s and about a second to send half a megabyte.
    EXPECT_GT(times.size(), 30u);
    EXPECT_LT(times.size(), 90u);
    for (std::size_t i = 1; i < times.size(); ++i) EXPECT_GT(times[i].begin, times[i - 1].end);
}

TEST(Tcp, ALinkThatStandsStillCostsATimeoutAndIsOvercome) {
    Bottleneck net(2000);
    LinkConfig config = Bottleneck::forward_link(2000, 300ms, 0);
    config.capacity = Steps<Bitrate>{
        {0s, Bitrate::from_kbps(2000)}, {10s, Bitrate{}}, {15s, Bitrate::from_kbps(2000)}};
    Link stalling(net.world, config);
    TcpFlow flow(net.world, 9, {{&stalling}, {&net.back}});
    flow.sender().send_forever();
    net.world.run_until(40s);
    EXPECT_GT(flow.sender().timeouts(), 0);
    EXPECT_GT(kbps(flow, 25s, 40s), 1900);
}

}  // namespace
}  // namespace parley::sim
