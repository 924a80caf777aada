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
    std::uint64_t video_packets(Client& client) {
        std::uint64_t packets = 0;
        for (const auto& [ssrc, heard] : client.heard()) {
            if (heard.codec == media::Codec::kVp8) packets += heard.packets;
        }
        return packets;
    }
    std::vector<signal::SubscriptionChanged> statuses(Client& client) {
        std::vector<signal::SubscriptionChanged> found;
        for (const auto& event : world_.events) {
            const auto* one = std::get_if<signal::SubscriptionChanged>(&event);
            if (one != nullptr && one->subscriber == world_.id_of(client)) found.push_back(*one);
        }
        return found;
    }
    /// With a report of the receiver every 200 ms.
    void run(Duration time, Camera& camera, Client& receiver, std::int64_t kbps) {
        world_.run(time, [&] {
            camera.tick();
            if (to_ms(world_.now.time_since_epoch()) % 200 == 0) {
                receiver.send_remb(Bitrate::from_kbps(kbps));
            }
        });
    }

    World world_{21};
};

TEST_F(Layers, FollowTheEstimateDownAndUp) {
    Client& alice = join(world_, "alice", kRids);
    Client& bob = join(world_, "bob");
    Camera camera(world_, alice, kRids);
    run(4s, camera, bob, 3000);
    EXPECT_EQ(video_of(bob).layer_sent, "high");
    run(2s, camera, bob, 320);
    EXPECT_EQ(video_of(bob).layer_sent, "low");
    EXPECT_EQ(video_of(bob).reason, "estimate");
    EXPECT_GT(video_of(bob).share_bps, 100'000);
    run(8s, camera, bob, 3000);
    EXPECT_EQ(video_of(bob).layer_sent, "high");
}

TEST_F(Layers, GoUpNoHigherThanTheViewNeeds) {
    Client& alice = join(world_, "alice", kRids);
    Client& bob = join(world_, "bob");
    Camera camera(world_, alice, kRids);
    world_.run(4s, [&] { camera.tick(); });
    world_.wish(bob, track(), LayerWish::kAuto, 320, 160);
    world_.run(2s, [&] { camera.tick(); });
    EXPECT_EQ(video_of(bob).layer_sent, "medium");
    EXPECT_EQ(video_of(bob).reason, "view_size");
}

TEST_F(Layers, ThatNobodyWatchesAreOffAndReturnAtOnce) {
    Client& alice = join(world_, "alice", kRids);
    Client& bob = join(world_, "bob");
    Camera camera(world_, alice, kRids);
    world_.run(4s, [&] { camera.tick(); });
    world_.wish(bob, track(), LayerWish::kLow);
    world_.run(3s, [&] { camera.tick(); });
    EXPECT_FALSE(camera.off().contains("high")) << "not in a hurry";
    world_.run(4s, [&] { camera.tick(); });
    EXPECT_EQ(camera.off(), (std::set<std::string>{"high", "medium"}));
    world_.run(10s, [&] { camera.tick(); });
    EXPECT_EQ(video_of(bob).layer_sent, "low");
    EXPECT_EQ(video_of(bob).reason, "wish");

    world_.wish(bob, track(), LayerWish::kHigh);
    auto packets = video_packets(bob);
    int silent = 0;
    world_.run(300ms, [&] {
        camera.tick();
        if (to_ms(world_.now.time_since_epoch()) % 100 == 0) {
            silent += video_packets(bob) == packets ? 1 : 0;
            packets = video_packets(bob);
        }
    });
    EXPECT_LE(silent, 1) << "the low layer goes on until the high one begins";
    EXPECT_EQ(camera.off(), (std::set<std::string>{"medium"}));
    EXPECT_EQ(width_at(bob), 640);
    world_.run(5s, [&] { camera.tick(); });
    EXPECT_EQ(video_of(bob).layer_sent, "high");
    EXPECT_EQ(camera.off(), (std::set<std::string>{"low", "medium"}));
}

TEST_F(Layers, AreAllOffWithoutSubscribersAndBackForTheFirst) {
    Client& alice = join(world_, "alice", kRids);
    Camera camera(world_, alice, kRids);
    world_.run(8s, [&] { camera.tick(); });
    EXPECT_EQ(camera.off().size(), 3U);
    Client& bob = join(world_, "bob");
    const Instant begun = world_.now;
    while (width_at(bob) < 640 && world_.now < begun + 3s) {
        world_.run(10ms, [&] { camera.tick(); });
    }
    EXPECT_TRUE(camera.off().empty());
    EXPECT_LE(world_.now - begun, 600ms);
    world_.leave(bob);
    world_.run(6s, [&] { camera.tick(); });
    EXPECT_EQ(camera.off().size(), 3U);
}

TEST_F(Layers, OfAClientThatGoesOnSendingAreSimplyThere) {
    Client& alice = join(world_, "alice", kRids);
    Client& bob = join(world_, "bob");
    Camera camera(world_, alice, kRids);
    camera.ignores_track_layers = true;
    world_.run(4s, [&] { camera.tick(); });
    world_.wish(bob, track(), LayerWish::kLow);
    world_.run(12s, [&] { camera.tick(); });
    EXPECT_EQ(video_of(bob).layer_sent, "low");
    world_.wish(bob, track(), LayerWish::kHigh);
    world_.run(2s, [&] { camera.tick(); });
    EXPECT_EQ(video_of(bob).layer_sent, "high");
}

// A layer that its client itself stops sending is dead, and nobody waits for it.
TEST_F(Layers, ThatStopByThemselvesAreNotWaitedFor) {
    Client& alice = join(world_, "alice", kRids);
    Client& bob = join(world_, "bob");
    Camera all(world_, alice, kRids);
    world_.run(4s, [&] { all.tick(); });
    EXPECT_EQ(video_of(bob).layer_sent, "high");
    Camera less(world_, alice, {"low", "medium"});
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

}  // namespace
}  // namespace parley::testing
