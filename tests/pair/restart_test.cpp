// Paths that change, end and are claimed by others: ICE restarts, rebindings, lost consent, and
// what a peer that is closed is told.

#include <algorithm>
#include <gtest/gtest.h>

#include "stun/message.hpp"
#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

std::uint64_t keyframes(const Client& client) {
    std::uint64_t sum = 0;
    for (const auto& [ssrc, heard] : client.heard()) sum += heard.keyframe_starts;
    return sum;
}

std::vector<signal::PeerStateChanged> states_of(World& world, Client& client) {
    std::vector<signal::PeerStateChanged> found;
    for (const auto& event : world.events) {
        const auto* changed = std::get_if<signal::PeerStateChanged>(&event);
        if (changed != nullptr && changed->peer == world.id_of(client)) found.push_back(*changed);
    }
    return found;
}

/// The longest time without a packet of the codec at the client, while the camera runs.
Duration longest_gap(World& world, Camera& camera, const Client& client, media::Codec codec,
                     Duration duration) {
    Duration longest{};
    Instant last = world.now;
    std::uint64_t seen = packets(client, codec);
    world.run(duration, [&] {
        camera.tick();
        const std::uint64_t count = packets(client, codec);
        if (count == seen) return;
        longest = std::max<Duration>(longest, world.now - last);
        seen = count;
        last = world.now;
    });
    return std::max<Duration>(longest, world.now - last);
}

TEST(Restart, AnIceRestartKeepsMediaOnBothSides) {
    World world(31);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(3s, [&] { a.tick(); });
    world.events.clear();
    world.restart_ice(alice);
    EXPECT_LE(longest_gap(world, a, bob, media::Codec::kOpus, 3s), 60ms);
    world.restart_ice(bob);
    EXPECT_LE(longest_gap(world, a, bob, media::Codec::kOpus, 3s), 60ms);
    EXPECT_TRUE(states_of(world, alice).empty()) << "nobody noticed";
    EXPECT_TRUE(states_of(world, bob).empty());
    EXPECT_EQ(world.node().stats().ufrags, 2U) << "old credentials are forgotten";
    EXPECT_EQ(world.node().stats().paths, 2U);
}

TEST(Restart, ManyRestartsLeaveNothingBehind) {
    World world(32);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    for (int i = 0; i < 30; ++i) {
        world.restart_ice(alice);
        world.run(i % 3 == 0 ? 20ms : 400ms, [&] { a.tick(); });
    }
    const auto before = packets(bob, media::Codec::kOpus);
    world.run(3s, [&] { a.tick(); });
    EXPECT_GT(packets(bob, media::Codec::kOpus), before + 100);
    EXPECT_EQ(world.node().stats().ufrags, 2U);
    EXPECT_EQ(world.node().stats().paths, 2U);
}

TEST(Restart, ARebindingIsFoundByItsMediaAlone) {
    World world(33);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(3s, [&] { a.tick(); });
    // The client's own checks do not pass: only its answers to ours and its media do.
    world.lost = [&](const auto& from, const auto&, BytesView bytes) {
        return from == alice.address() && stun::local_ufrag(bytes).has_value();
    };
    alice.move_to({alice.address().ip, 6001});
    const std::uint64_t before = packets(bob, media::Codec::kOpus);
    const Instant moved = world.now;
    Instant back{};
    world.run(2s, [&] {
        a.tick();
        if (back == Instant{} && packets(bob, media::Codec::kOpus) > before + 3) back = world.now;
    });
    ASSERT_NE(back, Instant{});
    EXPECT_LT(back - moved, 500ms);
}

TEST(Restart, APictureBeginsAnewOnAnotherPath) {
    World world(36);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(3s, [&] { a.tick(); });
    bool dark = true;
    world.lost = [&](const auto& from, const auto& to, BytesView) {
        return dark && (from == bob.address() || to == bob.address());
    };
    world.run(1s, [&] { a.tick(); });
    const std::uint64_t asked = alice.keyframe_requests();
    dark = false;
    bob.move_to({bob.address().ip, 6001});
    const std::uint64_t audio = packets(bob, media::Codec::kOpus);
    const auto heard = [&] {
        a.tick();
        return packets(bob, media::Codec::kOpus) > audio + 3;
    };
    ASSERT_TRUE(world.run_until(heard, 10s));
    world.run(300ms, [&] { a.tick(); });
    EXPECT_EQ(alice.keyframe_requests(), asked + 1) << "though the viewer asked for nothing";
}

TEST(Restart, NobodyTakesAPathByForgingItsAddress) {
    World world(34);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Client& mallory = join(world, "mallory");
    Camera a(world, alice);
    std::vector<std::vector<std::uint8_t>> checks;
    world.lost = [&](const auto& from, const auto&, BytesView bytes) {
        if (from == mallory.address() && stun::local_ufrag(bytes)) {
            checks.emplace_back(bytes.begin(), bytes.end());
        }
        return false;
    };
    world.run(3s, [&] { a.tick(); });
    ASSERT_FALSE(checks.empty());
    const auto before = packets(bob, media::Codec::kOpus);
    world.run(2s, [&] {
        a.tick();
        world.inject(alice.address(), checks.back());
    });
    EXPECT_GT(packets(bob, media::Codec::kOpus), before + 90);
    EXPECT_TRUE(world.connected(alice));
}

TEST(Restart, LostConsentEndsInFailureAndARestartBringsItBack) {
    World world(35);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    world.events.clear();
    bool dark = true;
    world.lost = [&](const auto& from, const auto& to, BytesView) {
        return dark && (from == bob.address() || to == bob.address());
    };
    const auto wakeups = world.wakeups;
    world.run(70s, [&] { a.tick(); });
    const auto states = states_of(world, bob);
    ASSERT_GE(states.size(), 2U);
    EXPECT_EQ(states[0].state, signal::PeerState::kDisconnected);
    EXPECT_EQ(states.back().state, signal::PeerState::kFailed);
    EXPECT_FALSE(states.back().reason.empty());
    EXPECT_TRUE(states_of(world, alice).empty());
    EXPECT_LT(world.wakeups - wakeups, 70U * 100U);
    // Nothing is chosen, queued or sent for a subscriber that cannot be reached.
    const auto failed_sends = world.node().stats().drops.of(trace::Drop::kSendFailed);
    world.run(1s, [&] { a.tick(); });
    EXPECT_EQ(world.node().stats().drops.of(trace::Drop::kSendFailed), failed_sends);
    EXPECT_LT(failed_sends, 100U);

    dark = false;
    const auto before = packets(bob, media::Codec::kVp8);
    const auto keyframes_before = keyframes(bob);
    world.restart_ice(bob);
    world.run(3s, [&] { a.tick(); });
    EXPECT_TRUE(world.connected(bob));
    EXPECT_EQ(states_of(world, bob).back().state, signal::PeerState::kConnected);
    EXPECT_GT(packets(bob, media::Codec::kVp8), before + 100);
    EXPECT_GT(keyframes(bob), keyframes_before) << "it begins with a picture that it can decode";
}

TEST(Restart, APeerThatIsClosedIsToldAtOnce) {
    World world(36);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    world.command(signal::ClosePeer{world.id_of(bob), "removed"});
    world.run(50ms, [&] { a.tick(); });
    EXPECT_EQ(bob.peer().transport().state(), peer::ConnectionState::kClosed);
    EXPECT_TRUE(world.connected(alice));
    const auto stats = world.node().stats();
    EXPECT_EQ(stats.members, 1U);
    EXPECT_EQ(stats.paths, 1U);
    EXPECT_EQ(stats.ufrags, 1U);
    EXPECT_GT(world.node().next_timeout(), world.now - 1ms);
}

TEST(Restart, AClientThatClosesIsSeenAtOnce) {
    World world(37);
    Client& alice = join(world, "alice");
    world.run(2s);
    ASSERT_TRUE(world.connected(alice));
    alice.peer().close(world.now);
    world.run(50ms);
    EXPECT_EQ(states_of(world, alice).back().state, signal::PeerState::kClosed);
}

}  // namespace
}  // namespace parley::testing
