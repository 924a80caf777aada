// A participant's UDP socket. Unlike runtime::UdpSocket it has no buffers of its own: hundreds of
// participants on one thread share one set for receiving and one for sending. It receives trains
// (UDP_GRO) and sends each packet as a datagram of its own, as browsers do.

#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "load/link.hpp"
#include "net/datagram.hpp"
#include "runtime/clock.hpp"
#include "runtime/file_descriptor.hpp"

namespace parley::load {

/// What sending one more datagram would meet as well: the socket's or the machine's queue is full.
inline bool queue_full(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

/// Hands `count` datagrams to `send(first, count)`, which says how many of them the kernel took, or
/// that it took none, with the error: sendmmsg(2). Returns how many were refused. What a full queue
/// refuses is not tried packet by packet: that costs the time in which it would drain.
template <typename Send>
std::size_t send_all(std::size_t count, Send&& send) {
    std::size_t refused = 0;
    for (std::size_t at = 0; at < count;) {
        const std::expected<std::size_t, int> taken = send(at, count - at);
        if (taken) {
            at += *taken;
        } else if (queue_full(taken.error())) {
            return refused + count - at;
        } else {
            ++refused;
            ++at;
        }
    }
    return refused;
}

/// The buffers that all ports of a thread share.
class PortBuffers {
 public:
    static constexpr std::size_t kReceiveBatch = 16;
    static constexpr std::size_t kReceiveBuffer = 65536;
    static constexpr std::size_t kSendBatch = 64;
    static constexpr std::size_t kControl = 64;

    PortBuffers();

 private:
    friend class Port;

    std::array<mmsghdr, kReceiveBatch> in_headers_{};
    std::array<iovec, kReceiveBatch> in_vectors_{};
    std::array<sockaddr_storage, kReceiveBatch> in_addresses_{};
    alignas(cmsghdr) std::array<std::array<char, kControl>, kReceiveBatch> in_control_{};
    std::unique_ptr<std::uint8_t[]> in_bytes_;

    std::array<mmsghdr, kSendBatch> out_headers_{};
    std::array<iovec, kSendBatch> out_vectors_{};
    std::array<sockaddr_storage, kSendBatch> out_addresses_{};
    std::array<std::array<std::uint8_t, net::kMaxDatagram>, kSendBatch> out_bytes_{};
    std::size_t waiting_ = 0;  // to be sent, all by the same port
};

class Port {
 public:
    /// Binds to an address of this machine, any port.
    static std::expected<Port, std::string> open(const net::IpAddress& local, PortBuffers& buffers);
    /// The address from which datagrams to `remote` leave this machine; invalid without a route.
    static net::IpAddress local_address_towards(const net::SocketAddress& remote);

    int fd() const { return fd_.get(); }
    const net::SocketAddress& local() const { return local_; }
    void emulate(const LinkOptions& options, std::uint64_t seed);

    // ---- out: space(), write there, commit(); flush() before another port sends ----
    BytesSpan space() { return buffers_->out_bytes_[buffers_->waiting_]; }
    void commit(const net::Transmit& transmit, Instant now);
    void flush();
    /// Datagrams that the kernel did not take: they are lost, as on any network, but here.
    std::uint64_t unsent() const { return unsent_; }

    // ---- in ----
    /// Reads one batch and calls `take(net::Datagram&, Instant now)` for each datagram. Returns the
    /// time at which it was read.
    template <typename Take>
    Instant receive(Take&& take) {
        const std::size_t count = receive_messages();
        const Instant now = runtime::now();
        for (std::size_t i = 0; i < count; ++i) {
            const Message message = received(i);
            for (std::size_t at = 0; at < message.bytes.size(); at += message.segment) {
                const std::size_t size = std::min(message.segment, message.bytes.size() - at);
                const auto bytes = message.bytes.subspan(at, size);
                if (in_) {
                    in_->offer(bytes, message.remote, now);
                    continue;
                }
                net::Datagram datagram{{net::Protocol::kUdp, local_, message.remote, 0}, bytes};
                take(datagram, now);
            }
        }
        return now;
    }

    // ---- emulated links ----
    Instant next_timeout() const;
    /// Passes on what its links have held long enough.
    template <typename Take>
    void handle_timeout(Instant now, Take&& take) {
        if (!in_) return;
        in_->release(now, [&](EmulatedLink::Held& held) {
            net::Datagram datagram{{net::Protocol::kUdp, local_, held.remote, 0}, held.bytes};
            take(datagram, now);
        });
        release_out(now);
    }

 private:
    struct Message {
        net::SocketAddress remote;
        BytesSpan bytes;
        std::size_t segment = 0;
    };

    Port(runtime::FileDescriptor fd, net::SocketAddress local, PortBuffers& buffers)
        : fd_(std::move(fd)), local_(local), buffers_(&buffers) {}
    std::size_t receive_messages();
    Message received(std::size_t index);
    void release_out(Instant now);

    runtime::FileDescriptor fd_;
    net::SocketAddress local_;
    PortBuffers* buffers_;
    std::optional<EmulatedLink> in_;
    std::optional<EmulatedLink> out_;
    std::uint64_t unsent_ = 0;
};

}  // namespace parley::load
