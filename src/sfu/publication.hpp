// A track that a participant publishes: its layers, and the ring of packets that its subscribers
// share. A controller: it is told of packets, reports and requests, and says what to ask upstream.
// What the subscribers get is subscription.hpp.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/static_vector.hpp"
#include "media/codec.hpp"
#include "rtp/extension.hpp"
#include "rtp/packet.hpp"
#include "rtp/video_layers_allocation.hpp"
#include "sfu/layer.hpp"
#include "sfu/layer_option.hpp"
#include "sfu/packet_ring.hpp"
#include "sfu/participant_clock.hpp"
#include "sfu/red_unpacker.hpp"
#include "sfu/stall_watch.hpp"
#include "sfu/types.hpp"

namespace parley::sfu {

/// How recent a keyframe must be for a late joiner to be served from the ring: as old as a request
/// for a new one may have to wait.
inline constexpr Duration kKeyframeReplayAge = kKeyframeRequestInterval;

/// A layer that the publisher is asked to send again counts as there for this long, though nothing
/// of it arrives: a round trip, a restarted encoder and its first keyframe on a poor network.
inline constexpr Duration kLayerReturnTime = 3s;

struct PublicationConfig {
    Kind kind = Kind::kAudio;
    media::Codec codec{};
    std::uint32_t clock_rate = 48'000;
    /// The codec's number with the publisher, and that of RFC 2198, whose packets hold the codec's
    /// in blocks.
    std::uint8_t payload_type = 0;
    std::optional<std::uint8_t> red_payload_type;
    /// The ids that the publisher's section uses.
    rtp::ExtensionMap extensions;
    /// In the order of the description; empty without simulcast. More than kMaxLayers are ignored.
    std::vector<std::string> rids;
};

class Publication {
 public:
    Publication(PublicationConfig config, std::shared_ptr<ParticipantClock> clock);

    // ---- what arrives
    /// A packet of a layer, retransmissions unpacked, and what its stream's inspector said of it.
    /// The stored packet, valid until the next call; or why it is not forwarded to anyone.
    Result<const StoredPacket*, trace::Drop> on_packet(std::size_t layer,
                                                       const rtp::PacketView& packet,
                                                       const media::FrameInfo& frame, Instant now);
    /// The packets that the newest one had with it, lost before (RFC 2198): they are in the ring.
    std::span<const std::uint16_t> found() const { return {found_.data(), found_.size()}; }
    /// How many those were so far.
    std::uint64_t total_found() const { return total_found_; }
    /// The publisher's redundancy cannot be read: its packets go on as they are.
    bool opaque() const { return opaque_; }
    void on_sender_report(std::size_t layer, NtpTime ntp, std::uint32_t timestamp, Instant now);
    /// A moderator's mute: what arrives is counted and not forwarded.
    void set_muted(bool muted);
    bool muted() const { return muted_; }

    // ---- what the publisher is asked
    void request_keyframe(std::size_t layer);
    /// The publisher was asked to stop sending a layer that nobody watches, or to send it again. A
    /// layer that is off in this way is not dead: it may be chosen and returns for it.
    void set_wanted(std::size_t layer, bool wanted, Instant now);
    /// The layer for which a keyframe request goes to the publisher now; until empty.
    std::optional<std::size_t> poll_keyframe_request(Instant now);
    /// The next keyframe request, or the death of a layer.
    Instant next_timeout() const;
    /// Notices layers that have stopped.
    void handle_timeout(Instant now);

    // ---- what subscriptions and statistics read
    const PublicationConfig& config() const { return config_; }
    Kind kind() const { return config_.kind; }
    media::Codec codec() const { return config_.codec; }
    std::uint32_t clock_rate() const { return config_.clock_rate; }
    std::size_t layer_count() const { return layers_.size(); }
    const Layer& layer(std::size_t index) const { return layers_[index]; }
    /// The layers that are there, low to high, whether they are live or not.
    const std::vector<std::uint8_t>& order() const { return order_; }
    /// Changes when a layer appears, stops, returns or moves in the order, and with the layers
    /// inside a stream.
    std::uint32_t revision() const { return revision_; }
    bool simulcast() const { return arrived_layers() > 1; }
    std::size_t arrived_layers() const;
    /// What a subscriber can be sent, from the least to the most.
    LayerOptions options(Instant now) const;
    LayerStats layer_stats(std::size_t layer, Instant now) const {
        return layers_[layer].stats(now);
    }
    bool live(std::size_t layer) const { return live_[layer]; }
    bool any_live() const;
    /// Live, or the best there is: while nothing arrives, what has arrived before may be woken by a
    /// keyframe request, as a screen share of a still picture is.
    bool usable(std::size_t layer) const;
    const PacketRing& ring() const { return ring_; }
    const ParticipantClock& clock() const { return *clock_; }
    /// RFC 6464 of the newest packet: 0 (loudest) to 127 dB below; empty without one.
    std::optional<std::uint8_t> audio_level() const { return audio_level_; }
    bool voice_active() const { return voice_active_; }
    /// The slot of the layer's last keyframe if a late joiner can be served from it.
    std::optional<SlotId> replayable_keyframe(std::size_t layer, Instant now) const;

 private:
    bool valid(std::size_t layer) const { return layer < layers_.size(); }
    Result<const StoredPacket*, trace::Drop> take(std::size_t layer, const rtp::PacketView& packet,
                                                  const media::FrameInfo& frame, bool red,
                                                  Instant now);
    void add_found(std::size_t layer, const rtp::PacketView& packet,
                   const RedUnpacker::Unpacked& unpacked, Instant now);
    void take_facts(Layer& layer, const media::FrameInfo& frame, StoredPacket& stored);
    void read_audio_level(const rtp::PacketView& packet);
    void read_announced_layers(const rtp::PacketView& packet);
    void add_options(std::uint8_t index, bool all, Instant now, LayerOptions& options) const;
    void complete(LayerOption& option) const;
    void note_arrival(std::size_t layer, const PayloadFacts& facts, Instant now);
    void note_frame(std::size_t layer, bool keyframe, Instant now);
    void end_layer(std::size_t layer);
    void reorder_at(Instant now);
    void reorder(Instant now);

    PublicationConfig config_;
    std::shared_ptr<ParticipantClock> clock_;
    std::vector<Layer> layers_;
    std::vector<bool> live_;
    /// Until when a layer counts as there without arriving: kNever while it is off by request.
    std::vector<Instant> awaited_;
    StallWatch stalls_;
    std::vector<std::uint8_t> order_;
    PacketRing ring_;
    std::uint32_t revision_ = 0;
    Instant next_reorder_{};
    std::optional<rtp::VideoLayersAllocation> announced_;  // by the publisher
    RedUnpacker unpacker_;
    StaticVector<std::uint16_t, RedUnpacker::kMaxEarlier> found_;
    std::uint64_t total_found_ = 0;
    bool opaque_ = false;
    bool muted_ = false;
    bool voice_active_ = false;
    std::optional<std::uint8_t> audio_level_;
};

}  // namespace parley::sfu
