// Which packet of a video loop leaves next, and when: as a burst each frame, or evenly spaced. A
// stream that nobody watches is turned off, and comes back with a keyframe.

#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.hpp"
#include "load/video_loop.hpp"

namespace parley::load {

/// Behind by more than this, frames are left out instead of sent in one go.
inline constexpr Duration kMaxLateness = 100ms;
inline constexpr Duration kFrameInterval = Duration(1s) / kFramesPerSecond;

class FrameSchedule {
 public:
    /// `spread`: packets are spaced evenly.
    FrameSchedule(const VideoLoop& loop, bool spread) : loop_(&loop), spread_(spread) {}

    void start(Instant first);
    /// Turned off, the frame that is being sent is sent to its end.
    void set_active(bool active, Instant now);
    bool active() const { return active_; }
    /// The loop begins anew with the next frame.
    void want_keyframe() { keyframe_wanted_ = true; }

    /// When the next packet is due; kNever while it is off.
    Instant next() const { return next_; }
    /// The packet that is due now, which is then done with; nullptr when there is none.
    const LoopPacket* take(Instant now);
    /// The frame that the last packet was of is complete.
    bool between_frames() const { return packet_ == 0; }
    /// When the frame of the last packet was due, and how many there were up to it.
    Instant frame_due() const { return frame_due_; }
    std::uint64_t frames() const { return frames_; }

 private:
    void begin_frame(Instant now);

    const VideoLoop* loop_;
    bool spread_;
    bool started_ = false;
    bool active_ = true;
    bool keyframe_wanted_ = false;
    std::size_t frame_ = 0;   // that is sent next, or in part
    std::size_t packet_ = 0;  // of it, that is sent next
    std::uint64_t frames_ = 0;
    Instant frame_due_{};
    Instant next_frame_due_{};
    Instant next_ = kNever;
};

}  // namespace parley::load
