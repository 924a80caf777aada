// What subscribers get under a limit, and what publishers need not send because nobody watches it.

#include <algorithm>
#include <gtest/gtest.h>

#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

using signal::LayerWish;
using signal::SubscriptionStatus;

const std::vector<std::string> kRids{"low", "medium", "high"};  // 200, 300 and 420 kbit/s

class Layers : public ::testing::Test {
 protected:
    /// The only video that arrives.
    std::string track() const {
        for (const auto& event : world_.events) {
            const auto* one = std::get_if<signal::TrackPublished>(&event);
            if (one != nullptr && one->info.kind == signal::TrackKind::kVideo) {
                return one->info.track;
            }
        }
        return {};
    }
    const signal::SubscriptionStats& video_of(Client& client) {
        for (const auto& one : world_.stats[world_.id_of(client)].subscriptions) {
            if (one.track == track()) return one;
        }
        static const signal::SubscriptionStats kNone;
        return kNone;
    }
    std::uint16_t width_at(Client& client) {
        std::uint16_t width = 0;
        for (const auto& [ssrc, heard] : client.heard()) width = std::max(width, heard.width);
        return width;
    }
    std::uint64_t video_packets(Client& client) { return packets(client, media::Codec::kVp8); }
    std::vector<signal::SubscriptionChanged> statuses(Client& client) {
        std::vector<signal::SubscriptionChanged> found;
        for (const auto& event : world_.events) {
            const auto* one = std::get_if<signal::SubscriptionChanged>(&event);
            if (one != nullptr && one->subscriber == world_.id_of(client)) found.push_back(*one);
        }
        return found;
    }
    /// With a report of the receiver every 200 ms.
    void run(Duration time, Client& receiver, std::int64_t kbps) {
        world_.run(time, [&] {
            camera_.tick();
            if (to_ms(world_.now.time_since_epoch()) % 200 == 0) {
                receiver.send_remb(Bitrate::from_kbps(kbps));
            }
        });
    }

    void run(Duration time) {
        world_.run(time, [&] { camera_.tick(); });
    }

    World world_{21};
    Client& alice_ = join(world_, "alice", kRids);
    Camera camera_{world_, alice_, kRids};
};

TEST_F(Layers, FollowTheEstimateDownAndUp) {
    Client& bob = join(world_, "bob");
    run(4s, bob, 3000);
    EXPECT_EQ(video_of(bob).layer_sent, "high");
    run(2s, bob, 320);
    EXPECT_EQ(video_of(bob).layer_sent, "low");
    EXPECT_EQ(video_of(bob).reason, "estimate");
    EXPECT_GT(video_of(bob).share_bps, 100'000);
    run(8s, bob, 3000);
    EXPECT_EQ(video_of(bob).layer_sent, "high");
}

TEST_F(Layers, GoUpNoHigherThanTheViewNeeds) {
    Client& bob = join(world_, "bob");
    run(4s);
    world_.wish(bob, track(), LayerWish::kAuto, 320, 160);
    run(2s);
    EXPECT_EQ(video_of(bob).layer_sent, "medium");
    EXPECT_EQ(video_of(bob).reason, "view_size");
}

TEST_F(Layers, ThatNobodyWatchesAreOffAndReturnAtOnce) {
    Client& bob = join(world_, "bob");
    run(4s);
    world_.wish(bob, track(), LayerWish::kLow);
    run(3s);
    EXPECT_FALSE(camera_.off().contains("high")) << "not in a hurry";
    run(4s);
    EXPECT_EQ(camera_.off(), (std::set<std::string>{"high", "medium"}));
    run(10s);
    EXPECT_EQ(video_of(bob).layer_sent, "low");
    EXPECT_EQ(video_of(bob).reason, "wish");

    world_.wish(bob, track(), LayerWish::kHigh);
    auto packets = video_packets(bob);
    int silent = 0;
    world_.run(300ms, [&] {
        camera_.tick();
        if (to_ms(world_.now.time_since_epoch()) % 100 == 0) {
            silent += video_packets(bob) == packets ? 1 : 0;
            packets = video_packets(bob);
        }
    });
    EXPECT_LE(silent, 1) << "the low layer goes on until the high one begins";
    EXPECT_EQ(camera_.off(), (std::set<std::string>{"medium"}));
    EXPECT_EQ(width_at(bob), 640);
    run(5s);
    EXPECT_EQ(video_of(bob).layer_sent, "high");
    EXPECT_EQ(camera_.off(), (std::set<std::string>{"low", "medium"}));
}

TEST_F(Layers, AreAllOffWithoutSubscribersAndBackForTheFirst) {
    run(8s);
    EXPECT_EQ(camera_.off().size(), 3U);
    Client& bob = join(world_, "bob");
    const Instant begun = world_.now;
    while (width_at(bob) < 640 && world_.now < begun + 3s) {
        run(10ms);
    }
    EXPECT_TRUE(camera_.off().empty());
    EXPECT_LE(world_.now - begun, 600ms);
    world_.leave(bob);
    run(6s);
    EXPECT_EQ(camera_.off().size(), 3U);
}

TEST_F(Layers, OfAClientThatGoesOnSendingAreSimplyThere) {
    Client& bob = join(world_, "bob");
    camera_.ignores_track_layers = true;
    run(4s);
    world_.wish(bob, track(), LayerWish::kLow);
    run(12s);
    EXPECT_EQ(video_of(bob).layer_sent, "low");
    world_.wish(bob, track(), LayerWish::kHigh);
    run(2s);
    EXPECT_EQ(video_of(bob).layer_sent, "high");
}

// A layer that its client itself stops sending is dead, and nobody waits for it.
TEST_F(Layers, ThatStopByThemselvesAreNotWaitedFor) {
    Client& bob = join(world_, "bob");
    run(4s);
    EXPECT_EQ(video_of(bob).layer_sent, "high");
    Camera less(world_, alice_, {"low", "medium"});
    world_.run(4s, [&] { less.tick(); });
    EXPECT_EQ(video_of(bob).layer_sent, "medium");
    int told = 0;
    for (const auto& event : world_.events) {
        const auto* one = std::get_if<signal::TrackLayers>(&event);
        if (one == nullptr) continue;
        for (const auto& layer : one->layers) told += layer.rid == "high" && !layer.active;
    }
    EXPECT_EQ(told, 0);
}

// Two who only publish: each is offered the other's camera, and takes none.
TEST(RefusedLayers, AreNotSentByTheirPublisher) {
    World world(71);
    Client& alice = join(world, "alice", {"low", "medium", "high"});
    world.configure = [](peer::PeerConfig& config) {
        config.negotiation.capabilities.video.codecs.clear();
    };
    Client& bob = world.add_client("bob");
    bob.publish(kAudio, "opus", {}, world.now);
    world.negotiate(bob);
    Camera camera(world, alice, {"low", "medium", "high"});
    world.run(10s, [&] { camera.tick(); });
    EXPECT_TRUE(world.connected(bob));
    EXPECT_EQ(camera.off().size(), 3U);
}

}  // namespace
}  // namespace parley::testing
