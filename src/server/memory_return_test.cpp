#include "server/memory_return.hpp"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

const Instant kStart = Instant{} + 100s;

TEST(MemoryReturn, NothingIsDueWhileNobodyComes) {
    MemoryReturn memory;
    EXPECT_FALSE(memory.due(0, kStart));
    EXPECT_FALSE(memory.due(0, kStart + 3600s));
}

TEST(MemoryReturn, IsDueOnceAfterASeriesOfJoins) {
    MemoryReturn memory;
    EXPECT_FALSE(memory.due(1, kStart));
    EXPECT_FALSE(memory.due(2, kStart + 1900ms));
    EXPECT_FALSE(memory.due(2, kStart + 3800ms));
    EXPECT_TRUE(memory.due(2, kStart + 3900ms));
    EXPECT_FALSE(memory.due(2, kStart + 4000ms));
    EXPECT_FALSE(memory.due(2, kStart + 3600s));
    EXPECT_FALSE(memory.due(3, kStart + 3600s));
    EXPECT_TRUE(memory.due(3, kStart + 3602s));
}

TEST(MemoryReturn, DoesNotWaitForStillnessForEver) {
    MemoryReturn memory;
    int times = 0;
    for (int i = 0; i < 250; ++i) {
        times +=
            memory.due(static_cast<std::uint64_t>(i) + 1, kStart + i * Duration(100ms)) ? 1 : 0;
    }
    EXPECT_EQ(times, 2);
}

}  // namespace
}  // namespace parley::server
