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

    /// What the socket had to say. After anything but kOpen the connection is of no use.
    enum class Status : std::uint8_t {
        kOpen,
        kClosed,
        kStopped,   // the one who takes datagrams wants no more
        kTooLarge,  // a frame was larger than a datagram here may be
    };

    /// Feeds octets that were read before the connection came here and calls
    /// `bool take(net::Datagram&)` for each frame, until it says false.
    template <typename Take>
    Status feed(BytesSpan bytes, Take&& take) {
        const auto status = frames_.feed(bytes, [&](BytesSpan frame) {
            net::Datagram datagram{path_, frame, net::Ecn::kNotEct};
            return take(datagram);
        });
        if (status == net::FrameStatus::kStopped) status_ = Status::kStopped;
        if (status == net::FrameStatus::kTooLarge) status_ = Status::kTooLarge;
        return status_;
    }
    /// Reads what is there, and feeds it.
    template <typename Take>
    Status receive(Take&& take) {
        // Bounded, so that one fast sender does not starve the others; epoll reports the rest.
        for (int round = 0; round < kReadsPerTurn && status_ == Status::kOpen; ++round) {
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

    BytesSpan read_some();

    FileDescriptor fd_;
    net::Path path_;
    Instant since_;
    net::FrameReader frames_;
    std::vector<std::uint8_t> queue_;
    Status status_ = Status::kOpen;
};

}  // namespace parley::runtime
