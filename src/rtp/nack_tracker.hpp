// Which packets of a stream are missing and when to ask for them again (RFC 4585 §6.2.1 gives the
// message, not the timing). One for each stream that negotiated NACK.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "base/unwrap.hpp"

namespace parley::rtp {

// The first three as libwebrtc has them, so that both ends give up together.
inline constexpr std::size_t kMaxMissing = 1000;
inline constexpr int kMaxNackRetries = 10;
inline constexpr std::int64_t kMaxNackAge = 10'000;  // packets behind the newest
/// A packet that was only overtaken usually arrives within this.
inline constexpr Duration kReorderingTolerance = 10ms;
inline constexpr Duration kMinNackInterval = 20ms;
inline constexpr Duration kDefaultRtt = 100ms;

class NackTracker {
 public:
    /// `give_up_after`: how long a packet is still of use; audio is late after a few hundred
    /// milliseconds, video is not.
    explicit NackTracker(Duration give_up_after = 5s);

    /// A packet arrived, by retransmission or not. `keyframe`: it starts a decodable point, so that
    /// nothing before it is needed any more.
    void on_packet(std::uint16_t sequence_number, bool keyframe, Instant now);
    void on_rtt(Duration rtt) { rtt_ = rtt; }
    /// Forget everything, for a restarted stream.
    void reset();

    Instant next_timeout() const { return next_; }
    /// Fills `out` with what must be asked for now, in order, and returns how many. Call again
    /// while it returns a full buffer.
    std::size_t poll(Instant now, std::span<std::uint16_t> out);

    /// True once after so much was lost that only a keyframe helps.
    bool take_keyframe_wish();

    std::size_t missing() const { return entries_.size(); }
    std::uint64_t requested() const {
        return requested_;
    }  // sequence numbers asked for, repeats too
    std::uint64_t given_up() const { return given_up_; }
    std::uint64_t overflows() const { return overflows_; }

 private:
    struct Entry {
        std::int64_t sequence = 0;
        Instant due{};
        Instant since{};
        int retries = 0;
    };
    void add_gap(std::int64_t first, std::int64_t end, Instant now);
    void remove(std::int64_t sequence);
    void remove_before(std::int64_t sequence);
    void rearm();

    std::vector<Entry> entries_;  // by sequence; never longer than kMaxMissing
    Unwrapper<std::uint16_t> unwrapper_;
    std::optional<std::int64_t> newest_;
    Duration give_up_after_;
    Duration rtt_ = kDefaultRtt;
    Instant next_ = kNever;
    bool keyframe_wish_ = false;
    std::uint64_t requested_ = 0;
    std::uint64_t given_up_ = 0;
    std::uint64_t overflows_ = 0;
};

}  // namespace parley::rtp
