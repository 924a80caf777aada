#include "sim/net/video_source.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace parley::sim {
namespace {

constexpr int kPiecesPerSecond = 100;
constexpr std::int64_t kUnchangedScreen = 300;  // octets of a frame in which nothing moved

}  // namespace

Duration VideoSource::interval() const {
    const int rate =
        config_.kind == VideoKind::kConstantRate ? kPiecesPerSecond : config_.frames_per_second;
    return Duration(1'000'000'000 / rate);
}

void VideoSource::set_target(Bitrate target, Instant now) {
    if (target.bps > 0) target = std::clamp(target, config_.min, config_.max);
    if (target == asked_) return;
    asked_ = target;
    // An encoder is started and stopped at once, and follows otherwise.
    const bool at_once = target.bps == 0 || target_.bps == 0;
    if (at_once) changes_.clear();
    changes_.push_back({at_once ? now : now + config_.reaction, target});
}

std::optional<VideoFrame> VideoSource::next_frame(Instant now) {
    while (!changes_.empty() && changes_.front().at <= now) {
        if (target_.bps == 0) keyframe_wanted_ = true;
        target_ = changes_.front().target;
        changes_.pop_front();
    }
    if (target_.bps == 0) return std::nullopt;
    const double average =
        static_cast<double>(target_.bps) / 8 * to_seconds(interval()) * config_.overshoot;
    switch (config_.kind) {
        case VideoKind::kCamera: return camera_frame(average);
        case VideoKind::kSlides: return slide_frame(now);
        case VideoKind::kFixedSize:
        case VideoKind::kConstantRate: break;
    }
    const bool keyframe = std::exchange(keyframe_wanted_, false);
    return VideoFrame{static_cast<std::int64_t>(average), keyframe};
}

VideoFrame VideoSource::camera_frame(double average) {
    const bool keyframe = std::exchange(keyframe_wanted_, false);
    double bytes = average * (keyframe ? kKeyframeSize : 1 + kVariation * laplace());
    if (!keyframe) bytes -= surplus_ / kRepayment;
    bytes = std::max(bytes, average * kSmallestFrame);
    // What a keyframe took too much is saved within a second or two, not forever.
    surplus_ =
        std::clamp(surplus_ + bytes - average, -kKeyframeSize * average, kKeyframeSize * average);
    return {static_cast<std::int64_t>(bytes), keyframe};
}

std::optional<VideoFrame> VideoSource::slide_frame(Instant now) {
    const bool slide = now >= next_slide_ || std::exchange(keyframe_wanted_, false);
    if (!slide) return VideoFrame{kUnchangedScreen, false};
    keyframe_wanted_ = false;
    next_slide_ = now + config_.slide_interval;
    // A rate control lets a picture take half a second of the target at most.
    return VideoFrame{std::min(config_.slide_bytes, target_.bps / 8 / 2), true};
}

// Of mean 0 and scale 1, within three scales.
double VideoSource::laplace() {
    const double u = random_.uniform() - 0.5;
    const double magnitude = std::min(3.0, -std::log(1 - 2 * std::abs(u)));
    return u < 0 ? -magnitude : magnitude;
}

}  // namespace parley::sim
