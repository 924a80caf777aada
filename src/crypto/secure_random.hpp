// The machine's secret randomness, for drivers to pass into the cores.

#pragma once

#include "base/random.hpp"

namespace parley::crypto {

/// Cryptographically strong octets from the crypto library's generator, which the kernel seeds.
/// Aborts where the kernel gives no entropy: a server without it must not run.
class SystemRandom final : public SecretRandom {
 public:
    void fill(BytesSpan out) override;
};

}  // namespace parley::crypto
