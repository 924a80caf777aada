// Streams of a simulcast that have stopped while their siblings go on. Publishers switch a layer
// off without a word when their path or their machine becomes narrow, and who watches that layer
// should not have to wait until silence alone proves it dead.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"
#include "sfu/layer_use.hpp"

namespace parley::sfu {

class StallWatch {
 public:
    /// Frames of each sibling that a stream misses before it has stalled, and the time that must
    /// have passed as well. Siblings share a camera, but may divide its frames differently: the low
    /// stream of a screen share has five a second where the high one has thirty.
    static constexpr std::uint32_t kMissedFrames = 5;
    static constexpr Duration kStallTime = 400ms;

    /// A frame of `stream` begins, while `live` are those that count as live. The streams that have
    /// stalled with this frame.
    StreamMask on_frame(std::size_t stream, bool keyframe, StreamMask live, Instant now) {
        // A single frame of a slow stream is no return; a keyframe is what a return begins with.
        if (keyframe || now - last_[stream] < kStallTime) forgive(stream);
        last_[stream] = now;
        missed_[stream] = {};
        StreamMask stalled = 0;
        for (std::size_t i = 0; i < kMaxLayers; ++i) {
            if (i == stream || (live & stream_bit(i)) == 0) continue;
            if (++missed_[i][stream] < kMissedFrames || now - last_[i] < kStallTime) continue;
            stalled |= stream_bit(i);
        }
        stalled_ |= stalled;
        return stalled;
    }
    bool stalled(std::size_t stream) const { return (stalled_ & stream_bit(stream)) != 0; }
    /// No sibling goes on, or the stream is awaited: its next frame counts, whatever it is.
    void forgive(std::size_t stream) {
        stalled_ = static_cast<StreamMask>(stalled_ & ~stream_bit(stream));
    }

 private:
    StreamMask stalled_ = 0;
    std::array<Instant, kMaxLayers> last_{};
    /// Frames of each sibling since the stream's last one.
    std::array<std::array<std::uint32_t, kMaxLayers>, kMaxLayers> missed_{};
};

}  // namespace parley::sfu
