// The ciphers of SRTP: AES-GCM (RFC 7714) and AES counter mode with HMAC-SHA1 (RFC 3711). A node
// owns one engine and passes it to its sessions; keyed objects must not outlive their engine.
// Nothing here allocates after a key was made.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "crypto/digest.hpp"

namespace parley::crypto {

inline constexpr std::size_t kGcmTagSize = 16;
using GcmIv = std::array<std::uint8_t, 12>;
using CounterIv = std::array<std::uint8_t, 16>;

/// One key of AES-GCM with a 96-bit IV and a 128-bit tag.
class GcmKey {
 public:
    virtual ~GcmKey() = default;
    /// Encrypts `plain` to `out` (may be the same place), which holds plain.size() octets, and
    /// writes the tag.
    virtual void seal(const GcmIv& iv, BytesView aad, BytesView plain, std::uint8_t* out,
                      std::uint8_t* tag) = 0;
    /// Decrypts in place. False when the tag does not match; `data` is then garbage.
    [[nodiscard]] virtual bool open(const GcmIv& iv, BytesView aad, BytesSpan data,
                                    const std::uint8_t* tag) = 0;
    /// Asks for the memory that seal() needs.
    virtual void prefetch() const {}
};

/// One key of AES-128 in counter mode.
class CounterKey {
 public:
    virtual ~CounterKey() = default;
    /// Encrypts or decrypts in place.
    virtual void crypt(const CounterIv& iv, BytesSpan data) = 0;
};

class CipherEngine {
 public:
    virtual ~CipherEngine() = default;
    virtual std::string_view name() const = 0;
    /// A key of 16 or 32 octets.
    virtual std::unique_ptr<GcmKey> make_gcm(BytesView key) = 0;
    /// A key of 16 octets.
    virtual std::unique_ptr<CounterKey> make_counter(BytesView key) = 0;
};

enum class CipherPreference : std::uint8_t {
    kFastest,  // multi-buffer ciphers where the processor has what they need, else OpenSSL
    kOpenssl,
    kMultiBuffer,  // nullptr where it cannot be had
};

std::unique_ptr<CipherEngine> make_cipher_engine(CipherPreference preference);

/// AES counter mode key stream from a key of 16 or 32 octets: the pseudo-random function of SRTP's
/// key derivation (RFC 3711 §4.3.3, RFC 6188 §3). Not for packets.
void counter_keystream(BytesView key, const CounterIv& iv, BytesSpan out);

}  // namespace parley::crypto
