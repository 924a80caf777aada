// Records when packets with transport-wide sequence numbers arrived and says when and what to
// report of them. One for each transport. Fixed memory, about 8 kB, once a packet has come.

#pragma once

#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "base/unwrap.hpp"
#include "rtp/transport_feedback.hpp"

namespace parley::rtp {

inline constexpr Duration kFeedbackInterval = 50ms;
/// How many sequence numbers are remembered; more in one interval are reported early.
inline constexpr std::size_t kFeedbackWindow = 1024;

class TransportFeedbackRecorder {
 public:
    void on_packet(std::uint16_t transport_sequence_number, Instant arrival);

    /// kNever when everything is reported.
    Instant next_timeout() const { return due_; }
    /// Writes one RTCP packet when a report is due; 0 otherwise. Call until it returns 0, with at
    /// least kMinFeedbackBuffer octets.
    std::size_t poll(Instant now, Ssrc sender, Ssrc media, BytesSpan out);

    std::uint64_t reports() const { return reports_; }
    std::uint64_t jumps() const { return jumps_; }  // the sequence left the window and began anew

    static constexpr std::size_t kMinFeedbackBuffer = 64;

 private:
    Instant& slot(std::int64_t sequence) {
        return arrivals_[static_cast<std::size_t>(sequence) % kFeedbackWindow];
    }
    void restart(std::int64_t sequence);

    // kNever: not arrived. Made when the first packet comes: those who only receive send none.
    std::vector<Instant> arrivals_;
    Unwrapper<std::uint16_t> unwrapper_;
    bool started_ = false;
    std::int64_t oldest_ = 0;  // slots from here to end_ are true
    std::int64_t base_ = 0;    // the first that is not reported
    std::int64_t end_ = 0;     // one behind the newest
    Instant due_ = kNever;
    std::uint8_t feedback_count_ = 0;
    std::uint64_t reports_ = 0;
    std::uint64_t jumps_ = 0;
};

}  // namespace parley::rtp
