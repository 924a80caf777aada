// What a camera and its encoder put out: frames at a steady pace, whose sizes follow the target
// with a delay and vary around it, keyframes among them; or a shared screen, silent until a slide
// comes. After the statistical model of RFC 8593 §5, without its intervals of fixed size after a
// change.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/random.hpp"
#include "base/time.hpp"
#include "base/units.hpp"

namespace parley::sim {

enum class VideoKind : std::uint8_t {
    kCamera,        // frames vary, the first is a keyframe
    kFixedSize,     // every frame as large as the next
    kConstantRate,  // a hundred equal pieces a second: no frames to speak of
    kSlides,
};

struct VideoConfig {
    VideoKind kind = VideoKind::kCamera;
    int frames_per_second = 30;
    Bitrate min = Bitrate::from_kbps(150);
    Bitrate max = Bitrate::from_kbps(1500);
    /// How long a new target takes to show in the frames.
    Duration reaction = std::chrono::milliseconds(100);
    /// What the encoder makes of a target: 1.3 is 30 % too much.
    double overshoot = 1;
    Duration slide_interval = std::chrono::seconds(5);
    std::int64_t slide_bytes = 100'000;
};

struct VideoFrame {
    std::int64_t bytes = 0;
    bool keyframe = false;
};

class VideoSource {
 public:
    VideoSource(const VideoConfig& config, Random random) : config_(config), random_(random) {}

    /// Zero stops the encoder.
    void set_target(Bitrate target, Instant now);
    void request_keyframe() { keyframe_wanted_ = true; }
    /// Called once each interval().
    std::optional<VideoFrame> next_frame(Instant now);
    Duration interval() const;

 private:
    static constexpr double kKeyframeSize = 5;     // of an average frame
    static constexpr double kVariation = 0.15;     // RFC 8593 §5.3: scale of the Laplace draw
    static constexpr double kSmallestFrame = 0.3;  // of an average frame
    static constexpr double kRepayment = 30;       // frames over which a surplus is saved

    VideoFrame camera_frame(double average);
    std::optional<VideoFrame> slide_frame(Instant now);
    double laplace();

    VideoConfig config_;
    Random random_;
    struct Change {
        Instant at{};
        Bitrate target;
    };
    std::deque<Change> changes_;  // on their way into the encoder
    Bitrate asked_;
    Bitrate target_;
    bool keyframe_wanted_ = true;
    double surplus_ = 0;  // octets beyond the target so far
    Instant next_slide_ = Instant::min();
};

}  // namespace parley::sim
