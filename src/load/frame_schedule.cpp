#include "load/frame_schedule.hpp"

#include <utility>

namespace parley::load {

void FrameSchedule::start(Instant first) {
    started_ = true;
    next_frame_due_ = first;
    if (active_) next_ = first;
}

void FrameSchedule::set_active(bool active, Instant now) {
    if (active == std::exchange(active_, active) || !started_) return;
    if (!active) {
        if (between_frames()) next_ = kNever;
        return;
    }
    keyframe_wanted_ = true;
    if (next_ != kNever) return;  // its last frame is being sent
    // Frames keep to their grid, so that all layers of a picture have the same time.
    if (next_frame_due_ < now) {
        const auto missed = (now - next_frame_due_ + kFrameInterval - Duration(1)) / kFrameInterval;
        next_frame_due_ += missed * kFrameInterval;
    }
    next_ = next_frame_due_;
}

void FrameSchedule::begin_frame(Instant now) {
    frame_due_ = now - next_frame_due_ > kMaxLateness ? now : next_frame_due_;
    next_frame_due_ = frame_due_ + kFrameInterval;
    next_ = frame_due_;
    if (std::exchange(keyframe_wanted_, false)) frame_ = 0;
    ++frames_;
}

const LoopPacket* FrameSchedule::take(Instant now) {
    if (next_ > now) return nullptr;
    if (between_frames()) begin_frame(now);
    const LoopFrame& frame = loop_->frames[frame_];
    const LoopPacket& packet = frame.packets[packet_++];
    if (packet_ == frame.packets.size()) {
        packet_ = 0;
        frame_ = (frame_ + 1) % loop_->frames.size();
        next_ = active_ ? next_frame_due_ : kNever;
    } else if (spread_) {
        next_ += kFrameInterval / static_cast<std::int64_t>(frame.packets.size());
    }
    return &packet;
}

}  // namespace parley::load
