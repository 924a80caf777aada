// The library's low-level digests are used on purpose: they keep their state in plain structures,
// so that a check of a STUN message allocates nothing. Their EVP successors allocate a context.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/digest.hpp"

#include <new>
#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

namespace parley::crypto {
namespace {

struct Sha1Traits {
    using State = SHA_CTX;
    using Digest = Sha1Digest;
    static void init(State& state) { SHA1_Init(&state); }
    static void update(State& state, BytesView data) {
        SHA1_Update(&state, data.data(), data.size());
    }
    static Digest finish(State& state) {
        Digest digest;
        SHA1_Final(digest.data(), &state);
        return digest;
    }
};

struct Sha256Traits {
    using State = SHA256_CTX;
    using Digest = Sha256Digest;
    static void init(State& state) { SHA256_Init(&state); }
    static void update(State& state, BytesView data) {
        SHA256_Update(&state, data.data(), data.size());
    }
    static Digest finish(State& state) {
        Digest digest;
        SHA256_Final(digest.data(), &state);
        return digest;
    }
};

constexpr std::size_t kBlockSize = 64;  // of SHA-1 and SHA-256 alike (FIPS 180-4 §1)

template <typename Traits>
typename Traits::State& state_of(detail::DigestState& storage) {
    static_assert(sizeof(typename Traits::State) <= sizeof(detail::DigestState));
    static_assert(alignof(typename Traits::State) <= alignof(detail::DigestState));
    return *std::launder(reinterpret_cast<typename Traits::State*>(storage.octets.data()));
}

template <typename Traits>
void hmac_start(detail::DigestState& inner, detail::DigestState& outer, BytesView key) {
    std::array<std::uint8_t, kBlockSize> pad{};
    if (key.size() > kBlockSize) {
        typename Traits::State state;
        Traits::init(state);
        Traits::update(state, key);
        const auto digest = Traits::finish(state);
        std::memcpy(pad.data(), digest.data(), digest.size());
    } else if (!key.empty()) {
        std::memcpy(pad.data(), key.data(), key.size());
    }
    for (auto& octet : pad) octet ^= 0x36;
    auto& inner_state = *new (inner.octets.data()) typename Traits::State;
    Traits::init(inner_state);
    Traits::update(inner_state, pad);
    for (auto& octet : pad) octet ^= 0x36 ^ 0x5c;
    auto& outer_state = *new (outer.octets.data()) typename Traits::State;
    Traits::init(outer_state);
    Traits::update(outer_state, pad);
    OPENSSL_cleanse(pad.data(), pad.size());
}

template <typename Traits>
typename Traits::Digest hmac_finish(detail::DigestState& inner, detail::DigestState& outer) {
    const auto digest = Traits::finish(state_of<Traits>(inner));
    Traits::update(state_of<Traits>(outer), digest);
    return Traits::finish(state_of<Traits>(outer));
}

template <typename Traits>
typename Traits::Digest digest_of(BytesView data) {
    typename Traits::State state;
    Traits::init(state);
    Traits::update(state, data);
    return Traits::finish(state);
}

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
        }
        table[i] = value;
    }
    return table;
}();

}  // namespace

HmacSha1::HmacSha1(BytesView key) {
    hmac_start<Sha1Traits>(inner_, outer_, key);
}
void HmacSha1::update(BytesView data) {
    Sha1Traits::update(state_of<Sha1Traits>(inner_), data);
}
Sha1Digest HmacSha1::finish() {
    return hmac_finish<Sha1Traits>(inner_, outer_);
}

HmacSha256::HmacSha256(BytesView key) {
    hmac_start<Sha256Traits>(inner_, outer_, key);
}
void HmacSha256::update(BytesView data) {
    Sha256Traits::update(state_of<Sha256Traits>(inner_), data);
}
Sha256Digest HmacSha256::finish() {
    return hmac_finish<Sha256Traits>(inner_, outer_);
}

Sha1Digest hmac_sha1(BytesView key, BytesView data) {
    HmacSha1 mac(key);
    mac.update(data);
    return mac.finish();
}

Sha256Digest hmac_sha256(BytesView key, BytesView data) {
    HmacSha256 mac(key);
    mac.update(data);
    return mac.finish();
}

Sha1Digest sha1(BytesView data) {
    return digest_of<Sha1Traits>(data);
}
Sha256Digest sha256(BytesView data) {
    return digest_of<Sha256Traits>(data);
}

Md5Digest md5(BytesView data) {
    Md5Digest digest;
    MD5_CTX state;
    MD5_Init(&state);
    MD5_Update(&state, data.data(), data.size());
    MD5_Final(digest.data(), &state);
    return digest;
}

std::uint32_t crc32(BytesView data) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const std::uint8_t octet : data) crc = kCrcTable[(crc ^ octet) & 0xFF] ^ (crc >> 8);
    return ~crc;
}

bool equal_constant_time(BytesView a, BytesView b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace parley::crypto
