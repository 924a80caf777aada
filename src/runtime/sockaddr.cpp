#include "runtime/sockaddr.hpp"

#include <algorithm>
#include <cstring>

namespace parley::runtime {

socklen_t to_sockaddr(const net::SocketAddress& address, sockaddr_storage& out) {
    std::memset(&out, 0, sizeof out);
    const auto octets = address.ip.octets();
    if (address.ip.is_v4()) {
        auto& v4 = reinterpret_cast<sockaddr_in&>(out);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(address.port);
        std::memcpy(&v4.sin_addr, octets.data(), octets.size());
        return sizeof v4;
    }
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    if (octets.size() == 16) std::memcpy(&v6.sin6_addr, octets.data(), octets.size());
    return sizeof v6;
}

net::SocketAddress from_sockaddr(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        return {net::IpAddress::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
    }
    if (address.ss_family != AF_INET6) return {};
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    const auto* octets = reinterpret_cast<const std::uint8_t*>(&v6.sin6_addr);
    return {net::IpAddress::v6(BytesView(octets, 16)), ntohs(v6.sin6_port)};
}

}  // namespace parley::runtime
