#include "sfu/red_unpacker.hpp"

#include <gtest/gtest.h>
#include <initializer_list>
#include <string>
#include <vector>

#include "rtp/red.hpp"
#include "sfu/test_media.hpp"

namespace parley::sfu {
namespace {

constexpr std::uint8_t kOpus = 111;
constexpr std::uint8_t kRed = 63;

std::string frame(std::uint16_t number) {
    return "frame " + std::to_string(number);
}

// 20 ms a frame, on across the numbers' end.
std::uint32_t timestamp(std::uint16_t number) {
    return static_cast<std::uint32_t>(static_cast<std::int16_t>(number) * 960);
}

class Unpacker : public testing::Test {
 protected:
    /// Packet `number` of a source whose frames are 20 ms apart, with the frames `back` packets
    /// before it, oldest first.
    test::Bytes packet(std::uint16_t number, std::initializer_list<std::uint16_t> back,
                       std::uint8_t codec = kOpus) {
        std::vector<std::string> frames;
        for (const auto distance : back) {
            frames.push_back(frame(static_cast<std::uint16_t>(number - distance)));
        }
        std::vector<rtp::RedBlock> redundant;
        std::size_t i = 0;
        for (const auto distance : back) {
            redundant.push_back(
                {codec, static_cast<std::uint16_t>(distance * 960), as_bytes(frames[i++])});
        }
        const std::string newest = frame(number);
        test::Bytes payload(500);
        payload.resize(rtp::write_red(payload, redundant, {codec, 0, as_bytes(newest)}));
        return test::make_rtp({false, kRed, number, timestamp(number), Ssrc(1)}, payload);
    }
    /// The numbers of the lost packets that are found when the packet arrives.
    std::vector<int> arrive(std::uint16_t number, std::initializer_list<std::uint16_t> back) {
        const auto bytes = packet(number, back);
        const auto view = test::view(bytes);
        const auto unpacked = unpacker_.unpack(view, kOpus);
        EXPECT_TRUE(unpacked);
        EXPECT_EQ(as_text(unpacked->newest), frame(number));
        std::vector<int> found;
        for (const auto& lost : unpacked->lost) {
            found.push_back(lost.sequence_number);
            EXPECT_EQ(as_text(lost.payload), frame(lost.sequence_number));
            EXPECT_EQ(lost.timestamp, timestamp(lost.sequence_number));
            unpacker_.note(lost.sequence_number, lost.timestamp);
        }
        unpacker_.note(number, view.timestamp);
        return found;
    }
    RedUnpacker unpacker_;
};

using Numbers = std::vector<int>;

TEST_F(Unpacker, FindsWhatWasLostOnceTheOrderIsKnown) {
    EXPECT_EQ(arrive(100, {2, 1}), Numbers{}) << "nothing from before the first";
    EXPECT_EQ(arrive(101, {2, 1}), Numbers{});
    EXPECT_EQ(arrive(103, {2, 1}), Numbers{102});
    EXPECT_EQ(arrive(106, {2, 1}), (Numbers{104, 105}));
    EXPECT_EQ(arrive(110, {2, 1}), (Numbers{108, 109})) << "107 is beyond reach";
    EXPECT_EQ(arrive(111, {2, 1}), Numbers{}) << "nothing is found twice";
}

TEST_F(Unpacker, FollowsNumbersAroundTheirEnd) {
    arrive(65'533, {1});
    arrive(65'534, {1});
    EXPECT_EQ(arrive(0, {2, 1}), Numbers{65'535});
    EXPECT_EQ(arrive(2, {2, 1}), Numbers{1});
}

TEST_F(Unpacker, DoesNotTrustAnOrderThatItHasNotSeen) {
    arrive(100, {});
    EXPECT_EQ(arrive(102, {1}), Numbers{}) << "no block has fitted a packet yet";
    EXPECT_EQ(arrive(103, {1}), Numbers{});
    EXPECT_EQ(arrive(105, {1}), Numbers{104});
}

TEST_F(Unpacker, ASenderThatRepeatsEverySecondFrameIsNotMisread) {
    arrive(100, {2});
    arrive(101, {2});
    EXPECT_EQ(arrive(102, {2}), Numbers{}) << "its block is of 100, not of 101";
    EXPECT_EQ(arrive(104, {2}), Numbers{});
    EXPECT_EQ(arrive(105, {2}), Numbers{});
}

TEST_F(Unpacker, LatePacketsBringWhatIsStillMissing) {
    arrive(100, {1});
    arrive(101, {1});
    arrive(105, {1});
    EXPECT_EQ(arrive(103, {1}), Numbers{102});
    EXPECT_EQ(arrive(102, {1}), Numbers{});
}

TEST_F(Unpacker, NothingIsFoundFromBeforeAReset) {
    arrive(100, {2, 1});
    arrive(101, {2, 1});
    unpacker_.reset();
    EXPECT_EQ(arrive(104, {2, 1}), Numbers{});
    EXPECT_EQ(arrive(105, {2, 1}), Numbers{});
    EXPECT_EQ(arrive(107, {2, 1}), Numbers{106});
}

TEST_F(Unpacker, AJumpIsABeginning) {
    arrive(100, {1});
    arrive(101, {1});
    EXPECT_EQ(arrive(5'000, {2, 1}), Numbers{});
    EXPECT_EQ(arrive(5'002, {2, 1}), Numbers{5'001});
    EXPECT_EQ(arrive(200, {1}), Numbers{}) << "and what is far behind is none";
}

TEST_F(Unpacker, WhatCannotBeReadIsRefused) {
    const auto foreign = packet(100, {1}, 9);
    EXPECT_FALSE(unpacker_.unpack(test::view(foreign), kOpus));
    const test::Bytes sealed{0xF3, 0x91, 0x22, 0x7A, 0x05, 0xD1, 0x33};
    const auto bytes = test::make_rtp({false, kRed, 1, 2, Ssrc(1)}, sealed);
    EXPECT_FALSE(unpacker_.unpack(test::view(bytes), kOpus));
}

}  // namespace
}  // namespace parley::sfu
