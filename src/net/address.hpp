// IP addresses and transport addresses, IPv4 and IPv6, as values.

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace parley::net {

enum class Family : std::uint8_t { kNone, kV4, kV6 };

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 (::ffff:a.b.c.d) is stored as IPv4, so that one host
/// has one spelling.
class IpAddress {
 public:
    constexpr IpAddress() = default;
    static IpAddress v4(std::uint32_t host_order);
    static IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d);
    /// Exactly 16 octets in network order.
    static IpAddress v6(BytesView octets);
    /// Dotted quad or RFC 4291 text, without zone or brackets.
    static std::optional<IpAddress> parse(std::string_view text);

    Family family() const { return family_; }
    bool is_v4() const { return family_ == Family::kV4; }
    bool is_v6() const { return family_ == Family::kV6; }
    bool valid() const { return family_ != Family::kNone; }
    /// 4 or 16 octets in network order; empty for an invalid address.
    BytesView octets() const { return {octets_.data(), is_v4() ? 4U : is_v6() ? 16U : 0U}; }
    std::string to_string() const;

    bool is_loopback() const;
    bool is_unspecified() const;
    bool is_link_local() const;
    bool is_multicast() const;
    /// RFC 1918, RFC 6598, RFC 4193.
    bool is_private() const;

    friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
    std::array<std::uint8_t, 16> octets_{};
    Family family_ = Family::kNone;
};

/// What counts as one client for limits: an IPv4 address, or an IPv6 /64, which is what one
/// subscriber has at least (RFC 6177 §2).
IpAddress client_prefix(const IpAddress& address);

/// An IP address and a port: a transport address (RFC 8445 §4).
struct SocketAddress {
    IpAddress ip;
    std::uint16_t port = 0;

    /// "a.b.c.d:port" or "[v6]:port".
    static std::optional<SocketAddress> parse(std::string_view text);
    std::string to_string() const;
    bool valid() const { return ip.valid(); }
    friend auto operator<=>(const SocketAddress&, const SocketAddress&) = default;
};

enum class Protocol : std::uint8_t { kUdp, kTcp };

/// The way between a local and a remote transport address. For TCP, `connection` tells apart
/// connections; 0 for UDP.
struct Path {
    Protocol protocol = Protocol::kUdp;
    SocketAddress local;
    SocketAddress remote;
    std::uint64_t connection = 0;

    std::string to_string() const;
    friend auto operator<=>(const Path&, const Path&) = default;
};

}  // namespace parley::net

template <>
struct std::hash<parley::net::IpAddress> {
    std::size_t operator()(const parley::net::IpAddress& ip) const noexcept;
};
template <>
struct std::hash<parley::net::SocketAddress> {
    std::size_t operator()(const parley::net::SocketAddress& address) const noexcept;
};
template <>
struct std::hash<parley::net::Path> {
    std::size_t operator()(const parley::net::Path& path) const noexcept;
};
