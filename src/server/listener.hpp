// Sockets that listen, with errors that tell what to do.

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <expected>
#include <string>

#include "net/address.hpp"

namespace parley::server {

struct Listener {
    boost::asio::ip::tcp::acceptor acceptor;
    net::SocketAddress address;  // with the real port
};

struct BindFailure {
    std::string text;
    /// The machine has no such address (no IPv6, say): other listeners may do.
    bool no_such_address = false;
};

std::expected<Listener, BindFailure> listen_on(boost::asio::io_context& io,
                                               const net::SocketAddress& address);

enum class PortKind : std::uint8_t { kTcp, kUdp };
/// "parley (process 4711)" for whoever has the port; empty when that cannot be seen.
std::string find_port_owner(std::uint16_t port, PortKind kind = PortKind::kTcp);

net::SocketAddress to_address(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace parley::server
