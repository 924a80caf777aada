// A room whose members are on two or three nodes that talk by mailbox, late and in order: what one
// node does for a room, several must do together.

#include <algorithm>
#include <gtest/gtest.h>

#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

using signal::LayerWish;

const std::vector<std::string> kRids{"low", "medium", "high"};

class Relay : public ::testing::Test {
 protected:
    static node::NodeConfig config(std::size_t shards = 2) {
        node::NodeConfig config;
        config.shards = shards;
        return config;
    }
    Client& join_at(std::size_t shard, const std::string& name,
                    const std::vector<std::string>& rids = {}) {
        world_.shard_of_next = shard;
        Client& client = join(world_, name, rids);
        cameras_[&client] = std::make_unique<Camera>(
            world_, client, rids.empty() ? std::vector<std::string>{""} : rids);
        return client;
    }
    void leave(Client& client) {
        cameras_.erase(&client);
        world_.leave(client);
    }
    void run(Duration time) {
        world_.run(time, [&] { tick(); });
    }
    void tick() {
        for (auto& [client, camera] : cameras_) camera->tick();
    }
    static std::set<std::string> from_whom(const Client& client) {
        std::set<std::string> names;
        for (const auto& mapping : client.mappings) names.insert(mapping.participant);
        return names;
    }
    static std::string video_of(Client& client) {
        return client.name() + "." + client.section_of(1)->mid;
    }
    signal::SubscriptionStats stats(Client& subscriber, const std::string& track) {
        for (const auto& one : world_.stats[world_.id_of(subscriber)].subscriptions) {
            if (one.track == track) return one;
        }
        return {};
    }
    /// Sequence numbers without a hole on every stream.
    static void expect_no_hole(const Client& client) {
        for (const auto& [ssrc, heard] : client.heard()) {
            std::uint16_t last = static_cast<std::uint16_t>(*heard.sequence_numbers.begin() - 1);
            bool wrapped = false;
            for (const std::uint16_t number : heard.sequence_numbers) {
                const auto step = static_cast<std::uint16_t>(number - last);
                if (step != 1) {
                    EXPECT_FALSE(std::exchange(wrapped, true)) << client.name() << " at " << number;
                    EXPECT_TRUE(heard.sequence_numbers.contains(0) &&
                                heard.sequence_numbers.contains(0xFFFF));
                }
                last = number;
            }
        }
    }

    World world_{71, config()};
    std::map<Client*, std::unique_ptr<Camera>> cameras_;
};

TEST_F(Relay, EverybodyGetsEverybodyWithoutALossAndEachPacketCrossesOnce) {
    std::uint64_t crossed = 0;
    world_.on_relay = [&](const node::RelayMessage& message) { crossed += packets_in(message); };
    Client& alice = join_at(0, "alice");
    Client& bob = join_at(1, "bob");
    Client& carol = join_at(1, "carol");
    Client& dan = join_at(0, "dan");
    run(3s);
    EXPECT_EQ(from_whom(alice), (std::set<std::string>{"bob", "carol", "dan"}));
    EXPECT_EQ(from_whom(bob), (std::set<std::string>{"alice", "carol", "dan"}));
    const std::uint64_t before = crossed;
    const std::uint64_t heard = packets(carol, media::Codec::kOpus);
    const std::uint64_t seen = packets(carol, media::Codec::kVp8);
    run(10s);
    // 50 packets of audio and 75 of video a second, of four people, to one other node each.
    EXPECT_NEAR(static_cast<double>(crossed - before), 4 * 1250, 20);
    EXPECT_NEAR(static_cast<double>(packets(carol, media::Codec::kOpus) - heard), 3 * 500, 10);
    EXPECT_NEAR(static_cast<double>(packets(carol, media::Codec::kVp8) - seen), 3 * 750, 20);
    for (Client* client : {&alice, &bob, &carol, &dan}) expect_no_hole(*client);
    EXPECT_EQ(world_.node(0).stats().drops.of(trace::Drop::kRelayFull), 0U);
}

TEST_F(Relay, TheFirstAndTheLastOfAShardMayComeInAnyOrder) {
    world_.relay_delay = 40ms;
    Client& alice = join_at(0, "alice");
    Client& bob = join_at(1, "bob");  // both shards open before either knows of the other
    run(2s);
    EXPECT_EQ(from_whom(alice), std::set<std::string>{"bob"});
    EXPECT_EQ(from_whom(bob), std::set<std::string>{"alice"});
    leave(bob);
    Client& eve = join_at(1, "eve");  // what was said to the shard before is still under way
    run(2s);
    EXPECT_EQ(from_whom(alice), std::set<std::string>{"eve"});
    EXPECT_EQ(from_whom(eve), std::set<std::string>{"alice"});
    leave(eve);
    leave(alice);
    run(1s);
    for (const std::size_t shard : {0U, 1U}) {
        EXPECT_EQ(world_.node(shard).stats().rooms, 0U);
        EXPECT_EQ(world_.node(shard).stats().members, 0U);
    }
}

TEST_F(Relay, AKeyframeRequestReachesThePublisherOnce) {
    Client& alice = join_at(0, "alice");
    join_at(0, "bob");
    run(3s);
    const std::uint64_t before = alice.keyframe_requests();
    std::vector<Client*> late;
    for (int i = 0; i < 5; ++i) late.push_back(&join_at(1, "late" + std::to_string(i)));
    run(2s);
    for (const Client* client : late) {
        std::uint64_t keyframes = 0;
        for (const auto& [ssrc, heard] : client->heard()) keyframes += heard.keyframe_starts;
        EXPECT_GE(keyframes, 1U) << client->name();
    }
    EXPECT_GT(alice.keyframe_requests(), before);
    EXPECT_LE(alice.keyframe_requests(), before + 3) << "and not one for each";
}

TEST_F(Relay, LayersThatNobodyWatchesAnywhereAreOffAndReturnForAnotherNode) {
    Client& alice = join_at(0, "alice", kRids);
    Client& bob = join_at(1, "bob");
    Client& carol = join_at(0, "carol");
    run(3s);
    world_.wish(bob, video_of(alice), LayerWish::kLow);
    world_.wish(carol, video_of(alice), LayerWish::kLow);
    run(8s);
    EXPECT_EQ(cameras_[&alice]->off(), (std::set<std::string>{"medium", "high"}));
    EXPECT_EQ(stats(bob, video_of(alice)).layer_sent, "low");
    world_.wish(bob, video_of(alice), LayerWish::kHigh);
    run(1s);
    EXPECT_FALSE(cameras_[&alice]->off().contains("high"));
    EXPECT_EQ(cameras_[&alice]->off().count("medium"), 1U);
    run(2s);
    EXPECT_EQ(stats(bob, video_of(alice)).layer_sent, "high");
    EXPECT_EQ(stats(carol, video_of(alice)).layer_sent, "low");
    expect_no_hole(bob);
}

TEST_F(Relay, WhoComesLateToANewShardMayHaveALayerThatWasOff) {
    Client& alice = join_at(0, "alice", kRids);
    Client& carol = join_at(0, "carol");
    run(3s);
    world_.wish(carol, video_of(alice), LayerWish::kLow);
    run(8s);
    ASSERT_TRUE(cameras_[&alice]->off().contains("high"));
    Client& bob = join_at(1, "bob");
    run(6s);
    EXPECT_EQ(stats(bob, video_of(alice)).layer_sent, "high");
    leave(bob);
    run(8s);
    EXPECT_TRUE(cameras_[&alice]->off().contains("high")) << "nobody is left who watches it";
}

TEST_F(Relay, ANarrowPathElsewhereLowersOneSubscriberAlone) {
    Client& alice = join_at(0, "alice", kRids);
    cameras_[&alice]->frame_bytes = {1000, 3000, 9000};  // 200, 600 and 1800 kbit/s
    Client& bob = join_at(1, "bob");
    Client& carol = join_at(1, "carol");
    Client& dan = join_at(0, "dan");
    for (Client* one : {&bob, &carol, &dan}) cameras_.erase(one);  // they watch
    run(8s);
    for (Client* one : {&bob, &carol, &dan}) {
        EXPECT_EQ(stats(*one, video_of(alice)).layer_sent, "high");
    }
    const auto report = [&] {
        tick();
        if (to_ms(world_.now.time_since_epoch()) % 200 == 0) {
            bob.send_remb(Bitrate::from_kbps(500));
        }
    };
    world_.run(5s, report);
    EXPECT_EQ(stats(bob, video_of(alice)).layer_sent, "low");
    EXPECT_EQ(stats(bob, video_of(alice)).reason, "estimate");
    EXPECT_EQ(stats(carol, video_of(alice)).layer_sent, "high");
    EXPECT_EQ(stats(dan, video_of(alice)).layer_sent, "high");
}

TEST_F(Relay, ThoseWhoSpeakAreToldOnceForTheWholeRoom) {
    join_at(0, "alice");
    Client& bob = join_at(1, "bob");
    join_at(1, "carol");
    for (auto& [client, camera] : cameras_) client->audio_level = 80;
    run(3s);
    world_.events.clear();
    bob.audio_level = 30;
    run(2s);
    std::vector<signal::ActiveSpeakers> told;
    for (const auto& event : world_.events) {
        if (const auto* speakers = std::get_if<signal::ActiveSpeakers>(&event)) {
            told.push_back(*speakers);
        }
    }
    ASSERT_EQ(told.size(), 1U);
    ASSERT_EQ(told[0].speakers.size(), 1U);
    EXPECT_EQ(told[0].speakers[0].participant, "bob");
}

TEST_F(Relay, AMutedTrackIsSilentEverywhereAndReturns) {
    Client& alice = join_at(0, "alice");
    Client& bob = join_at(1, "bob");
    run(3s);
    world_.command(signal::ForceMute{world_.id_of(alice), video_of(alice), true});
    run(500ms);
    const std::uint64_t before = packets(bob, media::Codec::kVp8);
    run(1s);
    EXPECT_EQ(packets(bob, media::Codec::kVp8), before);
    world_.command(signal::ForceMute{world_.id_of(alice), video_of(alice), false});
    run(1s);
    EXPECT_GT(packets(bob, media::Codec::kVp8), before + 40);
    expect_no_hole(bob);
}

TEST_F(Relay, WhatIsLostToASubscriberIsSentAgainByItsOwnNode) {
    Client& alice = join_at(0, "alice");
    Client& bob = join_at(1, "bob");
    run(3s);
    const std::uint64_t nacked = alice.nacks();
    world_.lost = [&](const net::SocketAddress&, const net::SocketAddress& to, BytesView bytes) {
        return to == bob.address() && net::classify(bytes) == net::PacketClass::kRtp &&
               world_.random().uniform() < 0.05;
    };
    run(5s);
    world_.lost = {};
    run(1s);
    std::uint64_t recovered = 0;
    for (const auto& [ssrc, heard] : bob.heard()) recovered += heard.recovered;
    EXPECT_GT(recovered, 10U);
    EXPECT_EQ(alice.nacks(), nacked) << "the publisher has nothing to do with it";
}

// Wherever people go, and however late the nodes learn of it: in the end everybody has everybody.
TEST(RelayStorm, OfComingAndGoingOnThreeNodesEndsWithEverybodyConnected) {
    node::NodeConfig config;
    config.shards = 3;
    World world(5, config);
    world.relay_delay = 60ms;
    std::vector<Client*> clients;
    std::vector<std::unique_ptr<Camera>> cameras;
    const auto tick = [&] {
        for (const auto& camera : cameras) camera->tick();
    };
    for (int turn = 0; turn < 60; ++turn) {
        const bool leaves = !clients.empty() && world.random().uniform() < 0.5;
        if (leaves) {
            const auto at = static_cast<std::ptrdiff_t>(world.random().next_u32() % clients.size());
            cameras.erase(cameras.begin() + at);
            world.leave(*clients[static_cast<std::size_t>(at)]);
            clients.erase(clients.begin() + at);
        } else {
            world.shard_of_next = world.random().next_u32() % 3;
            clients.push_back(&join(world, "p" + std::to_string(turn)));
            cameras.push_back(std::make_unique<Camera>(world, *clients.back()));
        }
        world.run(Duration(world.random().next_u32() % 150'000'000), tick);
    }
    world.run(4s, tick);
    ASSERT_GE(clients.size(), 2U);
    for (const Client* client : clients) {
        std::set<std::string> others;
        for (const Client* other : clients) {
            if (other != client) others.insert(other->name());
        }
        std::set<std::string> got;
        for (const auto& mapping : client->mappings) got.insert(mapping.participant);
        EXPECT_EQ(got, others) << client->name();
    }
    const std::size_t all = clients.size();
    for (Client* client : clients) world.leave(*client);
    cameras.clear();
    world.run(1s);
    for (std::size_t shard = 0; shard < 3; ++shard) {
        EXPECT_EQ(world.node(shard).stats().rooms, 0U) << all;
        EXPECT_EQ(world.node(shard).stats().sources, 0U);
    }
}

}  // namespace
}  // namespace parley::testing
