#include "sim/net/schedule.hpp"

#include <cmath>

namespace parley::sim {

Instant finish_time(const Steps<Bitrate>& capacity, std::int64_t octets, Instant now) {
    double bits = static_cast<double>(octets) * 8;
    for (;;) {
        const auto rate = static_cast<double>(capacity.at(now).bps);
        const Instant change = capacity.next_change(now);
        if (rate > 0) {
            const auto needed = Duration(static_cast<Duration::rep>(std::ceil(bits / rate * 1e9)));
            if (change == kNever || now + needed <= change) return now + needed;
            bits -= rate * to_seconds(change - now);
        }
        if (change == kNever) return kNever;
        now = change;
    }
}

double octets_between(const Steps<Bitrate>& capacity, Instant begin, Instant end) {
    double bits = 0;
    while (begin < end) {
        const Instant until = std::min(end, capacity.next_change(begin));
        bits += static_cast<double>(capacity.at(begin).bps) * to_seconds(until - begin);
        begin = until;
    }
    return bits / 8;
}

}  // namespace parley::sim
