#include "net/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>

#include "base/assert.hpp"

// inet_pton and inet_ntop are pure functions on text; this room still opens no socket.

namespace parley::net {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
    return port;
}

std::size_t mix(std::size_t seed, std::size_t value) {
    return seed ^ (value + 0x9E3779B97F4A7C15 + (seed << 6) + (seed >> 2));
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) {
    IpAddress address;
    store_be32(address.octets_.data(), host_order);
    address.family_ = Family::kV4;
    return address;
}

IpAddress IpAddress::v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    const std::uint8_t octets[] = {a, b, c, d};
    return v4(load_be32(octets));
}

IpAddress IpAddress::v6(BytesView octets) {
    PARLEY_ASSERT(octets.size() == 16);
    if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), octets.begin())) {
        return v4(load_be32(octets.data() + 12));
    }
    IpAddress address;
    std::copy(octets.begin(), octets.end(), address.octets_.begin());
    address.family_ = Family::kV6;
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    char buffer[INET6_ADDRSTRLEN] = {};
    if (text.empty() || text.size() >= sizeof buffer) return {};
    if (text.find('\0') != std::string_view::npos) return {};
    std::memcpy(buffer, text.data(), text.size());
    std::array<std::uint8_t, 16> octets{};
    if (inet_pton(AF_INET, buffer, octets.data()) == 1) return v4(load_be32(octets.data()));
    if (inet_pton(AF_INET6, buffer, octets.data()) == 1) return v6(octets);
    return {};
}

std::string IpAddress::to_string() const {
    if (!valid()) return "none";
    char buffer[INET6_ADDRSTRLEN] = {};
    inet_ntop(is_v4() ? AF_INET : AF_INET6, octets_.data(), buffer, sizeof buffer);
    return buffer;
}

bool IpAddress::is_loopback() const {
    if (is_v4()) return octets_[0] == 127;
    return is_v6() && octets_[15] == 1 &&
           std::all_of(octets_.begin(), octets_.begin() + 15, [](auto o) { return o == 0; });
}

bool IpAddress::is_unspecified() const {
    return valid() && std::all_of(octets_.begin(), octets_.end(), [](auto o) { return o == 0; });
}

bool IpAddress::is_link_local() const {
    if (is_v4()) return octets_[0] == 169 && octets_[1] == 254;
    return is_v6() && octets_[0] == 0xFE && (octets_[1] & 0xC0) == 0x80;
}

bool IpAddress::is_multicast() const {
    if (is_v4()) return (octets_[0] & 0xF0) == 0xE0;
    return is_v6() && octets_[0] == 0xFF;
}

bool IpAddress::is_private() const {
    if (is_v6()) return (octets_[0] & 0xFE) == 0xFC;
    if (!is_v4()) return false;
    return octets_[0] == 10 || (octets_[0] == 172 && (octets_[1] & 0xF0) == 16) ||
           (octets_[0] == 192 && octets_[1] == 168) ||
           (octets_[0] == 100 && (octets_[1] & 0xC0) == 64);
}

IpAddress client_prefix(const IpAddress& address) {
    if (!address.is_v6()) return address;
    std::array<std::uint8_t, 16> octets{};
    std::copy_n(address.octets().begin(), 8, octets.begin());
    return IpAddress::v6(octets);
}

std::optional<SocketAddress> SocketAddress::parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return {};
    auto host = text.substr(0, colon);
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto ip = IpAddress::parse(host);
    const auto port = parse_port(text.substr(colon + 1));
    const bool has_colon = host.find(':') != std::string_view::npos;
    if (!ip || !port || has_colon != bracketed) return {};
    return SocketAddress{*ip, *port};
}

std::string SocketAddress::to_string() const {
    const auto port_text = std::to_string(port);
    if (ip.is_v6()) return "[" + ip.to_string() + "]:" + port_text;
    return ip.to_string() + ":" + port_text;
}

std::string Path::to_string() const {
    return std::string(protocol == Protocol::kUdp ? "udp " : "tcp ") + local.to_string() + " <- " +
           remote.to_string();
}

}  // namespace parley::net

std::size_t std::hash<parley::net::IpAddress>::operator()(
    const parley::net::IpAddress& ip) const noexcept {
    const auto octets = ip.octets();
    if (octets.size() == 4) return parley::load_be32(octets.data());
    if (octets.size() != 16) return 0;
    return parley::net::mix(parley::load_be64(octets.data()), parley::load_be64(octets.data() + 8));
}

std::size_t std::hash<parley::net::SocketAddress>::operator()(
    const parley::net::SocketAddress& address) const noexcept {
    return parley::net::mix(std::hash<parley::net::IpAddress>{}(address.ip), address.port);
}

std::size_t std::hash<parley::net::Path>::operator()(const parley::net::Path& path) const noexcept {
    const std::hash<parley::net::SocketAddress> of;
    const auto ends = parley::net::mix(of(path.remote), of(path.local));
    return parley::net::mix(ends, path.connection * 2 + static_cast<std::size_t>(path.protocol));
}
