#include "runtime/tcp_connection.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace parley::runtime {
namespace {

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

TcpConnection::TcpConnection(FileDescriptor fd, net::Path path, Instant since)
    : fd_(std::move(fd)), path_(path), since_(since) {
    const int flags = ::fcntl(fd_.get(), F_GETFL, 0);
    ::fcntl(fd_.get(), F_SETFL, flags | O_NONBLOCK);
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

BytesSpan TcpConnection::read_some() {
    static constexpr std::size_t kChunk = 16 * 1024;
    // The scratch lives with the thread's stack user, not the connection: idle ones stay small.
    thread_local std::array<std::uint8_t, kChunk> scratch;
    const auto count = ::recv(fd_.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (count > 0) return BytesSpan(scratch.data(), static_cast<std::size_t>(count));
    if (count == 0 || !would_block(errno)) status_ = Status::kClosed;
    return {};
}

bool TcpConnection::send(BytesView datagram) {
    if (status_ != Status::kOpen || datagram.size() > 0xFFFF) return false;
    std::array<std::uint8_t, net::FrameReader::kHeader> header{};
    store_be16(header.data(), static_cast<std::uint16_t>(datagram.size()));
    const std::size_t total = header.size() + datagram.size();
    std::size_t sent = 0;
    if (queue_.empty()) {
        iovec parts[2] = {{header.data(), header.size()},
                          {const_cast<std::uint8_t*>(datagram.data()), datagram.size()}};
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = 2;
        const auto count = ::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && !would_block(errno)) {
            status_ = Status::kClosed;
            return false;
        }
        sent = count > 0 ? static_cast<std::size_t>(count) : 0;
        if (sent == total) return true;
    }
    if (queue_.size() + total - sent > kMaxQueue) return false;
    if (sent < header.size()) {
        queue_.insert(queue_.end(), header.begin() + static_cast<std::ptrdiff_t>(sent),
                      header.end());
        sent = header.size();
    }
    queue_.insert(queue_.end(),
                  datagram.begin() + static_cast<std::ptrdiff_t>(sent - header.size()),
                  datagram.end());
    return true;
}

TcpConnection::Status TcpConnection::flush() {
    if (queue_.empty() || status_ != Status::kOpen) return status_;
    const auto count = ::send(fd_.get(), queue_.data(), queue_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) {
        if (!would_block(errno)) status_ = Status::kClosed;
        return status_;
    }
    queue_.erase(queue_.begin(), queue_.begin() + count);
    if (queue_.empty()) queue_ = {};  // a jam is over: its memory goes
    return status_;
}

}  // namespace parley::runtime
