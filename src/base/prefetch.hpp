// Asks for memory before it is needed. A node serves hundreds of subscribers in turn, and what it
// needs of one has left the near caches by the time its turn comes again: much of a packet's time
// would be spent waiting for it, line after line.

#pragma once

#include <cstddef>
#include <cstdint>

namespace parley {

inline constexpr std::size_t kCacheLine = 64;

/// The lines from `at` on; any address will do, nothing is read.
inline void prefetch(const void* at, std::size_t octets) {
    const auto first = reinterpret_cast<std::uintptr_t>(at) & ~(kCacheLine - 1);
    const auto end = reinterpret_cast<std::uintptr_t>(at) + octets;
    for (std::uintptr_t line = first; line < end; line += kCacheLine) {
        __builtin_prefetch(reinterpret_cast<const void*>(line), 1);
    }
}

/// A whole object.
template <typename T>
void prefetch(const T& object) {
    prefetch(&object, sizeof object);
}

/// From `begin` up to one of its members.
template <typename T, typename Member>
void prefetch_until(const T& begin, const Member& end) {
    prefetch(&begin,
             reinterpret_cast<std::uintptr_t>(&end) - reinterpret_cast<std::uintptr_t>(&begin));
}

}  // namespace parley
