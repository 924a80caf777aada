#include "sfu/red_copies.hpp"

namespace parley::sfu {
namespace {

// RFC 2198 §3: four octets before each redundant block, one before the newest.
constexpr std::size_t kBlockHeader = 4;
constexpr std::size_t kLastHeader = 1;

}  // namespace

std::size_t red_size(std::size_t size, const Copies& copies) {
    if (copies.empty()) return size;
    size += kLastHeader;
    for (const rtp::RedBlock& block : copies) size += kBlockHeader + block.payload.size();
    return size;
}

Copies copies_of(const StoredPacket& packet, const Decision& decision, const PacketRing& ring) {
    Copies copies;
    if (decision.copies == 0) return copies;
    for (unsigned n = kMaxCopies; n-- > 0;) {
        const SlotId back = decision.copy(n);
        if (back == 0 || back > packet.id) continue;
        const StoredPacket* earlier = ring.find(packet.id - back);
        if (earlier == nullptr) continue;
        const std::uint32_t offset = packet.timestamp - earlier->timestamp;
        copies.push_back({0, static_cast<std::uint16_t>(offset), earlier->payload});
    }
    return copies;
}

std::size_t RecentFrames::choose(std::int64_t number, const StoredPacket& packet, std::uint8_t most,
                                 const PacketRing& ring, Decision& decision) const {
    std::size_t octets = 0;
    for (std::uint8_t age = 1; age <= most; ++age) {
        const Entry& sent = entry(number - age);
        if (sent.number != number - age || sent.slot >= packet.id) continue;
        const SlotId back = packet.id - sent.slot;
        const StoredPacket* earlier = ring.find(sent.slot);
        if (back > kMaxCopyDistance || earlier == nullptr) continue;
        const std::size_t size = earlier->payload.size();
        const std::uint32_t offset = packet.timestamp - earlier->timestamp;
        const std::size_t total = packet.payload.size() + octets + size + kBlockHeader;
        const bool fits = offset > 0 && offset <= rtp::kMaxRedTimestampOffset && size > 0 &&
                          size <= rtp::kMaxRedBlockSize && total + kLastHeader <= kMaxRedPayload;
        if (!fits) break;  // what is older fits no better
        decision.set_copy(age - 1U, back);
        octets += size + kBlockHeader;
    }
    return octets == 0 ? 0 : octets + kLastHeader;
}

}  // namespace parley::sfu
