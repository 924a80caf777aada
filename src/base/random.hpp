// Randomness as an argument. SecretRandom for whatever an attacker must not guess (keys,
// credentials, transaction ids), Random for the rest (jitter, SSRCs, sequence numbers).

#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace parley {

/// Cryptographically strong octets. crypto/ has the real one; tests and sim/ use SeededSecret.
class SecretRandom {
 public:
    virtual ~SecretRandom() = default;
    virtual void fill(BytesSpan out) = 0;

    std::uint64_t next_u64() {
        std::uint8_t octets[8];
        fill(octets);
        return load_be64(octets);
    }
    std::uint32_t next_u32() { return static_cast<std::uint32_t>(next_u64()); }
    /// `length` characters of the ice-char alphabet (RFC 8839 §5.4); 6 bits of entropy each.
    std::string ice_chars(std::size_t length);
    /// `length` characters [0-9a-v]; 5 bits of entropy each. For ids that people read.
    std::string id(std::size_t length);
};

/// A fast generator of good statistical quality (SplitMix64), repeatable from its seed.
/// Satisfies UniformRandomBitGenerator.
class Random {
 public:
    using result_type = std::uint64_t;
    explicit Random(std::uint64_t seed) : state_(seed) {}

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
    result_type operator()() {
        state_ += 0x9E3779B97F4A7C15;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
    std::uint32_t next_u32() { return static_cast<std::uint32_t>((*this)() >> 32); }
    std::uint16_t next_u16() { return static_cast<std::uint16_t>((*this)() >> 48); }
    /// Uniform in [0, bound); 0 for bound 0.
    std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : (*this)() % bound; }
    /// Uniform in [0, 1).
    double uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

 private:
    std::uint64_t state_;
};

/// For tests and simulation only: "secrets" that replay from a seed.
class SeededSecret final : public SecretRandom {
 public:
    explicit SeededSecret(std::uint64_t seed) : random_(seed) {}
    void fill(BytesSpan out) override {
        for (auto& octet : out) octet = static_cast<std::uint8_t>(random_() >> 56);
    }

 private:
    Random random_;
};

}  // namespace parley
