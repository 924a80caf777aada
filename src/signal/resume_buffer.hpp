// The numbered messages of a session that its client may have missed, oldest first, within a
// bound of messages and octets. Of state messages (speakers, quality, layers) only the newest is
// kept.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace parley::signal {

/// Kinds of state messages of which a newer one makes the older worthless.
enum class StateKind : std::uint8_t { kNone, kSpeakers, kQuality, kLayers, kMedia, kCount };

class ResumeBuffer {
 public:
    ResumeBuffer(std::size_t max_messages, std::size_t max_bytes)
        : max_messages_(max_messages), max_bytes_(max_bytes) {}

    /// `seq` must grow. Returns how many messages fell out at the old end.
    std::size_t push(std::uint64_t seq, std::string_view text, StateKind kind, Instant now);
    /// The client has everything up to `seq`.
    void acknowledge(std::uint64_t seq);
    /// The client's socket has everything up to `seq`; forgets what was also sent before `then`.
    void expire(std::uint64_t seq, Instant then);
    /// What follows `seq`, or nothing when some of it fell out. Views live until the next change.
    std::optional<std::vector<std::string_view>> after(std::uint64_t seq) const;
    void clear();

    std::size_t messages() const { return live_; }
    std::size_t bytes() const { return bytes_; }

 private:
    struct Item {
        std::uint64_t seq = 0;
        std::string text;  // empty: superseded
        StateKind kind = StateKind::kNone;
        Instant sent;
    };

    void supersede(StateKind kind);
    void drop_front();
    void trim_superseded();

    std::size_t max_messages_;
    std::size_t max_bytes_;
    std::deque<Item> items_;
    std::size_t live_ = 0;
    std::size_t bytes_ = 0;
    std::uint64_t lost_ = 0;  // highest seq that fell out without being acknowledged
    std::array<std::uint64_t, static_cast<std::size_t>(StateKind::kCount)> newest_{};
};

}  // namespace parley::signal
