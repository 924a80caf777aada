#include "crypto/certificate.hpp"

#include <ctime>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "crypto/openssl_ptr.hpp"

namespace parley::crypto {
namespace {

constexpr std::int64_t kDay = 86'400;

// Like the browsers' certificates it names nobody: the fingerprint is the identity.
bool fill_in(X509& certificate, EVP_PKEY& key, WallTime now) {
    std::uint8_t serial[8];
    if (RAND_bytes(serial, sizeof serial) != 1) return false;
    serial[0] &= 0x7F;  // RFC 5280 §4.1.2.2: positive
    BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
    if (number == nullptr) return false;
    const bool numbered =
        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(&certificate)) != nullptr;
    BN_free(number);

    // A peer's clock may be wrong by hours; nobody in WebRTC checks the dates, but tools do.
    const auto from = static_cast<std::time_t>(now.unix_seconds() - kDay);
    const auto until = static_cast<std::time_t>(now.unix_seconds() + 365 * kDay);
    X509_NAME* subject = X509_get_subject_name(&certificate);
    static constexpr unsigned char kName[] = "WebRTC";
    return numbered && X509_set_version(&certificate, X509_VERSION_3) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(&certificate), from) != nullptr &&
           ASN1_TIME_set(X509_getm_notAfter(&certificate), until) != nullptr &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, kName, -1, -1, 0) == 1 &&
           X509_set_issuer_name(&certificate, subject) == 1 &&
           X509_set_pubkey(&certificate, &key) == 1 &&
           X509_sign(&certificate, &key, EVP_sha256()) != 0;
}

template <typename Write>
std::string pem_text(Write write) {
    BioPtr memory(BIO_new(BIO_s_mem()));
    if (!memory || write(memory.get()) != 1) return {};
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

std::optional<Fingerprint> fingerprint_of(const X509* certificate, FingerprintHash hash) {
    const EVP_MD* digest = hash == FingerprintHash::kSha256   ? EVP_sha256()
                           : hash == FingerprintHash::kSha384 ? EVP_sha384()
                                                              : EVP_sha512();
    Fingerprint result;
    result.hash = hash;
    unsigned int size = 0;
    if (X509_digest(certificate, digest, result.digest.data(), &size) != 1) return {};
    return result;
}

std::optional<Certificate> Certificate::generate(WallTime now) {
    auto handles = std::make_shared<Handles>();
    handles->key.reset(EVP_EC_gen("P-256"));
    handles->certificate.reset(X509_new());
    if (!handles->key || !handles->certificate) return {};
    if (!fill_in(*handles->certificate, *handles->key, now)) return {};
    const auto fingerprint = fingerprint_of(handles->certificate.get(), FingerprintHash::kSha256);
    if (!fingerprint) return {};
    handles->fingerprint = *fingerprint;
    return Certificate(std::move(handles));
}

std::optional<Certificate> Certificate::from_pem(std::string_view certificate,
                                                 std::string_view key) {
    BioPtr certificate_bio(
        BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
    BioPtr key_bio(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
    if (!certificate_bio || !key_bio) return {};
    auto handles = std::make_shared<Handles>();
    handles->certificate.reset(PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr));
    handles->key.reset(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
    const bool match = handles->certificate && handles->key &&
                       X509_check_private_key(handles->certificate.get(), handles->key.get()) == 1;
    ERR_clear_error();
    if (!match) return {};
    const auto fingerprint = fingerprint_of(handles->certificate.get(), FingerprintHash::kSha256);
    if (!fingerprint) return {};
    handles->fingerprint = *fingerprint;
    return Certificate(std::move(handles));
}

const Fingerprint& Certificate::fingerprint() const {
    return handles_->fingerprint;
}

std::vector<std::uint8_t> Certificate::der() const {
    const int size = i2d_X509(handles_->certificate.get(), nullptr);
    std::vector<std::uint8_t> out(size > 0 ? static_cast<std::size_t>(size) : 0);
    unsigned char* at = out.data();
    if (size > 0) i2d_X509(handles_->certificate.get(), &at);
    return out;
}

std::string Certificate::pem() const {
    return pem_text([&](BIO* bio) { return PEM_write_bio_X509(bio, handles_->certificate.get()); });
}

std::string Certificate::key_pem() const {
    return pem_text([&](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, handles_->key.get(), nullptr, nullptr, 0, nullptr,
                                        nullptr);
    });
}

}  // namespace parley::crypto
