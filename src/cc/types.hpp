// The facts that congestion controllers are told: what left, what became of it.

#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"

namespace parley::cc {

/// Explicit congestion notification as a receiver saw it (RFC 3168 §5); kUnknown where the feedback
/// format does not tell (transport-wide feedback).
enum class EcnMark : std::uint8_t { kNotEct = 0, kEct1 = 1, kEct0 = 2, kCe = 3, kUnknown = 4 };

/// A group of packets sent at a chosen rate to learn whether the path carries it; 0 is none.
using ProbeId = std::uint32_t;
inline constexpr ProbeId kNoProbe = 0;

/// A packet that left.
struct SentPacket {
    std::int64_t number = 0;  // of the transport, unwrapped, consecutive
    Instant sent{};
    std::uint32_t size = 0;  // octets of the UDP payload
    ProbeId probe = kNoProbe;
};

/// What feedback says of a packet that left.
struct PacketReport {
    SentPacket packet;
    bool received = false;
    Duration arrival{};  // on the receiver's clock; only differences mean anything
    EcnMark ecn = EcnMark::kUnknown;
};

/// How to probe: at least `min_packets` and `min_duration` of traffic at `rate`.
struct ProbeRequest {
    ProbeId id = kNoProbe;
    Bitrate rate;
    Duration min_duration = std::chrono::milliseconds(15);
    std::uint32_t min_packets = 5;
};

/// Why the estimate is what it is: the last thing that moved or bounded it.
enum class EstimateReason : std::uint8_t {
    kStart,       // nothing is known yet
    kProbe,       // a probe's result
    kIncrease,    // no sign of congestion
    kDelay,       // queues grow
    kLoss,        // packets are lost
    kEcn,         // marked packets
    kRemb,        // the receiver's limit
    kNoFeedback,  // feedback stopped
    kPushback,    // too much is in flight
    kLimit,       // the configured minimum or maximum
};

/// A controller's view of the path.
struct Estimate {
    Bitrate target;        // what all packets together may take
    Bitrate lasting;       // the target without what is held back while a queue drains
    Bitrate pacing_rate;   // how fast packets may leave
    Bitrate padding_rate;  // what to fill up to while media needs less; 0: nothing
    /// Packets leave one by one: a frame at once would be marked, by a queue that it made itself.
    bool spread = false;
    EstimateReason reason = EstimateReason::kStart;
    double loss = 0;  // 0 to 1, recent
    std::optional<Duration> round_trip;
    /// No feedback for so long that only audio may be sent (resilience: fewer than 60 kbit/s).
    bool blind = false;
};

struct Limits {
    Bitrate min = Bitrate::from_kbps(30);
    Bitrate start = Bitrate::from_kbps(600);
    Bitrate max = Bitrate::from_kbps(100'000);
};

}  // namespace parley::cc
