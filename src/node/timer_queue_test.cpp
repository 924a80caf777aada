#include "node/timer_queue.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

#include "base/random.hpp"

namespace parley::node {
namespace {

TEST(TimerQueue, AgreesWithASortedMapUnderRandomUse) {
    TimerQueue queue;
    std::map<TimerQueue::Id, Instant> model;
    Random random(3);
    for (int i = 0; i < 50; ++i) model[queue.add()] = kNever;
    for (int step = 0; step < 20'000; ++step) {
        const auto id = static_cast<TimerQueue::Id>(random.below(50));
        const Instant deadline =
            random.below(4) == 0 ? kNever
                                 : Instant(Duration(static_cast<std::int64_t>(random.below(1000))));
        queue.set(id, deadline);
        model[id] = deadline;
        const auto soonest = std::min_element(model.begin(), model.end(),
                                              [](auto& a, auto& b) { return a.second < b.second; });
        ASSERT_EQ(queue.next(), soonest->second);
        if (queue.next() != kNever) ASSERT_EQ(model[queue.front()], queue.next());
    }
}

TEST(TimerQueue, GivesPlacesOfRemovedEntriesAway) {
    TimerQueue queue;
    const auto a = queue.add();
    queue.set(a, Instant{1s});
    queue.remove(a);
    EXPECT_EQ(queue.next(), kNever);
    EXPECT_EQ(queue.add(), a);
}

}  // namespace
}  // namespace parley::node
