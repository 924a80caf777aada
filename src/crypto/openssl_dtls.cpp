// DTLS 1.2 by OpenSSL 3.0 behind the face of dtls_engine.hpp.
//
// Time: libssl runs its retransmission timer by the system's clock and, when it is due, fires it
// from within any call that reads. Here time is the caller's. So the timer callback answers an
// hour, which keeps the library from firing, and retransmit() moves the library's deadline into
// the past just before it asks for a retransmission. The library shows the place of that deadline
// to its BIO. Some versions show a copy instead; the context finds out once, and then the library's
// own clock must do (durations stay the same, deadlines are the library's).

#include <algorithm>
#include <array>
#include <deque>
#include <openssl/err.h>

#include "base/assert.hpp"
#include "crypto/datagram_pipe.hpp"
#include "crypto/dtls_engine.hpp"
#include "crypto/dtls_key_block.hpp"
#include "crypto/dtls_records.hpp"
#include "crypto/lean_library.hpp"
#include "crypto/openssl_ptr.hpp"

namespace parley::crypto {
namespace {

constexpr unsigned int kHourUs = 3'600'000'000U;
constexpr unsigned int kMaxTimeoutUs = 2'000'000;

// RFC 8827 §6.5 requires the first; the RSA ones serve peers whose certificate is RSA (GStreamer).
constexpr const char* kSuites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* kSignatures =
    "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA384:RSA+SHA384:RSA+SHA512";
// A self-signed certificate has 0.3 to 1.5 kB; longer handshake messages are refused
// (dtls/record.hpp refuses fragments of such before they come here).
constexpr long kMaxCertificateList = 4096;

const char* library_name(SrtpProfile profile) {
    switch (profile) {
        case SrtpProfile::kAes128CmHmacSha1_80: return "SRTP_AES128_CM_SHA1_80";
        case SrtpProfile::kAeadAes128Gcm: return "SRTP_AEAD_AES_128_GCM";
        case SrtpProfile::kAeadAes256Gcm: return "SRTP_AEAD_AES_256_GCM";
    }
    return "";
}

std::string library_error() {
    const unsigned long code = ERR_peek_error();
    const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    return reason != nullptr ? reason : "";
}

class OpensslDtlsEngine final : public DtlsEngine {
 public:
    OpensslDtlsEngine(SSL_CTX* context, const BIO_METHOD* method, bool deadline_is_live,
                      const DtlsEngineOptions& options)
        : pipe_(options.mtu),
          ssl_(SSL_new(context)),
          role_(options.role),
          deadline_is_live_(deadline_is_live),
          first_us_(static_cast<unsigned int>(
              std::chrono::duration_cast<std::chrono::microseconds>(options.first_retransmission)
                  .count())) {
        BIO* bio = ssl_ ? pipe_.attach(method) : nullptr;
        if (bio == nullptr) {
            ssl_.reset();
            return;
        }
        SSL_set_bio(ssl_.get(), bio, bio);
        SSL_set_mtu(ssl_.get(), static_cast<long>(options.mtu));
        SSL_set_app_data(ssl_.get(), this);
        DTLS_set_timer_cb(ssl_.get(), on_timer);
        SSL_set_info_callback(ssl_.get(), on_info);
        if (role_ == DtlsRole::kServer) {
            SSL_set_accept_state(ssl_.get());
        } else {
            SSL_set_connect_state(ssl_.get());
        }
    }
    OpensslDtlsEngine(const OpensslDtlsEngine&) = delete;
    OpensslDtlsEngine& operator=(const OpensslDtlsEngine&) = delete;

    bool ok() const { return ssl_ != nullptr; }
    DatagramPipe& pipe() { return pipe_; }
    std::uint32_t library_timeouts() const { return library_timeouts_; }

    void expect_fingerprints(std::vector<Fingerprint> fingerprints) override {
        expected_ = std::move(fingerprints);
    }

    DtlsStatus start() override { return run({}); }
    DtlsStatus receive(BytesView datagram) override { return run(datagram); }

    DtlsStatus retransmit() override {
        if (status_ != DtlsStatus::kHandshaking || !awaits_answer()) return status_;
        ERR_clear_error();
        if (deadline_is_live_ && pipe_.library_deadline() != nullptr) {
            *pipe_.library_deadline() = {1, 0};
        }
        if (DTLSv1_handle_timeout(ssl_.get()) < 0) fail("no answer");
        ERR_clear_error();
        return status_;
    }

    std::uint32_t flights() const override { return flights_; }
    bool awaits_answer() const override {
        timeval left{};
        return status_ == DtlsStatus::kHandshaking && DTLSv1_get_timeout(ssl_.get(), &left) > 0;
    }
    bool reads_protected() const override {
        if (status_ != DtlsStatus::kHandshaking) return true;
        const auto state = SSL_get_state(ssl_.get());
        return state == TLS_ST_SR_CHANGE || state == TLS_ST_CR_CHANGE;
    }
    bool before_hello() const override { return flights_ == 0; }
    DtlsStatus status() const override { return status_; }
    const DtlsFailure& failure() const override { return failure_; }
    std::optional<std::size_t> take_outgoing(BytesSpan out) override {
        return pipe_.take_outgoing(out);
    }
    bool has_outgoing() const override { return pipe_.has_outgoing(); }

    bool send(BytesView data) override {
        if (status_ != DtlsStatus::kConnected || data.empty()) return false;
        if (records_) return pipe_.put(records_->seal(DtlsContent::kApplicationData, data));
        ERR_clear_error();
        const BufferLease buffers(ssl_.get());
        const int written = SSL_write(ssl_.get(), data.data(), static_cast<int>(data.size()));
        ERR_clear_error();
        return written == static_cast<int>(data.size());
    }

    std::optional<std::vector<std::uint8_t>> take_received() override {
        if (received_.empty()) return {};
        auto data = std::move(received_.front());
        received_.pop_front();
        return data;
    }

    bool peer_certificate_matches(std::span<const Fingerprint> fingerprints) const override {
        return ssl_ && matches(SSL_get0_peer_certificate(ssl_.get()), fingerprints);
    }

    std::optional<SrtpKeys> srtp_keys() const override;

    void settle() override;

    void close() override {
        if (status_ != DtlsStatus::kConnected) return;
        say_close_notify();
        status_ = DtlsStatus::kClosed;
    }

 private:
    // Received data waits for its reader within one call of handle_receive only, so more than a
    // datagram's records can never be queued; the bound is against a mistake of ours.
    static constexpr std::size_t kMaxReceivedQueue = 64;

    // Records of epoch 1 that arrive before the handshake is over: Finished, once or again, or what
    // others wrote in the peer's name.
    static constexpr std::size_t kMaxSealed = 10;

    // Between the handshake and settle() the record buffers (34 kB) exist only while a call runs.
    class BufferLease {
     public:
        explicit BufferLease(SSL* ssl) : ssl_(ssl) { SSL_alloc_buffers(ssl); }
        ~BufferLease() { SSL_free_buffers(ssl_); }
        BufferLease(const BufferLease&) = delete;
        BufferLease& operator=(const BufferLease&) = delete;

     private:
        SSL* ssl_;
    };

    static OpensslDtlsEngine* engine_of(const SSL* ssl) {
        return static_cast<OpensslDtlsEngine*>(SSL_get_app_data(ssl));
    }

    static unsigned int on_timer(SSL* ssl, unsigned int previous_us) {
        OpensslDtlsEngine& engine = *engine_of(ssl);
        if (previous_us == 0) {
            ++engine.flights_;
        } else {
            ++engine.library_timeouts_;
        }
        if (engine.deadline_is_live_) return kHourUs;
        if (previous_us == 0) return engine.first_us_;
        return std::min(previous_us * 2, kMaxTimeoutUs);
    }

    static void on_info(const SSL* ssl, int where, int value) {
        if ((where & SSL_CB_ALERT) == 0) return;
        OpensslDtlsEngine& engine = *engine_of(ssl);
        const bool fatal = (value >> 8) == SSL3_AL_FATAL;
        if (!fatal) return;
        engine.failure_.alert = static_cast<std::uint8_t>(value & 0xFF);
        engine.failure_.alert_received = (where & SSL_CB_READ) != 0;
    }

    static bool matches(const X509* certificate, std::span<const Fingerprint> fingerprints) {
        if (certificate == nullptr || fingerprints.empty()) return false;
        FingerprintHash strongest = FingerprintHash::kSha256;
        for (const auto& fingerprint : fingerprints)
            strongest = std::max(strongest, fingerprint.hash);
        const auto actual = fingerprint_of(certificate, strongest);
        return actual && std::any_of(fingerprints.begin(), fingerprints.end(),
                                     [&](const Fingerprint& wanted) { return wanted == *actual; });
    }

    friend int verify_peer(X509_STORE_CTX* store, void*);

    DtlsStatus run(BytesView datagram);
    void handshake();
    void read_all();
    bool has_short_sealed(BytesView datagram) const;
    void keep_sealed(BytesView datagram);
    void open_records(BytesView datagram);
    void on_record(const DtlsRecords::Opened& record);
    void on_alert(BytesView alert);
    void repeat_flight();
    void say_close_notify();
    void fail(std::string_view fallback);

    DatagramPipe pipe_;  // before ssl_, which points at it
    SslPtr ssl_;
    DtlsRole role_;
    bool deadline_is_live_;
    unsigned int first_us_;
    std::uint32_t flights_ = 0;
    std::uint32_t library_timeouts_ = 0;
    DtlsStatus status_ = DtlsStatus::kHandshaking;
    DtlsFailure failure_;
    std::vector<Fingerprint> expected_;
    std::deque<std::vector<std::uint8_t>> received_;
    // For settle(): what the peer has sealed so far, and our last flight, each datagram behind its
    // size.
    std::vector<std::vector<std::uint8_t>> sealed_;
    std::vector<std::uint8_t> flight_;
    std::unique_ptr<DtlsRecords> records_;  // in the place of ssl_ from settle() on
};

// Replaces the verification of a chain: in WebRTC the fingerprint is all that counts (RFC 8827
// §6.5). The signature with the certificate's key is verified by the handshake itself.
int verify_peer(X509_STORE_CTX* store, void*) {
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    OpensslDtlsEngine& engine = *OpensslDtlsEngine::engine_of(ssl);
    if (engine.expected_.empty() ||
        OpensslDtlsEngine::matches(X509_STORE_CTX_get0_cert(store), engine.expected_)) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    engine.failure_.certificate_rejected = true;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);  // becomes alert bad_certificate
    return 0;
}

DtlsStatus OpensslDtlsEngine::run(BytesView datagram) {
    if (status_ != DtlsStatus::kHandshaking && status_ != DtlsStatus::kConnected) return status_;
    if (records_) {
        open_records(datagram);
        return status_;
    }
    if (has_short_sealed(datagram)) return status_;
    ERR_clear_error();
    keep_sealed(datagram);
    pipe_.set_incoming(datagram);
    if (status_ == DtlsStatus::kHandshaking) handshake();
    if (status_ == DtlsStatus::kConnected) {
        const BufferLease buffers(ssl_.get());
        read_all();
    }
    pipe_.set_incoming({});
    ERR_clear_error();
    return status_;
}

// The library ends an association for a sealed record that is shorter than nonce and tag (RFC 5288
// §3, RFC 7905 §2), although anybody can have written it; others that are not the peer's it drops.
bool OpensslDtlsEngine::has_short_sealed(BytesView datagram) const {
    const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_.get());
    const bool chacha =
        cipher != nullptr && SSL_CIPHER_get_cipher_nid(cipher) == NID_chacha20_poly1305;
    const std::size_t nonce = chacha ? 0 : DtlsRecords::kExplicitNonceSize;
    const std::size_t least = DtlsRecords::kHeaderSize + nonce + DtlsRecords::kTagSize;
    bool found = false;
    for_each_record(datagram, [&](BytesView record) {
        found = found || (DtlsRecords::is_sealed(record) && record.size() < least);
    });
    return found;
}

void OpensslDtlsEngine::handshake() {
    pipe_.begin_flight();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
        status_ = DtlsStatus::kConnected;
        // The server speaks last (RFC 6347 §4.2.4), so it must be able to say it again.
        if (role_ == DtlsRole::kServer) {
            flight_.assign(pipe_.flight().begin(), pipe_.flight().end());
        }
        return;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail("handshake failed");
}

void OpensslDtlsEngine::keep_sealed(BytesView datagram) {
    for_each_record(datagram, [this](BytesView record) {
        if (!DtlsRecords::is_sealed(record)) return;
        if (sealed_.size() >= kMaxSealed) sealed_.erase(sealed_.begin());  // the newest end it
        sealed_.emplace_back(record.begin(), record.end());
    });
}

// Ours open what the library has opened, or it stays: that proves the keys, and marks what was
// there as seen.
void OpensslDtlsEngine::settle() {
    if (status_ != DtlsStatus::kConnected || records_) return;
    auto records = records_of(ssl_.get(), role_, pipe_.newest_sealed());
    bool proven = false;
    for (const auto& record : sealed_) {
        if (records && records->open(record)) proven = true;
    }
    ERR_clear_error();
    if (!proven) return;
    sealed_ = {};
    records_ = std::move(records);
    ssl_.reset();
}

void OpensslDtlsEngine::open_records(BytesView datagram) {
    for_each_record(datagram, [this](BytesView whole) {
        if (status_ != DtlsStatus::kConnected) return;
        if (const auto record = records_->open(whole)) on_record(*record);
    });
}

void OpensslDtlsEngine::on_record(const DtlsRecords::Opened& record) {
    constexpr std::uint8_t kFinished = 20;  // RFC 5246 §7.4
    switch (record.type) {
        case DtlsContent::kApplicationData:
            if (!record.plain.empty() && received_.size() < kMaxReceivedQueue) {
                received_.push_back(record.plain);
            }
            return;
        case DtlsContent::kAlert: on_alert(record.plain); return;
        case DtlsContent::kHandshake:
            // The peer did not get our last flight. Wishes to renegotiate get no answer (RFC 5246
            // §7.4.1.1 allows that).
            if (!record.plain.empty() && record.plain[0] == kFinished) repeat_flight();
            return;
        case DtlsContent::kChangeCipherSpec: return;
    }
}

void OpensslDtlsEngine::on_alert(BytesView alert) {
    if (alert.size() != 2) return;
    if (alert[0] == SSL3_AL_FATAL) {
        failure_.alert = alert[1];
        failure_.alert_received = true;
        fail("connection failed");
    } else if (alert[1] == SSL_AD_CLOSE_NOTIFY) {
        say_close_notify();  // RFC 5246 §7.2.1
        status_ = DtlsStatus::kClosed;
    }
}

// The same octets: for a peer that has them already it is a replay, which it drops.
void OpensslDtlsEngine::repeat_flight() {
    BytesView left(flight_);
    while (left.size() > 2) {
        const std::size_t size = std::min<std::size_t>(load_be16(left.data()), left.size() - 2);
        pipe_.put(left.subspan(2, size));
        left = left.subspan(2 + size);
    }
}

void OpensslDtlsEngine::say_close_notify() {
    if (records_) {
        static constexpr std::array<std::uint8_t, 2> kCloseNotify{SSL3_AL_WARNING,
                                                                  SSL_AD_CLOSE_NOTIFY};
        pipe_.put(records_->seal(DtlsContent::kAlert, kCloseNotify));
        return;
    }
    ERR_clear_error();
    const BufferLease buffers(ssl_.get());
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

void OpensslDtlsEngine::read_all() {
    std::array<std::uint8_t, 2048> record;
    while (status_ == DtlsStatus::kConnected) {
        const int size = SSL_read(ssl_.get(), record.data(), static_cast<int>(record.size()));
        if (size > 0) {
            if (received_.size() < kMaxReceivedQueue) {
                received_.emplace_back(record.begin(), record.begin() + size);
            }
            continue;
        }
        const int error = SSL_get_error(ssl_.get(), size);
        if (error == SSL_ERROR_ZERO_RETURN) {
            SSL_shutdown(ssl_.get());  // answers with our close_notify (RFC 5246 §7.2.1)
            status_ = DtlsStatus::kClosed;
        } else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
            fail("connection failed");
        } else {
            return;
        }
    }
}

void OpensslDtlsEngine::fail(std::string_view fallback) {
    status_ = DtlsStatus::kFailed;
    std::string text = library_error();
    if (text.empty()) text = fallback;
    if (failure_.alert != 0) {
        text += failure_.alert_received ? "; received alert " : "; sent alert ";
        text += alert_name(failure_.alert);
    }
    failure_.text = std::move(text);
}

std::optional<SrtpKeys> OpensslDtlsEngine::srtp_keys() const {
    if (status_ != DtlsStatus::kConnected || !ssl_) return {};
    const SRTP_PROTECTION_PROFILE* selected = SSL_get_selected_srtp_profile(ssl_.get());
    if (selected == nullptr) return {};
    SrtpKeys keys;
    keys.profile = static_cast<SrtpProfile>(selected->id);
    const std::size_t key = key_size(keys.profile);
    const std::size_t salt = salt_size(keys.profile);
    static constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";  // RFC 5764 §4.2
    std::array<std::uint8_t, 2 * (32 + 14)> block;
    if (SSL_export_keying_material(ssl_.get(), block.data(), 2 * (key + salt), kLabel.data(),
                                   kLabel.size(), nullptr, 0, 0) != 1) {
        ERR_clear_error();
        return {};
    }
    // client key | server key | client salt | server salt
    SrtpMaster& client = role_ == DtlsRole::kClient ? keys.local : keys.remote;
    SrtpMaster& server = role_ == DtlsRole::kClient ? keys.remote : keys.local;
    std::memcpy(client.key.data(), &block[0], key);
    std::memcpy(server.key.data(), &block[key], key);
    std::memcpy(client.salt.data(), &block[2 * key], salt);
    std::memcpy(server.salt.data(), &block[2 * key + salt], salt);
    OPENSSL_cleanse(block.data(), block.size());
    return keys;
}

class OpensslDtlsContext final : public DtlsContext {
 public:
    OpensslDtlsContext(Certificate certificate, SslContextPtr context, BioMethodPtr method)
        : certificate_(std::move(certificate)),
          method_(std::move(method)),
          context_(std::move(context)) {
        // See the top of this file: a ClientHello starts the timer; if the deadline that the BIO
        // then sets counts, the library takes it for expired at once.
        DtlsEngineOptions options;
        options.role = DtlsRole::kClient;
        OpensslDtlsEngine probe(context_.get(), method_.get(), true, options);
        if (!probe.ok()) return;
        probe.pipe().expire_deadlines(true);
        // Stops on its own: the library allows a dozen retransmissions.
        probe.start();
        deadline_is_live_ = probe.library_timeouts() > 0;
    }

    const Certificate& certificate() const override { return certificate_; }
    std::unique_ptr<DtlsEngine> make_engine(const DtlsEngineOptions& options) const override {
        auto engine = std::make_unique<OpensslDtlsEngine>(context_.get(), method_.get(),
                                                          deadline_is_live_, options);
        if (!engine->ok()) return nullptr;
        return engine;
    }

 private:
    Certificate certificate_;
    BioMethodPtr method_;
    SslContextPtr context_;
    bool deadline_is_live_ = false;
};

}  // namespace

std::shared_ptr<const DtlsContext> make_openssl_dtls_context(const Certificate& certificate,
                                                             const DtlsContextOptions& options) {
    SslContextPtr context(SSL_CTX_new_ex(lean_library(), nullptr, DTLS_method()));
    BioMethodPtr method = DatagramPipe::make_method();
    if (!context || !method) return nullptr;
    SSL_CTX* ctx = context.get();
    std::string profiles;
    for (const auto profile : options.profiles) {
        if (!profiles.empty()) profiles += ':';
        profiles += library_name(profile);
    }
    SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ctx, kMaxCertificateList);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(ctx, verify_peer, nullptr);
    const auto& handles = certificate.handles();
    const bool ok = SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_cipher_list(ctx, kSuites) == 1 &&
                    SSL_CTX_set1_groups_list(ctx, "X25519:P-256") == 1 &&
                    SSL_CTX_set1_sigalgs_list(ctx, kSignatures) == 1 &&
                    SSL_CTX_use_certificate(ctx, handles.certificate.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(ctx, handles.key.get()) == 1 &&
                    // This one function answers 0 for success.
                    (profiles.empty() || SSL_CTX_set_tlsext_use_srtp(ctx, profiles.c_str()) == 0);
    ERR_clear_error();
    if (!ok) return nullptr;
    return std::make_shared<OpensslDtlsContext>(certificate, std::move(context), std::move(method));
}

}  // namespace parley::crypto
