#include "load/signaling_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "runtime/sockaddr.hpp"

namespace parley::load {
namespace {

std::string percent_encoded(std::string_view text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            result += c;
            continue;
        }
        const auto octet = static_cast<std::uint8_t>(c);
        result += {'%', kHex[octet >> 4], kHex[octet & 15]};
    }
    return result;
}

}  // namespace

std::expected<ServerAddress, std::string> resolve_server(std::string_view url,
                                                         std::string_view token,
                                                         crypto::TlsTrust trust) {
    ServerAddress server;
    const auto parsed = parse_url(url);
    if (!parsed) {
        return std::unexpected("--url " + std::string(url) +
                               " cannot be read; it looks like ws://127.0.0.1:8080/signal");
    }
    server.url = *parsed;
    if (parsed->secure) {
        server.tls = std::make_shared<const crypto::TlsContext>(crypto::TlsContext::client(trust));
    }
    if (!token.empty()) server.query = "token=" + percent_encoded(token);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error =
        ::getaddrinfo(server.url.host.c_str(), server.url.port.c_str(), &hints, &found);
    if (error != 0 || found == nullptr) {
        return std::unexpected("cannot find the host " + server.url.host + " port " +
                               server.url.port + " of --url: " + ::gai_strerror(error));
    }
    sockaddr_storage address{};
    std::memcpy(&address, found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
    server.address = runtime::from_sockaddr(address);
    return server;
}

std::string connection_problem(const std::string& address, int error, bool tls, bool was_up) {
    const std::string cause = address + ": " + std::strerror(error);
    if (was_up) return "the connection broke off: " + cause + "; has the server ended?";
    std::string text = "cannot reach " + cause;
    if (error == ECONNRESET && !tls) text += "; where it speaks TLS, use wss://";
    if (error == ECONNREFUSED) text += "; is the server running, and is --url its address?";
    if (error == EMFILE) text += "; raise the limit of open files (ulimit -n)";
    return text;
}

std::string tls_problem(const std::string& host, const std::string& cause) {
    const bool distrust = cause.find("certificate") != std::string::npos;
    return "TLS with " + host + " failed: " + cause +
           (distrust ? "; --insecure takes any certificate"
                     : "; where it speaks no TLS, use ws://");
}

void SignalingSocket::connect() {
    const int family = server_.address.ip.is_v4() ? AF_INET : AF_INET6;
    fd_ = runtime::FileDescriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd_) return fail(errno);
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_storage address{};
    const socklen_t size = runtime::to_sockaddr(server_.address, address);
    connecting_ = true;
    if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 &&
        errno != EINPROGRESS) {
        fail(errno);
    }
    channel_.fd = fd_.get();
    if (server_.tls) tls_.emplace(*server_.tls, channel_, server_.url.host);
}

void SignalingSocket::fail(int error) {
    if (!failure_.empty()) return;
    failure_ = connection_problem(server_.address.to_string(), error, server_.tls != nullptr,
                                  web_socket_.open());
}

void SignalingSocket::on_ready() {
    if (failed() || !fd_) return;
    if (connecting_) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return fail(error);
        connecting_ = false;
    }
    if (!ready()) return;
    read();
    write();
}

std::ptrdiff_t SignalingSocket::Channel::receive(BytesSpan into) {
    const auto size = ::recv(fd, into.data(), into.size(), MSG_DONTWAIT);
    if (size >= 0) return size;
    return errno == EAGAIN || errno == EINTR ? kWouldBlock : kBroken;
}

std::ptrdiff_t SignalingSocket::Channel::send(BytesView bytes) {
    const auto size = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size >= 0) return size;
    return errno == EAGAIN || errno == EINTR ? kWouldBlock : kBroken;
}

bool SignalingSocket::ready() {
    if (!fd_ || connecting_) return false;
    if (!tls_ || tls_->established()) return true;
    const auto result = tls_->handshake();
    tls_wants_write_ = result.status == crypto::TlsStatus::kWantWrite;
    if (result.status == crypto::TlsStatus::kFailed) {
        failure_ = tls_problem(server_.url.host, tls_->failure());
    }
    return result.status == crypto::TlsStatus::kDone;
}

/// What the channel would have said.
std::ptrdiff_t SignalingSocket::outcome(crypto::TlsResult result) {
    switch (result.status) {
        case crypto::TlsStatus::kDone: return static_cast<std::ptrdiff_t>(result.size);
        case crypto::TlsStatus::kWantRead:
        case crypto::TlsStatus::kWantWrite: return Channel::kWouldBlock;
        case crypto::TlsStatus::kClosed: return Channel::kEnd;
        case crypto::TlsStatus::kFailed: break;
    }
    return Channel::kBroken;
}

std::ptrdiff_t SignalingSocket::read_some(BytesSpan into) {
    return tls_ ? outcome(tls_->read(into)) : channel_.receive(into);
}

std::ptrdiff_t SignalingSocket::write_some(BytesView bytes) {
    return tls_ ? outcome(tls_->write(bytes)) : channel_.send(bytes);
}

void SignalingSocket::read() {
    std::array<std::uint8_t, 32768> buffer;
    while (true) {
        const auto size = read_some(buffer);
        if (size > 0) {
            web_socket_.receive({buffer.data(), static_cast<std::size_t>(size)});
            continue;
        }
        if (size != Channel::kWouldBlock) fail(ECONNRESET);
        return;
    }
}

void SignalingSocket::write() {
    while (!web_socket_.outgoing().empty()) {
        const auto size = write_some(web_socket_.outgoing());
        if (size <= 0) return;  // later, or the next read says why
        web_socket_.take_written(static_cast<std::size_t>(size));
    }
}

void SignalingSocket::send_text(std::string_view text) {
    web_socket_.send_text(text);
    if (!failed() && ready()) write();
}

void SignalingSocket::close() {
    if (!fd_) return;
    if (web_socket_.open() && !failed()) {
        web_socket_.send_close();
        write();
        if (tls_) tls_->close();
    }
    fd_.close();
}

}  // namespace parley::load
