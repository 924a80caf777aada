// Owners of the crypto library's objects; for this room only.

#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "crypto/certificate.hpp"

namespace parley::crypto {

template <auto Free>
struct FreeWith {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using BioMethodPtr = std::unique_ptr<BIO_METHOD, FreeWith<BIO_meth_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;

struct Certificate::Handles {
    X509Ptr certificate;
    KeyPtr key;
    Fingerprint fingerprint;
};

/// The fingerprint of any certificate; nothing when the library fails.
std::optional<Fingerprint> fingerprint_of(const X509* certificate, FingerprintHash hash);

}  // namespace parley::crypto
