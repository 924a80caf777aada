// Which layers of a publication somebody watches: on at once, off when nobody has wanted them for a
// while, so that those who come and go do not make the publisher's encoder restart.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"
#include "sfu/types.hpp"

namespace parley::sfu {

/// A bit for each stream of a publication.
using StreamMask = std::uint8_t;
inline constexpr StreamMask kAllStreams = (1U << kMaxLayers) - 1;
constexpr StreamMask stream_bit(std::size_t stream) {
    return static_cast<StreamMask>(1U << stream);
}

class LayerUse {
 public:
    /// A grid that is rearranged, a reload, a path that wavers.
    static constexpr Duration kOffAfter = 4s;

    /// `wanted`: somebody gets or may soon get it. Returns the streams that turned on or off.
    StreamMask update(StreamMask wanted, Instant now) {
        StreamMask changed = 0;
        next_timeout_ = kNever;
        for (std::size_t i = 0; i < kMaxLayers; ++i) {
            const StreamMask bit = stream_bit(i);
            if ((wanted & bit) != 0) {
                unwanted_since_[i] = kNever;
                if ((on_ & bit) == 0) changed |= bit;
            } else if ((on_ & bit) != 0) {
                unwanted_since_[i] = std::min(unwanted_since_[i], now);
                const Instant off_at = unwanted_since_[i] + kOffAfter;
                if (off_at <= now) {
                    changed |= bit;
                } else {
                    next_timeout_ = std::min(next_timeout_, off_at);
                }
            }
        }
        on_ ^= changed;
        return changed;
    }
    bool on(std::size_t stream) const { return (on_ & stream_bit(stream)) != 0; }
    StreamMask mask() const { return on_; }
    /// When to ask again with what is wanted then.
    Instant next_timeout() const { return next_timeout_; }

 private:
    StreamMask on_ = kAllStreams;  // as clients begin
    std::array<Instant, kMaxLayers> unwanted_since_{kNever, kNever, kNever};
    Instant next_timeout_ = kNever;
};

}  // namespace parley::sfu
