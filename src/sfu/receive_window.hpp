// Which sequence numbers of one incoming stream have arrived: unwraps them, finds duplicates, and
// notices that a source may have restarted (RFC 3550 appendix A.1).

#pragma once

#include <array>
#include <cstdint>

namespace parley::sfu {

class ReceiveWindow {
 public:
    /// A step this far forward or back is a restart rather than loss or reordering (RFC 3550
    /// appendix A.1 has 3000 and 100; retransmissions come later than plain reordering).
    static constexpr std::int64_t kMaxDropout = 3000;
    static constexpr std::int64_t kMaxMisorder = 2047;

    enum class Verdict : std::uint8_t { kNew, kDuplicate, kJump };
    struct Placed {
        Verdict verdict = Verdict::kNew;
        std::int64_t index = 0;  // continuous across wraps and restarts
    };

    /// Places and remembers the number, unless it is a jump.
    Placed add(std::uint16_t sequence_number);
    /// The packet with this number, still to be added, follows the highest one.
    void restart(std::uint16_t sequence_number);

    std::int64_t highest() const { return highest_; }

 private:
    static constexpr std::size_t kBits = 2048;
    bool test_and_set(std::int64_t index);
    void clear(std::int64_t index);

    std::int64_t highest_ = 1 << 16;  // leaves room below for packets older than the first
    std::uint16_t highest_number_ = 0;
    std::array<std::uint64_t, kBits / 64> seen_{};
};

}  // namespace parley::sfu
