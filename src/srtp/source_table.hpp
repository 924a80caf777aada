// What SRTP remembers of each source: a compact table with open addressing and linear probing.
// Sources are never removed, since forgetting one would let its old packets be replayed.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/prefetch.hpp"
#include "srtp/replay_window.hpp"

namespace parley::srtp {

struct Source {
    std::uint32_t ssrc = 0;
    std::uint32_t rtcp_count = 0;  // outbound: SRTCP packets sent so far; the next one's index
    ReplayWindow rtp;
    ReplayWindow rtcp;
};

class SourceTable {
 public:
    explicit SourceTable(std::size_t limit) : limit_(limit) {}

    std::size_t size() const { return size_; }
    bool full() const { return size_ >= limit_; }

    /// Asks for what find() will most likely give.
    void prefetch(std::uint32_t ssrc) const {
        if (!slots_.empty()) parley::prefetch(slots_[slot_of(ssrc)]);
    }
    Source* find(std::uint32_t ssrc);
    /// nullptr when it would be new and the limit is reached. Adding moves other sources.
    Source* find_or_add(std::uint32_t ssrc);

 private:
    struct Slot {
        Source source;
        bool used = false;
    };
    std::size_t slot_of(std::uint32_t ssrc) const;
    void grow();

    std::vector<Slot> slots_;
    std::size_t limit_;
    std::size_t size_ = 0;
};

}  // namespace parley::srtp
