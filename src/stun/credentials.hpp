// Keys for STUN's integrity attributes (RFC 8489 §9.1.1, §9.2.2).

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace parley::stun {

/// Short-term: the password itself. ICE passwords are ASCII, which OpaqueString leaves unchanged.
inline BytesView short_term_key(std::string_view password) {
    return as_bytes(password);
}

/// Long-term with MD5: MD5(username ":" realm ":" password). Inputs must already be prepared.
std::array<std::uint8_t, 16> long_term_key(std::string_view username, std::string_view realm,
                                           std::string_view password);
/// Long-term with SHA-256 (RFC 8489 §18.5.1.2).
std::array<std::uint8_t, 32> long_term_key_sha256(std::string_view username, std::string_view realm,
                                                  std::string_view password);
/// USERHASH: SHA-256(username ":" realm) (RFC 8489 §14.4).
std::array<std::uint8_t, 32> userhash(std::string_view username, std::string_view realm);

}  // namespace parley::stun
