// The crypto library as DTLS needs it, without what makes a handshake slow.

#pragma once

#include <openssl/types.h>

namespace parley::crypto {

/// For SSL_CTX_new_ex(): OpenSSL's own algorithms, but of its decoders only those for the public
/// keys that certificates of WebRTC have. OpenSSL 3 gathers every decoder that could apply and
/// chains all with all for each certificate that arrives, which took a third of a handshake. Made
/// at the first call, kept for the process's life; nullptr, which means the whole library, when it
/// cannot be made.
OSSL_LIB_CTX* lean_library();

}  // namespace parley::crypto
