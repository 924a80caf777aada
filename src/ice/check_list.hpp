// The pairs of one agent and the order in which they are checked (RFC 8445 §6.1). WebRTC bundles
// everything into one component, so there is one check list and no check list set.
//
// Leaves out: components other than 1, several streams.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "ice/candidate.hpp"
#include "net/address.hpp"

namespace parley::ice {

/// RFC 8445 §6.1.2.6.
enum class PairState : std::uint8_t { kFrozen, kWaiting, kInProgress, kSucceeded, kFailed };

using PairId = std::uint32_t;

/// A local base and a remote address, what the peer and our checks proved about the way between
/// them, and when.
struct Pair {
    PairId id = 0;
    net::Path path;
    TcpType tcp_type = TcpType::kNone;  // of the local side
    CandidateType remote_type = CandidateType::kPeerReflexive;
    PairState state = PairState::kWaiting;
    std::uint8_t generation = 0;  // counts restarts
    std::uint32_t local_priority = 0;
    std::uint32_t remote_priority = 0;
    std::uint64_t priority = 0;
    std::uint64_t foundation = 0;  // both candidates' foundations, hashed
    bool proven = false;           // an authenticated check, or an answer to ours, came from it
    bool answered = false;         // the peer answered a check of ours here
    bool consents = false;         // the peer answered a request for consent here
    bool confirmed = false;        // the peer is known to receive here: media may go there
    bool consent_lost = false;     // RFC 7675 §5.1: dead until a restart
    bool nominated_by_peer = false;
    bool nominating = false;        // our next checks here carry USE-CANDIDATE
    bool nominated = false;         // ours with USE-CANDIDATE succeeded
    bool triggered = false;         // waits in the triggered-check queue
    bool connecting = false;        // TCP: the driver was asked to connect
    bool nomination_fresh = false;  // the peer's first USE-CANDIDATE here was not acted on yet
    std::uint64_t trigger_order = 0;
    Instant created{};
    Instant heard{};  // last authenticated sign of life or media
    Instant first_unproven_media = kNever;
    Instant last_media = Instant::min();
    Instant last_media_trigger = Instant::min();
    Instant last_check = Instant::min();
    Instant last_nomination = Instant::min();
    Instant consent_until{};
    std::optional<Duration> rtt;  // smoothed as in RFC 6298
};

class CheckList {
 public:
    explicit CheckList(std::size_t limit) : limit_(limit) {}

    Pair* find(const net::Path& path, std::uint8_t generation);
    Pair* find(PairId id);
    const Pair* find(PairId id) const;
    std::vector<Pair>& pairs() { return pairs_; }
    const std::vector<Pair>& pairs() const { return pairs_; }
    bool full() const { return pairs_.size() >= limit_; }

    /// Adds a pair, with its initial state by foundation (RFC 8445 §6.1.2.6, RFC 8838 §12). The
    /// list must not be full.
    Pair& add(Pair pair);
    void erase(PairId id);
    /// The pair to give up for a new one: never `keep`, else the one that was heard of least
    /// recently, unproven ones first; peer-reflexive ones only if asked.
    std::optional<PairId> oldest(std::optional<PairId> keep, bool only_peer_reflexive) const;
    std::size_t peer_reflexive() const;

    /// Puts a pair at the end of the triggered-check queue (RFC 8445 §7.3.1.4).
    void trigger(Pair& pair);
    /// The next pair to check: triggered ones first in order, then by priority, thawing a frozen
    /// one when nothing waits (RFC 8445 §6.1.4.2). Null when there is none.
    Pair* next(bool ordinary_checks, std::uint8_t generation);
    bool has_next(bool ordinary_checks, std::uint8_t generation) const;
    /// A success thaws the pairs of the same foundation (RFC 8445 §7.2.5.3.3).
    void thaw(std::uint64_t foundation);
    void recompute_priorities(bool controlling);
    /// Pairs that wait or are in progress, for the retransmission timer (RFC 8445 §14.3).
    std::size_t active() const;

 private:
    Pair* next_triggered(std::uint8_t generation);
    Pair* next_ordinary(std::uint8_t generation);
    bool foundation_busy(std::uint64_t foundation) const;

    std::size_t limit_;
    std::vector<Pair> pairs_;
    PairId next_id_ = 1;
    std::uint64_t trigger_count_ = 0;
};

}  // namespace parley::ice
