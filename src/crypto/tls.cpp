#include "crypto/tls.hpp"

#include <array>
#include <cstring>
#include <ctime>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/assert.hpp"
#include "crypto/openssl_ptr.hpp"

namespace parley::crypto {
namespace {

std::string take_library_error() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "unknown reason";
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "error " + std::to_string(code);
}

// ---- the byte channel as a BIO ------------------------------------------------------------------

ByteChannel& channel_of(BIO* bio) {
    return *static_cast<ByteChannel*>(BIO_get_data(bio));
}

int bio_read(BIO* bio, char* out, int size) {
    BIO_clear_retry_flags(bio);
    const auto got = channel_of(bio).receive(
        {reinterpret_cast<std::uint8_t*>(out), static_cast<std::size_t>(size)});
    if (got == ByteChannel::kWouldBlock) BIO_set_retry_read(bio);
    if (got == ByteChannel::kEnd) return 0;
    return got > 0 ? static_cast<int>(got) : -1;
}

int bio_write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const auto put = channel_of(bio).send(
        {reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)});
    if (put == ByteChannel::kWouldBlock) BIO_set_retry_write(bio);
    return put > 0 ? static_cast<int>(put) : -1;
}

long bio_control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int bio_create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

BioMethodPtr make_method() {
    BioMethodPtr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "parley channel"));
    PARLEY_ASSERT(method != nullptr);
    BIO_meth_set_read(method.get(), bio_read);
    BIO_meth_set_write(method.get(), bio_write);
    BIO_meth_set_ctrl(method.get(), bio_control);
    BIO_meth_set_create(method.get(), bio_create);
    return method;
}

// ---- certificates -------------------------------------------------------------------------------

BioPtr memory(std::string_view text) {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string drain(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string fingerprint(X509* cert) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (X509_digest(cert, EVP_sha256(), digest.data(), &size) != 1) return {};
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        if (i > 0) text += ':';
        text += kHex[digest[i] >> 4];
        text += kHex[digest[i] & 15];
    }
    return text;
}

TlsCertificateInfo describe(X509* cert) {
    TlsCertificateInfo info;
    BioPtr out(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(out.get(), X509_get_subject_name(cert), 0, XN_FLAG_RFC2253);
    info.subject = drain(out.get());
    info.sha256_fingerprint = fingerprint(cert);
    int days = 0;
    int seconds = 0;
    ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(cert));
    info.seconds_left = std::int64_t{days} * 86'400 + seconds;
    info.expired = info.seconds_left <= 0;
    std::tm when{};
    std::array<char, 16> text{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &when) == 1) {
        (void)std::strftime(text.data(), text.size(), "%Y-%m-%d", &when);
        info.not_after = text.data();
    }
    return info;
}

bool add_alternative_names(X509* cert, const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names) {
        // A name with anything else would be configuration syntax to the library.
        if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789.:-_*") != std::string::npos) {
            return false;
        }
        const bool is_address = name.find(':') != std::string::npos ||
                                name.find_first_not_of("0123456789.") == std::string::npos;
        if (!list.empty()) list += ',';
        list += (is_address ? "IP:" : "DNS:") + name;
    }
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, list.c_str());
    if (extension == nullptr) return false;
    const bool added = X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

bool fill_certificate(X509* cert, EVP_PKEY* key, const std::vector<std::string>& names) {
    constexpr long kValidSeconds = 397L * 86'400;  // CA/Browser Forum BR 1.8 §6.3.2
    constexpr long kClockSlack = 3'600;
    std::uint8_t serial[8];
    if (RAND_bytes(serial, sizeof serial) != 1) return false;
    serial[0] &= 0x7F;
    BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
    const bool numbered = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != nullptr;
    BN_free(number);
    X509_NAME* subject = X509_get_subject_name(cert);
    return numbered && X509_set_version(cert, 2) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -kClockSlack) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(cert), kValidSeconds) != nullptr &&
           X509_set_pubkey(cert, key) == 1 &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                      reinterpret_cast<const unsigned char*>("Parley"), -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(cert, subject) == 1 && add_alternative_names(cert, names) &&
           X509_sign(cert, key, EVP_sha256()) > 0;
}

// ---- the context --------------------------------------------------------------------------------

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
    static constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;  // no ALPN in the answer: HTTP/1.1 is what follows anyway
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

void configure(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // RFC 9325 §4.2: forward secrecy and AEAD only.
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

int no_passphrase(char*, int, int, void*) {
    return -1;
}

}  // namespace

std::expected<PemPair, std::string> make_self_signed(const std::vector<std::string>& names) {
    KeyPtr key(EVP_EC_gen("P-256"));
    X509Ptr cert(X509_new());
    if (!key || !cert || !fill_certificate(cert.get(), key.get(), names)) {
        return std::unexpected("cannot make a self-signed certificate: " + take_library_error());
    }
    BioPtr cert_out(BIO_new(BIO_s_mem()));
    BioPtr key_out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(cert_out.get(), cert.get());
    PEM_write_bio_PKCS8PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return PemPair{drain(cert_out.get()), drain(key_out.get())};
}

struct TlsContext::Engine {
    explicit Engine(const SSL_METHOD* role) : context(SSL_CTX_new(role)) {}

    BioMethodPtr method = make_method();
    SslContextPtr context;
    bool client = false;
    TlsCertificateInfo info;
};

TlsContext::TlsContext(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;
TlsContext::~TlsContext() = default;
const TlsCertificateInfo& TlsContext::certificate() const {
    return engine_->info;
}

std::expected<TlsContext, std::string> TlsContext::from_pem(const PemPair& pem) {
    auto engine = std::make_unique<Engine>(TLS_server_method());
    configure(engine->context.get());
    BioPtr certs = memory(pem.certificate);
    X509Ptr leaf(PEM_read_bio_X509(certs.get(), nullptr, no_passphrase, nullptr));
    if (!leaf) {
        ERR_clear_error();
        return std::unexpected(
            "the certificate is not in PEM form; it should begin with "
            "-----BEGIN CERTIFICATE-----");
    }
    BioPtr key_bio = memory(pem.key);
    KeyPtr key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_passphrase, nullptr));
    if (!key) {
        ERR_clear_error();
        return std::unexpected(
            "the key is not an unencrypted private key in PEM form; remove a passphrase with "
            "`openssl pkey -in KEY -out PLAIN_KEY`");
    }
    if (X509_check_private_key(leaf.get(), key.get()) != 1) {
        ERR_clear_error();
        return std::unexpected(
            "the key does not belong to the certificate; give the pair that was issued together, "
            "the server's own certificate first in its file");
    }
    engine->info = describe(leaf.get());
    if (SSL_CTX_use_certificate(engine->context.get(), leaf.get()) != 1 ||
        SSL_CTX_use_PrivateKey(engine->context.get(), key.get()) != 1) {
        return std::unexpected("the certificate cannot be used: " + take_library_error());
    }
    while (X509* link = PEM_read_bio_X509(certs.get(), nullptr, no_passphrase, nullptr)) {
        if (SSL_CTX_add0_chain_cert(engine->context.get(), link) == 1) continue;
        X509_free(link);
        return std::unexpected("the certificate's chain cannot be used: " + take_library_error());
    }
    ERR_clear_error();
    return TlsContext(std::move(engine));
}

TlsContext TlsContext::client(TlsTrust trust) {
    auto engine = std::make_unique<Engine>(TLS_client_method());
    PARLEY_ASSERT(engine->context != nullptr);
    engine->client = true;
    configure(engine->context.get());
    if (trust == TlsTrust::kSystem) {
        SSL_CTX_set_default_verify_paths(engine->context.get());
        SSL_CTX_set_verify(engine->context.get(), SSL_VERIFY_PEER, nullptr);
    }
    ERR_clear_error();
    return TlsContext(std::move(engine));
}

// ---- a session ----------------------------------------------------------------------------------

struct TlsSession::Engine {
    SslPtr ssl;
    std::string failure;
    bool established = false;
    bool closing = false;

    TlsResult outcome(int returned) {
        switch (SSL_get_error(ssl.get(), returned)) {
            case SSL_ERROR_WANT_READ: return {TlsStatus::kWantRead, 0};
            case SSL_ERROR_WANT_WRITE: return {TlsStatus::kWantWrite, 0};
            case SSL_ERROR_ZERO_RETURN: return {TlsStatus::kClosed, 0};
            default: break;
        }
        failure = ERR_peek_error() != 0 ? take_library_error() : "connection lost";
        return {TlsStatus::kFailed, 0};
    }
    bool failed() const { return !failure.empty(); }
};

TlsSession::TlsSession(const TlsContext& context, ByteChannel& channel, const std::string& host)
    : engine_(std::make_unique<Engine>()) {
    engine_->ssl.reset(SSL_new(context.engine_->context.get()));
    BIO* bio = BIO_new(context.engine_->method.get());
    PARLEY_ASSERT(engine_->ssl != nullptr && bio != nullptr);
    BIO_set_data(bio, &channel);
    SSL_set_bio(engine_->ssl.get(), bio, bio);
    if (!context.engine_->client) {
        SSL_set_accept_state(engine_->ssl.get());
        return;
    }
    SSL_set_connect_state(engine_->ssl.get());
    // RFC 6066 §3: no addresses in the server name; RFC 6125: a certificate names either.
    X509_VERIFY_PARAM* wanted = SSL_get0_param(engine_->ssl.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1) return;
    ERR_clear_error();
    SSL_ctrl(engine_->ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));
    SSL_set1_host(engine_->ssl.get(), host.c_str());
}

TlsSession::~TlsSession() = default;

TlsResult TlsSession::handshake() {
    if (engine_->failed()) return {};
    ERR_clear_error();
    const int returned = SSL_do_handshake(engine_->ssl.get());
    if (returned != 1) return engine_->outcome(returned);
    engine_->established = true;
    return {TlsStatus::kDone, 0};
}

TlsResult TlsSession::read(BytesSpan into) {
    if (engine_->failed()) return {};
    ERR_clear_error();
    std::size_t size = 0;
    const int returned = SSL_read_ex(engine_->ssl.get(), into.data(), into.size(), &size);
    return returned == 1 ? TlsResult{TlsStatus::kDone, size} : engine_->outcome(returned);
}

TlsResult TlsSession::write(BytesView bytes) {
    if (engine_->failed()) return {};
    ERR_clear_error();
    std::size_t size = 0;
    const int returned = SSL_write_ex(engine_->ssl.get(), bytes.data(), bytes.size(), &size);
    return returned == 1 ? TlsResult{TlsStatus::kDone, size} : engine_->outcome(returned);
}

void TlsSession::close() {
    if (engine_->closing || engine_->failed() || !engine_->established) return;
    engine_->closing = true;
    ERR_clear_error();
    (void)SSL_shutdown(engine_->ssl.get());
    ERR_clear_error();
}

bool TlsSession::established() const {
    return engine_->established;
}
std::string_view TlsSession::version() const {
    return engine_->established ? SSL_get_version(engine_->ssl.get()) : std::string_view{};
}
std::string TlsSession::failure() const {
    return engine_->failure;
}

}  // namespace parley::crypto
