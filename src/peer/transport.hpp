// The transport of a peer: ICE finds the path, DTLS agrees on keys, SRTP protects what passes. The
// order in which they may speak is kept here: no DTLS before ICE has proven the address, no media
// before the fingerprint was verified.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/prefetch.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "crypto/cipher_engine.hpp"
#include "crypto/dtls_engine.hpp"
#include "dtls/endpoint.hpp"
#include "ice/agent.hpp"
#include "net/datagram.hpp"
#include "net/demux.hpp"
#include "peer/negotiation.hpp"
#include "srtp/session.hpp"
#include "trace/drop.hpp"

namespace parley::peer {

/// What the peers of one media thread share. All must outlive the peers.
struct TransportServices {
    std::shared_ptr<const crypto::DtlsContext> dtls;
    crypto::CipherEngine* ciphers = nullptr;
    SecretRandom* secret = nullptr;
    Random* random = nullptr;
    srtp::Limits srtp = {};
};

enum class ConnectionState : std::uint8_t {
    kNew,
    kConnecting,
    kConnected,
    kDisconnected,
    kFailed,
    kClosed,
};
std::string_view name(ConnectionState state);

/// The state of ICE and DTLS together, as the W3C combines them.
struct ConnectionChanged {
    ConnectionState state{};
    std::string reason;
};
/// Datagrams from this path are the peer's: its owner puts it into its table.
struct PathAdded {
    net::Path path;
};
struct PathRemoved {
    net::Path path;
};
using TransportEvent = std::variant<ConnectionChanged, PathAdded, PathRemoved>;

class Transport {
 public:
    Transport(const TransportServices& services, ice::Config ice);

    // ---- set-up ----
    void add_local_candidate(ice::Candidate candidate, Instant now);
    TransportParameters parameters() const;
    /// The remote's end, new or changed. `role`: our DTLS role.
    void set_remote(const RemoteTransport& remote, dtls::Role role, Instant now);
    /// A trickled candidate; empty for the end of candidates. What is no candidate is ignored.
    void add_remote_candidate(std::string_view text, Instant now);
    /// New local credentials, before an answer to an ICE restart is written.
    void restart_ice(Instant now);
    /// Ends it. What poll_transmit() then still has tells the remote (close_notify).
    void close(Instant now);

    // ---- the network ----
    /// What a datagram was. Protected media comes back decrypted, in place.
    struct Plain {
        net::PacketClass kind = net::PacketClass::kUnknown;  // kRtp, kRtcp; else it was consumed
        BytesSpan bytes;
    };
    Result<Plain, trace::Drop> handle_receive(net::Datagram& datagram, Instant now);
    /// Media that arrived from an address nobody knows: true when it is authentic, which makes ICE
    /// check the address. The packet itself is not used.
    bool recognise(net::Datagram& datagram, Instant now);
    void handle_connection_closed(const net::Path& path, Instant now);
    void handle_timeout(Instant now);
    Instant next_timeout() const;
    /// STUN and DTLS datagrams.
    std::optional<net::Transmit> poll_transmit(Instant now, BytesSpan out);
    std::optional<TransportEvent> poll_event();

    // ---- media out ----
    /// Where media goes; empty while it may not.
    const std::optional<net::Path>& media_path() const { return media_path_; }
    /// The session once keys are agreed, else nullptr.
    srtp::Session* srtp() { return srtp_.get(); }
    const srtp::Session* srtp() const { return srtp_.get(); }
    /// Asks for both.
    void prefetch() const {
        parley::prefetch(srtp_);
        parley::prefetch(media_path_);
    }

    // ---- questions ----
    ConnectionState state() const { return state_; }
    const ice::Agent& ice() const { return ice_; }
    std::optional<Duration> round_trip_time() const { return ice_.round_trip_time(); }
    std::string_view srtp_profile() const;

 private:
    Result<Plain, trace::Drop> handle_stun(net::Datagram& datagram, Instant now);
    Result<Plain, trace::Drop> handle_dtls(net::Datagram& datagram, Instant now);
    Result<Plain, trace::Drop> handle_media(net::Datagram& datagram, net::PacketClass kind,
                                            Instant now);
    void start_dtls_if_possible(Instant now);
    void note_media(const net::Path& path, Instant now);
    void drain_ice(Instant now);
    void drain_dtls(Instant now);
    void update_state(std::string reason);

    TransportServices services_;
    ice::Agent ice_;
    std::optional<dtls::Endpoint> dtls_;
    std::unique_ptr<srtp::Session> srtp_;
    std::optional<dtls::Role> role_;
    std::vector<crypto::Fingerprint> fingerprints_;
    std::optional<net::Path> media_path_;
    std::optional<net::Path> handshake_from_;  // the newest DTLS datagram's
    std::optional<net::Path> farewell_path_;   // where close_notify goes
    ConnectionState state_ = ConnectionState::kNew;
    std::string dtls_failure_;
    bool dtls_closed_ = false;
    bool closed_ = false;
    std::deque<TransportEvent> events_;
};

}  // namespace parley::peer
