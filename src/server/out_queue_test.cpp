#include "server/out_queue.hpp"

#include <gtest/gtest.h>

#include "server/http.hpp"

namespace parley::server {
namespace {

TEST(OutQueue, WhatWaitsTogetherGoesTogether) {
    OutQueue queue;
    queue.push(std::string("one "));
    queue.push(std::string("two "));
    EXPECT_EQ(as_text(queue.front()), "one two ");
    queue.consume(8);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.bytes(), 0U);
}

// TLS that could not send wants the same octets again.
TEST(OutQueue, WhatWasTriedStaysAsItWas) {
    OutQueue queue;
    queue.push(std::string("one "));
    EXPECT_EQ(as_text(queue.front()), "one ");
    queue.push(std::string("two "));
    queue.push(std::string("three "));
    EXPECT_EQ(as_text(queue.front()), "one ");
    queue.consume(1);
    EXPECT_EQ(as_text(queue.front()), "ne ");
    queue.consume(3);
    EXPECT_EQ(as_text(queue.front()), "two three ");
    EXPECT_EQ(queue.bytes(), 10U);
}

TEST(OutQueue, ChunksStayWithinATlsRecord) {
    OutQueue queue;
    queue.push(std::string(16'000, 'a'));
    queue.push(std::string(1'000, 'b'));
    EXPECT_EQ(queue.front().size(), 16'000U);
    queue.consume(16'000);
    EXPECT_EQ(queue.front().size(), 1'000U);
}

TEST(OutQueue, SharedTextIsNotAddedTo) {
    OutQueue queue;
    const auto shared = std::make_shared<const std::string>("file");
    queue.push(shared);
    queue.push(std::string("x"));
    EXPECT_EQ(as_text(queue.front()), "file");
    queue.consume(4);
    EXPECT_EQ(as_text(queue.front()), "x");
    EXPECT_EQ(*shared, "file");
}

TEST(OutQueue, OnlyWhatHasBegunIsKept) {
    OutQueue queue;
    queue.push(std::string("begun"));
    (void)queue.front();
    queue.consume(2);
    queue.push(std::string("waits"));
    queue.keep_started();
    queue.push(std::string("close"));
    EXPECT_EQ(as_text(queue.front()), "gun");
    queue.consume(3);
    EXPECT_EQ(as_text(queue.front()), "close");
    queue.consume(5);
    EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace parley::server
