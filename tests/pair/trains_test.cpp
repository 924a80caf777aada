// Packets of one batch leave as trains of equal pieces, and arrive as what they were.

#include <gtest/gtest.h>

#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

struct Pair {
    explicit Pair(World& world) : alice(join(world, "alice")), bob(join(world, "bob")) {
        world.run(2s);
    }
    Client& alice;
    Client& bob;
};

/// One frame of packets with these payload sizes, handed to the node as one batch.
void send_frame(World& world, Client& from, std::uint16_t picture,
                const std::vector<std::size_t>& sizes) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const auto payload = vp8_packet(picture, i == 0, picture == 0, 320, 180, sizes[i]);
        from.send(1, payload, picture * 3000U, i + 1 == sizes.size(), "", world.now);
    }
}

std::uint64_t video_heard(const Client& client) {
    std::uint64_t packets = 0;
    for (const auto& [ssrc, heard] : client.heard()) {
        if (heard.codec == media::Codec::kVp8) packets += heard.packets;
    }
    return packets;
}

TEST(Trains, AFrameOfNearlyEqualPacketsIsOneTrain) {
    World world(3);
    Pair pair(world);
    send_frame(world, pair.alice, 0, {900, 900, 900});
    world.run(200ms);  // the track is agreed on
    send_frame(world, pair.alice, 0, {900, 900, 900});
    world.run(200ms);
    const auto heard = video_heard(pair.bob);
    const auto trains = world.trains;
    // As browsers split: the later ones an octet larger.
    send_frame(world, pair.alice, 1, {1100, 1100, 1101, 1101, 1101});
    world.run(200ms);
    EXPECT_EQ(video_heard(pair.bob), heard + 5);
    EXPECT_EQ(world.trains, trains + 1);
}

TEST(Trains, AShorterLastPacketEndsTheTrainUnpadded) {
    World world(3);
    Pair pair(world);
    send_frame(world, pair.alice, 0, {900, 900});
    world.run(200ms);
    send_frame(world, pair.alice, 0, {900, 900});
    world.run(200ms);
    const auto heard = video_heard(pair.bob);
    const auto trains = world.trains;
    const auto datagrams = world.node().stats().datagrams_out;
    const auto bytes = world.node().stats().bytes_out;
    send_frame(world, pair.alice, 1, {1000, 1000, 1000, 300});
    world.run(12ms);
    EXPECT_EQ(world.trains, trains + 1);
    const auto stats = world.node().stats();
    EXPECT_GE(stats.datagrams_out, datagrams + 4);
    EXPECT_LT(stats.bytes_out, bytes + 3600);  // with headers; 4 full packets would be over 4,100
    world.run(200ms);
    EXPECT_EQ(video_heard(pair.bob), heard + 4);
}

TEST(Trains, VeryDifferentSizesGoAlone) {
    World world(3);
    Pair pair(world);
    send_frame(world, pair.alice, 0, {900, 900});
    world.run(200ms);
    send_frame(world, pair.alice, 0, {900, 900});
    world.run(200ms);
    const auto heard = video_heard(pair.bob);
    const auto trains = world.trains;
    send_frame(world, pair.alice, 1, {200, 600, 1100});
    world.run(200ms);
    EXPECT_EQ(video_heard(pair.bob), heard + 3);
    EXPECT_EQ(world.trains, trains);
}

}  // namespace
}  // namespace parley::testing
