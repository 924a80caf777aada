// When the next packet may leave. A budget that fills with the rate and never beyond its depth, so
// that a pause earns no burst; the depth is the larger of one frame (ten packets) and ten
// milliseconds of the rate. A probe overrides the rate until it is complete.
//
// The sender asks may_send() before each packet, sends, and tells on_sent(). While it may not send,
// next_send() is when it may. With nothing to send it asks padding_wanted(), and arms a timer for
// next_padding(). What must not wait (audio, retransmissions of it) may be sent without asking, and
// is told all the same.
//
// The budget is kept as a time: the instant at which it will be full again. A packet moves it by
// the time that the rate takes for it, so that neither asking nor telling divides.

#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.hpp"
#include "base/units.hpp"
#include "cc/types.hpp"

namespace parley::cc {

class Pacer {
 public:
    static constexpr std::int64_t kFrameBytes = 10 * 1250;
    static constexpr Duration kDepth = std::chrono::milliseconds(10);
    static constexpr Duration kSpreadDepth = std::chrono::milliseconds(1);
    /// What was sent without asking holds others back for so long at most.
    static constexpr Duration kMaxDebt = std::chrono::milliseconds(500);
    /// A probe that finds nothing to send for so long is given up.
    static constexpr Duration kProbeTimeout = std::chrono::seconds(1);
    /// How much a probe that was held up may catch up at once.
    static constexpr Duration kProbeCatchUp = std::chrono::milliseconds(2);
    /// Padding is wanted in pieces of this size at most.
    static constexpr std::uint32_t kPaddingPiece = 1200;

    /// Without a rate everything may leave at once.
    void set_rate(Bitrate rate, Instant now);
    Bitrate rate() const { return rate_; }
    /// Nothing leaves in bursts: the budget is a millisecond of the rate.
    void set_spread(bool spread, Instant now);
    void start_probe(const ProbeRequest& request, Instant now);

    bool may_send(Instant now) {
        if (probe_.request.id != kNoProbe && !probe_is_over(now)) return now >= probe_.next;
        return full_ - now < depth_ || rate_.bps <= 0;
    }
    /// `size` octets left.
    void on_sent(std::uint32_t size, Instant now) {
        full_ = std::min(std::max(full_, now) + time_of(size, cost_), now + depth_ + kMaxDebt);
        padded_ = std::max(padded_, now) + time_of(size, padding_cost_);
        if (probe_.request.id != kNoProbe) on_sent_in_probe(size, now);
    }
    /// When may_send() turns true, if it is false now; Instant::min() otherwise.
    Instant next_send(Instant now) {
        if (may_send(now)) return Instant::min();
        if (probe_.request.id != kNoProbe) return probe_.next;
        return full_ - depth_ + Duration(1);
    }

    /// The probe that a packet sent now belongs to.
    ProbeId probe() const { return probe_.request.id; }
    /// Octets of filling that the probe (or padding) needs now because media alone is too little.
    std::uint32_t padding_wanted(Instant now) const;
    /// When padding_wanted() turns true if nothing else is sent; kNever without need for any.
    Instant next_padding() const;
    /// Padding between probes: fill up to this rate while media takes less.
    void set_padding_rate(Bitrate rate, Instant now);

 private:
    // Nanoseconds an octet takes at a rate, with 16 binary places.
    static constexpr int kCostShift = 16;

    struct Probe {
        ProbeRequest request;
        std::uint64_t cost = 0;
        std::int64_t bytes = 0;  // still to send
        std::int64_t packets = 0;
        Instant next = Instant::min();  // when the next of its packets is due
        Instant deadline = Instant::min();
    };

    static std::uint64_t cost_of(Bitrate rate);
    void set_depth(Instant now);
    static Duration time_of(std::uint32_t size, std::uint64_t cost) {  // rounded up
        constexpr std::uint64_t kMask = (std::uint64_t{1} << kCostShift) - 1;
        return Duration(static_cast<Duration::rep>((size * cost + kMask) >> kCostShift));
    }
    bool probe_is_over(Instant now) {
        if (now < probe_.deadline) return false;
        end_probe(now);
        return true;
    }
    void on_sent_in_probe(std::uint32_t size, Instant now);
    void end_probe(Instant now);

    Bitrate rate_;
    std::uint64_t cost_ = 0;
    Duration depth_ = kDepth;
    bool spread_ = false;
    Instant full_ = Instant{};  // when the budget is at its depth again
    Bitrate padding_rate_;
    std::uint64_t padding_cost_ = 0;
    Instant padded_ = Instant{};  // until when what was sent covers the padding rate
    Probe probe_;
};

}  // namespace parley::cc
