// How many octets are on the way, to the time that feedback spoke of last: sums for short stretches
// of sending, so that a packet costs an addition.

#pragma once

#include <array>
#include <cstdint>

#include "base/time.hpp"

namespace parley::cc {

class InFlight {
 public:
    static constexpr Duration kStretch = std::chrono::milliseconds(20);
    /// Beyond two and a half seconds the newest stretch takes all.
    static constexpr std::size_t kStretches = 128;

    void on_sent(std::uint32_t bytes, Instant now) {
        if (size_ == 0 || (now - newest().began >= kStretch && size_ < kStretches)) {
            ++size_;
            newest() = {now, 0};
        }
        newest().bytes += bytes;
        total_ += bytes;
    }
    /// What was sent until `sent` is no longer on the way.
    void on_acknowledged(Instant sent) {
        while (size_ > 0) {
            const Stretch& oldest = stretches_[oldest_];
            const bool last = size_ == 1;
            const Instant end =
                last ? oldest.began + kStretch : stretches_[(oldest_ + 1) % kStretches].began;
            if (end > sent + (last ? kStretch : Duration(0))) return;
            total_ -= oldest.bytes;
            oldest_ = (oldest_ + 1) % kStretches;
            --size_;
        }
    }
    std::uint64_t bytes() const { return total_; }
    void reset() { *this = {}; }

 private:
    struct Stretch {
        Instant began{};
        std::uint64_t bytes = 0;
    };
    Stretch& newest() { return stretches_[(oldest_ + size_ - 1) % kStretches]; }

    std::size_t oldest_ = 0;
    std::size_t size_ = 0;
    std::uint64_t total_ = 0;
    std::array<Stretch, kStretches> stretches_{};
};

}  // namespace parley::cc
