#include "sim/net/world.hpp"

#include <algorithm>

namespace parley::sim {
namespace {

// std::push_heap keeps the greatest in front: the greatest is who comes first.
constexpr auto kLater = [](const auto& a, const auto& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
};

}  // namespace

void Timer::arm(Instant deadline) {
    deadline_ = deadline == kNever ? kNever : std::max(deadline, world_.now());
    if (deadline_ < scheduled_) world_.push(deadline_, this);
}

void World::push(Instant at, Timer* timer) {
    timer->scheduled_ = at;
    heap_.push_back({at, order_++, timer});
    std::push_heap(heap_.begin(), heap_.end(), kLater);
}

World::Entry World::pop() {
    std::pop_heap(heap_.begin(), heap_.end(), kLater);
    const Entry entry = heap_.back();
    heap_.pop_back();
    return entry;
}

void World::at(Duration since_beginning, Timer::Action action) {
    once_.push_back(std::make_unique<Timer>(*this, std::move(action)));
    once_.back()->arm(kBeginning + since_beginning);
}

void World::run_until(Duration since_beginning) {
    const Instant end = kBeginning + since_beginning;
    while (!heap_.empty() && heap_.front().at <= end) {
        const Entry entry = pop();
        Timer& timer = *entry.timer;
        if (entry.at != timer.scheduled_) continue;  // an earlier event took its place
        timer.scheduled_ = kNever;
        if (timer.deadline_ > entry.at) {  // it was armed anew for later, or disarmed
            if (timer.deadline_ != kNever) push(timer.deadline_, &timer);
            continue;
        }
        now_ = entry.at;
        timer.deadline_ = kNever;
        timer.action_(now_);
    }
    now_ = std::max(now_, end);
}

}  // namespace parley::sim
