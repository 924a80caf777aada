// One incoming stream of a publication: a simulcast layer, or the only one. It is what arrives,
// never what was negotiated: its size, rate and liveness are measured.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "media/payload.hpp"
#include "rtp/packet.hpp"
#include "sfu/keyframe_throttle.hpp"
#include "sfu/layer_clock.hpp"
#include "sfu/layer_option.hpp"
#include "sfu/rate_meter.hpp"
#include "sfu/receive_window.hpp"
#include "sfu/stored_packet.hpp"
#include "trace/drop.hpp"

namespace parley::sfu {

/// A layer without a packet for this long is not live. Screen shares of a still picture send about
/// one frame a second.
inline constexpr Duration kLayerTimeout = 2s;

struct LayerStats {
    std::string_view rid;
    Ssrc ssrc;
    bool live = false;
    Bitrate bitrate;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    double frames_per_second = 0;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t keyframes = 0;
    std::uint64_t keyframes_requested = 0;
};

class Layer {
 public:
    Layer(std::string rid, media::Codec codec, std::uint32_t clock_rate)
        : rid_(std::move(rid)), codec_(codec), clock_(clock_rate) {}

    /// Places a packet in the layer's order: fills index and epoch, or says why it has no place.
    std::optional<trace::Drop> place(const rtp::PacketView& packet, Instant now,
                                     StoredPacket& stored);
    /// Fills the facts of a video payload. True when the layers inside the stream have changed.
    bool take(const media::FrameInfo& frame, StoredPacket& stored);
    /// Counts a placed and inspected packet.
    void count(const StoredPacket& stored, std::size_t bytes, Instant now);
    /// A keyframe begins with this packet, kept in `slot`.
    void on_keyframe(SlotId slot, const StoredPacket& stored);
    /// What was sent before cannot be continued: decoders need a keyframe.
    void break_continuity() { ++epoch_; }

    bool live(Instant now) const { return packets_ > 0 && now < dies_at(); }
    /// Media has arrived once.
    bool arrived() const { return packets_ > 0; }
    Instant dies_at() const { return last_media_ + kLayerTimeout; }
    const std::string& rid() const { return rid_; }
    Ssrc ssrc() const { return ssrc_.value_or(Ssrc{}); }
    std::uint32_t epoch() const { return epoch_; }
    std::int64_t highest_index() const { return window_.highest(); }
    std::uint32_t area() const { return std::uint32_t{width_} * height_; }
    /// The layers inside the stream.
    const media::LayerStructure& structure() const { return structure_; }
    /// What is sent of the stream at a target: its rate, frames and size, as far as known.
    LayerOption option(std::uint8_t target, Instant now) const;
    /// The rate when a whole second of it has been seen.
    std::optional<Bitrate> settled_bitrate(Instant now) const;
    LayerStats stats(Instant now) const;

    LayerClock& clock() { return clock_; }
    const LayerClock& clock() const { return clock_; }
    KeyframeThrottle& keyframes() { return throttle_; }
    const KeyframeThrottle& keyframes() const { return throttle_; }
    SlotId last_keyframe() const { return last_keyframe_; }
    Instant last_keyframe_at() const { return last_keyframe_at_; }

 private:
    bool restart_confirmed(std::uint16_t sequence_number);
    void restart(const rtp::PacketView& packet);

    // Frames of one spatial and temporal layer.
    struct Cell {
        RateMeter rate;
        Instant last = Instant::min();
    };

    std::string rid_;
    media::Codec codec_;
    media::LayerStructure structure_;
    std::optional<std::uint32_t> structure_version_;  // that of the stream's inspector
    std::vector<Cell> cells_;  // by target; empty for a stream without layers
    LayerClock clock_;
    KeyframeThrottle throttle_;
    RateMeter rate_;
    ReceiveWindow window_;
    std::optional<Ssrc> ssrc_;
    std::optional<Ssrc> previous_ssrc_;
    std::optional<std::uint16_t> suspect_;  // the sequence number that would confirm a restart
    std::uint32_t epoch_ = 0;
    Instant last_media_{};  // padding alone does not count
    std::uint16_t width_ = 0;
    std::uint16_t height_ = 0;
    SlotId last_keyframe_ = kNoSlot;
    Instant last_keyframe_at_{};
    std::uint64_t packets_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t keyframes_ = 0;
};

}  // namespace parley::sfu
