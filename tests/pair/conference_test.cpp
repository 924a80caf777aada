// Conferences on a media node in virtual time: everything from ICE to layer switches is real, only
// the wire and the clock are not.

#include <gtest/gtest.h>

#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

std::uint64_t streams(const Client& client, media::Codec codec) {
    std::uint64_t count = 0;
    for (const auto& [ssrc, heard] : client.heard()) count += heard.codec == codec ? 1 : 0;
    return count;
}

TEST(Conference, EverybodyHearsAndSeesEverybody) {
    World world(1);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Client& carol = join(world, "carol");
    Camera a(world, alice);
    Camera b(world, bob);
    Camera c(world, carol);
    world.run(3s, [&] {
        a.tick();
        b.tick();
        c.tick();
    });
    for (Client* client : {&alice, &bob, &carol}) {
        EXPECT_TRUE(world.connected(*client)) << client->name();
        EXPECT_EQ(streams(*client, media::Codec::kOpus), 2U) << client->name();
        EXPECT_EQ(streams(*client, media::Codec::kVp8), 2U) << client->name();
        EXPECT_EQ(client->mappings.size(), 4U);
        for (const auto& [ssrc, heard] : client->heard()) {
            if (heard.codec == media::Codec::kVp8) {
                EXPECT_GT(heard.keyframe_starts, 0U);
            }
            EXPECT_EQ(heard.sequence_numbers.size(), heard.packets) << "no number twice";
        }
    }
    EXPECT_GT(packets(alice, media::Codec::kVp8), 200U);
}

TEST(Conference, ALateJoinerStartsWithAKeyframe) {
    World world(2);
    Client& alice = join(world, "alice");
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    Client& bob = join(world, "bob");
    const Instant joined = world.now;
    Instant first{};
    world.run(2s, [&] {
        a.tick();
        if (first == Instant{} && packets(bob, media::Codec::kVp8) > 0) first = world.now;
    });
    ASSERT_NE(first, Instant{});
    EXPECT_LT(first - joined, 700ms);
    for (const auto& [ssrc, heard] : bob.heard()) {
        if (heard.codec == media::Codec::kVp8) {
            EXPECT_GE(heard.keyframe_starts, 1U);
        }
    }
}

TEST(Conference, LossIsRepairedOnBothHops) {
    World world(3);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    world.loss = 0.05;
    world.run(5s, [&] { a.tick(); });
    world.loss = 0;
    world.run(1s, [&] { a.tick(); });
    EXPECT_GT(alice.nacks(), 0U) << "the node asks the publisher for what it missed";
    for (const auto& [ssrc, heard] : bob.heard()) {
        if (heard.codec != media::Codec::kVp8) continue;
        EXPECT_GT(heard.recovered, 0U) << "the node sends again what the subscriber missed";
    }
}

TEST(Conference, ASubscriberChoosesItsLayer) {
    World world(4);
    Client& alice = join(world, "alice", {"low", "medium", "high"});
    Client& bob = join(world, "bob");
    Camera a(world, alice, {"low", "medium", "high"});
    world.run(4s, [&] { a.tick(); });
    ASSERT_EQ(world.stats[world.id_of(alice)].published.size(), 2U);
    const std::string track = world.stats[world.id_of(alice)].published[1].info.track;
    const auto width = [&] {
        std::uint16_t last = 0;
        for (const auto& [ssrc, heard] : bob.heard()) last = std::max(last, heard.width);
        return last;
    };
    EXPECT_EQ(width(), 640);
    world.wish(bob, track, signal::LayerWish::kLow);
    world.run(2s, [&] { a.tick(); });
    const auto& stats = world.stats[world.id_of(bob)];
    bool seen = false;
    for (const auto& subscription : stats.subscriptions) {
        if (subscription.track != track) continue;
        seen = true;
        EXPECT_EQ(subscription.layer_sent, "low");
        EXPECT_EQ(subscription.reason, "wish");
        EXPECT_GE(subscription.layer_switches, 1U);
    }
    EXPECT_TRUE(seen);
}

TEST(Conference, MediaIsBackWithin500MsOfANatRebinding) {
    World world(5);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(3s, [&] { a.tick(); });
    ASSERT_TRUE(world.connected(alice));
    alice.move_to({alice.address().ip, 6001});
    const Instant moved = world.now;
    const std::uint64_t before = packets(bob, media::Codec::kOpus);
    Instant back{};
    world.run(2s, [&] {
        a.tick();
        if (back == Instant{} && packets(bob, media::Codec::kOpus) > before + 3) back = world.now;
    });
    ASSERT_NE(back, Instant{});
    EXPECT_LT(back - moved, 500ms);
}

TEST(Conference, LeavingAndReturningReusesSections) {
    World world(6);
    Client& alice = join(world, "alice");
    Camera a(world, alice);
    world.run(1s, [&] { a.tick(); });
    std::size_t sections = 0;
    for (int round = 0; round < 5; ++round) {
        Client& guest = join(world, "guest" + std::to_string(round));
        Camera g(world, guest);
        world.run(2s, [&] {
            a.tick();
            g.tick();
        });
        EXPECT_EQ(alice.mappings.size(), 2U);
        if (round == 0) sections = alice.peer().negotiator().sections().size();
        EXPECT_EQ(alice.peer().negotiator().sections().size(), sections);
        world.leave(guest);
        world.run(1s, [&] { a.tick(); });
        EXPECT_TRUE(alice.mappings.empty());
    }
    EXPECT_EQ(world.node().stats().members, 1U);
}

TEST(Conference, RightsAreEnforced) {
    World world(7);
    Client& mute = world.add_client("mute", "room", false, true);
    mute.publish(kAudio, "opus", {}, world.now);
    mute.publish(kVideo, "VP8", {}, world.now);
    world.negotiate(mute);
    Client& deaf = world.add_client("deaf", "room", true, false);
    deaf.publish(kAudio, "opus", {}, world.now);
    deaf.publish(kVideo, "VP8", {}, world.now);
    world.negotiate(deaf);
    Camera m(world, mute);
    Camera d(world, deaf);
    world.run(3s, [&] {
        m.tick();
        d.tick();
    });
    EXPECT_TRUE(deaf.heard().empty());
    EXPECT_EQ(streams(mute, media::Codec::kVp8), 1U);
}

TEST(Conference, GarbageChangesNothing) {
    World world(8);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    const net::SocketAddress stranger{net::IpAddress::v4(203, 0, 113, 66), 666};
    world.run(3s, [&] {
        a.tick();
        for (const int first : {0x00, 0x16, 0x80, 0x90, 0x40, 0xFF}) {
            std::vector<std::uint8_t> bytes(20 + world.random().below(200));
            for (auto& octet : bytes) octet = static_cast<std::uint8_t>(world.random()());
            bytes[0] = static_cast<std::uint8_t>(first);
            world.inject(stranger, bytes);
            world.inject(alice.address(), bytes);
        }
    });
    EXPECT_TRUE(world.connected(alice));
    EXPECT_TRUE(world.connected(bob));
    EXPECT_GT(packets(bob, media::Codec::kVp8), 200U);
    EXPECT_GT(world.node().stats().drops.total(), 1000U);
}

// A retransmission of the publisher's may come when a window for replays has moved on.
TEST(Conference, WhatComesFarTooLateForItsPlaceIsSentAsARetransmission) {
    World world(61);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    ASSERT_TRUE(
        world.run_until([&] { return world.connected(alice) && world.connected(bob); }, 3s));
    const auto type = alice.peer().negotiator().sections()[1].payload_type;
    std::set<std::uint16_t> numbers;
    std::uint64_t recovered = 0;
    bob.on_packet = [&](const peer::IncomingPacket& incoming) {
        if (incoming.stream->codec != media::Codec::kVp8) return;
        numbers.insert(incoming.packet.sequence_number);
        recovered += incoming.recovered ? 1 : 0;
    };
    bob.retransmit = false;  // it asks for nothing itself
    const auto send = [&](int index) {
        alice.send_as(
            1,
            {true, type, static_cast<std::uint16_t>(2000 + index),
             static_cast<std::uint32_t>(index * 900), Ssrc(77)},
            vp8_packet(static_cast<std::uint16_t>(index), true, index == 0, 320, 180, 200));
    };
    int index = 0;
    world.run(2s, [&] {
        if (to_ms(world.now.time_since_epoch()) % 10 != 0) return;
        if (index != 50) send(index);
        if (index == 160) send(50);
        ++index;
    });
    ASSERT_FALSE(numbers.empty());
    const auto first = *numbers.begin();
    const auto span = static_cast<std::size_t>(*numbers.rbegin() - first) + 1;
    EXPECT_EQ(numbers.size(), span) << "there is no gap";
    EXPECT_GT(span, 150U);
    EXPECT_EQ(recovered, 1U);
}

// It asks for what it has lost, as agreed with others; only a keyframe can help, and all pay for
// it.
TEST(Conference, AViewerWithoutRetransmissionsGetsKeyframesNotTooOften) {
    World world(62);
    Client& alice = join(world, "alice");
    world.configure = [](peer::PeerConfig& config) {
        config.negotiation.capabilities.video.rtx = false;
    };
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    world.lost = [&](const net::SocketAddress&, const net::SocketAddress& to, BytesView bytes) {
        return to == bob.address() && bytes.size() > 200 && world.random().next_u32() % 50 == 0;
    };
    const auto before = alice.keyframe_requests();
    world.run(20s, [&] { a.tick(); });
    EXPECT_GE(alice.keyframe_requests() - before, 7U);
    EXPECT_LE(alice.keyframe_requests() - before, 11U) << "one in two seconds";
}

}  // namespace
}  // namespace parley::testing
