// What a media loop counts about its TCP connections.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parley::runtime {

/// Why the loop closed a connection, or did not take it.
enum class TcpRefusal : std::uint8_t {
    kUnknownUfrag,     // the first frame names no peer here
    kThreadBusy,       // the media thread that may know it does not keep up
    kTooMany,          // kMaxMediaConnections
    kTooManyUnproven,  // kMaxUnproven, or kMaxUnprovenOfClient
    kNotProven,        // its time to prove a path is over
    kNotStun,          // something else than STUN before a path was proven
    kFrameTooLarge,
    kCount,
};
std::string_view name(TcpRefusal reason);

struct TcpFigures {
    std::uint64_t open = 0;
    std::uint64_t unproven = 0;  // of these
    std::array<std::uint64_t, static_cast<std::size_t>(TcpRefusal::kCount)> refused{};

    std::uint64_t of(TcpRefusal reason) const { return refused[static_cast<std::size_t>(reason)]; }
    void refuse(TcpRefusal reason) { ++refused[static_cast<std::size_t>(reason)]; }
};

}  // namespace parley::runtime
