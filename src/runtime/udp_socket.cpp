#include "runtime/udp_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "base/assert.hpp"
#include "runtime/sockaddr.hpp"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace parley::runtime {
namespace {

constexpr std::size_t kControlSize = 128;

std::string bind_error(const net::SocketAddress& local, int error) {
    const std::string where = "cannot bind media port udp " + local.to_string() + ": ";
    switch (error) {
        case EADDRINUSE:
            return where +
                   "another program uses it. Stop that program or choose another port "
                   "with --media-port.";
        case EACCES:
            return where +
                   "ports below 1024 need privileges. Choose a higher one with --media-port.";
        case EADDRNOTAVAIL:
            return where +
                   "this machine has no such address. Check the media addresses in the "
                   "configuration.";
        default: return where + std::strerror(error);
    }
}

std::uint32_t datagrams_in(const UdpSocket::Outgoing& outgoing) {
    if (outgoing.segment == 0) return 1;
    const std::size_t size = outgoing.bytes.size();
    return static_cast<std::uint32_t>((size + outgoing.segment - 1) / outgoing.segment);
}

}  // namespace

struct UdpSocket::Buffers {
    std::array<mmsghdr, kReceiveBatch> in_headers{};
    std::array<iovec, kReceiveBatch> in_vectors{};
    std::array<sockaddr_storage, kReceiveBatch> in_addresses{};
    alignas(cmsghdr) std::array<std::array<char, kControlSize>, kReceiveBatch> in_control{};
    std::vector<std::uint8_t> in_bytes = std::vector<std::uint8_t>(kReceiveBatch * kReceiveBuffer);

    std::array<mmsghdr, kSendBatch> out_headers{};
    std::array<iovec, kSendBatch> out_vectors{};
    std::array<sockaddr_storage, kSendBatch> out_addresses{};
    alignas(cmsghdr)
        std::array<std::array<char, CMSG_SPACE(sizeof(std::uint16_t))>, kSendBatch> out_control{};
};

void set_socket_buffers(int fd, int bytes) {
    for (const auto& [force, plain] :
         {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}}) {
        if (::setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof bytes) != 0) {
            ::setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof bytes);
        }
    }
}

void UdpSocket::FreeBuffers::operator()(Buffers* buffers) const {
    delete buffers;
}

UdpSocket::UdpSocket(FileDescriptor fd, net::SocketAddress local)
    : fd_(std::move(fd)), local_(local), buffers_(new Buffers) {}

std::expected<UdpSocket, UdpSocket::OpenFailure> UdpSocket::open(const net::SocketAddress& local,
                                                                 int buffer_bytes) {
    const int family = local.ip.is_v4() ? AF_INET : AF_INET6;
    FileDescriptor fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
        return std::unexpected(
            OpenFailure{"cannot open a UDP socket: " + std::string(std::strerror(errno))});
    }
    const int on = 1;
    if (family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    // Best effort: without them the socket works, only slower or without ECN.
    ::setsockopt(fd.get(), SOL_UDP, UDP_GRO, &on, sizeof on);
    if (family == AF_INET) {
        ::setsockopt(fd.get(), IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
    } else {
        ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on);
    }
    set_socket_buffers(fd.get(), buffer_bytes);
    sockaddr_storage address{};
    const socklen_t size = to_sockaddr(local, address);
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) {
        const int error = errno;
        return std::unexpected(OpenFailure{bind_error(local, error), error == EADDRINUSE});
    }
    socklen_t bound_size = sizeof address;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &bound_size);
    return UdpSocket(std::move(fd), from_sockaddr(address));
}

std::size_t UdpSocket::receive_messages() {
    auto& b = *buffers_;
    for (std::size_t i = 0; i < kReceiveBatch; ++i) {
        b.in_vectors[i] = {&b.in_bytes[i * kReceiveBuffer], kReceiveBuffer};
        msghdr& header = b.in_headers[i].msg_hdr;
        header = {};
        header.msg_name = &b.in_addresses[i];
        header.msg_namelen = sizeof(sockaddr_storage);
        header.msg_iov = &b.in_vectors[i];
        header.msg_iovlen = 1;
        header.msg_control = b.in_control[i].data();
        header.msg_controllen = kControlSize;
    }
    // An error here (an ICMP answer to an earlier send, say) is reported once and costs nothing.
    const int count =
        ::recvmmsg(fd_.get(), b.in_headers.data(), kReceiveBatch, MSG_DONTWAIT, nullptr);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

UdpSocket::Received UdpSocket::received(std::size_t index) {
    auto& b = *buffers_;
    msghdr& header = b.in_headers[index].msg_hdr;
    Received message;
    message.remote = from_sockaddr(b.in_addresses[index]);
    message.bytes = BytesSpan(&b.in_bytes[index * kReceiveBuffer], b.in_headers[index].msg_len);
    message.segment = std::max<std::size_t>(1, message.bytes.size());
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int segment = 0;
            std::memcpy(&segment, CMSG_DATA(c), sizeof segment);
            if (segment > 0) message.segment = static_cast<std::size_t>(segment);
        } else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) ||
                   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)) {
            message.ecn = static_cast<net::Ecn>(*CMSG_DATA(c) & 0x03);
        }
    }
    return message;
}

SendResult UdpSocket::send_batch(std::span<const Outgoing> batch) {
    PARLEY_ASSERT(batch.size() <= kSendBatch);
    if (!segmentation_) return send_singly(batch);
    auto& b = *buffers_;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const Outgoing& out = batch[i];
        b.out_vectors[i] = {const_cast<std::uint8_t*>(out.bytes.data()), out.bytes.size()};
        msghdr& header = b.out_headers[i].msg_hdr;
        header = {};
        header.msg_name = &b.out_addresses[i];
        header.msg_namelen = to_sockaddr(out.remote, b.out_addresses[i]);
        header.msg_iov = &b.out_vectors[i];
        header.msg_iovlen = 1;
        if (out.segment == 0 || out.segment >= out.bytes.size()) continue;
        header.msg_control = b.out_control[i].data();
        header.msg_controllen = b.out_control[i].size();
        cmsghdr* control = CMSG_FIRSTHDR(&header);
        control->cmsg_level = SOL_UDP;
        control->cmsg_type = UDP_SEGMENT;
        control->cmsg_len = CMSG_LEN(sizeof out.segment);
        std::memcpy(CMSG_DATA(control), &out.segment, sizeof out.segment);
    }
    SendResult result;
    std::size_t at = 0;
    while (at < batch.size()) {
        const int count = ::sendmmsg(fd_.get(), &b.out_headers[at],
                                     static_cast<unsigned>(batch.size() - at), MSG_DONTWAIT);
        const int error = count < 0 ? errno : 0;
        for (int i = 0; i < count; ++i) result.sent += datagrams_in(batch[at++]);
        if (error == 0) continue;
        if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) {
            for (; at < batch.size(); ++at) result.failed += datagrams_in(batch[at]);
            break;
        }
        result += send_refused(batch[at++], error);
    }
    return result;
}

// A path or an interface that refuses segmentation gets single datagrams.
SendResult UdpSocket::send_refused(const Outgoing& outgoing, int error) {
    if (outgoing.segment == 0) return {0, 1};
    // udp(7): no checksum offload on the way out. Another path may have it, but asking each time
    // costs more than trains save.
    if (error == EIO) segmentation_ = false;
    return send_single(outgoing);
}

SendResult UdpSocket::send_singly(std::span<const Outgoing> batch) {
    SendResult result;
    for (const Outgoing& outgoing : batch) result += send_single(outgoing);
    return result;
}

SendResult UdpSocket::send_single(const Outgoing& outgoing) {
    SendResult result;
    sockaddr_storage address{};
    const socklen_t size = to_sockaddr(outgoing.remote, address);
    const std::size_t step = outgoing.segment == 0 ? outgoing.bytes.size() : outgoing.segment;
    for (std::size_t at = 0; at < outgoing.bytes.size(); at += step) {
        const auto piece = outgoing.bytes.subspan(at, std::min(step, outgoing.bytes.size() - at));
        const auto sent = ::sendto(fd_.get(), piece.data(), piece.size(), MSG_DONTWAIT,
                                   reinterpret_cast<sockaddr*>(&address), size);
        ++(sent >= 0 ? result.sent : result.failed);
    }
    return result;
}

}  // namespace parley::runtime
