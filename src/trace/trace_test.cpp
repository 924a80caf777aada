#include <gtest/gtest.h>
#include <set>

#include "trace/drop.hpp"

namespace parley::trace {
namespace {

TEST(Drop, EveryReasonHasANameOfItsOwn) {
    std::set<std::string_view> names;
    for (int i = 0; i < static_cast<int>(Drop::kCount); ++i)
        names.insert(name(static_cast<Drop>(i)));
    EXPECT_EQ(names.size(), static_cast<std::size_t>(Drop::kCount));
    EXPECT_FALSE(names.contains("unknown"));
}

TEST(DropCounters, CountByReason) {
    DropCounters counters;
    counters.add(Drop::kSrtpReplay);
    counters.add(Drop::kSrtpReplay, 2);
    EXPECT_EQ(counters.of(Drop::kSrtpReplay), 3U);
    EXPECT_EQ(counters.total(), 3U);
}

}  // namespace
}  // namespace parley::trace
