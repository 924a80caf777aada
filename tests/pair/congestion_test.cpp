// What a subscriber's path carries decides what it is sent: by its own estimate, in virtual time,
// with links that pass so much and no more.

#include <gtest/gtest.h>
#include <iostream>

#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

constexpr auto kOpus = media::Codec::kOpus;
constexpr auto kVp8 = media::Codec::kVp8;

node::NodeConfig often() {
    node::NodeConfig config;
    config.stats_interval = 100ms;
    return config;
}

/// Alice publishes three layers of some 160, 540 and 1,400 kbit/s; Bob watches.
class Congestion : public ::testing::TestWithParam<std::string_view> {
 protected:
    Congestion() { camera_.frame_bytes = {700, 2600, 6900}; }

    void run(Duration duration) {
        world_.run(duration, [&] { camera_.tick(); });
    }
    /// How long it takes until the condition holds, at most `limit`.
    template <typename Condition>
    Duration time_until(Condition&& condition, Duration limit) {
        const Instant begun = world_.now;
        while (world_.now < begun + limit && !condition()) run(10ms);
        return world_.now - begun;
    }
    const signal::PeerStats& stats(const Client& client) {
        return world_.stats[world_.id_of(client)];
    }
    std::string layer(const Client& client) {
        for (const auto& subscription : stats(client).subscriptions) {
            if (!subscription.layer_sent.empty() && subscription.layer_sent != "single")
                return subscription.layer_sent;
        }
        return {};
    }
    /// Prints what happens; for looking at a test that fails.
    [[maybe_unused]] void show(const Client& client, Duration duration, Duration step,
                               const Bottleneck* link) {
        for (Duration at{}; at < duration; at += step) {
            run(step);
            const auto& s = stats(client);
            std::cout << to_ms(at) << " estimate " << s.estimate_down_bps / 1000 << " ("
                      << s.estimate_reason << ") demand " << s.demand_down_bps / 1000 << " sent "
                      << s.bitrate_down_bps / 1000 << " layer " << layer(client);
            if (link != nullptr) {
                std::cout << " queue " << to_ms(link->queue(world_.now)) << " dropped "
                          << link->dropped;
            }
            std::cout << "\n";
        }
    }

    World world_{21, often()};
    /// Both know one kind of feedback.
    const bool configured_ = [this] {
        world_.configure = [](peer::PeerConfig& config) {
            auto& capabilities = config.negotiation.capabilities = peer::Capabilities::sfu();
            for (const auto kind : {peer::kTransportWideFeedback, peer::kCongestionFeedback}) {
                if (kind != GetParam()) capabilities.drop_feedback(kind);
            }
        };
        return true;
    }();
    Client& alice_ = join(world_, "alice", {"low", "medium", "high"});
    Client& bob_ = join(world_, "bob");
    Camera camera_{world_, alice_, {"low", "medium", "high"}};
};
INSTANTIATE_TEST_SUITE_P(, Congestion,
                         ::testing::Values(peer::kTransportWideFeedback, peer::kCongestionFeedback),
                         [](const auto& test) {
                             return test.param == peer::kCongestionFeedback ? "Rfc8888"
                                                                            : "TransportWide";
                         });

TEST_P(Congestion, ProbesFindTheRoomForTheHighestLayer) {
    EXPECT_LE(time_until([&] { return layer(bob_) == "high"; }, 5s), 2s);
    run(1s);
    EXPECT_EQ(layer(bob_), "high");
    EXPECT_GT(stats(bob_).estimate_down_bps, 2'000'000);
    EXPECT_EQ(bob_.nacks(), 0U);
    const auto recovered = [&] {
        std::uint64_t sum = 0;
        for (const auto& [ssrc, heard] : bob_.heard()) sum += heard.recovered;
        return sum;
    };
    EXPECT_EQ(recovered(), 0U) << "what fills a probe is nothing new";
}

TEST_P(Congestion, ASlowerLinkGetsALayerThatFitsAndItsQueueStaysShort) {
    run(8s);
    ASSERT_EQ(layer(bob_), "high");
    bob_.take_gap(kOpus, world_.now);
    auto& link = world_.limit(bob_, Bitrate::from_kbps(700));
    run(3s);
    EXPECT_NE(layer(bob_), "high");
    EXPECT_LE(link.queue(world_.now), 100ms);
    EXPECT_LE(stats(bob_).estimate_down_bps, 900'000);
    EXPECT_FALSE(stats(bob_).estimate_reason.empty());
    run(10s);
    link.longest = {};
    run(10s);
    EXPECT_LE(link.longest, 280ms);
    EXPECT_NE(layer(bob_), "high");

    world_.limit(bob_, Bitrate::from_kbps(5000));
    // Arrival times of RFC 8888 are rounded to a millisecond, which costs the way back some time.
    const Duration bound = GetParam() == peer::kCongestionFeedback ? 18s : 15s;
    EXPECT_LE(time_until([&] { return layer(bob_) == "high"; }, 20s), bound);
}

// What stands in the way of video must not need video to go away: without audio nothing else tells
// of the path.
TEST_P(Congestion, AViewerWithoutAudioComesBackFromAPauseOfAllVideo) {
    camera_.silent = true;
    run(8s);
    ASSERT_EQ(layer(bob_), "high");
    world_.limit(bob_, Bitrate::from_kbps(60));
    EXPECT_LE(time_until([&] { return layer(bob_).empty(); }, 20s), 10s);
    run(15s);
    world_.limit(bob_, Bitrate::from_kbps(5000));
    EXPECT_LE(time_until([&] { return layer(bob_) == "high"; }, 60s), 25s);
}

TEST_P(Congestion, AViewerWithoutAudioComesBackFromAnOutage) {
    camera_.silent = true;
    run(8s);
    ASSERT_EQ(layer(bob_), "high");
    world_.lost = [&](const auto& from, const auto& to, BytesView) {
        return from == bob_.address() || to == bob_.address();
    };
    run(20s);
    world_.lost = {};
    EXPECT_LE(time_until([&] { return layer(bob_) == "high"; }, 60s), 10s);
}

// A link that carries the medium layer with little to spare, as a queue of 300 ms hides at first.
TEST_P(Congestion, ALinkThatBecomesNarrowTakesOneLayerAndGivesItBack) {
    camera_.frame_bytes = {400, 1450, 3650};
    run(12s);
    ASSERT_EQ(layer(bob_), "high");
    auto& link = world_.limit(bob_, Bitrate::from_kbps(540));
    EXPECT_LE(time_until([&] { return layer(bob_) == "medium"; }, 5s), 1s);
    EXPECT_LE(time_until([&] { return link.queue(world_.now) < 60ms; }, 5s), 2s);
    // What waits is drained, and the estimate stays what the link carries.
    link.longest = {};
    for (int i = 0; i < 100; ++i) {
        run(100ms);
        ASSERT_EQ(layer(bob_), "medium") << "after " << i;
        ASSERT_GE(stats(bob_).estimate_down_bps, 350'000) << "after " << i;
        ASSERT_LE(stats(bob_).estimate_down_bps, 650'000) << "after " << i;
    }
    EXPECT_LE(link.longest, 150ms);

    world_.limit(bob_, Bitrate::from_kbps(500'000));
    EXPECT_LE(time_until([&] { return layer(bob_) == "high"; }, 20s), 10s);
}

TEST_P(Congestion, WithoutAnyFeedbackOnlyAudioGoesOn) {
    run(8s);
    world_.lost = [&](const auto& from, const auto&, BytesView bytes) {
        return from == bob_.address() &&
               net::classify(BytesSpan(const_cast<std::uint8_t*>(bytes.data()), bytes.size())) ==
                   net::PacketClass::kRtcp;
    };
    run(8s);
    EXPECT_EQ(stats(bob_).estimate_reason, "no_feedback");
    const auto audio = packets(bob_, kOpus);
    const auto video = packets(bob_, kVp8);
    run(2s);
    EXPECT_GE(packets(bob_, kOpus), audio + 98);
    EXPECT_LE(packets(bob_, kVp8), video + 2);
    world_.lost = {};
    EXPECT_LE(time_until([&] { return packets(bob_, kVp8) > video + 20; }, 5s), 2s);
}

TEST_P(Congestion, ReceiversWithoutTransportFeedbackAreBoundByRemb) {
    world_.configure = [](peer::PeerConfig& config) {
        for (auto* kind :
             {&config.negotiation.capabilities.audio, &config.negotiation.capabilities.video}) {
            std::erase(kind->receive_feedback, "transport-cc");
            std::erase_if(kind->extensions, [](const auto& extension) {
                return extension.type == rtp::ExtensionType::kTransportSequenceNumber;
            });
        }
    };
    Client& carol = join(world_, "carol");
    const auto run_with_remb = [&](Duration duration, std::int64_t kbps) {
        world_.run(duration, [&] {
            camera_.tick();
            if (to_ms(world_.now.time_since_epoch()) % 200 == 0)
                carol.send_remb(Bitrate::from_kbps(kbps));
        });
    };
    run_with_remb(6s, 3000);
    EXPECT_EQ(layer(carol), "high");
    EXPECT_EQ(stats(carol).estimate_reason, "remb");
    run_with_remb(4s, 400);
    EXPECT_EQ(layer(carol), "low");
    EXPECT_EQ(layer(bob_), "high") << "it is nobody else's limit";
}

// One layer of more than is known of a path at first: it comes with the first probe's result.
TEST(FirstPicture, DoesNotWaitLongerThanForTheFirstProbe) {
    World world(46);
    Client& alice = join(world, "alice");
    Camera camera(world, alice);
    camera.silent = true;
    camera.frame_bytes = {6500};
    world.run(3s, [&] { camera.tick(); });
    Client& bob = join(world, "bob");
    const Instant joined = world.now;
    const auto seen = [&] {
        camera.tick();
        return packets(bob, media::Codec::kVp8) > 0;
    };
    ASSERT_TRUE(world.run_until(seen, 1s));
    EXPECT_LT(to_ms(world.now - joined), 250);
}

}  // namespace
}  // namespace parley::testing
