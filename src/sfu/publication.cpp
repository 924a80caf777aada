#include "sfu/publication.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "rtp/extension_values.hpp"
#include "sfu/extension_filter.hpp"
#include "sfu/layer_order.hpp"
#include "sfu/option_rates.hpp"

namespace parley::sfu {
namespace {

// How often measured rates may change the order of layers.
constexpr Duration kReorderInterval = 500ms;

}  // namespace

Publication::Publication(PublicationConfig config, std::shared_ptr<ParticipantClock> clock)
    : config_(std::move(config)),
      clock_(std::move(clock)),
      ring_(config_.kind == Kind::kVideo ? PacketRing::video() : PacketRing::audio()) {
    if (config_.clock_rate == 0) config_.clock_rate = media::clock_rate(config_.codec);
    if (config_.clock_rate == 0) config_.clock_rate = 90'000;
    if (config_.rids.empty()) config_.rids.emplace_back();
    if (config_.rids.size() > kMaxLayers) config_.rids.resize(kMaxLayers);
    for (const std::string& rid : config_.rids) {
        layers_.emplace_back(rid, config_.codec, config_.clock_rate);
        live_.push_back(false);
        awaited_.push_back(Instant::min());
        order_.push_back(static_cast<std::uint8_t>(order_.size()));
    }
    reorder({});
}

Result<const StoredPacket*, trace::Drop> Publication::on_packet(std::size_t layer,
                                                                const rtp::PacketView& packet,
                                                                const media::FrameInfo& frame,
                                                                Instant now) {
    if (!valid(layer)) return fail(trace::Drop::kUnknownSsrc);
    found_.clear();
    if (config_.kind == Kind::kVideo) return take(layer, packet, frame, false, now);
    if (layers_[layer].ssrc() != packet.ssrc) unpacker_.reset();
    rtp::PacketView plain = packet;
    opaque_ = false;
    if (config_.red_payload_type == packet.payload_type && !packet.payload.empty()) {
        const auto unpacked = unpacker_.unpack(packet, config_.payload_type);
        opaque_ = !unpacked;
        if (unpacked) {
            if (!muted_) add_found(layer, packet, *unpacked, now);
            plain.payload = unpacked->newest;
        }
    }
    const std::uint32_t epoch = layers_[layer].epoch();
    const auto stored = take(layer, plain, frame, opaque_, now);
    if (layers_[layer].epoch() != epoch) unpacker_.reset();
    if (stored) unpacker_.note(packet.sequence_number, packet.timestamp);
    return stored;
}

// Frames whose own packets were lost, as if those had come just now. Levels and whatever else stood
// in their headers are lost.
void Publication::add_found(std::size_t layer, const rtp::PacketView& packet,
                            const RedUnpacker::Unpacked& unpacked, Instant now) {
    for (const RedUnpacker::Earlier& earlier : unpacked.lost) {
        rtp::PacketView lost;
        lost.payload_type = config_.payload_type;
        lost.sequence_number = earlier.sequence_number;
        lost.timestamp = earlier.timestamp;
        lost.ssrc = packet.ssrc;
        lost.payload = earlier.payload;
        if (!take(layer, lost, {}, false, now)) continue;
        unpacker_.note(lost.sequence_number, lost.timestamp);
        found_.push_back(lost.sequence_number);
        ++total_found_;
    }
}

Result<const StoredPacket*, trace::Drop> Publication::take(std::size_t layer,
                                                           const rtp::PacketView& packet,
                                                           const media::FrameInfo& frame, bool red,
                                                           Instant now) {
    Layer& target = layers_[layer];
    StoredPacket stored;
    if (const auto refused = target.place(packet, now, stored)) return fail(*refused);
    stored.arrival = now;
    stored.timestamp = packet.timestamp;
    stored.layer = static_cast<std::uint8_t>(layer);
    stored.marker = packet.marker;
    stored.red = red;
    stored.padding_only = packet.payload.empty();
    if (!stored.padding_only) take_facts(target, frame, stored);
    if (!packet.bytes.empty()) target.count(stored, packet.bytes.size(), now);  // else: found
    read_audio_level(packet);
    read_announced_layers(packet);
    if (!stored.padding_only) note_arrival(layer, stored.facts, now);
    if (muted_) return fail(trace::Drop::kMuted);

    const FilteredExtensions extensions(packet, config_.extensions);
    stored.payload = packet.payload;
    stored.extensions = extensions.bytes();
    const SlotId slot = ring_.append(stored);
    if (slot == kNoSlot) return fail(trace::Drop::kTooLarge);
    if (config_.kind == Kind::kVideo && stored.facts.starts_keyframe()) {
        target.on_keyframe(slot, stored);
        if (layers_.size() > 1) reorder_at(now);  // its size may say more than the rates
    }
    return ring_.find(slot);
}

void Publication::take_facts(Layer& layer, const media::FrameInfo& frame, StoredPacket& stored) {
    if (config_.kind == Kind::kAudio) {
        stored.facts.starts_frame = stored.facts.keyframe = true;
    } else if (layer.take(frame, stored)) {
        ++revision_;
    }
}

void Publication::read_audio_level(const rtp::PacketView& packet) {
    if (config_.kind != Kind::kAudio) return;
    const auto level =
        rtp::read_audio_level(config_.extensions.find(packet, rtp::ExtensionType::kAudioLevel));
    if (!level) return;
    audio_level_ = level->level;
    voice_active_ = level->voice;
}

void Publication::read_announced_layers(const rtp::PacketView& packet) {
    if (config_.kind != Kind::kVideo) return;
    const BytesView data =
        config_.extensions.find(packet, rtp::ExtensionType::kVideoLayersAllocation);
    if (data.empty()) return;
    auto announced = rtp::read_video_layers_allocation(data);
    if (!announced) return;
    // Sizes come with keyframes alone; they hold until the next say otherwise.
    if (announced_ && !announced->has_resolutions) {
        for (auto& layer : announced->layers) {
            for (const auto& before : announced_->layers) {
                if (before.stream != layer.stream || before.spatial_id != layer.spatial_id)
                    continue;
                layer.width = before.width;
                layer.height = before.height;
                layer.frames_per_second = before.frames_per_second;
            }
        }
    }
    announced_ = *announced;
}

void Publication::note_arrival(std::size_t layer, const PayloadFacts& facts, Instant now) {
    if (layers_.size() > 1 && facts.starts_frame) note_frame(layer, facts.keyframe, now);
    if (!live_[layer] && !stalls_.stalled(layer)) {
        live_[layer] = true;
        if (awaited_[layer] != kNever) awaited_[layer] = Instant::min();
        ++revision_;
    }
    if (layers_.size() > 1 && now >= next_reorder_) reorder_at(now);
}

// Layers that stop while this one goes on are not waited for.
void Publication::note_frame(std::size_t layer, bool keyframe, Instant now) {
    StreamMask live = 0;
    for (std::size_t i = 0; i < live_.size(); ++i) {
        if (live_[i]) live |= stream_bit(i);
    }
    const StreamMask stalled = stalls_.on_frame(layer, keyframe, live, now);
    for (std::size_t i = 0; i < live_.size(); ++i) {
        if ((stalled & stream_bit(i)) != 0) end_layer(i);
    }
}

void Publication::end_layer(std::size_t layer) {
    live_[layer] = false;
    ++revision_;
    if (any_live()) return layers_[layer].keyframes().cancel();
    for (std::size_t i = 0; i < layers_.size(); ++i) stalls_.forgive(i);
}

void Publication::reorder_at(Instant now) {
    next_reorder_ = now + kReorderInterval;
    reorder(now);
}

void Publication::reorder(Instant now) {
    LayerRanks ranks;
    for (const std::uint8_t index : order_) {
        const Layer& layer = layers_[index];
        ranks.push_back({index, layer.rid(), layer.area(), layer.settled_bitrate(now)});
    }
    sort_layers(ranks);
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        if (order_[i] == ranks[i].layer) continue;
        order_[i] = ranks[i].layer;
        ++revision_;
    }
}

void Publication::on_sender_report(std::size_t layer, NtpTime ntp, std::uint32_t timestamp,
                                   Instant now) {
    // A source without a clock sends zero (RFC 3550 §6.4.1). Before its first packet there is
    // nothing that the report could be about.
    if (!valid(layer) || ntp.value == 0 || !layers_[layer].clock().known()) return;
    layers_[layer].clock().on_sender_report(clock_->on_sender_report(ntp, now), timestamp);
}

void Publication::set_muted(bool muted) {
    if (muted_ == muted) return;
    muted_ = muted;
    ++revision_;
    unpacker_.reset();
    for (Layer& layer : layers_) {
        layer.break_continuity();
        layer.keyframes().cancel();
    }
}

void Publication::request_keyframe(std::size_t layer) {
    if (valid(layer) && config_.kind == Kind::kVideo && usable(layer) && !muted_) {
        layers_[layer].keyframes().request();
    }
}

std::optional<std::size_t> Publication::poll_keyframe_request(Instant now) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        if (layers_[i].keyframes().poll(now)) return i;
    }
    return {};
}

Instant Publication::next_timeout() const {
    Instant next = kNever;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        next = std::min(next, layers_[i].keyframes().next_timeout());
        if (live_[i]) next = std::min(next, layers_[i].dies_at());
        if (awaited_[i] != Instant::min()) next = std::min(next, awaited_[i]);
    }
    return next;
}

void Publication::handle_timeout(Instant now) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        if (awaited_[i] != Instant::min() && awaited_[i] <= now) {  // it did not return
            awaited_[i] = Instant::min();
            ++revision_;
        }
        if (!live_[i] || layers_[i].live(now)) continue;
        end_layer(i);
    }
}

bool Publication::any_live() const {
    return std::ranges::find(live_, true) != live_.end();
}

bool Publication::usable(std::size_t layer) const {
    const bool awaited = awaited_[layer] != Instant::min();
    return live_[layer] || (layers_[layer].arrived() && (awaited || !any_live()));
}

void Publication::set_wanted(std::size_t layer, bool wanted, Instant now) {
    if (!valid(layer)) return;
    awaited_[layer] = wanted ? now + kLayerReturnTime : kNever;
    stalls_.forgive(layer);
    ++revision_;
}

std::size_t Publication::arrived_layers() const {
    return static_cast<std::size_t>(
        std::count_if(layers_.begin(), layers_.end(), [](const Layer& l) { return l.arrived(); }));
}

LayerOptions Publication::options(Instant now) const {
    std::size_t count = 0;
    for (const Layer& layer : layers_) {
        count += static_cast<std::size_t>(std::popcount(layer.structure().targets));
    }
    LayerOptions options;
    for (const std::uint8_t index : order_) {
        add_options(index, count <= options.capacity(), now, options);
    }
    return options;
}

// Where there is no room for all, each size comes with its full frame rate alone.
void Publication::add_options(std::uint8_t index, bool all, Instant now,
                              LayerOptions& options) const {
    const Layer& layer = layers_[index];
    const media::LayerStructure& structure = layer.structure();
    for (std::uint8_t target = 0; target < media::kTargets; ++target) {
        if ((structure.targets & media::bit_of(target)) == 0) continue;
        const std::uint8_t spatial = media::spatial_of(target);
        if (!all && structure.resolve(spatial, media::kMaxTemporalLayers) != target) continue;
        LayerOption option = layer.option(target, now);
        option.id.stream = index;
        option.live = usable(index) && option.live;
        complete(option);
        options.push_back(option);
    }
}

// With what the publisher announced, where nothing is measured yet.
void Publication::complete(LayerOption& option) const {
    if (!announced_) return;
    for (const auto& layer : announced_->layers) {
        const std::uint8_t spatial = option.id.spatial == LayerId::kAll ? 0 : option.id.spatial;
        if (layer.stream != option.id.stream || layer.spatial_id != spatial) continue;
        if (option.width == 0) {
            option.width = layer.width;
            option.height = layer.height;
        }
        if (option.bitrate.bps != 0 || layer.targets.empty()) return;
        const std::size_t top = layer.targets.size() - 1;
        option.bitrate = std::min(layer.targets[std::min<std::size_t>(option.id.temporal, top)],
                                  most_believable(option.width, option.height));
        return;
    }
}

std::optional<SlotId> Publication::replayable_keyframe(std::size_t layer, Instant now) const {
    if (!valid(layer) || muted_ || config_.kind != Kind::kVideo) return {};
    const Layer& source = layers_[layer];
    const StoredPacket* start = ring_.find(source.last_keyframe());
    if (start == nullptr || start->epoch != source.epoch()) return {};
    if (now - start->arrival > kKeyframeReplayAge) return {};
    return start->id;
}

}  // namespace parley::sfu
