#include "crypto/cipher_engine.hpp"

#include <openssl/evp.h>

#include "base/assert.hpp"
#include "crypto/cipher_backends.hpp"

namespace parley::crypto {

std::unique_ptr<CipherEngine> make_cipher_engine(CipherPreference preference) {
    if (preference != CipherPreference::kOpenssl) {
        if (auto engine = make_multi_buffer_engine()) return engine;
        if (preference == CipherPreference::kMultiBuffer) return nullptr;
    }
    return make_openssl_cipher_engine();
}

void counter_keystream(BytesView key, const CounterIv& iv, BytesSpan out) {
    PARLEY_ASSERT(key.size() == 16 || key.size() == 32);
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    PARLEY_ASSERT(context != nullptr);
    const EVP_CIPHER* cipher = key.size() == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr();
    std::memset(out.data(), 0, out.size());
    int size = 0;
    PARLEY_ASSERT(EVP_EncryptInit_ex(context, cipher, nullptr, key.data(), iv.data()) == 1);
    PARLEY_ASSERT(EVP_EncryptUpdate(context, out.data(), &size, out.data(),
                                    static_cast<int>(out.size())) == 1);
    EVP_CIPHER_CTX_free(context);
}

}  // namespace parley::crypto
