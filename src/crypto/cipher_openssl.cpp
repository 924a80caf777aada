// Ciphers by OpenSSL's EVP with a context kept for each key: setting only the IV for each packet
// costs half of setting the key again, and allocates nothing.

#include <openssl/evp.h>

#include "base/assert.hpp"
#include "crypto/cipher_backends.hpp"

namespace parley::crypto {
namespace {

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

Context make_context(const EVP_CIPHER* cipher, BytesView key, bool encrypt) {
    Context context(EVP_CIPHER_CTX_new());
    PARLEY_ASSERT(context != nullptr);
    PARLEY_ASSERT(EVP_CipherInit_ex(context.get(), cipher, nullptr, key.data(), nullptr,
                                    encrypt ? 1 : 0) == 1);
    return context;
}

class OpensslGcmKey final : public GcmKey {
 public:
    explicit OpensslGcmKey(BytesView key)
        : context_(
              make_context(key.size() == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), key, true)) {}

    void seal(const GcmIv& iv, BytesView aad, BytesView plain, std::uint8_t* out,
              std::uint8_t* tag) override {
        EVP_CIPHER_CTX* context = context_.get();
        int size = 0;
        bool ok = EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, iv.data()) == 1;
        ok = ok && EVP_EncryptUpdate(context, nullptr, &size, aad.data(),
                                     static_cast<int>(aad.size())) == 1;
        ok = ok && (plain.empty() || EVP_EncryptUpdate(context, out, &size, plain.data(),
                                                       static_cast<int>(plain.size())) == 1);
        ok = ok && EVP_EncryptFinal_ex(context, tag, &size) == 1;
        ok = ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kGcmTagSize, tag) == 1;
        PARLEY_ASSERT(ok);  // sizes are ours; nothing in a packet makes it fail
    }

    bool open(const GcmIv& iv, BytesView aad, BytesSpan data, const std::uint8_t* tag) override {
        EVP_CIPHER_CTX* context = context_.get();
        int size = 0;
        std::uint8_t expected[kGcmTagSize];
        std::memcpy(expected, tag, kGcmTagSize);
        bool ok = EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, iv.data()) == 1;
        ok = ok && EVP_DecryptUpdate(context, nullptr, &size, aad.data(),
                                     static_cast<int>(aad.size())) == 1;
        ok = ok && (data.empty() || EVP_DecryptUpdate(context, data.data(), &size, data.data(),
                                                      static_cast<int>(data.size())) == 1);
        ok = ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kGcmTagSize, expected) == 1;
        std::uint8_t none[kGcmTagSize];
        return ok && EVP_DecryptFinal_ex(context, none, &size) == 1;
    }

 private:
    Context context_;
};

class OpensslCounterKey final : public CounterKey {
 public:
    explicit OpensslCounterKey(BytesView key)
        : context_(make_context(EVP_aes_128_ctr(), key, true)) {}

    void crypt(const CounterIv& iv, BytesSpan data) override {
        if (data.empty()) return;
        int size = 0;
        bool ok = EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, iv.data()) == 1;
        ok = ok && EVP_EncryptUpdate(context_.get(), data.data(), &size, data.data(),
                                     static_cast<int>(data.size())) == 1;
        PARLEY_ASSERT(ok);
    }

 private:
    Context context_;
};

class OpensslCipherEngine final : public CipherEngine {
 public:
    std::string_view name() const override { return "openssl"; }
    std::unique_ptr<GcmKey> make_gcm(BytesView key) override {
        PARLEY_ASSERT(key.size() == 16 || key.size() == 32);
        return std::make_unique<OpensslGcmKey>(key);
    }
    std::unique_ptr<CounterKey> make_counter(BytesView key) override {
        PARLEY_ASSERT(key.size() == 16);
        return std::make_unique<OpensslCounterKey>(key);
    }
};

}  // namespace

std::unique_ptr<CipherEngine> make_openssl_cipher_engine() {
    return std::make_unique<OpensslCipherEngine>();
}

}  // namespace parley::crypto
