#include "sfu/keyframe_throttle.hpp"

namespace parley::sfu {

bool KeyframeThrottle::poll(Instant now) {
    if (!wanted_ || now < next_allowed_) return false;
    ++sent_;
    ++unanswered_;
    const bool slow = unanswered_ > kKeyframeFastRetries;
    next_allowed_ = now + (slow ? kKeyframeSlowInterval : kKeyframeRequestInterval);
    return true;
}

}  // namespace parley::sfu
