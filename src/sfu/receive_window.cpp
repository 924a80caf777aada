#include "sfu/receive_window.hpp"

#include <algorithm>

namespace parley::sfu {

bool ReceiveWindow::test_and_set(std::int64_t index) {
    const auto bit = static_cast<std::uint64_t>(index) % kBits;
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    const bool was = (seen_[bit / 64] & mask) != 0;
    seen_[bit / 64] |= mask;
    return was;
}

void ReceiveWindow::clear(std::int64_t index) {
    const auto bit = static_cast<std::uint64_t>(index) % kBits;
    seen_[bit / 64] &= ~(std::uint64_t{1} << (bit % 64));
}

ReceiveWindow::Placed ReceiveWindow::add(std::uint16_t sequence_number) {
    const std::int64_t step =
        static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence_number - highest_number_));
    if (step > kMaxDropout || step < -kMaxMisorder) return {Verdict::kJump, 0};
    const std::int64_t index = highest_ + step;
    if (step > 0) {
        const std::int64_t first =
            std::max(highest_ + 1, index - static_cast<std::int64_t>(kBits) + 1);
        for (std::int64_t i = first; i <= index; ++i) clear(i);
        highest_ = index;
        highest_number_ = sequence_number;
    }
    return {test_and_set(index) ? Verdict::kDuplicate : Verdict::kNew, index};
}

void ReceiveWindow::restart(std::uint16_t sequence_number) {
    highest_number_ = static_cast<std::uint16_t>(sequence_number - 1);
    seen_.fill(0);
}

}  // namespace parley::sfu
