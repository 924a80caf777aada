// One DTLS association of a WebRTC peer (RFC 5764, RFC 8827 §6.5) as a machine: it starts the
// handshake in the role that the descriptions gave it, retransmits, checks the peer's fingerprint
// and hands out the SRTP keys. It makes no state for anyone before start() is called, which its
// owner does for an address that ICE has proven.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/token_bucket.hpp"
#include "crypto/dtls_engine.hpp"
#include "dtls/record.hpp"
#include "trace/drop.hpp"

namespace parley::dtls {

using Role = crypto::DtlsRole;

enum class FailureReason : std::uint8_t {
    kFingerprintMismatch,  // the certificate is not the one that the description announced
    kNoSrtpProfile,        // no protection profile in common, or no use_srtp at all
    kAlertReceived,        // the peer gave up
    kHandshakeRejected,    // we gave up: no common suite, missing certificate, bad signature...
    kTimeout,              // no answer
    kInternal,             // no memory
};
/// "fingerprint_mismatch" and so on.
std::string_view name(FailureReason reason);

struct Connected {
    crypto::SrtpKeys keys;
};
struct Failed {
    FailureReason reason = FailureReason::kInternal;
    std::string text;
};
/// The peer said close_notify.
struct Closed {};
/// Application data: an SCTP packet.
struct Received {
    std::vector<std::uint8_t> data;
};
using Event = std::variant<Connected, Failed, Closed, Received>;

enum class State : std::uint8_t { kIdle, kHandshaking, kConnected, kClosed, kFailed };

struct Options {
    std::size_t mtu = 1200;
    Duration handshake_timeout = 30s;
};

struct Counters {
    std::uint32_t datagrams_in = 0;
    std::uint32_t datagrams_out = 0;
    std::uint32_t dropped = 0;
    std::uint32_t retransmissions = 0;
    std::uint32_t rejected_hellos = 0;
};

class Endpoint {
 public:
    explicit Endpoint(std::shared_ptr<const crypto::DtlsContext> context, Options options = {});
    ~Endpoint();
    Endpoint(Endpoint&&) noexcept;
    Endpoint& operator=(Endpoint&&) noexcept;

    /// The fingerprints of the remote description. May come before or after start(); Connected is
    /// held back until they are known and one matches.
    void set_remote_fingerprints(std::vector<crypto::Fingerprint> fingerprints);
    /// Begins the handshake. `round_trip` is what ICE measured (0 when unknown).
    void start(Role role, Instant now, Duration round_trip);

    Result<void, trace::Drop> handle_receive(BytesView datagram, Instant now);
    /// Fills `out` with one datagram for the path that ICE has selected; its size.
    std::optional<std::size_t> poll_transmit(Instant now, BytesSpan out);
    Instant next_timeout() const;
    void handle_timeout(Instant now);
    std::optional<Event> poll_event();

    /// Sends application data; false before Connected, after the end, or when it is too large.
    bool send(BytesView data);
    /// Says close_notify if connected. No events follow.
    void close();

    State state() const { return state_; }
    Role role() const { return role_; }
    const Counters& counters() const { return counters_; }
    /// Grows with what only the peer can have said: the end of the handshake, data, a close_notify.
    std::uint64_t authentic() const { return authentic_; }

 private:
    bool make_engine();
    bool admit(BytesView datagram, Instant now);
    void give(BytesView record, Instant now);
    void give_clear(const Record& record, Instant now);
    void give_early(const Record& record, Instant now);
    void advance(Instant now);
    void on_alert_in_the_clear(BytesView fragment, Instant now);
    void set_verdict(Failed verdict, Instant now);
    void on_engine_failed(Instant now);
    void verify_and_connect();
    void rearm(Instant now);
    void take_received();
    void fail(FailureReason reason, std::string text);

    std::shared_ptr<const crypto::DtlsContext> context_;
    Options options_;
    std::unique_ptr<crypto::DtlsEngine> engine_;
    std::vector<crypto::Fingerprint> fingerprints_;
    std::deque<Event> events_;
    std::vector<std::uint8_t> last_words_;  // the alert of the last rejected ClientHello
    Role role_ = Role::kServer;
    State state_ = State::kIdle;
    Counters counters_;

    Duration first_retransmission_{};
    Duration backoff_{};
    Instant retransmit_at_ = kNever;
    Instant give_up_at_ = kNever;  // the whole handshake
    Instant verdict_at_ = kNever;  // a rejection or an unauthenticated alert becomes final
    std::uint32_t flights_ = 0;
    std::uint32_t tries_ = 0;  // retransmissions of the current flight
    TokenBucket handshake_datagrams_{0, 0, {}};
    std::uint64_t clear_records_ = 0;              // given to the engine
    std::deque<std::vector<std::uint8_t>> early_;  // protected, and not readable yet
    std::uint64_t authentic_ = 0;
    Failed verdict_;
};

}  // namespace parley::dtls
