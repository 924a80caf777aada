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

    /// Takes one token if there is one.
    bool take(Instant now) {
        refill(now);
        if (tokens_ < 1) return false;
        tokens_ -= 1;
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
