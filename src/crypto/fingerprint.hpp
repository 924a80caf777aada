// A certificate's fingerprint as a session description carries it (RFC 8122 §5).

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace parley::crypto {

/// Weaker functions are not supported: RFC 8122 §5 forbids MD5 and MD2, RFC 8827 §6.5 asks for
/// SHA-256 at least, and SHA-1 no longer resists collisions. Stronger ones compare greater.
enum class FingerprintHash : std::uint8_t { kSha256, kSha384, kSha512 };

/// "sha-256" and so on.
std::string_view name(FingerprintHash hash);

struct Fingerprint {
    FingerprintHash hash = FingerprintHash::kSha256;
    std::array<std::uint8_t, 64> digest{};

    std::size_t size() const;
    BytesView bytes() const { return BytesView(digest).first(size()); }
    /// "AA:BB:..", in capitals (RFC 8122 §5).
    std::string text() const;
    /// Reads the two parts of an a=fingerprint line; either case is accepted in both. Nothing when
    /// the function is unknown or too weak, or when the digest has not its length.
    static std::optional<Fingerprint> parse(std::string_view algorithm, std::string_view text);

    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

}  // namespace parley::crypto
