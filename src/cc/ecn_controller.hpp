// The rate that congestion marks allow (RFC 3168, RFC 9331). Where packets left as ECT(1) a mark is
// one of many, and the rate falls with their share, as scalable controllers do (RFC 9332 §2.1).
// Where they left as ECT(0) a mark is worth a loss, and the rate falls by a fixed part once a round
// trip; less than for a loss, because the queue that marks is short (RFC 8511 §3.1).

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "cc/types.hpp"

namespace parley::cc {

class EcnController {
 public:
    static constexpr double kGain = 1.0 / 16;  // of the smoothed share (RFC 8257 §3.3)
    static constexpr double kClassic = 0.85;
    /// What an encoder and the feedback take beyond a round trip.
    static constexpr Duration kReaction = std::chrono::milliseconds(150);
    static constexpr Duration kMinRound = std::chrono::milliseconds(25);  // RFC 9331 §4.3

    void on_report(const PacketReport& report) {
        if (!report.received) return;
        if (report.ecn == EcnMark::kEct1) scalable_ = true;
        if (report.ecn == EcnMark::kEct0) scalable_ = false;
        if (report.ecn == EcnMark::kUnknown || report.ecn == EcnMark::kNotEct) return;
        ++packets_;
        if (report.ecn == EcnMark::kCe) ++marked_;
        // A probe is meant to meet the limit, and is judged by itself.
        if (report.packet.probe != kNoProbe) return;
        ++round_packets_;
        if (report.ecn == EcnMark::kCe) ++round_marked_;
    }
    /// After each feedback message: what to multiply the rate by, if at all.
    std::optional<double> update(Duration round_trip, Instant now) {
        if (round_packets_ == 0) return {};
        // The first mark after a quiet time is answered at once, the others once a round trip.
        const bool quiet = share_ < 0.001 && round_marked_ > 0;
        if (began_ && now - *began_ < std::max(round_trip, kMinRound) && !quiet) return {};
        const double share =
            static_cast<double>(round_marked_) / static_cast<double>(round_packets_);
        share_ = quiet ? share : share_ + kGain * (share - share_);
        marked_round_ |= round_marked_ > 0;
        began_ = now;
        round_packets_ = 0;
        round_marked_ = 0;
        if (!marked_round_) return {};
        // What the last answer did must show first.
        if (answered_ && now - *answered_ < round_trip + kReaction && !quiet) return {};
        answered_ = now;
        marked_round_ = false;
        return scalable_ ? 1 - std::min(share_, 1.0) / 2 : kClassic;
    }
    /// The path carries ECT(1): its queues mark early and often (RFC 9331 §4).
    bool scalable() const { return scalable_; }
    std::uint64_t packets() const { return packets_; }
    std::uint64_t marked() const { return marked_; }
    void reset() { *this = {}; }

 private:
    bool scalable_ = false;
    double share_ = 0;
    std::optional<Instant> began_;
    std::optional<Instant> answered_;
    bool marked_round_ = false;  // since the last answer
    std::uint64_t round_packets_ = 0;
    std::uint64_t round_marked_ = 0;
    std::uint64_t packets_ = 0;
    std::uint64_t marked_ = 0;
};

}  // namespace parley::cc
