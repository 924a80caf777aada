#include "runtime/send_queue.hpp"

#include "base/assert.hpp"

namespace parley::runtime {

void SendQueue::add(const net::Transmit& transmit) {
    PARLEY_ASSERT(!full() && transmit.size <= kMaxTrain);
    const auto bytes = BytesView(arena_).subspan(used_, transmit.size);
    entries_.push_back({transmit.path.local, {transmit.path.remote, bytes, transmit.segment}});
    used_ += transmit.size;
}

SendResult SendQueue::flush(std::span<UdpSocket> sockets) {
    SendResult total;
    std::size_t handled = 0;
    for (UdpSocket& socket : sockets) {
        if (handled == entries_.size()) break;
        std::size_t count = 0;
        for (const Entry& entry : entries_) {
            if (entry.local == socket.local()) batch_[count++] = entry.outgoing;
        }
        if (count == 0) continue;
        const SendResult result = socket.send_batch(std::span(batch_).first(count));
        total.sent += result.sent;
        total.failed += result.failed;
        handled += count;
    }
    // A path whose local address has no socket any more: nothing can carry it.
    total.failed += static_cast<std::uint32_t>(entries_.size() - handled);
    entries_.clear();
    used_ = 0;
    return total;
}

}  // namespace parley::runtime
