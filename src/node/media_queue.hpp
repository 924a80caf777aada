// What one subscriber is about to be sent again, and the train that is being put together:
// references into the rings of publications, in order.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "cc/types.hpp"
#include "sfu/decision.hpp"

namespace parley::node {

struct Outlet;

/// A packet to be written, the first time or again.
struct QueuedPacket {
    Outlet* outlet = nullptr;
    sfu::SlotId slot = sfu::kNoSlot;
    sfu::Decision decision;
    bool again = false;
    std::uint16_t rtx_sequence_number = 0;
};

/// A piece of a train, and its size before padding and protection.
struct TrainPiece {
    QueuedPacket packet;
    std::size_t size = 0;
    cc::ProbeId probe = cc::kNoProbe;
};

/// The train that is being put together: one at a time on a node.
class Train {
 public:
    /// Fewer than the kernel takes (UDP_MAX_SEGMENTS: 64), and more than a pacer lets go at once
    /// at usual rates.
    static constexpr std::size_t kMaxPieces = 32;

    bool empty() const { return size_ == 0; }
    bool full() const { return size_ == kMaxPieces; }
    std::size_t size() const { return size_; }
    const TrainPiece& operator[](std::size_t i) const { return pieces_[i]; }
    void push(const TrainPiece& piece) { pieces_[size_++] = piece; }
    void clear() { size_ = 0; }

 private:
    std::array<TrainPiece, kMaxPieces> pieces_;
    std::size_t size_ = 0;
};

/// A ring that grows to its limit and then refuses.
class MediaQueue {
 public:
    /// A second of 40 Mbit/s in full packets: a subscriber that is this far behind has no use for
    /// what comes next.
    static constexpr std::size_t kMaxPackets = 4096;

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    QueuedPacket& front() { return items_[head_]; }
    void pop() {
        head_ = (head_ + 1) & (items_.size() - 1);
        --size_;
    }
    bool push(const QueuedPacket& packet) {
        if (size_ == items_.size() && !grow()) return false;
        items_[(head_ + size_) & (items_.size() - 1)] = packet;
        ++size_;
        return true;
    }
    /// Takes out everything that belongs to an outlet that is going away.
    void forget(const Outlet* outlet) {
        const std::size_t count = size_;
        for (std::size_t i = 0; i < count; ++i) {
            const QueuedPacket packet = front();
            pop();
            if (packet.outlet != outlet) push(packet);
        }
    }

 private:
    bool grow() {
        if (items_.size() >= kMaxPackets) return false;
        std::vector<QueuedPacket> larger(items_.empty() ? 32 : items_.size() * 2);
        for (std::size_t i = 0; i < size_; ++i) {
            larger[i] = items_[(head_ + i) & (items_.size() - 1)];
        }
        items_.swap(larger);
        head_ = 0;
        return true;
    }

    std::vector<QueuedPacket> items_;  // a power of two
    std::size_t head_ = 0;
    std::size_t size_ = 0;
};

}  // namespace parley::node
