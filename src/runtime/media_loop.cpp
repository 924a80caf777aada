#include "runtime/media_loop.hpp"

#include <algorithm>

namespace parley::runtime {

timespec wait_time(Instant deadline, Instant now, Duration cap) {
    const Duration until = deadline == kNever ? cap : std::min(cap, deadline - now);
    const auto ns = std::max<std::int64_t>(0, until.count());
    return {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}

}  // namespace parley::runtime
