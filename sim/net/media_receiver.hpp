// A receiver of voice and picture: feedback for the sender's controller, requests for what is
// missing, and a record of what came, when, and which frames could be shown.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "sim/net/feedback.hpp"
#include "sim/net/packet.hpp"
#include "sim/net/world.hpp"

namespace parley::sim {

struct MediaReceiverConfig {
    FlowId flow = 0;
    FeedbackMode feedback = FeedbackMode::kTransportWide;
    /// Feedback is that far apart: the shorter while much comes, as browsers do it.
    Duration min_feedback_interval = std::chrono::milliseconds(50);
    Duration max_feedback_interval = std::chrono::milliseconds(100);
    /// What the receiver allows; zero says nothing.
    Bitrate limit;
};

struct ReceivedRecord {
    Instant at{};
    Duration delay{};        // since it was sent
    std::uint32_t size = 0;  // octets of the UDP payload
    PacketKind kind = PacketKind::kVideo;
};

struct ShownFrame {
    Instant at{};
    Instant captured{};
    bool keyframe = false;
};

/// Video packets in order: which are missing, which frames are complete with all before them.
class FrameAssembler {
 public:
    void on_packet(const MediaPosition& media, Instant now);
    /// Numbers to ask for now.
    std::vector<std::int64_t> wanted(Duration round_trip, Instant now);
    /// Something is missing for good.
    bool wants_keyframe(Instant now);
    /// There is, or will be, something to ask for.
    bool is_waiting() const { return broken_ || !missing_.empty(); }
    const std::vector<ShownFrame>& shown() const { return shown_; }

 private:
    /// Reordering may fill a gap by itself so long.
    static constexpr Duration kPatience = std::chrono::milliseconds(10);
    static constexpr Duration kGiveUp = std::chrono::seconds(1);
    static constexpr Duration kKeyframeInterval = std::chrono::milliseconds(500);
    static constexpr int kMaxRequests = 10;

    struct Missing {
        Instant noticed{};
        Instant asked{};
        int requests = 0;
    };
    void show_complete(Instant now);

    std::int64_t next_ = 0;     // the first packet that is not shown
    std::int64_t highest_ = 0;  // the first number never seen
    std::map<std::int64_t, MediaPosition> packets_;
    std::map<std::int64_t, Missing> missing_;
    bool broken_ = false;
    Instant keyframe_asked_ = Instant::min();
    std::vector<ShownFrame> shown_;
};

class MediaReceiver final : public Endpoint {
 public:
    MediaReceiver(World& world, MediaReceiverConfig config, const Route& to_sender);

    void on_packet(Packet packet, Instant now) override;
    void set_round_trip(Duration round_trip) { round_trip_ = round_trip; }
    /// Says so at once, as a receiver does whose limit changed; zero lifts it.
    void set_limit(Bitrate limit, Instant now);
    /// From now on, or from now on no more.
    void set_feedback_enabled(bool enabled) { feedback_enabled_ = enabled; }

    const std::vector<ReceivedRecord>& received() const { return received_; }
    const std::vector<ShownFrame>& shown() const { return frames_.shown(); }
    std::int64_t feedback_bytes() const { return feedback_bytes_; }

 private:
    static constexpr Duration kReportInterval = std::chrono::seconds(1);
    static constexpr Duration kRequestInterval = std::chrono::milliseconds(10);

    void on_feedback_due(Instant now);
    void on_report_due(Instant now);
    void on_requests_due(Instant now);
    void send(ControlMessage message, Instant now);
    Duration feedback_interval(Instant now) const;

    MediaReceiverConfig config_;
    const Route& to_sender_;
    ArrivalLog arrivals_;
    FrameAssembler frames_;
    Unwrapper<std::uint16_t> numbers_;
    std::int64_t highest_ = -1;  // transport-wide
    std::int64_t came_ = 0;
    std::int64_t reported_highest_ = -1;
    std::int64_t reported_came_ = 0;
    Instant newest_sent_{};
    Instant newest_at_{};
    Duration round_trip_ = std::chrono::milliseconds(100);
    bool feedback_enabled_ = true;
    std::int64_t feedback_bytes_ = 0;
    Timer feedback_due_;
    Timer report_due_;
    Timer requests_due_;
    std::vector<ReceivedRecord> received_;
};

}  // namespace parley::sim
