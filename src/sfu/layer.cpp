#include "sfu/layer.hpp"

#include <algorithm>

#include "media/vp8.hpp"
#include "media/vp9.hpp"

namespace parley::sfu {
namespace {

template <typename Descriptor>
void take_ids(const Descriptor& descriptor, PayloadFacts& facts) {
    facts.has_picture_id = descriptor.has_picture_id;
    facts.picture_id_is_long = descriptor.long_picture_id;
    facts.picture_id = descriptor.picture_id;
    facts.picture_id_at = descriptor.picture_id_at;
    facts.has_tl0_index = descriptor.has_tl0_picture_index;
    facts.tl0_index = descriptor.tl0_picture_index;
    facts.tl0_index_at = descriptor.tl0_picture_index_at;
}

}  // namespace

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
    inspector_.set_codec(inspector_.codec());
    window_.restart(packet.sequence_number);
}

Result<void, media::PayloadError> Layer::inspect(const rtp::PacketView& packet,
                                                 StoredPacket& stored) {
    const auto info = inspector_.on_packet(packet);
    if (!info) return fail(info.error());
    PayloadFacts& facts = stored.facts;
    facts.starts_frame = info->start_of_frame;
    facts.ends_frame = info->end_of_frame;
    facts.keyframe = info->keyframe;
    facts.temporal_layer = info->temporal_id;
    facts.width = info->width;
    facts.height = info->height;
    if (inspector_.codec() == media::Codec::kVp8) {
        if (const auto descriptor = media::parse_vp8(packet.payload)) take_ids(*descriptor, facts);
    } else if (inspector_.codec() == media::Codec::kVp9) {
        if (const auto descriptor = media::parse_vp9(packet.payload)) take_ids(*descriptor, facts);
    }
    return {};
}

void Layer::count(const StoredPacket& stored, std::size_t bytes, Instant now) {
    if (stored.padding_only) return;
    last_media_ = now;
    ++packets_;
    bytes_ += bytes;
    rate_.add(bytes, stored.marker ? 1 : 0, now);
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
