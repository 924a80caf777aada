#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace parley {

void assertion_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "parley: contract broken: %s (%s:%d)\n", condition, file, line);
    std::abort();
}

}  // namespace parley
