// The crypto library allocates nothing for a packet once a key was made.

#include <cstdlib>
#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <vector>

#include "crypto/cipher_engine.hpp"
#include "crypto/digest.hpp"

namespace {

std::size_t allocations = 0;

void* counted_malloc(std::size_t size, const char*, int) {
    ++allocations;
    return std::malloc(size);
}
void* counted_realloc(void* memory, std::size_t size, const char*, int) {
    ++allocations;
    return std::realloc(memory, size);
}
void plain_free(void* memory, const char*, int) {
    std::free(memory);
}

// Possible only before the library's first allocation.
const bool counting = CRYPTO_set_mem_functions(counted_malloc, counted_realloc, plain_free) == 1;

}  // namespace

namespace parley::crypto {
namespace {

TEST(CryptoAllocation, NonePerPacket) {
    ASSERT_TRUE(counting);
    for (const auto preference : {CipherPreference::kFastest, CipherPreference::kOpenssl}) {
        const auto engine = make_cipher_engine(preference);
        const std::vector<std::uint8_t> secret(16, 1);
        const auto gcm = engine->make_gcm(secret);
        const auto counter = engine->make_counter(secret);
        const HmacSha1 keyed(secret);
        EXPECT_GT(allocations, 0U) << "what is not counted proves nothing";
        std::vector<std::uint8_t> data(1200 + kGcmTagSize, 2);
        std::size_t before = 0;
        for (std::uint8_t i = 0; i < 100; ++i) {
            if (i == 2) before = allocations;
            const GcmIv iv{i};
            const BytesSpan text = BytesSpan(data).first(1200);
            gcm->seal(iv, secret, text, data.data(), &data[1200]);
            ASSERT_TRUE(gcm->open(iv, secret, text, &data[1200]));
            counter->crypt(CounterIv{i}, text);
            HmacSha1 mac = keyed;
            mac.update(text);
            (void)mac.finish();
        }
        EXPECT_EQ(allocations - before, 0U) << engine->name();
    }
}

}  // namespace
}  // namespace parley::crypto
