// What an agent is told at its birth: role, timings, limits. Every number carries its source.

#pragma once

#include <cstddef>
#include <optional>

#include "base/time.hpp"
#include "ice/credentials.hpp"

namespace parley::ice {

struct Timings {
    Duration ta = 50ms;                     // pacing of checks (RFC 8445 §14.2)
    Duration rto = 500ms;                   // first retransmission (RFC 8445 §14.3)
    std::uint8_t max_sends = 7;             // Rc (RFC 8489 §6.2.1)
    std::uint8_t last_wait = 16;            // Rm, in units of rto (RFC 8489 §6.2.1)
    Duration patience = 39500ms;            // no failure verdict before (RFC 8863 §4)
    Duration nomination_delay = 150ms;      // a better pair may still succeed in this time
    Duration consent_interval = 5s;         // x 0.8 to 1.2 (RFC 7675 §5.1)
    Duration consent_expiry = 30s;          // RFC 7675 §5.1
    Duration quiet_probe = 2500ms;          // nothing heard: ask (as libwebrtc's receiving timeout)
    Duration probe_interval = 500ms;        // between questions to a quiet peer
    Duration disconnected_after = 5s;       // nothing heard: say so
    Duration media_check_interval = 200ms;  // checks that media from an unproven path triggers
    Duration silent = 100ms;                // a path without media for so long may be left
};

struct Limits {
    std::size_t local_candidates = 32;
    std::size_t remote_candidates = 64;
    std::size_t pairs = 100;  // RFC 8445 §6.1.2.5
    std::size_t peer_reflexive_pairs = 32;
    std::size_t unproven_media_paths = 4;  // being checked at a time because media came from them
};

struct Config {
    bool controlling = false;
    /// A server's side: sends checks only to where an authenticated check came from; candidates
    /// that the peer lists are counted and ignored. Otherwise a full agent all the same.
    bool answer_only = false;
    /// Generated when absent.
    std::optional<Credentials> credentials;
    /// The SOFTWARE attribute is not sent: it names a target and costs octets in every check.
    Timings timings;
    Limits limits;
};

}  // namespace parley::ice
