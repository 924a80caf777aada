#include "node/media_queue.hpp"

#include <gtest/gtest.h>

namespace parley::node {
namespace {

// The queue only compares addresses of outlets; these are never looked into.
Outlet* outlet(std::uintptr_t number) {
    return reinterpret_cast<Outlet*>(number * 16);
}

QueuedPacket packet(std::uintptr_t of, sfu::SlotId slot) {
    QueuedPacket queued;
    queued.outlet = outlet(of);
    queued.slot = slot;
    return queued;
}

TEST(MediaQueue, KeepsOrderWhileItGrowsAndWraps) {
    MediaQueue queue;
    sfu::SlotId in = 0;
    sfu::SlotId out = 0;
    // Three in, two out: head and tail pass the end at every size.
    while (queue.size() < 1000) {
        for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.push(packet(1, in++)));
        for (int i = 0; i < 2; ++i) {
            ASSERT_EQ(queue.front().slot, out++);
            queue.pop();
        }
    }
    while (!queue.empty()) {
        ASSERT_EQ(queue.front().slot, out++);
        queue.pop();
    }
    EXPECT_EQ(in, out);
}

TEST(MediaQueue, RefusesWhatExceedsItsLimit) {
    MediaQueue queue;
    for (std::size_t i = 0; i < MediaQueue::kMaxPackets; ++i) ASSERT_TRUE(queue.push(packet(1, i)));
    EXPECT_FALSE(queue.push(packet(1, 9999)));
    EXPECT_EQ(queue.size(), MediaQueue::kMaxPackets);
    EXPECT_EQ(queue.front().slot, 0U) << "the oldest stay";
    queue.pop();
    EXPECT_TRUE(queue.push(packet(1, 9999)));
}

TEST(MediaQueue, ForgetsAnOutletAndKeepsTheOrderOfTheOthers) {
    MediaQueue queue;
    for (sfu::SlotId i = 0; i < 40; ++i) queue.push(packet(0, i));
    for (int i = 0; i < 40; ++i) queue.pop();  // the head stands in the middle of the ring
    for (sfu::SlotId i = 0; i < 60; ++i) queue.push(packet(1 + i % 3, i));
    queue.forget(outlet(2));
    EXPECT_EQ(queue.size(), 40U);
    for (sfu::SlotId i = 0; i < 60; ++i) {
        if (i % 3 == 1) continue;
        ASSERT_FALSE(queue.empty());
        EXPECT_EQ(queue.front().slot, i);
        EXPECT_EQ(queue.front().outlet, outlet(1 + i % 3));
        queue.pop();
    }
    EXPECT_TRUE(queue.empty());
    queue.forget(outlet(1));  // of an empty queue: nothing
    EXPECT_TRUE(queue.empty());
}

TEST(MediaQueue, ForgetsAtItsLimit) {
    MediaQueue queue;
    for (std::size_t i = 0; i < MediaQueue::kMaxPackets; ++i) queue.push(packet(1 + i % 2, i));
    queue.forget(outlet(1));
    EXPECT_EQ(queue.size(), MediaQueue::kMaxPackets / 2);
    EXPECT_EQ(queue.front().slot, 1U);
}

}  // namespace
}  // namespace parley::node
