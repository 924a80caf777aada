// The subscriber's RTP timestamps: one line across layers, restarts and pauses. A layer that begins
// is aligned with the one before by the sender reports of both, by arrival before the first.

#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "sfu/layer_clock.hpp"
#include "sfu/participant_clock.hpp"
#include "sfu/stored_packet.hpp"

namespace parley::sfu {

class Timeline {
 public:
    /// Beyond this, what sender reports say and what arrival says contradict each other, and
    /// arrival is believed.
    static constexpr Duration kMaxReportError = 1s;

    /// The least step between two frames: a millisecond.
    static constexpr std::uint32_t kMinStepDivisor = 1000;

    explicit Timeline(std::uint32_t first) : first_(first) {}

    /// What to add to the timestamps of a layer that begins with `packet`. `previous` is the clock
    /// of the layer sent before, if that one still runs.
    std::uint32_t begin(const StoredPacket& packet, const LayerClock& layer,
                        const LayerClock* previous, const ParticipantClock& clock);
    /// The newest packet so far was placed; `timestamp` is the subscriber's.
    void on_sent(const StoredPacket& packet, std::uint32_t timestamp);

    /// The newest timestamp given out.
    std::uint32_t newest() const { return newest_; }
    Instant newest_arrival() const { return newest_arrival_; }
    bool any() const { return any_; }

 private:
    std::uint32_t aligned(const StoredPacket& packet, const LayerClock& layer,
                          const LayerClock* previous, const ParticipantClock& clock) const;

    std::uint32_t first_;
    bool any_ = false;
    std::uint32_t newest_ = 0;         // given out
    std::uint32_t newest_source_ = 0;  // of the layer it came from
    Instant newest_arrival_{};
    std::uint32_t shift_ = 0;  // how far the current layer runs ahead of where it belongs
};

}  // namespace parley::sfu
