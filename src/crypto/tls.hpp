// TLS 1.2 and 1.3 for control connections, as a face without OpenSSL in it. The engine reads and
// writes through a ByteChannel, so this room makes no system call. Left out: client certificates,
// session tickets (nothing here reconnects often enough to repay the memory), renegotiation,
// TLS 1.0 and 1.1 (RFC 8996).

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace parley::crypto {

/// A reliable byte stream that never blocks: a socket, or a queue in a test.
class ByteChannel {
 public:
    static constexpr std::ptrdiff_t kEnd = 0;
    static constexpr std::ptrdiff_t kWouldBlock = -1;
    static constexpr std::ptrdiff_t kBroken = -2;

    virtual ~ByteChannel() = default;
    /// Octets read or written (> 0), or one of the values above.
    virtual std::ptrdiff_t receive(BytesSpan into) = 0;
    virtual std::ptrdiff_t send(BytesView bytes) = 0;
};

/// What a certificate says of itself, for banners and warnings.
struct TlsCertificateInfo {
    std::string subject;
    std::string sha256_fingerprint;  // "AB:CD:..."
    std::string not_after;           // "2027-01-31"
    bool expired = false;
    std::int64_t seconds_left = 0;  // negative when expired
};

/// A certificate chain and its key in PEM.
struct PemPair {
    std::string certificate;
    std::string key;
};

/// Makes an ECDSA P-256 certificate, valid for 397 days (the longest that browsers accept), for
/// names and addresses ("localhost", "192.0.2.7", "::1").
std::expected<PemPair, std::string> make_self_signed(const std::vector<std::string>& names);

class TlsSession;

/// Whose certificates a client takes.
enum class TlsTrust : std::uint8_t {
    kSystem,   // those that the machine's authorities vouch for, for the host that was asked for
    kAnybody,  // every one: encrypted, but with whom is not known
};

/// A server's certificate and settings, or a client's trust, shared by sessions.
class TlsContext {
 public:
    /// The error names the cause and the fix: not PEM, key of another certificate, encrypted key.
    static std::expected<TlsContext, std::string> from_pem(const PemPair& pem);
    static TlsContext client(TlsTrust trust);

    TlsContext(TlsContext&&) noexcept;
    TlsContext& operator=(TlsContext&&) noexcept;
    ~TlsContext();

    /// Of a server.
    const TlsCertificateInfo& certificate() const;

 private:
    friend class TlsSession;
    struct Engine;
    explicit TlsContext(std::unique_ptr<Engine> engine);
    std::unique_ptr<Engine> engine_;
};

enum class TlsStatus : std::uint8_t {
    kDone,       // the operation finished; for reads and writes `size` octets moved
    kWantRead,   // call again when the channel is readable
    kWantWrite,  // call again when the channel is writable
    kClosed,     // the peer said goodbye
    kFailed,     // protocol error or broken channel; see failure()
};
struct TlsResult {
    TlsStatus status = TlsStatus::kFailed;
    std::size_t size = 0;
};

/// One connection, on the context's side. Its record buffers are released while it is idle. The
/// context and the channel outlive it.
class TlsSession {
 public:
    /// `host`: a client's wish, a name or an address.
    TlsSession(const TlsContext& context, ByteChannel& channel, const std::string& host = {});
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    TlsResult handshake();
    TlsResult read(BytesSpan into);
    /// After kWantRead or kWantWrite call again with at least the same octets.
    TlsResult write(BytesView bytes);
    /// Sends close_notify once, as far as the channel takes it.
    void close();

    bool established() const;
    /// "TLSv1.3", empty before the handshake.
    std::string_view version() const;
    /// A short text for the log after kFailed.
    std::string failure() const;

 private:
    struct Engine;
    std::unique_ptr<Engine> engine_;
};

}  // namespace parley::crypto
