#include "sim/net/world.hpp"

#include <gtest/gtest.h>

#include "sim/net/schedule.hpp"

namespace parley::sim {
namespace {

TEST(World, RunsEventsInOrderOfTimeThenOfAsking) {
    World world(1);
    std::vector<int> order;
    world.at(2s, [&](Instant) { order.push_back(3); });
    world.at(1s, [&](Instant) { order.push_back(1); });
    world.at(1s, [&](Instant) { order.push_back(2); });
    world.at(4s, [&](Instant) { order.push_back(4); });
    world.run_until(3s);
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(world.elapsed(), 3s);
}

TEST(World, ATimerRunsOnceAtItsLastDeadline) {
    World world(1);
    std::vector<Duration> ran;
    Timer timer(world, [&](Instant now) { ran.push_back(now - World::kBeginning); });
    timer.arm(World::kBeginning + 5s);
    timer.arm(World::kBeginning + 1s);
    timer.arm(World::kBeginning + 3s);
    world.run_until(10s);
    EXPECT_EQ(ran, (std::vector<Duration>{3s}));
    timer.arm(World::kBeginning + 12s);
    timer.disarm();
    world.run_until(20s);
    EXPECT_EQ(ran.size(), 1u);
}

TEST(World, ATimerMayArmItself) {
    World world(1);
    int count = 0;
    Timer timer(world, [&](Instant now) {
        ++count;
        timer.arm(now + 10ms);
    });
    timer.arm(World::kBeginning);
    world.run_until(1s);
    EXPECT_EQ(count, 101);
}

TEST(Schedule, SendingSpansChangesOfCapacity) {
    // 1 Mbit/s for a second, nothing for a second, then 2 Mbit/s.
    const Steps<Bitrate> capacity{
        {0s, Bitrate::from_kbps(1000)}, {1s, Bitrate{}}, {2s, Bitrate::from_kbps(2000)}};
    const Instant begin = World::kBeginning + 500ms;
    EXPECT_EQ(finish_time(capacity, 12'500, begin), begin + 100ms);
    // Half a second carries 62,500 octets; as many again wait for the link to move.
    EXPECT_EQ(finish_time(capacity, 125'000, begin), World::kBeginning + 2s + 250ms);
    EXPECT_DOUBLE_EQ(octets_between(capacity, begin, World::kBeginning + 3s), 62'500 + 250'000);
}

TEST(Schedule, ALinkThatStopsForGoodFinishesNothing) {
    const Steps<Bitrate> capacity{{0s, Bitrate::from_kbps(8)}, {1s, Bitrate{}}};
    EXPECT_EQ(finish_time(capacity, 1001, World::kBeginning), kNever);
    EXPECT_EQ(finish_time(capacity, 1000, World::kBeginning), World::kBeginning + 1s);
}

}  // namespace
}  // namespace parley::sim
