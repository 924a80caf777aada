#include "sfu/packet_ring.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace parley::sfu {

SlotId PacketRing::append(const StoredPacket& packet) {
    const std::size_t size = packet.payload.size() + packet.extensions.size();
    if (size > limits_.max_bytes) return kNoSlot;
    make_room(size, packet.arrival);
    const SlotId id = next_++;
    Slot& target = slot(id);
    put(target, packet);
    target.packet.id = id;
    return id;
}

const StoredPacket* PacketRing::find(SlotId id) const {
    if (id < oldest_ || id >= next_) return nullptr;
    return &slot(id).packet;
}

// A packet's octets lie together: the arena's end is skipped when they do not fit there.
std::uint64_t PacketRing::place(std::size_t size) const {
    const std::size_t at = static_cast<std::size_t>(head_ % arena_.size());
    return at + size > arena_.size() ? head_ + (arena_.size() - at) : head_;
}

bool PacketRing::oldest_is_young(Instant now) const {
    return oldest_ < next_ && slot(oldest_).packet.arrival + limits_.retention > now;
}

void PacketRing::make_room(std::size_t size, Instant now) {
    if (slots_.empty()) slots_.resize(std::min(kFirstPackets, limits_.max_packets));
    if (arena_.empty()) arena_.resize(std::min(kFirstBytes, limits_.max_bytes));
    if (next_ - oldest_ == slots_.size()) {
        if (slots_.size() < limits_.max_packets && oldest_is_young(now)) {
            resize_slots(slots_.size() * 2);
        } else {
            ++oldest_;
        }
    }
    while (arena_.size() < limits_.max_bytes) {
        const bool loses =
            oldest_ < next_ && slot(oldest_).begin + arena_.size() < place(size) + size;
        if (size <= arena_.size() && !(loses && oldest_is_young(now))) break;
        resize_arena(std::min(arena_.size() * 2, limits_.max_bytes));
    }
    forget_overwritten(place(size) + size);
}

void PacketRing::forget_overwritten(std::uint64_t end) {
    while (oldest_ < next_ && slot(oldest_).begin + arena_.size() < end) ++oldest_;
}

void PacketRing::put(Slot& target, const StoredPacket& packet) {
    const std::size_t size = packet.payload.size() + packet.extensions.size();
    target.begin = place(size);
    head_ = target.begin + size;
    std::uint8_t* at = arena_.data() + target.begin % arena_.size();
    // The views may be empty, and memcpy takes no null pointer.
    std::copy(packet.payload.begin(), packet.payload.end(), at);
    std::copy(packet.extensions.begin(), packet.extensions.end(), at + packet.payload.size());
    const BytesView payload(at, packet.payload.size());
    const BytesView extensions(at + packet.payload.size(), packet.extensions.size());
    if (&target.packet != &packet) target.packet = packet;
    target.packet.payload = payload;
    target.packet.extensions = extensions;
}

void PacketRing::resize_arena(std::size_t size) {
    const std::vector<std::uint8_t> old = std::exchange(arena_, std::vector<std::uint8_t>(size));
    head_ = 0;  // every packet is placed anew, and all of them fit
    for (SlotId id = oldest_; id < next_; ++id) put(slot(id), slot(id).packet);
}

void PacketRing::resize_slots(std::size_t size) {
    const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(size));
    for (SlotId id = oldest_; id < next_; ++id) {
        slot(id) = old[static_cast<std::size_t>(id) & (old.size() - 1)];
    }
}

}  // namespace parley::sfu
