#include "srtp/key_derivation.hpp"

#include <algorithm>
#include <utility>

#include "crypto/cipher_engine.hpp"

namespace parley::srtp {

// RFC 3711 §4.3.1: with rate 0 the index part of the key id is zero, so that it is the label
// followed by 48 zero bits, XORed to the right end of the 112-bit salt. §4.3.3: the last 16 bits of
// the IV count blocks.
void derive_key(BytesView master_key, BytesView master_salt, Label label, BytesSpan out) {
    crypto::CounterIv iv{};
    std::copy_n(master_salt.begin(), std::min<std::size_t>(master_salt.size(), 14), iv.begin());
    iv[7] ^= std::to_underlying(label);
    crypto::counter_keystream(master_key, iv, out);
}

}  // namespace parley::srtp
