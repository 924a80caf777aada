#include "cc/queue_monitor.hpp"

namespace parley::cc {

void QueueMonitor::on_group(const PacketGroup& group, bool held) {
    const Duration delay = group.least_delay;
    if (last_ && std::chrono::abs(delay - *last_) > kMaxStep) reset();
    last_ = delay;
    base_.add(delay, group.last_sent, held ? kHeldWindows * kBaseWindow : kBaseWindow, 1);
    standing_.add(delay, group.last_sent, kStandingWindow, kStandingGroups);
}

double QueueMonitor::standing() const {
    if (!last_) return 0;
    return static_cast<double>((standing_.value() - base_.value()).count()) / 1e6;
}

double QueueMonitor::waited() const {
    if (!last_) return 0;
    return static_cast<double>((*last_ - base_.value()).count()) / 1e6;
}

}  // namespace parley::cc
