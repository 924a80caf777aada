// Counts allocations of this test executable, to prove that a connected agent makes none.

#include <cstddef>
#include <cstdlib>
#include <new>

namespace parley::ice::testing {

namespace {
std::size_t count = 0;
}

std::size_t allocations() {
    return count;
}

}  // namespace parley::ice::testing

void* operator new(std::size_t size) {
    ++parley::ice::testing::count;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    std::abort();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
