#include "sfu/sent_history.hpp"

#include <algorithm>
#include <utility>

namespace parley::sfu {

void SentHistory::record(std::int64_t number, SlotId slot, const Decision& decision,
                         std::size_t bytes, Instant now) {
    if (!enabled_) return;
    budget_ = std::min(budget_ + static_cast<std::int64_t>(bytes) / kBudgetDivisor, kMaxBudget);
    if (entries_.empty()) entries_.resize(kFirstEntries);
    while (entries_.size() < kMaxEntries) {
        const Entry& old = entry(number);
        const bool young = old.number >= 0 && old.number < number && now - old.sent < kRetention;
        if (!young) break;
        grow();
    }
    if (number <= highest_ - static_cast<std::int64_t>(entries_.size())) return;
    highest_ = std::max(highest_, number);
    entry(number) = {number, slot, now, false, decision};
}

void SentHistory::grow() {
    const std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(entries_.size() * 2));
    for (const Entry& e : old) {
        if (e.number >= 0) entry(e.number) = e;
    }
}

std::optional<Retransmission> SentHistory::answer(std::uint16_t sequence_number,
                                                  const PacketRing& ring, Instant now,
                                                  std::optional<Duration> rtt) {
    ++asked_;
    if (!enabled_ || entries_.empty()) return {};
    const auto back =
        static_cast<std::uint16_t>(static_cast<std::uint16_t>(highest_) - sequence_number);
    const std::int64_t number = highest_ - back;
    if (number < 0) return {};
    Entry& sent = entry(number);
    if (sent.number != number) return {};
    const StoredPacket* packet = ring.find(sent.slot);
    if (packet == nullptr) return {};
    // Once in a round trip: the same request again before the answer can have arrived is no news.
    const Duration wait = std::max(rtt.value_or(kDefaultRtt), kMinRtt);
    if (sent.again && now - sent.sent < wait) return {};
    const auto cost = static_cast<std::int64_t>(packet->payload.size());
    if (budget_ < cost) return {};
    budget_ -= cost;
    sent.sent = now;
    sent.again = true;
    ++sent_;
    return Retransmission{sent.slot, sent.decision, rtx_number_++};
}

std::optional<Retransmission> SentHistory::filling(std::size_t size, const PacketRing& ring) {
    const Entry* best = nullptr;
    std::size_t best_size = 0;
    for (std::int64_t number = highest_; number > highest_ - kFillingChoice; --number) {
        if (number < 0 || entries_.empty()) break;
        const Entry& sent = entry(number);
        const StoredPacket* packet = sent.number == number ? ring.find(sent.slot) : nullptr;
        if (packet == nullptr || sent.decision.empty) continue;
        const std::size_t has = packet->payload.size();
        const bool better = best_size < size ? has > best_size : has >= size && has < best_size;
        if (!better) continue;
        best = &sent;
        best_size = has;
    }
    if (best == nullptr) return {};
    return Retransmission{best->slot, best->decision, rtx_number_++};
}

}  // namespace parley::sfu
