// A TCP connection that carries framed datagrams (RFC 4571), for ICE over TCP (RFC 6544).

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "net/datagram.hpp"
#include "net/framing.hpp"
#include "runtime/file_descriptor.hpp"

namespace parley::runtime {

class TcpConnection {
 public:
    TcpConnection(FileDescriptor fd, net::Path path, Instant since = {});

    int fd() const { return fd_.get(); }
    const net::Path& path() const { return path_; }
    Instant since() const { return since_; }
    bool wants_write() const { return !queue_.empty(); }

    /// What the socket had to say.
    enum class Status : std::uint8_t { kOpen, kClosed };

    /// Feeds octets that were read before the connection came here, then reads what is there and
    /// calls `take(net::Datagram&)` for each frame.
    template <typename Take>
    void feed(BytesView bytes, Take&& take) {
        frames_.feed(bytes, [&](BytesSpan frame) {
            net::Datagram datagram{path_, frame, net::Ecn::kNotEct};
            take(datagram);
        });
    }
    template <typename Take>
    Status receive(Take&& take) {
        // Bounded, so that one fast sender does not starve the others; epoll reports the rest.
        for (int round = 0; round < kReadsPerTurn; ++round) {
            const auto bytes = read_some();
            if (bytes.empty()) return status_;
            feed(bytes, take);
        }
        return status_;
    }

    /// Frames and sends a datagram, or queues it. False when the queue is full: the datagram is
    /// dropped, as UDP would.
    bool send(BytesView datagram);
    /// Sends queued octets once the socket takes them again.
    Status flush();

    /// Queued octets are at most 256 kB: more is delay that nobody wants to hear.
    static constexpr std::size_t kMaxQueue = 256 * 1024;

 private:
    static constexpr int kReadsPerTurn = 4;

    BytesView read_some();

    FileDescriptor fd_;
    net::Path path_;
    Instant since_;
    net::FrameReader frames_;
    std::vector<std::uint8_t> queue_;
    Status status_ = Status::kOpen;
};

}  // namespace parley::runtime
