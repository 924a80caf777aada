// Datagrams written by a machine, waiting for one sendmmsg a socket.

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "net/datagram.hpp"
#include "runtime/udp_socket.hpp"

namespace parley::runtime {

class SendQueue {
 public:
    SendQueue() : arena_(kArena) { entries_.reserve(UdpSocket::kSendBatch); }

    /// Where the next poll_transmit() may write: always room for the largest train.
    BytesSpan space() { return BytesSpan(arena_).subspan(used_, kMaxTrain); }
    /// Takes what was written into space().
    void add(const net::Transmit& transmit);
    bool full() const {
        return entries_.size() == UdpSocket::kSendBatch || arena_.size() - used_ < kMaxTrain;
    }
    /// Sends everything, each entry from the socket of its local address, and empties the queue.
    SendResult flush(std::span<UdpSocket> sockets);

    /// One UDP message, trains included, is at most 64 KiB.
    static constexpr std::size_t kMaxTrain = 65'000;

 private:
    static constexpr std::size_t kArena = 512 * 1024;

    struct Entry {
        net::SocketAddress local;
        UdpSocket::Outgoing outgoing;
    };

    std::vector<std::uint8_t> arena_;
    std::size_t used_ = 0;
    std::vector<Entry> entries_;
    std::array<UdpSocket::Outgoing, UdpSocket::kSendBatch> batch_{};
};

}  // namespace parley::runtime
