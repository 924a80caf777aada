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
                                                         std::string_view token) {
    ServerAddress server;
    const auto parsed = parse_url(url);
    if (!parsed) {
        return std::unexpected("--url " + std::string(url) +
                               " cannot be read; it looks like ws://127.0.0.1:8080/signal");
    }
    server.url = *parsed;
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
}

void SignalingSocket::fail(int error) {
    if (!failure_.empty()) return;
    failure_ = "cannot reach " + server_.address.to_string() + ": " + std::strerror(error);
    if (error == ECONNREFUSED) failure_ += "; is the server running, and is --url its address?";
    if (error == EMFILE) failure_ += "; raise the limit of open files (ulimit -n)";
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
    read();
    write();
}

void SignalingSocket::read() {
    std::array<std::uint8_t, 32768> buffer;
    while (true) {
        const auto size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (size > 0) {
            web_socket_.receive({buffer.data(), static_cast<std::size_t>(size)});
            continue;
        }
        if (size == 0) fail(ECONNRESET);
        if (size < 0 && errno != EAGAIN && errno != EINTR) fail(errno);
        return;
    }
}

void SignalingSocket::write() {
    while (!web_socket_.outgoing().empty()) {
        const BytesView out = web_socket_.outgoing();
        const auto size = ::send(fd_.get(), out.data(), out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0) return;  // later, or the next read says why
        web_socket_.take_written(static_cast<std::size_t>(size));
    }
}

void SignalingSocket::send_text(std::string_view text) {
    web_socket_.send_text(text);
    if (!connecting_ && fd_) write();
}

void SignalingSocket::close() {
    if (!fd_) return;
    if (web_socket_.open() && !failed()) {
        web_socket_.send_close();
        write();
    }
    fd_.close();
}

}  // namespace parley::load
