// Digests and message authentication codes: SHA-1 and SHA-256 HMACs (RFC 2104), SHA-256, MD5 and
// the CRC-32 of STUN's FINGERPRINT. Nothing here allocates or fails.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace parley::crypto {

using Sha1Digest = std::array<std::uint8_t, 20>;
using Sha256Digest = std::array<std::uint8_t, 32>;
using Md5Digest = std::array<std::uint8_t, 16>;

namespace detail {
/// Room for a library's running digest, so that this header names no library.
struct alignas(8) DigestState {
    std::array<std::uint8_t, 112> octets;
};
}  // namespace detail

/// HMAC-SHA1 of data that comes in pieces. finish() may be called once.
class HmacSha1 {
 public:
    explicit HmacSha1(BytesView key);
    void update(BytesView data);
    Sha1Digest finish();

 private:
    detail::DigestState inner_;
    detail::DigestState outer_;
};

/// HMAC-SHA256 of data that comes in pieces. finish() may be called once.
class HmacSha256 {
 public:
    explicit HmacSha256(BytesView key);
    void update(BytesView data);
    Sha256Digest finish();

 private:
    detail::DigestState inner_;
    detail::DigestState outer_;
};

Sha1Digest hmac_sha1(BytesView key, BytesView data);
Sha256Digest hmac_sha256(BytesView key, BytesView data);
Sha1Digest sha1(BytesView data);
Sha256Digest sha256(BytesView data);
/// For STUN's long-term credentials only (RFC 8489 §9.2.2).
Md5Digest md5(BytesView data);
/// The CRC-32 of ISO 3309, as STUN's FINGERPRINT uses it before its XOR (RFC 8489 §14.7).
std::uint32_t crc32(BytesView data);

/// Compares in a time that does not depend on where two texts of equal size differ.
bool equal_constant_time(BytesView a, BytesView b);

}  // namespace parley::crypto
