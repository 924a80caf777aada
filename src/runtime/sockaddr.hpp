// Between our addresses and the kernel's.

#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "net/address.hpp"

namespace parley::runtime {

/// Writes the kernel's form and returns its length. An IPv4 address becomes sockaddr_in.
socklen_t to_sockaddr(const net::SocketAddress& address, sockaddr_storage& out);

/// Reads the kernel's form; an invalid address for families other than IPv4 and IPv6.
net::SocketAddress from_sockaddr(const sockaddr_storage& address);

}  // namespace parley::runtime
