#include "runtime/clock.hpp"

#include <chrono>

namespace parley::runtime {

Instant now() {
    return Instant(
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

WallTime wall_now() {
    return {std::chrono::duration_cast<std::chrono::microseconds>(
                std::chrono::system_clock::now().time_since_epoch())
                .count()};
}

WallAnchor wall_anchor() {
    return {now(), wall_now()};
}

}  // namespace parley::runtime
