// Merges the keyframe requests of all subscribers of one layer: at most one in 500 ms goes to the
// publisher, and an unanswered one is repeated.

#pragma once

#include <cstdint>

#include "base/time.hpp"

namespace parley::sfu {

/// At most one request in this time goes upstream, however many subscribers ask.
inline constexpr Duration kKeyframeRequestInterval = 500ms;
/// Unanswered requests in a row before asking slows down to one in kKeyframeSlowInterval.
inline constexpr std::uint32_t kKeyframeFastRetries = 10;
inline constexpr Duration kKeyframeSlowInterval = 3s;

class KeyframeThrottle {
 public:
    void request() { wanted_ = true; }
    /// A keyframe has begun to arrive.
    void on_keyframe() {
        wanted_ = false;
        unanswered_ = 0;
    }
    /// The layer stopped: nobody would answer.
    void cancel() { on_keyframe(); }
    bool wanted() const { return wanted_; }
    /// When the next request may go out; kNever when none is wanted.
    Instant next_timeout() const { return wanted_ ? next_allowed_ : kNever; }
    /// True when a request is to be sent now; it then counts as sent.
    bool poll(Instant now);
    std::uint64_t sent() const { return sent_; }

 private:
    bool wanted_ = false;
    Instant next_allowed_ = Instant::min();  // at once
    std::uint32_t unanswered_ = 0;
    std::uint64_t sent_ = 0;
};

}  // namespace parley::sfu
