#include "srtp/source_table.hpp"

#include <algorithm>
#include <bit>

namespace parley::srtp {

// Remote parties choose SSRCs; Fibonacci hashing spreads whatever pattern they follow, and the
// table's limit bounds what an adversary could gain by collisions.
std::size_t SourceTable::slot_of(std::uint32_t ssrc) const {
    const std::uint64_t mixed = ssrc * 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(mixed >> 32) & (slots_.size() - 1);
}

Source* SourceTable::find(std::uint32_t ssrc) {
    if (slots_.empty()) return nullptr;
    for (std::size_t at = slot_of(ssrc); slots_[at].used; at = (at + 1) & (slots_.size() - 1)) {
        if (slots_[at].source.ssrc == ssrc) return &slots_[at].source;
    }
    return nullptr;
}

Source* SourceTable::find_or_add(std::uint32_t ssrc) {
    if (Source* known = find(ssrc)) return known;
    if (full()) return nullptr;
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    std::size_t at = slot_of(ssrc);
    while (slots_[at].used) at = (at + 1) & (slots_.size() - 1);
    slots_[at].used = true;
    slots_[at].source.ssrc = ssrc;
    ++size_;
    return &slots_[at].source;
}

void SourceTable::grow() {
    std::vector<Slot> old(std::max<std::size_t>(8, slots_.size() * 2));
    old.swap(slots_);
    for (const Slot& slot : old) {
        if (!slot.used) continue;
        std::size_t at = slot_of(slot.source.ssrc);
        while (slots_[at].used) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = slot;
    }
}

}  // namespace parley::srtp
