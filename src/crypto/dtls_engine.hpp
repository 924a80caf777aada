// The face of a DTLS implementation: records, handshake and keys of one association. It has no
// timer of its own; dtls::Endpoint decides when a flight is sent again. Behind it stands OpenSSL
// with DTLS 1.2 (RFC 6347); an engine with 1.3 (RFC 9147) fits the same face.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/fingerprint.hpp"
#include "crypto/srtp_keys.hpp"

namespace parley::crypto {

enum class DtlsRole : std::uint8_t { kClient, kServer };

enum class DtlsStatus : std::uint8_t {
    kHandshaking,
    kConnected,
    kClosed,  // the peer's close_notify arrived, or close() was called
    kFailed,  // see failure()
};

/// Why an engine gave up.
struct DtlsFailure {
    bool certificate_rejected = false;  // the peer's certificate has none of the fingerprints
    bool alert_received = false;        // the peer's alert, else our own decision
    std::uint8_t alert = 0;             // RFC 5246 §7.2; 0 (close_notify) where there was none
    std::string text;
};

/// "handshake_failure" and so on (RFC 5246 §7.2).
std::string_view alert_name(std::uint8_t alert);

class DtlsEngine {
 public:
    virtual ~DtlsEngine() = default;

    /// What the peer's certificate must match. Known before the certificate arrives, a mismatch
    /// ends the handshake with a bad_certificate alert (RFC 8122 §6.2); otherwise ask
    /// peer_certificate_matches() later. An empty list accepts any certificate for now.
    virtual void expect_fingerprints(std::vector<Fingerprint> fingerprints) = 0;
    /// A client writes its ClientHello; a server gets ready.
    virtual DtlsStatus start() = 0;
    /// One datagram from the peer, whole records.
    virtual DtlsStatus receive(BytesView datagram) = 0;
    /// Sends the current flight again.
    virtual DtlsStatus retransmit() = 0;
    /// How many flights were begun; it grows when the retransmission timer must start afresh.
    virtual std::uint32_t flights() const = 0;
    /// True while a flight is out that the peer has not answered.
    virtual bool awaits_answer() const = 0;
    /// True once what the peer protects can be read: it has said ChangeCipherSpec.
    virtual bool reads_protected() const = 0;
    /// As a server: true until the first ClientHello was accepted.
    virtual bool before_hello() const = 0;

    virtual DtlsStatus status() const = 0;
    virtual const DtlsFailure& failure() const = 0;

    /// The next datagram for the peer; the size is 0 when `out` cannot hold it and it is dropped.
    virtual std::optional<std::size_t> take_outgoing(BytesSpan out) = 0;
    virtual bool has_outgoing() const = 0;

    /// Once connected.
    virtual bool send(BytesView data) = 0;
    virtual std::optional<std::vector<std::uint8_t>> take_received() = 0;
    /// The peer's certificate against RFC 8122 §5: of the fingerprints those with the strongest
    /// function count, and one of them must match.
    virtual bool peer_certificate_matches(std::span<const Fingerprint> fingerprints) const = 0;
    /// The exporter's keys (RFC 5764 §4.2); nothing when no profile was agreed.
    virtual std::optional<SrtpKeys> srtp_keys() const = 0;
    /// Certificate and keys will not be asked for again: frees what only a handshake needs. Alerts,
    /// data and a peer that missed our last flight are answered as before.
    virtual void settle() = 0;
    /// Says close_notify.
    virtual void close() = 0;
};

struct DtlsEngineOptions {
    DtlsRole role = DtlsRole::kServer;
    std::size_t mtu = 1200;  // the largest datagram written
    /// For engines that insist on their own clock: how long a flight waits.
    Duration first_retransmission = 50ms;
};

/// What all associations of a process share: certificate, suites, profiles. Make one and pass it to
/// all; make_engine() may be called from any thread. It must not be destroyed before its engines.
class DtlsContext {
 public:
    virtual ~DtlsContext() = default;
    virtual const Certificate& certificate() const = 0;
    /// Nothing only when there is no memory.
    virtual std::unique_ptr<DtlsEngine> make_engine(const DtlsEngineOptions& options) const = 0;
};

struct DtlsContextOptions {
    /// In order of preference; what the server of a handshake prefers wins (RFC 5764 §4.1.1).
    std::vector<SrtpProfile> profiles = {SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAeadAes256Gcm,
                                         SrtpProfile::kAes128CmHmacSha1_80};
};

/// DTLS 1.2 by OpenSSL; nullptr when the library refuses the certificate or the options.
std::shared_ptr<const DtlsContext> make_openssl_dtls_context(
    const Certificate& certificate, const DtlsContextOptions& options = {});

}  // namespace parley::crypto
