#include "load/port.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/udp.h>

#include "runtime/sockaddr.hpp"
#include "runtime/udp_socket.hpp"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace parley::load {
namespace {

/// A keyframe of sixteen publishers at a time fits; the system's limit may be lower.
constexpr int kSocketBuffer = 1 << 20;

}  // namespace

PortBuffers::PortBuffers()
    // Not zeroed, so that only pages that trains really fill are ever touched.
    : in_bytes_(new std::uint8_t[kReceiveBatch * kReceiveBuffer]) {}

std::expected<Port, std::string> Port::open(const net::IpAddress& local, PortBuffers& buffers) {
    const int family = local.is_v4() ? AF_INET : AF_INET6;
    runtime::FileDescriptor fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
        return std::unexpected(
            std::string("cannot open a UDP socket: ") + std::strerror(errno) +
            (errno == EMFILE ? "; raise the limit of open files (ulimit -n)" : ""));
    }
    const int on = 1;
    ::setsockopt(fd.get(), SOL_UDP, UDP_GRO, &on, sizeof on);  // without it, only slower
    runtime::set_socket_buffers(fd.get(), kSocketBuffer);
    sockaddr_storage address{};
    socklen_t size = runtime::to_sockaddr({local, 0}, address);
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) {
        return std::unexpected("cannot bind a UDP socket to " + local.to_string() + ": " +
                               std::strerror(errno));
    }
    size = sizeof address;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return Port(std::move(fd), runtime::from_sockaddr(address), buffers);
}

net::IpAddress Port::local_address_towards(const net::SocketAddress& remote) {
    const int family = remote.ip.is_v4() ? AF_INET : AF_INET6;
    const runtime::FileDescriptor probe(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage address{};
    socklen_t size = runtime::to_sockaddr(remote, address);
    if (!probe || ::connect(probe.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) {
        return {};
    }
    size = sizeof address;
    if (::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
    return runtime::from_sockaddr(address).ip;
}

void Port::emulate(const LinkOptions& options, std::uint64_t seed) {
    if (!options.any()) return;
    in_.emplace(options, 2 * seed);
    // What publishers send does not adapt: a bottleneck there would only drown them.
    LinkOptions out = options;
    out.rate = {};
    out_.emplace(out, 2 * seed + 1);
}

void Port::commit(const net::Transmit& transmit, Instant now) {
    auto& b = *buffers_;
    const std::size_t slot = b.waiting_;
    if (out_) {
        out_->offer(BytesView(b.out_bytes_[slot]).first(transmit.size), transmit.path.remote, now);
        return release_out(now);
    }
    b.out_vectors_[slot] = {b.out_bytes_[slot].data(), transmit.size};
    msghdr& header = b.out_headers_[slot].msg_hdr;
    header = {};
    header.msg_name = &b.out_addresses_[slot];
    header.msg_namelen = runtime::to_sockaddr(transmit.path.remote, b.out_addresses_[slot]);
    header.msg_iov = &b.out_vectors_[slot];
    header.msg_iovlen = 1;
    if (++b.waiting_ == PortBuffers::kSendBatch) flush();
}

void Port::flush() {
    auto& b = *buffers_;
    unsent_ += send_all(b.waiting_, [&](std::size_t first, std::size_t count) {
        const int sent = ::sendmmsg(fd_.get(), &b.out_headers_[first], static_cast<unsigned>(count),
                                    MSG_DONTWAIT);
        return sent > 0 ? std::expected<std::size_t, int>(static_cast<std::size_t>(sent))
                        : std::unexpected(errno);
    });
    b.waiting_ = 0;
}

void Port::release_out(Instant now) {
    bool full = false;
    out_->release(now, [&](const EmulatedLink::Held& held) {
        sockaddr_storage address{};
        const socklen_t size = runtime::to_sockaddr(held.remote, address);
        const bool sent =
            !full && ::sendto(fd_.get(), held.bytes.data(), held.bytes.size(), MSG_DONTWAIT,
                              reinterpret_cast<sockaddr*>(&address), size) >= 0;
        if (sent) return;
        full = full || queue_full(errno);
        ++unsent_;
    });
}

Instant Port::next_timeout() const {
    return in_ ? std::min(in_->next_timeout(), out_->next_timeout()) : kNever;
}

std::size_t Port::receive_messages() {
    auto& b = *buffers_;
    for (std::size_t i = 0; i < PortBuffers::kReceiveBatch; ++i) {
        b.in_vectors_[i] = {&b.in_bytes_[i * PortBuffers::kReceiveBuffer],
                            PortBuffers::kReceiveBuffer};
        msghdr& header = b.in_headers_[i].msg_hdr;
        header.msg_name = &b.in_addresses_[i];
        header.msg_namelen = sizeof(sockaddr_storage);
        header.msg_iov = &b.in_vectors_[i];
        header.msg_iovlen = 1;
        header.msg_control = b.in_control_[i].data();
        header.msg_controllen = PortBuffers::kControl;
    }
    const int count = ::recvmmsg(fd_.get(), b.in_headers_.data(), PortBuffers::kReceiveBatch,
                                 MSG_DONTWAIT, nullptr);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

Port::Message Port::received(std::size_t index) {
    auto& b = *buffers_;
    Message message;
    message.remote = runtime::from_sockaddr(b.in_addresses_[index]);
    message.bytes =
        BytesSpan(&b.in_bytes_[index * PortBuffers::kReceiveBuffer], b.in_headers_[index].msg_len);
    message.segment = std::max<std::size_t>(1, message.bytes.size());
    msghdr& header = b.in_headers_[index].msg_hdr;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO) continue;
        int segment = 0;
        std::memcpy(&segment, CMSG_DATA(c), sizeof segment);
        if (segment > 0) message.segment = static_cast<std::size_t>(segment);
    }
    return message;
}

}  // namespace parley::load
