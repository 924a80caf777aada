// A self-signed certificate with its private key, as WebRTC peers present to each other.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "crypto/fingerprint.hpp"

namespace parley::crypto {

/// ECDSA on P-256 (RFC 8827 §6.5). Copies share the key. The key leaves only by key_pem().
class Certificate {
 public:
    /// Makes a new key and a certificate valid from a day before `now` for a year. Nothing when
    /// the crypto library fails, which it does only without memory or entropy.
    static std::optional<Certificate> generate(WallTime now);
    /// Reads PEM texts; nothing when they are not a certificate and its key.
    static std::optional<Certificate> from_pem(std::string_view certificate, std::string_view key);

    const Fingerprint& fingerprint() const;  // SHA-256
    std::vector<std::uint8_t> der() const;
    std::string pem() const;
    std::string key_pem() const;

    /// The library's objects, for this room only.
    struct Handles;
    const Handles& handles() const { return *handles_; }

 private:
    explicit Certificate(std::shared_ptr<const Handles> handles) : handles_(std::move(handles)) {}

    std::shared_ptr<const Handles> handles_;
};

}  // namespace parley::crypto
