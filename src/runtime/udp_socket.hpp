// A UDP socket that reads and writes whole batches: recvmmsg with receive offload, sendmmsg with
// segmentation offload (limits of one system call a packet: about 2 µs each way).

#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "net/datagram.hpp"
#include "runtime/file_descriptor.hpp"

namespace parley::runtime {

/// What happened to datagrams handed to the kernel.
struct SendResult {
    std::uint32_t sent = 0;    // datagrams taken by the kernel, segments counted
    std::uint32_t failed = 0;  // datagrams it refused; dropped, never retried

    SendResult& operator+=(const SendResult& other) {
        sent += other.sent;
        failed += other.failed;
        return *this;
    }
};

/// How much a socket may hold each way. Beyond the system's limit (the FORCE options) where the
/// process may; else the limit applies.
void set_socket_buffers(int fd, int bytes);

class UdpSocket {
 public:
    /// Why a socket could not be opened: the text names the address, the cause and what to change.
    struct OpenFailure {
        std::string text;
        bool port_taken = false;
    };
    /// Binds.
    static std::expected<UdpSocket, OpenFailure> open(const net::SocketAddress& local,
                                                      int buffer_bytes);

    int fd() const { return fd_.get(); }
    const net::SocketAddress& local() const { return local_; }

    static constexpr std::size_t kReceiveBatch = 32;
    /// Each message may be a train of coalesced datagrams, up to 64 KiB.
    static constexpr std::size_t kReceiveBuffer = 65536;
    /// Small, so that the first subscriber's packets leave before the last one's are made: 16 costs
    /// the processor what 64 does, and takes a tenth off the delay.
    static constexpr std::size_t kSendBatch = 16;

    /// Reads what is there, at most kReceiveBatch messages, and calls
    /// `take(net::Datagram&)` for each datagram. Returns the number of messages read.
    template <typename Take>
    std::size_t receive_batch(Take&& take) {
        const std::size_t count = receive_messages();
        for (std::size_t i = 0; i < count; ++i) {
            const Received message = received(i);
            for (std::size_t at = 0; at < message.bytes.size(); at += message.segment) {
                const std::size_t size = std::min(message.segment, message.bytes.size() - at);
                net::Datagram datagram{{net::Protocol::kUdp, local_, message.remote, 0},
                                       message.bytes.subspan(at, size),
                                       message.ecn};
                take(datagram);
            }
        }
        return count;
    }

    /// One datagram or train for send_batch().
    struct Outgoing {
        net::SocketAddress remote;
        BytesView bytes;
        std::uint16_t segment = 0;  // 0: one datagram
    };
    /// Sends at most kSendBatch entries.
    SendResult send_batch(std::span<const Outgoing> batch);

 private:
    struct Received {
        net::SocketAddress remote;
        BytesSpan bytes;
        std::size_t segment = 0;
        net::Ecn ecn = net::Ecn::kNotEct;
    };
    struct Buffers;

    UdpSocket(FileDescriptor fd, net::SocketAddress local);
    std::size_t receive_messages();
    Received received(std::size_t index);
    SendResult send_refused(const Outgoing& outgoing, int error);
    SendResult send_singly(std::span<const Outgoing> batch);
    SendResult send_single(const Outgoing& outgoing);

    struct FreeBuffers {
        void operator()(Buffers* buffers) const;
    };

    FileDescriptor fd_;
    net::SocketAddress local_;
    bool segmentation_ = true;  // false once the kernel has said that it cannot
    std::unique_ptr<Buffers, FreeBuffers> buffers_;
};

}  // namespace parley::runtime
