// A rate with an allowance: `burst` at once, then `rate` a second.

#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.hpp"

namespace parley {

class TokenBucket {
 public:
    TokenBucket(double rate_per_second, double burst, Instant now)
        : rate_(rate_per_second), burst_(burst), tokens_(burst), at_(now) {}

    /// Takes so many tokens if they are there.
    bool take(Instant now, double count = 1) {
        refill(now);
        if (tokens_ < count) return false;
        tokens_ -= count;
        return true;
    }
    bool full(Instant now) {
        refill(now);
        return tokens_ >= burst_;
    }

 private:
    void refill(Instant now) {
        if (now <= at_) return;
        tokens_ = std::min(burst_, tokens_ + rate_ * to_seconds(now - at_));
        at_ = now;
    }

    double rate_;
    double burst_;
    double tokens_;
    Instant at_;
};

}  // namespace parley
