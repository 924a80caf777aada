// Packets of one batch leave as trains of equal pieces, and arrive as what they were.

#include <gtest/gtest.h>
#include <map>
#include <set>
#include <vector>

#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

/// One frame of packets with these payload sizes, handed to the node as one batch.
void send_frame(World& world, Client& from, std::uint16_t picture,
                const std::vector<std::size_t>& sizes) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const auto payload = vp8_packet(picture, i == 0, picture == 0, 320, 180, sizes[i]);
        from.send(1, payload, picture * 3000U, i + 1 == sizes.size(), "", world.now);
    }
}

class Trains : public ::testing::Test {
 protected:
    /// The first frame publishes the track; the second comes when it is agreed on.
    void SetUp() override {
        world_.run(2s);
        for (int i = 0; i < 2; ++i) {
            send_frame(world_, alice_, 0, {900, 900});
            world_.run(200ms);
        }
    }
    std::uint64_t video_heard() const { return packets(bob_, media::Codec::kVp8); }

    World world_{3};
    Client& alice_ = join(world_, "alice");
    Client& bob_ = join(world_, "bob");
};

TEST_F(Trains, AFrameOfNearlyEqualPacketsIsOneTrain) {
    const auto heard = video_heard();
    const auto trains = world_.trains;
    // As browsers split: the later ones an octet larger.
    send_frame(world_, alice_, 1, {1100, 1100, 1101, 1101, 1101});
    world_.run(200ms);
    EXPECT_EQ(video_heard(), heard + 5);
    EXPECT_EQ(world_.trains, trains + 1);
}

TEST_F(Trains, AShorterLastPacketEndsTheTrainUnpadded) {
    const auto heard = video_heard();
    const auto trains = world_.trains;
    const auto datagrams = world_.node().stats().datagrams_out;
    const auto bytes = world_.node().stats().bytes_out;
    send_frame(world_, alice_, 1, {1000, 1000, 1000, 300});
    world_.run(12ms);
    EXPECT_EQ(world_.trains, trains + 1);
    const auto stats = world_.node().stats();
    EXPECT_GE(stats.datagrams_out, datagrams + 4);
    EXPECT_LT(stats.bytes_out, bytes + 3600);  // with headers; 4 full packets would be over 4,100
    world_.run(200ms);
    EXPECT_EQ(video_heard(), heard + 4);
}

// What does not fit a train waits for the next, and nothing takes its place.
TEST_F(Trains, AudioOfTwoBetweenVideoOfManySizesLosesNothing) {
    Client& carol = join(world_, "carol");
    world_.run_until([&] { return world_.connected(carol); }, 3s);
    const auto audio = [&](std::size_t size) {
        const std::vector<std::uint8_t> opus(size, 0x78);
        const auto clock = static_cast<std::uint32_t>(to_ms(world_.now.time_since_epoch()) * 48);
        alice_.send(0, opus, clock, false, "", world_.now);
        carol.send(0, std::vector<std::uint8_t>(size + 60, 0x78), clock, false, "", world_.now);
    };
    for (int i = 0; i < 50; ++i) {
        audio(60);
        world_.run(20ms);
    }
    // Frames that are larger than the budget of one moment, each packet larger than the one before.
    bob_.send_remb(Bitrate::from_kbps(2400));
    std::vector<std::size_t> sizes;
    for (std::size_t i = 0; i < 24; ++i) sizes.push_back(300 + 30 * i);
    std::map<std::uint32_t, std::set<std::uint16_t>> numbers;
    bob_.retransmit = false;
    bob_.on_packet = [&](const peer::IncomingPacket& incoming) {
        numbers[incoming.packet.ssrc.value].insert(incoming.packet.sequence_number);
    };
    for (std::uint16_t i = 1; i < 100; ++i) {
        send_frame(world_, alice_, i, sizes);
        for (int n = 0; n < 40; ++n) {
            audio(60);
            world_.run(2ms);
        }
    }
    world_.run(500ms);
    ASSERT_EQ(numbers.size(), 3U);
    for (const auto& [ssrc, seen] : numbers) {
        const auto span = static_cast<std::size_t>(*seen.rbegin() - *seen.begin()) + 1;
        EXPECT_EQ(seen.size(), span) << ssrc;
    }
}

TEST_F(Trains, VeryDifferentSizesGoAlone) {
    const auto heard = video_heard();
    const auto trains = world_.trains;
    send_frame(world_, alice_, 1, {200, 600, 1100});
    world_.run(200ms);
    EXPECT_EQ(video_heard(), heard + 3);
    EXPECT_EQ(world_.trains, trains);
}

}  // namespace
}  // namespace parley::testing
