// Deadlines by key, the earliest first.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/time.hpp"

namespace parley::signal {

enum class TimerKind : std::uint8_t { kHeartbeat, kDetached, kMesh, kStatus, kShutdown };

struct TimerKey {
    TimerKind kind = TimerKind::kHeartbeat;
    std::uint64_t serial = 0;  // of the connection, session or room
    friend auto operator<=>(const TimerKey&, const TimerKey&) = default;
};

class Timers {
 public:
    /// Sets or moves a deadline; kNever clears it.
    void set(TimerKey key, Instant when) {
        clear(key);
        if (when == kNever) return;
        at_.emplace(key, when);
        order_.emplace(when, key);
    }
    void clear(TimerKey key) {
        const auto found = at_.find(key);
        if (found == at_.end()) return;
        order_.erase({found->second, key});
        at_.erase(found);
    }
    bool is_set(TimerKey key) const { return at_.contains(key); }
    Instant next() const { return order_.empty() ? kNever : order_.begin()->first; }
    /// Takes the earliest deadline that has passed.
    std::optional<TimerKey> take_due(Instant now) {
        if (order_.empty() || order_.begin()->first > now) return std::nullopt;
        const TimerKey key = order_.begin()->second;
        clear(key);
        return key;
    }

 private:
    std::map<TimerKey, Instant> at_;
    std::set<std::pair<Instant, TimerKey>> order_;
};

}  // namespace parley::signal
