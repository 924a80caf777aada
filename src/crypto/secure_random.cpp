#include "crypto/secure_random.hpp"

#include <algorithm>
#include <openssl/rand.h>

#include "base/assert.hpp"

namespace parley::crypto {

void SystemRandom::fill(BytesSpan out) {
    constexpr std::size_t kPiece = 1U << 20;  // RAND_bytes counts with an int
    while (!out.empty()) {
        const std::size_t size = std::min(out.size(), kPiece);
        PARLEY_ASSERT(RAND_bytes(out.data(), static_cast<int>(size)) == 1);
        out = out.subspan(size);
    }
}

}  // namespace parley::crypto
