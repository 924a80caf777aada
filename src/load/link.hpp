// One direction of an emulated link: loss, then a queue before a bottleneck, then delay. Order is
// kept. Driven by the caller's time and by a generator of its own, so that a seed replays.

#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "load/options.hpp"
#include "net/address.hpp"

namespace parley::load {

/// What waits longer than this before the bottleneck is dropped.
inline constexpr Duration kLinkQueue = 250ms;

class EmulatedLink {
 public:
    struct Held {
        Instant due{};
        net::SocketAddress remote;
        std::vector<std::uint8_t> bytes;
    };

    EmulatedLink(const LinkOptions& options, std::uint64_t seed)
        : options_(options), random_(seed) {}

    void offer(BytesView bytes, const net::SocketAddress& remote, Instant now) {
        if (options_.loss > 0 && random_.uniform() < options_.loss) return;
        Instant departure = now;
        if (options_.rate.bps > 0) {
            const auto octets = static_cast<std::int64_t>(bytes.size());
            free_at_ = std::max(free_at_, now);
            if (free_at_ - now > kLinkQueue) return;
            free_at_ += Duration(octets * 8'000'000'000 / options_.rate.bps);
            departure = free_at_;
        }
        held_.push_back({departure + options_.delay, remote, {bytes.begin(), bytes.end()}});
    }

    Instant next_timeout() const { return held_.empty() ? kNever : held_.front().due; }
    /// Calls `deliver(Held&)` for everything that has arrived by now.
    template <typename Deliver>
    void release(Instant now, Deliver&& deliver) {
        while (!held_.empty() && held_.front().due <= now) {
            Held held = std::move(held_.front());
            held_.pop_front();
            deliver(held);
        }
    }

 private:
    LinkOptions options_;
    Random random_;
    Instant free_at_{};
    std::deque<Held> held_;
};

}  // namespace parley::load
