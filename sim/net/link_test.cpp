#include "sim/net/link.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace parley::sim {
namespace {

struct Sink final : Endpoint {
    struct Arrival {
        Instant at{};
        Packet packet;
    };
    void on_packet(Packet packet, Instant now) override {
        bytes += packet.size;
        arrivals.push_back({now, std::move(packet)});
    }
    std::int64_t bytes = 0;
    std::vector<Arrival> arrivals;
};

/// A link, a sink behind it, and packets thrown in at a steady pace.
struct Bench {
    explicit Bench(LinkConfig config, std::uint64_t seed = 1)
        : world(seed), link(world, std::move(config)), route{{&link}, &sink} {}

    void send(std::uint32_t size, Instant now, cc::EcnMark ecn = cc::EcnMark::kNotEct) {
        Packet packet;
        packet.route = &route;
        packet.size = size;
        packet.number = number++;
        packet.ecn = ecn;
        packet.sent = now;
        forward(std::move(packet), now);
    }
    void flood(Bitrate rate, std::uint32_t size, Duration length,
               cc::EcnMark ecn = cc::EcnMark::kNotEct) {
        const auto gap = Duration(std::int64_t{size} * 8'000'000'000 / rate.bps);
        Timer timer(world, [&](Instant now) {
            send(size, now, ecn);
            timer.arm(now + gap);
        });
        timer.arm(world.now());
        world.run_until(world.elapsed() + length);
        timer.disarm();
        world.run_until(world.elapsed() + 10s);  // what waits still arrives, and the timer is gone
    }
    std::size_t count(Fate fate) const {
        return static_cast<std::size_t>(
            std::count_if(link.records().begin(), link.records().end(),
                          [&](const LinkRecord& r) { return r.fate == fate; }));
    }

    World world;
    Link link;
    Sink sink;
    Route route;
    std::uint16_t number = 0;
};

LinkConfig limited(std::int64_t kbps) {
    LinkConfig config;
    config.capacity = Bitrate::from_kbps(kbps);
    return config;
}

TEST(Link, CarriesItsCapacityAndNoMore) {
    Bench bench(limited(1000));
    bench.flood(Bitrate::from_kbps(2000), 1250, 10s);
    // Ten seconds of capacity and the 300 ms that waited at the end.
    EXPECT_NEAR(double(bench.sink.bytes), 1'250'000 * 1.03, 2500);
    EXPECT_GT(bench.count(Fate::kQueueFull), 900u);
}

TEST(Link, CarriesLessThanItsCapacityWithoutLossOrWait) {
    LinkConfig config = limited(1000);
    config.delay = Duration(50ms);
    Bench bench(config);
    bench.flood(Bitrate::from_kbps(900), 1250, 10s);
    EXPECT_EQ(bench.count(Fate::kQueueFull), 0u);
    for (const LinkRecord& record : bench.link.records()) EXPECT_EQ(record.wait, 0ms);
    const auto& first = bench.sink.arrivals.front();
    EXPECT_EQ(first.at - first.packet.sent, 60ms);  // 10 ms to send 1,250 octets and the way
}

TEST(Link, AQueueWaitsWhatIsBeforeItAndIsBoundedInTime) {
    Bench bench(limited(1000));
    for (int i = 0; i < 100; ++i) bench.send(1250, bench.world.now());
    bench.world.run_until(5s);
    const auto& records = bench.link.records();
    // One is being sent, and 300 ms of 10 ms packets wait.
    EXPECT_EQ(bench.count(Fate::kCarried), 31u);
    int position = 0;
    for (const LinkRecord& record : records) {
        if (record.fate != Fate::kCarried) continue;
        EXPECT_EQ(record.wait, position++ * 10ms);
    }
}

TEST(Link, AQueueIsBoundedInPackets) {
    LinkConfig config = limited(1000);
    config.queue.max_packets = 5;
    Bench bench(config);
    for (int i = 0; i < 100; ++i) bench.send(100, bench.world.now());
    EXPECT_EQ(bench.link.queued_bytes(), 500);
    EXPECT_EQ(bench.count(Fate::kQueueFull), 94u);
}

TEST(Link, WhatWaitedWhenTheCapacityFellWaitsLonger) {
    LinkConfig config;
    config.capacity = Steps<Bitrate>{{0s, Bitrate::from_kbps(2500)}, {1s, Bitrate::from_kbps(500)}};
    Bench bench(config);
    bench.world.run_until(999ms);
    for (int i = 0; i < 70; ++i) bench.send(1250, bench.world.now());
    bench.world.run_until(10s);
    EXPECT_EQ(bench.count(Fate::kQueueFull), 0u);
    EXPECT_GT(bench.link.records().back().wait, 1300ms);
}

TEST(Link, StandsStillAndMovesOn) {
    LinkConfig config;
    config.capacity = Steps<Bitrate>{
        {0s, Bitrate::from_kbps(1000)}, {1s, Bitrate{}}, {2s, Bitrate::from_kbps(1000)}};
    Bench bench(config);
    bench.world.run_until(1500ms);
    bench.send(1250, bench.world.now());
    bench.send(1250, bench.world.now());
    bench.world.run_until(5s);
    ASSERT_EQ(bench.sink.arrivals.size(), 2u);
    EXPECT_EQ(bench.sink.arrivals[1].at, World::kBeginning + 2s + 20ms);
}

TEST(Link, JitterStaysWithinItsBoundAndKeepsOrderIfAsked) {
    for (const bool keeps_order : {true, false}) {
        LinkConfig config;
        config.delay = Duration(20ms);
        config.jitter = {30ms, keeps_order};
        Bench bench(config);
        bench.flood(Bitrate::from_kbps(10'000), 1250, 5s);
        bool in_order = true;
        Duration most{};
        for (std::size_t i = 0; i < bench.sink.arrivals.size(); ++i) {
            const auto& arrival = bench.sink.arrivals[i];
            const Duration delay = arrival.at - arrival.packet.sent;
            EXPECT_GE(delay, 20ms);
            most = std::max(most, delay);
            in_order &= i == 0 || bench.sink.arrivals[i - 1].packet.number < arrival.packet.number;
        }
        EXPECT_LE(most, 50ms);
        EXPECT_GT(most, 45ms);
        EXPECT_EQ(in_order, keeps_order);
    }
}

double lost_share(const Bench& bench) {
    return double(bench.count(Fate::kLost)) / double(bench.link.records().size());
}

TEST(Loss, RandomLossHasItsShare) {
    LinkConfig config;
    config.loss.ratio = 0.1;
    Bench bench(config);
    bench.flood(Bitrate::from_kbps(10'000), 1250, 50s);
    EXPECT_NEAR(lost_share(bench), 0.1, 0.01);
}

TEST(Loss, BurstsHaveTheirShareAndLength) {
    LinkConfig config;
    config.loss = {0.2, 3};
    Bench bench(config);
    bench.flood(Bitrate::from_kbps(10'000), 1250, 100s);
    EXPECT_NEAR(lost_share(bench), 0.2, 0.01);
    int runs = 0;
    bool losing = false;
    for (const LinkRecord& record : bench.link.records()) {
        const bool lost = record.fate == Fate::kLost;
        runs += lost && !losing;
        losing = lost;
    }
    EXPECT_NEAR(double(bench.count(Fate::kLost)) / runs, 3, 0.2);
}

TEST(Policer, LetsItsRateThroughWithoutDelay) {
    LinkConfig config;
    config.policer = {Bitrate::from_kbps(256), 10'000};
    Bench bench(config);
    bench.flood(Bitrate::from_kbps(1000), 1000, 20s);
    EXPECT_NEAR(double(bench.sink.bytes), 256'000.0 / 8 * 20 + 10'000, 2000);
    for (const auto& arrival : bench.sink.arrivals) EXPECT_EQ(arrival.at, arrival.packet.sent);
}

TEST(Marking, TheThresholdMarksWhatWaitedLonger) {
    LinkConfig config = limited(1000);
    config.queue.kind = QueueKind::kThreshold;
    config.queue.mark_above = 20ms;
    Bench bench(config);
    for (int i = 0; i < 6; ++i) bench.send(1250, bench.world.now(), cc::EcnMark::kEct1);
    bench.send(1250, bench.world.now(), cc::EcnMark::kNotEct);
    bench.world.run_until(1s);
    ASSERT_EQ(bench.sink.arrivals.size(), 7u);
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(bench.sink.arrivals[i].packet.ecn == cc::EcnMark::kCe, i > 2) << i;
    }
    EXPECT_EQ(bench.sink.arrivals[6].packet.ecn, cc::EcnMark::kNotEct);
}

TEST(Marking, CodelMarksRatherThanDropsAndDropsWhatCannotBeMarked) {
    for (const cc::EcnMark ecn : {cc::EcnMark::kEct0, cc::EcnMark::kNotEct}) {
        LinkConfig config = limited(1000);
        config.queue = {.kind = QueueKind::kCodel, .max_delay = 2s};
        Bench bench(config);
        bench.flood(Bitrate::from_kbps(1100), 1250, 10s, ecn);
        const auto marked = std::count_if(
            bench.sink.arrivals.begin(), bench.sink.arrivals.end(),
            [](const auto& arrival) { return arrival.packet.ecn == cc::EcnMark::kCe; });
        const bool can_mark = ecn == cc::EcnMark::kEct0;
        EXPECT_EQ(marked > 10, can_mark);
        EXPECT_EQ(bench.count(Fate::kQueueManaged) > 10, !can_mark);
    }
}

TEST(Marking, DualPi2KeepsScalableTrafficShortOfTheClassicQueue) {
    LinkConfig config = limited(2000);
    config.queue = {.kind = QueueKind::kDualPi2, .max_delay = 250ms};
    Bench bench(config);
    // Classic traffic fills its queue; a trickle of scalable packets passes it.
    Timer trickle(bench.world, [&](Instant now) {
        bench.send(200, now, cc::EcnMark::kEct1);
        trickle.arm(now + 20ms);
    });
    trickle.arm(World::kBeginning);
    bench.world.at(5s, [&](Instant) { trickle.disarm(); });
    bench.flood(Bitrate::from_kbps(2200), 1250, 4s);
    for (const auto& arrival : bench.sink.arrivals) {
        if (arrival.packet.size != 200) continue;
        EXPECT_LT(arrival.at - arrival.packet.sent, 20ms);
    }
    EXPECT_GT(bench.count(Fate::kQueueManaged), 5u);
}

TEST(Link, TheSameSeedGivesTheSameLog) {
    const auto hash = [](std::uint64_t seed) {
        LinkConfig config = limited(1000);
        config.loss.ratio = 0.05;
        config.jitter = {30ms, false};
        Bench bench(config, seed);
        bench.flood(Bitrate::from_kbps(900), 1250, 5s);
        return bench.world.log().hash();
    };
    EXPECT_EQ(hash(7), hash(7));
    EXPECT_NE(hash(7), hash(8));
}

}  // namespace
}  // namespace parley::sim
