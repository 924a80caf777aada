// When was a packet captured? Maps the RTP timestamps of one incoming stream to our time and back:
// by the publisher's sender reports, and by arrival before the first.

#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "sfu/participant_clock.hpp"

namespace parley::sfu {

class LayerClock {
 public:
    explicit LayerClock(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

    void on_packet(std::uint32_t timestamp, Instant arrival);
    void on_sender_report(ParticipantClock::Reading reading, std::uint32_t timestamp);
    /// The source restarted: its timestamps have nothing to do with those before.
    void reset();

    bool known() const { return arrival_known_; }
    bool has_report() const { return report_known_; }

    Instant capture_by_arrival(std::uint32_t timestamp) const;
    Instant capture_by_report(std::uint32_t timestamp, const ParticipantClock& clock) const;
    std::uint32_t timestamp_by_arrival(Instant capture) const;
    std::uint32_t timestamp_by_report(Instant capture, const ParticipantClock& clock) const;
    /// By the best that is known.
    std::uint32_t timestamp_at(Instant capture, const ParticipantClock& clock) const;

    std::uint32_t clock_rate() const { return clock_rate_; }
    Duration to_duration(std::int32_t ticks) const;
    std::int64_t to_ticks(Duration duration) const;

 private:
    std::uint32_t clock_rate_;
    // The packet that came fastest, as (timestamp, arrival); creeps later so that drift is
    // followed.
    bool arrival_known_ = false;
    std::uint32_t arrival_timestamp_ = 0;
    Instant arrival_{};
    bool report_known_ = false;
    std::uint32_t report_timestamp_ = 0;
    ParticipantClock::Reading report_{};
};

}  // namespace parley::sfu
