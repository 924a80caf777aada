// Redundant audio (RFC 2198) through a whole node: unmade from the publisher, made for those who
// lose packets.

#include <gtest/gtest.h>

#include "tests/pair/voice.hpp"

namespace parley::testing {
namespace {

/// A publisher with a voice, and a subscriber.
struct Call {
    explicit Call(std::uint64_t seed, bool red = false) : world(seed) {
        alice.red = red;
        alice.publish(kAudio, "opus", {}, world.now);
        world.negotiate(alice);
        bob.publish(kAudio, "opus", {}, world.now);
        world.negotiate(bob);
        world.lost = [this](const auto& from, const auto& to, BytesView bytes) {
            const bool media = !bytes.empty() && bytes[0] >= 128;
            const double p = from == alice.address() ? up : to == bob.address() ? down : 0;
            return media && world.random().uniform() < p;
        };
    }
    void run(Duration duration) {
        world.run(duration, [&] { voice.tick(); });
    }
    signal::SubscriptionStats subscription() {
        const auto& all = world.stats[world.id_of(bob)].subscriptions;
        return all.empty() ? signal::SubscriptionStats{} : all.front();
    }
    signal::PublishedLayerStats published() {
        return world.stats[world.id_of(alice)].published.at(0).layers.at(0);
    }

    World world;
    Client& alice{world.add_client("alice")};
    Client& bob{world.add_client("bob")};
    Voice voice{world, alice};
    Ear ear{bob};
    double up = 0;    // loss from the publisher to the server
    double down = 0;  // and from there to the subscriber
};

TEST(RedThroughNode, ComesWithLossAndGoesWithIt) {
    Call call(31);
    call.run(5s);
    EXPECT_EQ(call.subscription().redundancy, 0);
    EXPECT_EQ(call.subscription().redundancy_reason, "no_loss");
    EXPECT_EQ(call.ear.red(), 0U);
    EXPECT_GT(call.ear.plain(), 100U);

    call.down = 0.3;
    call.run(5s);
    EXPECT_EQ(call.subscription().redundancy, 2);
    EXPECT_EQ(call.subscription().redundancy_reason, "loss");
    EXPECT_EQ(call.ear.most_blocks(), 3U);
    const auto from = call.voice.sent();
    call.run(60s);
    const double missing = call.ear.missing(from, call.voice.sent() - 10);
    EXPECT_NEAR(missing, 0.027, 0.012) << "0.3 cubed";
    EXPECT_GT(call.subscription().frames_copied, 5000U);
    EXPECT_GT(call.world.node().stats().frames_copied, 5000U);

    call.down = 0;
    call.run(40s);
    EXPECT_EQ(call.subscription().redundancy, 0);
    const auto red = call.ear.red();
    call.run(2s);
    EXPECT_EQ(call.ear.red(), red) << "plain again";
}

TEST(RedThroughNode, ASubscriberThatDoesNotTakeItGetsPlainAudio) {
    World world(32);
    Client& alice = world.add_client("alice");
    alice.red = true;
    alice.publish(kAudio, "opus", {}, world.now);
    world.negotiate(alice);
    world.configure = [](peer::PeerConfig& config) {
        std::erase_if(config.negotiation.capabilities.audio.codecs,
                      [](const sdp::Codec& codec) { return codec.is("red"); });
    };
    Client& bob = world.add_client("bob");
    bob.publish(kAudio, "opus", {}, world.now);
    world.negotiate(bob);
    Ear ear(bob);
    Voice voice(world, alice);
    voice.redundant = true;
    voice.copies = 2;
    world.run(2s, [&] { voice.tick(); });
    world.loss = 0.2;
    world.run(10s, [&] { voice.tick(); });
    world.run(1s, [&] { voice.tick(); });
    EXPECT_GT(ear.plain(), 300U);
    EXPECT_EQ(ear.red(), 0U);
    const auto& subscription = world.stats[world.id_of(bob)].subscriptions.at(0);
    EXPECT_EQ(subscription.redundancy, 0);
    EXPECT_EQ(subscription.redundancy_reason, "not_negotiated");
}

TEST(RedThroughNode, WhatThePublisherLostIsFoundInItsRedundancy) {
    Call call(33, true);
    call.voice.redundant = true;
    call.voice.copies = 2;
    call.run(3s);
    call.up = 0.2;
    const auto from = call.voice.sent();
    call.run(60s);
    EXPECT_EQ(call.ear.red(), 0U) << "the subscriber loses nothing and gets plain audio";
    EXPECT_NEAR(call.ear.missing(from, call.voice.sent() - 10), 0.008, 0.006) << "0.2 cubed";
    EXPECT_GT(call.published().found, 400U);
    EXPECT_GE(call.world.node().stats().frames_found, call.published().found);
    // Where even redundancy did not help, the gap stays visible.
    const auto& numbers = call.ear.numbers();
    const auto span = static_cast<std::size_t>(*numbers.rbegin() - *numbers.begin() + 1);
    EXPECT_NEAR(static_cast<double>(numbers.size()) / static_cast<double>(span), 0.992, 0.006);
}

TEST(RedThroughNode, IsShedOnAPathThatIsCutShort) {
    World world(34);
    Client& alice = join(world, "alice", {"low", "medium", "high"});
    Client& bob = join(world, "bob");
    Camera camera(world, alice, {"low", "medium", "high"});
    world.run(4s, [&] { camera.tick(); });
    world.lost = [&](const auto&, const auto& to, BytesView bytes) {
        return to == bob.address() && bytes[0] >= 128 && world.random().uniform() < 0.15;
    };
    Instant next{};
    const auto say = [&](Bitrate bitrate, Duration duration) {
        world.run(duration, [&] {
            camera.tick();
            if (world.now < next) return;
            next = world.now + 500ms;
            bob.send_remb(bitrate);
        });
        for (const auto& one : world.stats[world.id_of(bob)].subscriptions) {
            if (one.mid == "0" || one.layer_sent.empty()) continue;
            if (!one.redundancy_reason.empty()) return one;
        }
        return signal::SubscriptionStats{};
    };
    auto audio = say(Bitrate::from_kbps(5000), 6s);
    EXPECT_EQ(audio.redundancy, 2);
    audio = say(Bitrate::from_kbps(100), 3s);
    EXPECT_LT(audio.redundancy, 2);
    EXPECT_EQ(audio.redundancy_reason, "bandwidth");
}

}  // namespace
}  // namespace parley::testing
