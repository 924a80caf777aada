// What one subscriber got of one stream in the measured time. A packet belongs to the measured time
// when it was sent in it, by the send time that it carries, so that nothing in flight is
// miscounted.

#pragma once

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "base/unwrap.hpp"

namespace parley::load {

/// From the first to behind the last moment that is measured.
struct Window {
    Instant start = kNever;
    Instant end = kNever;
    bool contains(Instant when) const { return start <= when && when < end; }
};

class StreamTally {
 public:
    /// False for a packet that was counted before.
    bool on_packet(std::uint16_t sequence_number, std::size_t bytes, bool recovered) {
        const std::int64_t sequence = unwrapper_.unwrap(sequence_number);
        if (!first_) {
            first_ = newest_ = sequence;
        } else if (sequence > newest_) {
            forget_between(newest_ + 1, sequence);
            newest_ = sequence;
        } else {
            if (newest_ - sequence >= kSeen || seen_[place(sequence)]) return false;
            first_ = std::min(*first_, sequence);
        }
        seen_[place(sequence)] = true;
        ++packets_;
        bytes_ += bytes;
        recovered_ += recovered ? 1 : 0;
        return true;
    }

    std::uint64_t packets() const { return packets_; }
    std::uint64_t bytes() const { return bytes_; }
    std::uint64_t recovered() const { return recovered_; }
    /// By the numbers between the first and the last that came.
    std::uint64_t span() const {
        return first_ ? static_cast<std::uint64_t>(newest_ - *first_ + 1) : 0;
    }
    std::uint64_t missing() const { return span() - std::min(span(), packets_); }

 private:
    static constexpr std::int64_t kSeen = 4096;  // 20 s of one video stream
    static std::size_t place(std::int64_t sequence) {
        return static_cast<std::size_t>(sequence) % static_cast<std::size_t>(kSeen);
    }
    void forget_between(std::int64_t from, std::int64_t to) {
        if (to - from >= kSeen) return void(seen_.reset());
        for (std::int64_t at = from; at < to; ++at) seen_[place(at)] = false;
    }

    Unwrapper<std::uint16_t> unwrapper_;
    std::optional<std::int64_t> first_;
    std::int64_t newest_ = 0;
    std::bitset<kSeen> seen_;
    std::uint64_t packets_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t recovered_ = 0;
};

}  // namespace parley::load
