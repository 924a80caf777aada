// A media thread whose mailbox is full: facts wait in order, media is lost.

#include "server/relay_outbox.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace parley::server {
namespace {

using node::LayersWished;
using node::RelayBatch;
using node::RelayId;
using node::RelayMessage;

struct Outbox : testing::Test {
    std::size_t room = 0;  // in the mailbox of thread 1
    std::vector<std::uint64_t> facts;
    std::size_t batches = 0;
    RelayOutbox outbox{[this](node::ShardIndex to, RelayMessage&& message) {
                           if (to == 1 && room == 0) return false;
                           if (to == 1) --room;
                           RelayMessage taken = std::move(message);
                           if (const auto* fact = std::get_if<LayersWished>(&taken)) {
                               facts.push_back(fact->track.value);
                           } else {
                               ++batches;
                           }
                           return true;
                       },
                       3};

    std::size_t say(std::uint64_t number, node::ShardIndex to = 1) {
        return outbox.send(to, LayersWished{RelayId(number), 0}, Instant(1s));
    }
    std::size_t play(std::size_t packets) {
        RelayBatch batch;
        const std::vector<std::uint8_t> bytes(100);
        for (std::size_t i = 0; i < packets; ++i) batch.add(RelayId(1), 0, bytes, {});
        return outbox.send(1, std::move(batch), Instant(1s));
    }
};

TEST_F(Outbox, FactsWaitInOrder) {
    EXPECT_EQ(say(1), 0U);
    room = 1;
    say(2);
    EXPECT_TRUE(facts.empty()) << "the second does not overtake the first";
    EXPECT_EQ(outbox.held(1), 2U);
    outbox.retry(Instant(2s));
    EXPECT_EQ(facts, (std::vector<std::uint64_t>{1}));
    room = 5;
    outbox.retry(Instant(2s));
    say(3);
    EXPECT_EQ(facts, (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(outbox.held(1), 0U);
    EXPECT_EQ(room, 3U);
}

TEST_F(Outbox, MediaIsLostAndCounted) {
    EXPECT_EQ(play(7), 7U);
    say(1);
    room = 1;
    EXPECT_EQ(play(7), 0U) << "it does not wait behind facts";
    EXPECT_EQ(batches, 1U);
}

TEST_F(Outbox, ASlowThreadDoesNotHoldOthersUp) {
    say(1);
    say(2, 2);
    EXPECT_EQ(facts, (std::vector<std::uint64_t>{2}));
}

TEST_F(Outbox, WhatWaitsIsLimited) {
    for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(say(i), 0U);
    for (std::uint64_t i = 4; i <= 5; ++i) EXPECT_EQ(say(i), 1U) << "lost, and counted";
    EXPECT_EQ(outbox.held(1), 3U);
    EXPECT_EQ(outbox.facts_lost(), 2U);
    room = 10;
    outbox.retry(Instant(2s));
    EXPECT_EQ(facts, (std::vector<std::uint64_t>{1, 2, 3}));
}

}  // namespace
}  // namespace parley::server
