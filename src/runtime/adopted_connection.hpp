// A TCP connection on its way from the acceptor to the media thread.

#pragma once

#include <cstdint>
#include <vector>

#include "net/address.hpp"
#include "runtime/admission.hpp"
#include "runtime/file_descriptor.hpp"

namespace parley::runtime {

struct AdoptedConnection {
    FileDescriptor fd;
    net::SocketAddress local;
    net::SocketAddress remote;
    std::vector<std::uint8_t> already_read;
    Admission::Place place;  // among the server's connections
};

}  // namespace parley::runtime
