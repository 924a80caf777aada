// Session keys from a master key and salt (RFC 3711 §4.3, RFC 7714 §11), key derivation rate 0.

#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"

namespace parley::srtp {

/// RFC 3711 §4.3.1 and §4.3.2.
enum class Label : std::uint8_t {
    kRtpEncryption = 0,
    kRtpAuthentication = 1,
    kRtpSalt = 2,
    kRtcpEncryption = 3,
    kRtcpAuthentication = 4,
    kRtcpSalt = 5,
};

/// Fills `out`. The master salt has 14 octets, or 12 for GCM, which then count as 14 with two zeros
/// behind them.
void derive_key(BytesView master_key, BytesView master_salt, Label label, BytesSpan out);

}  // namespace parley::srtp
