// The replay list of RFC 3711 §3.3.2 as a sliding window, and the packet index of §3.3.1.

#pragma once

#include <cstdint>

namespace parley::srtp {

/// Remembers which of the last kSize indices were seen. test() before authentication, accept()
/// after it.
class ReplayWindow {
 public:
    static constexpr std::uint64_t kSize = 128;  // RFC 3711 §3.3.2 asks for 64 at least

    bool empty() const { return low_ == 0; }
    std::uint64_t highest() const { return highest_; }

    /// True when the index is new: neither seen nor too old to tell.
    bool test(std::uint64_t index) const {
        if (empty() || index > highest_) return true;
        const std::uint64_t age = highest_ - index;
        if (age >= kSize) return false;
        const std::uint64_t word = age < 64 ? low_ : high_;
        return ((word >> (age % 64)) & 1) == 0;
    }

    void accept(std::uint64_t index) {
        if (empty()) {
            highest_ = index;
            low_ = 1;
        } else if (index > highest_) {
            slide(index - highest_);
            highest_ = index;
            low_ |= 1;
        } else if (const std::uint64_t age = highest_ - index; age < 64) {
            low_ |= std::uint64_t{1} << age;
        } else if (age < kSize) {
            high_ |= std::uint64_t{1} << (age - 64);
        }
    }

 private:
    void slide(std::uint64_t by) {
        if (by >= kSize) {
            low_ = high_ = 0;
        } else if (by >= 64) {
            high_ = low_ << (by - 64);
            low_ = 0;
        } else {
            high_ = (high_ << by) | (low_ >> (64 - by));
            low_ <<= by;
        }
    }

    // Bit n of low_ and bit n - 64 of high_ stand for the index highest_ - n; bit 0 of low_ is
    // set in every window that is not empty.
    std::uint64_t highest_ = 0;
    std::uint64_t low_ = 0;
    std::uint64_t high_ = 0;
};

/// The 48-bit index that a sequence number most likely stands for (RFC 3711 §3.3.1 and appendix A).
/// Before the first roll-over a number from "before the start" counts as roll-over 0, since there
/// is no earlier one.
inline std::uint64_t estimate_index(const ReplayWindow& window, std::uint16_t sequence) {
    if (window.empty()) return sequence;
    constexpr std::uint32_t kHalf = 1U << 15;
    const std::uint64_t rollover = window.highest() >> 16;
    const std::uint32_t last = static_cast<std::uint32_t>(window.highest() & 0xFFFF);
    std::uint64_t guess = rollover;
    if (last < kHalf) {
        if (sequence > last + kHalf && rollover > 0) guess = rollover - 1;
    } else if (sequence < last - kHalf) {
        guess = rollover + 1;
    }
    return (guess << 16) | sequence;
}

}  // namespace parley::srtp
