// The SRTP protection profiles that DTLS negotiates (RFC 5764 §4.1.2, RFC 7714 §14.2) and the keys
// that come out of a handshake.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace parley::crypto {

/// The values are those of the use_srtp extension.
enum class SrtpProfile : std::uint16_t {
    kAes128CmHmacSha1_80 = 0x0001,
    kAeadAes128Gcm = 0x0007,
    kAeadAes256Gcm = 0x0008,
};

constexpr std::size_t key_size(SrtpProfile profile) {
    return profile == SrtpProfile::kAeadAes256Gcm ? 32 : 16;
}
/// The master salt: 112 bits in counter mode (RFC 3711 §5.3), 96 bits in GCM (RFC 7714 §12).
constexpr std::size_t salt_size(SrtpProfile profile) {
    return profile == SrtpProfile::kAes128CmHmacSha1_80 ? 14 : 12;
}
/// How much an RTP packet grows.
constexpr std::size_t tag_size(SrtpProfile profile) {
    return profile == SrtpProfile::kAes128CmHmacSha1_80 ? 10 : 16;
}
/// The name under which browsers' statistics show it (srtpCipher).
constexpr std::string_view name(SrtpProfile profile) {
    switch (profile) {
        case SrtpProfile::kAes128CmHmacSha1_80: return "AES_CM_128_HMAC_SHA1_80";
        case SrtpProfile::kAeadAes128Gcm: return "AEAD_AES_128_GCM";
        case SrtpProfile::kAeadAes256Gcm: return "AEAD_AES_256_GCM";
    }
    return "unknown";
}

/// The master key and salt of one direction. Octets beyond the profile's sizes are zero.
struct SrtpMaster {
    std::array<std::uint8_t, 32> key{};
    std::array<std::uint8_t, 14> salt{};
};

struct SrtpKeys {
    SrtpProfile profile = SrtpProfile::kAeadAes128Gcm;
    SrtpMaster local;   // protects what we send
    SrtpMaster remote;  // opens what we receive
};

}  // namespace parley::crypto
