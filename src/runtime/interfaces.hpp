// The machine's own addresses.

#pragma once

#include <vector>

#include "net/address.hpp"

namespace parley::runtime {

/// Addresses of the interfaces that are up, IPv4 first, without link-local and multicast ones.
/// Loopback addresses are left out where there is any other (design: browsers ignore loopback
/// candidates, and a server with a network has no use for them).
std::vector<net::IpAddress> media_addresses();

}  // namespace parley::runtime
