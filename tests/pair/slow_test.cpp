// One subscriber of fifty has a link that carries next to nothing: the others must not notice.

#include <algorithm>
#include <gtest/gtest.h>

#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

const std::vector<std::string> kRids{"low", "medium", "high"};

/// What happened to the forty-nine in ten seconds.
struct Outcome {
    std::vector<std::string> layers;
    std::vector<std::uint64_t> video;
    std::vector<std::uint64_t> audio;
    Duration latest{};  // after the frame was sent, of all packets of video
    std::uint64_t holes = 0;
    double loss = 0;
    // Of the slow one.
    std::int64_t slow_bps = 0;
    std::uint64_t slow_audio = 0;
    std::string slow_reason;
};

std::string layer_of(const signal::PeerStats& stats) {
    for (const auto& one : stats.subscriptions) {
        if (one.redundancy_reason.empty() && !one.layer_sent.empty()) return one.layer_sent;
    }
    return {};
}

Outcome watch(bool slow_link) {
    World world(81);
    Client& alice = join(world, "alice", kRids);
    Camera camera(world, alice, kRids);
    camera.frame_bytes = {700, 2600, 6900};
    std::vector<Client*> others;
    for (int i = 0; i < 50; ++i) {
        Client& client = world.add_client("p" + std::to_string(i), "room", false);
        client.publish(kAudio, "opus", {}, world.now);  // a section to negotiate with
        world.negotiate(client);
        others.push_back(&client);
    }
    Client& slow = *others.back();
    others.pop_back();
    world.run(8s, [&] { camera.tick(); });
    Bottleneck* link = nullptr;
    if (slow_link) {
        link = &world.limit(slow, Bitrate::from_kbps(100));
        world.lost = [&](const auto&, const auto& to, BytesView) {
            return to == slow.address() && world.random().uniform() < 0.05;
        };
    }
    world.run(8s, [&] { camera.tick(); });

    Outcome outcome;
    for (Client* client : others) {
        outcome.video.push_back(packets(*client, media::Codec::kVp8));
        outcome.audio.push_back(packets(*client, media::Codec::kOpus));
        client->on_packet = [&](const peer::IncomingPacket& incoming) {
            if (incoming.stream->codec != media::Codec::kVp8) return;
            // Frames are sent every 40 ms.
            outcome.latest = std::max(outcome.latest, world.now.time_since_epoch() % 40ms);
        };
    }
    const std::uint64_t slow_audio = packets(slow, media::Codec::kOpus);
    const std::uint64_t passed = link == nullptr ? 0 : link->bytes;
    world.run(10s, [&] { camera.tick(); });
    outcome.slow_audio = packets(slow, media::Codec::kOpus) - slow_audio;
    outcome.slow_bps =
        link == nullptr ? 0 : static_cast<std::int64_t>(link->bytes - passed) * 8 / 10;
    for (const auto& one : world.stats[world.id_of(slow)].subscriptions) {
        if (one.redundancy_reason.empty()) outcome.slow_reason = one.reason;
    }
    for (std::size_t i = 0; i < others.size(); ++i) {
        const auto& stats = world.stats[world.id_of(*others[i])];
        outcome.layers.push_back(layer_of(stats));
        outcome.loss = std::max(outcome.loss, stats.loss_down);
        outcome.video[i] = packets(*others[i], media::Codec::kVp8) - outcome.video[i];
        outcome.audio[i] = packets(*others[i], media::Codec::kOpus) - outcome.audio[i];
        others[i]->on_packet = {};
        for (const auto& [ssrc, heard] : others[i]->heard()) {
            const auto span = static_cast<std::uint16_t>(*heard.sequence_numbers.rbegin() -
                                                         *heard.sequence_numbers.begin());
            if (span < 0x8000) outcome.holes += span + 1U - heard.sequence_numbers.size();
        }
    }
    return outcome;
}

TEST(Slow, OneOfFiftyHarmsNobody) {
    const Outcome alone = watch(false);
    const Outcome beside = watch(true);
    EXPECT_EQ(alone.layers, std::vector<std::string>(49, "high"));
    EXPECT_EQ(beside.layers, alone.layers);
    EXPECT_EQ(beside.holes, 0U);
    EXPECT_EQ(beside.loss, 0);
    EXPECT_LE(beside.latest, alone.latest + 2ms);
    for (std::size_t i = 0; i < 49; ++i) {
        EXPECT_NEAR(static_cast<double>(beside.audio[i]), 500, 2);
        EXPECT_NEAR(static_cast<double>(beside.video[i]), static_cast<double>(alone.video[i]),
                    0.02 * static_cast<double>(alone.video[i]));
    }
    // It is not sent what cannot reach it: neither the link nor the server keeps much for it.
    EXPECT_LE(beside.slow_bps, 100'000);
    EXPECT_GE(beside.slow_audio, 425U) << "of 500, with a loss of 5 %";
    EXPECT_EQ(beside.slow_reason, "bandwidth") << "not even the lowest layer fits";
}

}  // namespace
}  // namespace parley::testing
