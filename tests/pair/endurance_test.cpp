// What a node costs over time: an idle room sleeps, tables shrink when people leave, and a
// participant with a bad line harms nobody else.

#include <algorithm>
#include <gtest/gtest.h>

#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

TEST(Endurance, AnIdleRoomSleeps) {
    World world(41);
    constexpr std::uint64_t kMembers = 4;
    std::vector<Client*> clients;
    for (std::uint64_t i = 0; i < kMembers; ++i) {
        clients.push_back(&join(world, "client" + std::to_string(i)));
    }
    world.run(3s);
    for (Client* client : clients) ASSERT_TRUE(world.connected(*client));
    const std::uint64_t before = world.wakeups;
    world.run(20s);
    const std::uint64_t each_second = (world.wakeups - before) / 20 / kMembers;
    EXPECT_LT(each_second, 15U);
    for (Client* client : clients) EXPECT_TRUE(world.connected(*client));
}

TEST(Endurance, ARoomThatWentSilentSleepsAgain) {
    World world(42);
    Client& alice = join(world, "alice", {"low", "high"});
    Client& bob = join(world, "bob");
    Camera a(world, alice, {"low", "high"});
    Camera b(world, bob);
    world.run(3s, [&] {
        a.tick();
        b.tick();
    });
    world.run(10s);  // what was missing is given up
    const std::uint64_t before = world.wakeups;
    world.run(10s);
    EXPECT_LT((world.wakeups - before) / 10 / 2, 15U);
}

TEST(Endurance, AMemberThatNeverSpeaksCostsNothing) {
    World world(43);
    for (int i = 0; i < 20; ++i) world.add_client("ghost" + std::to_string(i));
    world.run(1s);
    const std::uint64_t before = world.wakeups;
    world.run(10s);
    EXPECT_LE((world.wakeups - before) / 10, 20U * 2U);
}

TEST(Endurance, AHundredJoinsAndLeavesLeaveNothingBehind) {
    World world(44);
    Client& alice = join(world, "alice");
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    const auto before = world.node().stats();
    std::size_t sections = 0;
    for (int round = 0; round < 100; ++round) {
        Client& guest = join(world, "guest" + std::to_string(round));
        Camera g(world, guest);
        world.run(600ms, [&] {
            a.tick();
            g.tick();
        });
        ASSERT_GT(packets(guest, media::Codec::kOpus), 0U) << round;
        world.leave(guest);
        world.run(200ms, [&] { a.tick(); });
        sections = std::max(sections, alice.peer().negotiator().sections().size());
    }
    world.run(2s, [&] { a.tick(); });
    const auto after = world.node().stats();
    EXPECT_EQ(after.members, before.members);
    EXPECT_EQ(after.rooms, before.rooms);
    EXPECT_EQ(after.paths, before.paths);
    EXPECT_EQ(after.ufrags, before.ufrags);
    EXPECT_EQ(after.sources, before.sources);
    EXPECT_LE(sections, 6U) << "sections are parked and used again";
    EXPECT_TRUE(alice.mappings.empty());
    world.leave(alice);
    world.run(100ms);
    const auto empty = world.node().stats();
    EXPECT_EQ(empty.members + empty.rooms + empty.paths + empty.ufrags + empty.sources, 0U);
    EXPECT_EQ(world.node().next_timeout(), kNever);
}

TEST(Endurance, ASubscriberWithABadLineHarmsNobody) {
    World world(45);
    Client& alice = join(world, "alice");
    std::vector<Client*> others;
    for (int i = 0; i < 9; ++i) others.push_back(&join(world, "other" + std::to_string(i)));
    Camera a(world, alice);
    world.run(3s, [&] { a.tick(); });
    Client& slow = *others.back();
    others.pop_back();
    world.lost = [&](const auto& from, const auto& to, BytesView) {
        return (from == slow.address() || to == slow.address()) && world.random().uniform() < 0.3;
    };
    std::vector<std::uint64_t> before;
    for (Client* client : others) before.push_back(packets(*client, media::Codec::kVp8));
    const std::uint64_t asked = alice.keyframe_requests();
    world.run(10s, [&] { a.tick(); });
    for (std::size_t i = 0; i < others.size(); ++i) {
        // 25 frames a second of three packets.
        EXPECT_GE(packets(*others[i], media::Codec::kVp8) - before[i], 740U);
        for (const auto& [ssrc, heard] : others[i]->heard()) {
            const auto span = static_cast<std::uint16_t>(*heard.sequence_numbers.rbegin() -
                                                         *heard.sequence_numbers.begin());
            EXPECT_EQ(span + 1U, heard.sequence_numbers.size()) << "no gap";
        }
    }
    EXPECT_LE(alice.keyframe_requests() - asked, 20U) << "at most one in 500 ms";
    EXPECT_TRUE(world.connected(alice));
    const auto& stats = world.stats[world.id_of(slow)];
    EXPECT_GT(stats.loss_down, 0.1);
    EXPECT_LE(world.stats[world.id_of(*others[0])].loss_down, 0.01);
}

}  // namespace
}  // namespace parley::testing
