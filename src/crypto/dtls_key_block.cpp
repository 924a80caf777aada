#include "crypto/dtls_key_block.hpp"

#include <algorithm>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <string_view>

#include "crypto/openssl_ptr.hpp"

namespace parley::crypto {
namespace {

using KdfPtr = std::unique_ptr<EVP_KDF, FreeWith<EVP_KDF_free>>;
using KdfContextPtr = std::unique_ptr<EVP_KDF_CTX, FreeWith<EVP_KDF_CTX_free>>;
using Random = std::array<std::uint8_t, 32>;

// Two keys and two nonces of the longest.
using KeyBlock = std::array<std::uint8_t, 2 * (32 + 12)>;

std::optional<DtlsAead> aead_of(const SSL_CIPHER* cipher) {
    switch (SSL_CIPHER_get_cipher_nid(cipher)) {
        case NID_aes_128_gcm: return DtlsAead::kAes128Gcm;
        case NID_aes_256_gcm: return DtlsAead::kAes256Gcm;
        case NID_chacha20_poly1305: return DtlsAead::kChaCha20Poly1305;
        default: return {};
    }
}

// "key expansion", then the server's random octets before the client's.
bool expand(SSL* ssl, const SSL_CIPHER* cipher, BytesSpan out) {
    static const KdfPtr kPrf(EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr));
    if (!kPrf) return false;
    std::array<std::uint8_t, SSL_MAX_MASTER_KEY_LENGTH> master;
    const std::size_t size =
        SSL_SESSION_get_master_key(SSL_get_session(ssl), master.data(), master.size());
    Random client{};
    Random server{};
    SSL_get_client_random(ssl, client.data(), client.size());
    SSL_get_server_random(ssl, server.data(), server.size());
    std::string label = "key expansion";
    // The library takes no constant data.
    const char* hash = EVP_MD_get0_name(SSL_CIPHER_get_handshake_digest(cipher));
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(hash), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master.data(), size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, label.data(), label.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, server.data(), server.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, client.data(), client.size()),
        OSSL_PARAM_construct_end()};
    const KdfContextPtr context(EVP_KDF_CTX_new(kPrf.get()));
    const bool done = size > 0 && context &&
                      EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1;
    OPENSSL_cleanse(master.data(), master.size());
    return done;
}

}  // namespace

std::unique_ptr<DtlsRecords> records_of(SSL* ssl, DtlsRole role, BytesView newest) {
    const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
    const auto aead = cipher != nullptr ? aead_of(cipher) : std::nullopt;
    if (!aead || newest.size() < DtlsRecords::kHeaderSize + DtlsRecords::kExplicitNonceSize) {
        return nullptr;
    }
    KeyBlock block{};
    const std::size_t key = key_size(*aead);
    const std::size_t iv = iv_size(*aead);
    if (!expand(ssl, cipher, BytesSpan(block).first(2 * (key + iv)))) return nullptr;
    // client key | server key | client nonce | server nonce
    DtlsWriteKey client;
    DtlsWriteKey server;
    std::copy_n(&block[0], key, client.key.begin());
    std::copy_n(&block[key], key, server.key.begin());
    std::copy_n(&block[2 * key], iv, client.iv.begin());
    std::copy_n(&block[2 * key + iv], iv, server.iv.begin());
    const bool is_client = role == DtlsRole::kClient;
    auto records = std::make_unique<DtlsRecords>(*aead, is_client ? client : server,
                                                 is_client ? server : client, newest);
    OPENSSL_cleanse(block.data(), block.size());
    OPENSSL_cleanse(&client, sizeof client);
    OPENSSL_cleanse(&server, sizeof server);
    return records;
}

}  // namespace parley::crypto
