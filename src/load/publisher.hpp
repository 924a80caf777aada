// What a participant publishes: when which frame leaves, and what is answered to those who receive
// it. Video leaves as a burst each frame, as browsers without pacing at these rates have it, or
// with its packets spaced evenly.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "load/frame_schedule.hpp"
#include "load/media_loops.hpp"
#include "load/out_stream.hpp"
#include "load/reception.hpp"
#include "load/tally.hpp"
#include "load/track_layers.hpp"

namespace parley::load {

class Publisher {
 public:
    Publisher(const MediaLoops& loops, bool spread, std::string name, OutContext& context,
              Random& random);

    /// Adds what is sent to the next offer.
    void announce(Random& random, Instant now);
    /// Media may flow from now on.
    void start(Instant now);
    Instant next_timeout() const;
    /// Sends what is due. `window`: in which packets are counted.
    void handle_timeout(Instant now, const Window& window);

    void on_nack(Ssrc media, std::uint16_t sequence_number, Instant now, const Window& window);
    void on_keyframe_request(Ssrc media);
    /// Layers that nobody watches are not sent.
    void on_track_layers(const TrackLayers& message, Instant now);

    /// In the measured time.
    Published published() const;
    std::uint64_t resent() const { return resent_; }
    /// Since it joined.
    std::uint64_t keyframe_requests() const { return keyframe_requests_; }

 private:
    struct Layer {
        const VideoLoop* loop = nullptr;
        std::string rid;
        OutStream stream;
        FrameSchedule schedule;
        std::uint16_t first_picture_id = 0;
    };
    void refresh_formats();
    void send_video(Layer& layer, Instant now, const Window& window);
    void send_audio(Instant now, const Window& window);
    void send_reports(Instant now);

    const MediaLoops& loops_;
    std::string name_;
    OutContext& context_;
    std::vector<Layer> layers_;
    std::optional<OutStream> audio_;
    std::optional<peer::SenderId> video_sender_;
    std::optional<peer::SenderId> audio_sender_;
    std::optional<SendFormat> video_format_;
    std::optional<SendFormat> audio_format_;
    std::uint64_t formats_version_ = 0;
    bool started_ = false;
    Instant started_at_{};
    Instant audio_due_ = kNever;
    Instant reports_due_ = kNever;
    std::size_t audio_frame_ = 0;
    std::uint32_t timestamp_base_;
    Duration phase_;
    std::uint64_t video_packets_ = 0;
    std::uint64_t audio_packets_ = 0;
    std::uint64_t resent_ = 0;
    std::uint64_t keyframe_requests_ = 0;
};

}  // namespace parley::load
