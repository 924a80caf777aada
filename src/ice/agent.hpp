// An ICE agent: finds, proves and keeps a path to one peer. A machine: no sockets, no clock.
//
// RFC 8445 (full agent), RFC 8838 (trickle), RFC 8863 (patience), RFC 7675 (consent), RFC 6544
// (TCP candidates), RFC 8839 (candidate text, in candidate.hpp). One component: WebRTC bundles.
// Leaves out: gathering (the owner adds candidates), ICE-lite as a role of ours, name resolution.
// docs/rfc/ice.md lists the rules obeyed and the known differences.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/static_vector.hpp"
#include "base/time.hpp"
#include "ice/candidate.hpp"
#include "ice/check_list.hpp"
#include "ice/config.hpp"
#include "ice/credentials.hpp"
#include "ice/transactions.hpp"
#include "net/address.hpp"
#include "net/datagram.hpp"
#include "stun/message.hpp"

namespace parley::ice {

enum class State : std::uint8_t {
    kNew,  // nothing to check yet
    kChecking,
    kConnected,     // a path is selected
    kCompleted,     // likewise, and the peer has no more candidates to offer
    kDisconnected,  // the selected path has gone quiet; it may come back
    kFailed,        // no path; a restart, or a check from a new address, may find one
    kClosed,
};

enum class Reason : std::uint8_t {
    kNone,
    kChecksStarted,
    kPathSelected,
    kEndOfCandidates,
    kQuiet,  // nothing was heard for Timings::disconnected_after
    kHeardAgain,
    kConsentExpired,    // RFC 7675: no answer to our checks for 30 s
    kNoPathFound,       // all checks failed or patience ended
    kConnectionClosed,  // the TCP connection of the selected path closed
    kCandidateRemoved,  // the selected path's local address went away
    kRestarted,
    kClosed,
};

std::string_view name(State state);
std::string_view name(Reason reason);

struct StateChanged {
    State state{};
    Reason reason{};
};
/// Media goes to this path from now on. DTLS too.
struct PathSelected {
    net::Path path;
};
/// From now on proven(path) holds: what comes from there may be believed to come from the peer.
struct PathProven {
    net::Path path;
};
/// proven(path) holds no longer; the owner may drop it from its tables.
struct PathForgotten {
    net::Path path;
};
/// An active TCP candidate is to be tried: open a connection, then call on_tcp_connected().
struct TcpConnectWanted {
    net::SocketAddress local;
    net::SocketAddress remote;
};
/// A role conflict made this agent change its role.
struct RoleChanged {
    bool controlling = false;
};

/// RFC 7675: the peer answered none of our checks for 30 s. Nothing may be sent on this path any
/// more; what comes from it is still good. The state fails, unless the peer has never renewed its
/// consent: then it keeps the state for as long as it is heard.
struct ConsentLost {
    net::Path path;
};

using Event = std::variant<StateChanged, PathSelected, PathProven, PathForgotten, TcpConnectWanted,
                           RoleChanged, ConsentLost>;

/// Why a datagram was refused. Nothing was changed and nothing will be answered, except
/// kUnknownAttribute, kBadRequest and kRoleConflict, which are answered by an error.
enum class Error : std::uint8_t {
    kMalformed,           // stun::Message::parse refused it
    kUnsupported,         // not a Binding message
    kUnauthenticated,     // no or wrong integrity, or not our ufrag: dropped without an answer
    kUnknownTransaction,  // an answer to nothing, or too late
    kWrongPath,           // an answer from elsewhere than the request went to
    kUnknownAttribute,    // authenticated, with unknown comprehension-required attributes (420)
    kBadRequest,          // authenticated, with an attribute of impossible content (400)
    kRoleConflict,        // authenticated, and the peer was told to change its role (487)
    kErrorResponse,       // the peer refused our check
    kLimit,               // a queue or table is full
    kClosed,
};

std::string_view name(Error error);

/// What a well-formed, authenticated message was. kIndication needs no authentication: it is
/// a keepalive and means nothing.
enum class Handled : std::uint8_t { kRequest, kResponse, kIndication };

struct Stats {
    std::uint64_t checks_sent = 0;  // first copies
    std::uint64_t checks_resent = 0;
    std::uint64_t consent_sent = 0;
    std::uint64_t consent_received = 0;
    std::uint64_t requests_received = 0;  // authenticated
    std::uint64_t responses_sent = 0;
    std::uint64_t responses_received = 0;  // authenticated, ours
    std::uint64_t dropped_unauthenticated = 0;
    std::uint64_t dropped_malformed = 0;
    std::uint64_t dropped_responses = 0;  // unknown transaction, or from elsewhere
    std::uint64_t dropped_limit = 0;      // "limit hit" of queues and tables
    std::uint64_t role_conflicts = 0;
    std::uint64_t path_changes = 0;
    std::uint64_t remote_candidates = 0;   // accepted for pairing
    std::uint64_t ignored_candidates = 0;  // listed, and ignored: answer_only, other component
    std::uint64_t named_candidates = 0;    // ".local" and other names, never resolved here
    std::uint64_t pairs_pruned = 0;
    std::uint64_t media_checks = 0;  // triggered by media from an unproven path
};

class Agent {
 public:
    Agent(Config config, SecretRandom& secret, Random& random);

    // ---- the five functions of a machine ----

    /// One datagram that net::classify() called STUN.
    Result<Handled, Error> handle_receive(net::Datagram& datagram, Instant now);
    void handle_timeout(Instant now);
    Instant next_timeout() const;
    /// Fills `out` with one STUN message, until there is none. `out` must have kMaxMessage octets.
    std::optional<net::Transmit> poll_transmit(Instant now, BytesSpan out);
    std::optional<Event> poll_event();
    bool has_event() const { return next_event_ < events_.size(); }

    // ---- what the owner tells ----

    /// Before checks start, when the descriptions decide otherwise than Config did (a peer that is
    /// ice-lite never leads). Ignored later: a role conflict decides then.
    void set_controlling(bool controlling);
    /// Foundation and priority are filled in where empty. False when the table is full.
    bool add_local_candidate(Candidate candidate, Instant now);
    /// By base address: the interface or socket went away.
    void remove_local_candidate(const net::SocketAddress& base, Instant now);
    /// Contract: restart() was called before, if they differ from the ones set earlier.
    void set_remote_credentials(Credentials credentials, Instant now);
    void add_remote_candidate(const Candidate& candidate, Instant now);
    void set_remote_end_of_candidates(Instant now);
    /// RFC 8445 §9. The selected path keeps working, with the old credentials, until the new
    /// session has selected one. Generates credentials when given none.
    void restart(Instant now, std::optional<Credentials> local = {});
    void on_tcp_connected(const net::Path& path, Instant now);
    void on_tcp_closed(const net::Path& path, Instant now);
    /// Authentic media or DTLS came from a path; cheap for the selected one. Media from a path
    /// that is not proven triggers a check to it (limited), and media moves there once the check
    /// succeeds and the old path is silent.
    void on_media(const net::Path& path, Instant now);
    void on_media_from_unproven_path(const net::Path& path, Instant now);
    /// The DTLS handshake completed on this path, which proves that the peer receives there. For
    /// peers that answer no checks; counts as consent once (docs/rfc/ice.md).
    void on_handshake_completed(const net::Path& path, Instant now);
    void close(Instant now);

    // ---- what the owner asks ----

    State state() const { return state_; }
    bool controlling() const { return controlling_; }
    const Credentials& local_credentials() const { return local_[current_]; }
    /// The ones before the last restart, while their path is still in use.
    const Credentials* previous_local_credentials() const;
    const std::optional<Credentials>& remote_credentials() const { return remote_[current_]; }
    const std::vector<Candidate>& local_candidates() const { return local_candidates_; }
    /// Where media goes; empty without consent.
    const std::optional<net::Path>& selected_path() const { return selected_path_; }
    /// Where a DTLS handshake may go: the selected path, or before there is one, the latest
    /// proven one, nominated ones first. A handshake is short, so it need not wait for our check.
    std::optional<net::Path> handshake_path() const;
    /// An authenticated check from this path succeeded, or it answered one of ours: DTLS and media
    /// may be taken from it.
    bool proven(const net::Path& path) const;
    /// Of the selected path, else of the latest one measured.
    std::optional<Duration> round_trip_time() const;
    const Stats& stats() const { return stats_; }
    const CheckList& check_list() const { return list_; }

    static constexpr std::size_t kMaxMessage = 700;

 private:
    struct Reply {
        net::Path path;
        stun::TransactionId transaction{};
        std::uint16_t error = 0;  // 0: success
        std::uint8_t slot = 0;    // which credentials authenticated the request
        stun::UnknownAttributes unknown;
    };
    static constexpr std::size_t kMaxReplies = 16;
    static constexpr std::size_t kMaxEvents = 256;
    static constexpr std::size_t kMaxTransactions = 128;

    // agent.cpp
    void emit(Event event) { events_.push_back(std::move(event)); }
    void set_state(State state, Reason reason);
    void switch_role(bool controlling);
    void start_checking(Reason reason, Instant now);
    void step(Instant now);
    void close_connection(Pair& pair);

    // agent_receive.cpp
    Result<Handled, Error> handle_request(const stun::Message& message, const net::Path& path,
                                          Instant now);
    Result<Handled, Error> handle_response(const stun::Message& message, const net::Path& path,
                                           Instant now);
    std::optional<std::uint8_t> authenticate(const stun::Message& message) const;
    std::uint16_t refusal(const stun::Message& message, std::uint8_t slot,
                          stun::UnknownAttributes& unknown);
    bool resolve_role_conflict(const stun::Message& message);
    bool remote_ufrag_fits(const stun::Message& message);
    void on_check(const stun::Message& message, const net::Path& path, std::uint8_t slot,
                  Instant now);
    void answer_check_by_check(Pair& pair, Instant now);
    void on_success(const Transaction& transaction, Pair& pair, Instant now);
    void on_check_success(const Transaction& transaction, Pair& pair, Instant now);
    void on_error(const Transaction& transaction, Pair& pair, std::uint16_t code);
    void measure(Pair& pair, Duration sample);

    // agent_pairs.cpp
    void pair_up(const Candidate& local, const Candidate& remote, Instant now);
    Pair* pair_from_packet(const net::Path& path, std::optional<std::uint32_t> remote_priority,
                           Instant now);
    Pair* insert(Pair pair);
    void forget(PairId id);
    void forget_generation(std::uint8_t generation, std::optional<PairId> keep);
    void prove(Pair& pair);
    bool proven_by_another(const Pair& pair) const;
    const Candidate* local_candidate_at(const net::Path& path) const;
    const Candidate* remote_candidate_at(const net::Path& path) const;

    // agent_select.cpp
    Pair* selected() { return selected_ ? list_.find(*selected_) : nullptr; }
    const Pair* selected() const { return selected_ ? list_.find(*selected_) : nullptr; }
    bool selected_is_current() const;
    static bool has_consent(const Pair& pair, Instant now);
    void heard(Pair& pair, Instant now);
    void consider_nominated(Pair& pair, Instant now);
    void consider_move(Pair& pair, Instant now);
    void nominate(Pair& pair);
    void nominate_if_ready(Instant now);
    void select(Pair& pair, Instant now);
    void lose_selected(State state, Reason reason, Instant now);
    void check_for_media(Pair& pair, Instant now);
    void check_consent(Instant now);
    void check_quiet(Instant now);
    void check_failure(Instant now);
    void retry_other_pairs();
    State connected_state() const { return remote_done_ ? State::kCompleted : State::kConnected; }
    Instant consent_due(const Pair& pair) const;
    Instant selection_timeout() const;

    // agent_send.cpp
    bool ordinary_checks() const;
    bool has_remote(const Pair& pair) const;
    void pace(Instant now);
    void start_check(Pair& pair, Instant now);
    void start_consent(Pair& pair, Instant now);
    void run_transactions(Instant now);
    void on_check_timeout(PairId id);
    void note_sent(Transaction& transaction, Pair& pair, Instant now);
    std::size_t write_request(const Transaction& transaction, const Pair& pair,
                              BytesSpan out) const;
    std::size_t write_reply(const Reply& reply, BytesSpan out) const;

    Config config_;
    SecretRandom& secret_;
    Random& random_;

    // Credentials of this session, and of the one before the last restart while its path is in
    // use: slot = generation & 1.
    std::array<Credentials, 2> local_;
    std::array<std::optional<Credentials>, 2> remote_;
    std::string early_remote_ufrag_;  // named by checks that came before the remote description
    std::uint8_t generation_ = 0;
    std::uint8_t current_ = 0;
    bool previous_alive_ = false;

    bool controlling_;
    std::uint64_t tie_breaker_;
    State state_ = State::kNew;
    bool remote_done_ = false;

    std::vector<Candidate> local_candidates_;
    std::vector<Candidate> remote_candidates_;
    CheckList list_;
    Transactions transactions_;
    StaticVector<Reply, kMaxReplies> replies_;
    std::vector<Event> events_;
    std::size_t next_event_ = 0;

    std::optional<PairId> selected_;
    std::optional<net::Path> selected_path_;  // the selected pair's, while there is consent
    bool path_lost_ = false;                  // the selected one, and none was selected since
    Instant selected_heard_{};                // written for every media packet
    Instant next_check_at_ = Instant::min();
    Instant next_consent_at_ = kNever;
    Instant last_probe_ = Instant::min();
    Instant failure_at_ = kNever;   // when patience ends
    Instant nominate_at_ = kNever;  // when the best valid pair is nominated
    std::optional<Duration> last_rtt_;
    Stats stats_;
};

}  // namespace parley::ice
