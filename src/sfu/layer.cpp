#include "sfu/layer.hpp"

#include <algorithm>

namespace parley::sfu {

std::optional<trace::Drop> Layer::place(const rtp::PacketView& packet, Instant now,
                                        StoredPacket& stored) {
    if (ssrc_ != packet.ssrc) {
        // Stragglers of the source before must not restart the layer back and forth.
        if (ssrc_ && previous_ssrc_ == packet.ssrc && live(now)) return trace::Drop::kTooOld;
        restart(packet);
    }
    auto placed = window_.add(packet.sequence_number);
    if (placed.verdict == ReceiveWindow::Verdict::kJump) {
        if (!restart_confirmed(packet.sequence_number)) return trace::Drop::kTooOld;
        restart(packet);
        placed = window_.add(packet.sequence_number);
    }
    suspect_.reset();
    if (placed.verdict == ReceiveWindow::Verdict::kDuplicate) return trace::Drop::kDuplicate;
    stored.index = placed.index;
    stored.epoch = epoch_;
    clock_.on_packet(packet.timestamp, now);
    return {};
}

// RFC 3550 appendix A.1: a source restarts when two packets in a row agree on it.
bool Layer::restart_confirmed(std::uint16_t sequence_number) {
    const bool confirmed = suspect_ == sequence_number;
    suspect_ = static_cast<std::uint16_t>(sequence_number + 1);
    return confirmed;
}

void Layer::restart(const rtp::PacketView& packet) {
    if (ssrc_) {
        ++epoch_;
        if (ssrc_ != packet.ssrc) previous_ssrc_ = ssrc_;
    }
    ssrc_ = packet.ssrc;
    clock_.reset();
    structure_version_.reset();
    window_.restart(packet.sequence_number);
}

bool Layer::take(const media::FrameInfo& frame, StoredPacket& stored) {
    PayloadFacts& facts = stored.facts;
    facts.starts_frame = frame.start_of_frame;
    facts.starts_picture = frame.start_of_picture;
    facts.keyframe = frame.keyframe;
    facts.dense_picture_ids = codec_ == media::Codec::kVp8;
    facts.spatial_layer = std::min<std::uint8_t>(frame.spatial_id, media::kMaxSpatialLayers - 1);
    facts.temporal_layer = std::min<std::uint8_t>(frame.temporal_id, media::kMaxTemporalLayers - 1);
    facts.width = frame.width;
    facts.height = frame.height;
    facts.targets = frame.targets;
    facts.numbers = frame.numbers;
    facts.descriptor = frame.descriptor;
    if (frame.continuity_broken) {
        break_continuity();
        stored.epoch = epoch_;
    }
    const bool changed =
        frame.structure != nullptr && structure_version_ != frame.structure->version;
    if (changed) {
        structure_ = *frame.structure;
        structure_version_ = structure_.version;
        const std::size_t cells =
            std::size_t{structure_.spatial_layers} * media::kMaxTemporalLayers;
        if (structure_.layered() && cells_.size() < cells) cells_.resize(cells);
    }
    facts.ends_layer = structure_.spatial_layers > 1 && frame.end_of_frame;
    return changed;
}

void Layer::count(const StoredPacket& stored, std::size_t bytes, Instant now) {
    if (stored.padding_only) return;
    last_media_ = now;
    ++packets_;
    bytes_ += bytes;
    rate_.add(bytes, stored.marker ? 1 : 0, now);
    const PayloadFacts& facts = stored.facts;
    const std::size_t cell = media::target_of(facts.spatial_layer, facts.temporal_layer);
    if (cell >= cells_.size()) return;
    cells_[cell].rate.add(bytes, facts.starts_frame ? 1 : 0, now);
    cells_[cell].last = now;
}

void Layer::on_keyframe(SlotId slot, const StoredPacket& stored) {
    ++keyframes_;
    throttle_.on_keyframe();
    last_keyframe_ = slot;
    last_keyframe_at_ = stored.arrival;
    if (stored.facts.width != 0 && stored.facts.height != 0) {
        width_ = stored.facts.width;
        height_ = stored.facts.height;
    }
}

LayerOption Layer::option(std::uint8_t target, Instant now) const {
    LayerOption option;
    const std::uint8_t spatial = media::spatial_of(target);
    const std::uint8_t temporal = media::temporal_of(target);
    option.id.spatial = structure_.spatial_layers > 1 ? spatial : LayerId::kAll;
    option.id.temporal = structure_.temporal_layers > 1 ? temporal : LayerId::kAll;
    const auto size = structure_.sizes[spatial];
    option.width = size.width != 0 ? size.width : width_;
    option.height = size.height != 0 ? size.height : height_;
    if (!structure_.layered()) {
        option.live = true;
        option.bitrate = settled_bitrate(now).value_or(Bitrate{});
        option.frames_per_second = static_cast<float>(rate_.events_per_second(now));
        return option;
    }
    const bool settled = rate_.settled(now);
    double frames = 0;
    for (std::uint8_t cell = 0; cell < cells_.size(); ++cell) {
        if ((structure_.inside[target] & media::bit_of(cell)) == 0) continue;
        if (settled) option.bitrate = option.bitrate + cells_[cell].rate.bitrate(now);
        if (media::spatial_of(cell) == spatial) frames += cells_[cell].rate.events_per_second(now);
    }
    option.frames_per_second = static_cast<float>(frames);
    // While the whole stream is still, a keyframe may wake any layer of it.
    option.live =
        !live(now) || (target < cells_.size() && now - kLayerTimeout < cells_[target].last);
    return option;
}

std::optional<Bitrate> Layer::settled_bitrate(Instant now) const {
    if (!rate_.settled(now)) return {};
    return rate_.bitrate(now);
}

LayerStats Layer::stats(Instant now) const {
    LayerStats stats;
    stats.rid = rid_;
    stats.ssrc = ssrc();
    stats.live = live(now);
    stats.bitrate = rate_.bitrate(now);
    stats.width = width_;
    stats.height = height_;
    stats.frames_per_second = rate_.events_per_second(now);
    stats.packets = packets_;
    stats.bytes = bytes_;
    stats.keyframes = keyframes_;
    stats.keyframes_requested = throttle_.sent();
    return stats;
}

}  // namespace parley::sfu
