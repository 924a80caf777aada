// Counts the allocations of a test program. Included by one file of the program: it replaces the
// global allocation functions.

#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace parley::testing {

/// Calls of operator new so far.
inline std::atomic<std::uint64_t> allocations = 0;

}  // namespace parley::testing

// Not inlined, or the compiler pairs malloc and free with new and delete and warns.
[[gnu::noinline]] void* operator new(std::size_t size) {
    parley::testing::allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
