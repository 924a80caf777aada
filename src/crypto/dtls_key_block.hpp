// The keys of an association's records, out of the library's object (RFC 5246 §6.3).

#pragma once

#include <memory>
#include <openssl/ssl.h>

#include "crypto/dtls_engine.hpp"
#include "crypto/dtls_records.hpp"

namespace parley::crypto {

/// What goes on after `newest`, the newest record of epoch 1 that `ssl` has written. Nothing when
/// the suite is not one that this room negotiates, or the library refuses.
std::unique_ptr<DtlsRecords> records_of(SSL* ssl, DtlsRole role, BytesView newest);

}  // namespace parley::crypto
