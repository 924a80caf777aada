// A sender of voice and picture as a peer wires one: sources, a queue behind the pacer, the log of
// what left, the controller. Voice goes ahead without waiting and is told to the pacer; then comes
// what was asked for again, then the picture, then filling for probes.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "cc/controller.hpp"
#include "cc/pacer.hpp"
#include "cc/sent_log.hpp"
#include "sim/net/feedback.hpp"
#include "sim/net/packet.hpp"
#include "sim/net/video_source.hpp"
#include "sim/net/world.hpp"

namespace parley::sim {

using MakeController = std::function<std::unique_ptr<cc::Controller>(const cc::Limits&)>;

struct MediaSenderConfig {
    FlowId flow = 0;
    VideoConfig video;
    bool has_video = true;
    bool has_audio = true;
    /// What the controller is told to be wanted; zero: what the sources take at most.
    Bitrate demand;
    /// A sender without media only probes.
    cc::Limits limits;
    FeedbackMode feedback = FeedbackMode::kTransportWide;
    cc::EcnMark ecn = cc::EcnMark::kNotEct;
    MakeController make_controller;
};

/// The target, whenever it changed.
struct TargetRecord {
    Instant at{};
    Bitrate target;
    cc::EstimateReason reason = cc::EstimateReason::kStart;
    bool blind = false;
};

struct SentRecord {
    Instant at{};
    Duration queued{};       // behind the pacer
    std::uint32_t size = 0;  // octets of the UDP payload
    PacketKind kind = PacketKind::kVideo;
};

class MediaSender final : public Endpoint {
 public:
    /// Octets of UDP payload: RTP header, extensions and the tag of SRTP beside the media.
    static constexpr std::uint32_t kMaxPayload = 1200;
    static constexpr std::uint32_t kRtpOverhead = 36;
    static constexpr std::uint32_t kAudioPayload = 80 + kRtpOverhead;  // Opus at 32 kbit/s
    static constexpr Duration kAudioInterval = std::chrono::milliseconds(20);
    /// RTP padding has one octet for its length (RFC 3550 §5.1).
    static constexpr std::uint32_t kMaxPlainPadding = 255 + kRtpOverhead;

    MediaSender(World& world, MediaSenderConfig config, const Route& to_receiver);

    void start(Instant now);
    void stop();
    /// The sources pause and resume; the transport stays.
    void pause_media(bool paused, Instant now);
    void on_packet(Packet packet, Instant now) override;

    cc::Controller& controller() { return *controller_; }
    std::function<void(Duration)> on_round_trip;

    const std::vector<TargetRecord>& targets() const { return targets_; }
    const std::vector<SentRecord>& sent() const { return sent_; }
    std::int64_t frames_skipped() const { return frames_skipped_; }

 private:
    struct Waiting {
        std::uint32_t size = 0;
        MediaPosition media;
        PacketKind kind = PacketKind::kVideo;
        Instant queued{};
    };
    /// Frames are not encoded while what was encoded before waits longer than this.
    static constexpr Duration kMaxQueueDelay = std::chrono::milliseconds(500);
    static constexpr std::int64_t kHistory = 2000;  // packets kept for retransmission
    /// Retransmissions take at most this share of the target from the encoder.
    static constexpr double kMaxRetransmissionShare = 0.5;

    void on_frame_due(Instant now);
    void on_audio_due(Instant now);
    void queue_frame(const VideoFrame& frame, Instant now);
    void on_control(const ControlMessage& message, Instant now);
    void retransmit(std::int64_t number, Instant now);
    void pump(Instant now);
    void apply_estimate(Instant now);
    bool send_waiting(Instant now);
    bool send_padding(Instant now);
    void send(const Waiting& waiting, Instant now);
    void arm(Instant now);
    Bitrate video_target(const cc::Estimate& estimate) const;
    Bitrate audio_rate() const;
    Bitrate demand() const;

    World& world_;
    MediaSenderConfig config_;
    const Route& to_receiver_;
    std::unique_ptr<cc::Controller> controller_;
    cc::SentLog log_;
    cc::Pacer pacer_;
    VideoSource video_;
    Random random_;
    bool running_ = false;
    bool paused_ = false;
    std::int64_t frame_ = 0;
    std::int64_t next_media_number_ = 0;
    std::deque<Waiting> history_;  // of video packets, by number
    std::deque<Waiting> asked_again_;
    std::deque<Waiting> waiting_;
    double retransmission_bps_ = 0;
    std::int64_t retransmitted_bytes_ = 0;
    Instant retransmission_window_{};
    Timer frame_due_;
    Timer audio_due_;
    Timer wake_;
    std::vector<TargetRecord> targets_;
    std::vector<SentRecord> sent_;
    std::int64_t frames_skipped_ = 0;
};

}  // namespace parley::sim
