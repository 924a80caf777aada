// Gives free memory back to the system once people have come or gone. Joining needs memory for a
// moment that lies scattered afterwards: with 200 people the process keeps a tenth to a fifth more
// than it uses, and after a big meeting most of what that took.

#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace parley::server {

/// Says when to give back: once connections have been still for `kStill`, or, where they never are,
/// every `kPatience`.
class MemoryReturn {
 public:
    static constexpr Duration kStill = 2s;
    static constexpr Duration kPatience = 10s;

    /// `turnover` counts connections that were opened or closed so far. True once for each series
    /// of changes.
    bool due(std::uint64_t turnover, Instant now) {
        if (turnover != turnover_) {
            turnover_ = turnover;
            changed_ = now;
            if (!waiting_since_) waiting_since_ = now;
        }
        if (!waiting_since_) return false;
        if (now - changed_ < kStill && now - *waiting_since_ < kPatience) return false;
        waiting_since_.reset();
        return true;
    }

 private:
    std::uint64_t turnover_ = 0;
    Instant changed_{};
    std::optional<Instant> waiting_since_;
};

}  // namespace parley::server
