#include "media/layer_tracker.hpp"

#include <algorithm>
#include <cstdlib>

namespace parley::media {
namespace {

std::uint8_t clamp_temporal(std::uint8_t id) {
    return std::min<std::uint8_t>(id, kMaxTemporalLayers - 1);
}
std::uint8_t clamp_spatial(std::uint8_t id) {
    return std::min<std::uint8_t>(id, kMaxSpatialLayers - 1);
}

std::uint16_t clamp_size(std::uint32_t value) {
    return static_cast<std::uint16_t>(std::min<std::uint32_t>(value, 0xFFFF));
}

// A.8.2: the flags follow 24 bits, the offset of template ids five flags.
bool has_structure(BytesView descriptor) {
    return descriptor.size() > 4 && (descriptor[3] & 0x80) != 0;
}
std::uint8_t template_offset(BytesView descriptor) {
    return static_cast<std::uint8_t>(((descriptor[3] & 0x07) << 3) | (descriptor[4] >> 5));
}

bool present(const rtp::FrameDependencyTemplate& frame, std::size_t decode_target) {
    return frame.indications[decode_target] != rtp::DecodeTargetIndication::kNotPresent;
}

// AV1 RTP payload format, A.4: who gets the frame, and who may begin with it if he can decode it.
FrameTargets targets_of(const rtp::DecodeTargetIndications& indications,
                        const std::array<std::uint8_t, kTargets>& decode_target) {
    FrameTargets targets;
    targets.members = 0;
    for (std::uint8_t target = 0; target < kTargets; ++target) {
        const auto indication = indications[decode_target[target]];
        if (indication == rtp::DecodeTargetIndication::kNotPresent) continue;
        targets.members |= bit_of(target);
        if (indication == rtp::DecodeTargetIndication::kSwitch) targets.switches |= bit_of(target);
    }
    targets.switch_from = targets.members;
    return targets;
}

}  // namespace

void LayerTracker::rebuild(std::uint8_t spatial, std::uint8_t temporal) {
    if (independent_) {
        structure_.make_independent(spatial, temporal);
    } else {
        structure_.make_nested(spatial, temporal);
    }
}

void LayerTracker::grow(std::uint8_t spatial, std::uint8_t temporal) {
    if (spatial < structure_.spatial_layers && temporal < structure_.temporal_layers &&
        structure_.version > 0) {
        return;
    }
    rebuild(std::max<std::uint8_t>(structure_.spatial_layers, spatial + 1),
            std::max<std::uint8_t>(structure_.temporal_layers, temporal + 1));
}

// RFC 7741 §4.2: a frame needs lower and equal temporal layers; one with Y needs the base alone, so
// its layer can be begun with it by who gets the layers below it.
FrameTargets LayerTracker::on_vp8(const Vp8Descriptor& frame) {
    const std::uint8_t temporal = clamp_temporal(frame.temporal_id);
    grow(0, temporal);
    if (frame.keyframe) return FrameTargets::beginning();
    FrameTargets targets;
    targets.members = from_temporal(temporal);
    if (frame.layer_sync && temporal > 0) {
        targets.switches = bit_of(target_of(0, temporal));
        targets.switch_from = from_temporal(static_cast<std::uint8_t>(temporal - 1));
    }
    return targets;
}

// RFC 9628 §4.2.
FrameTargets LayerTracker::on_vp9(const Vp9Descriptor& frame, std::uint32_t timestamp,
                                  bool& broken) {
    const std::uint8_t spatial = clamp_spatial(frame.spatial_id);
    const std::uint8_t temporal = clamp_temporal(frame.temporal_id);
    if (frame.keyframe()) on_vp9_key_picture(frame, timestamp);
    if (frame.inter_predicted && spatial == 0) on_vp9_base_frame(frame, broken);
    note_vp9_layer(frame, spatial);
    grow(spatial, temporal);

    FrameTargets targets;
    const bool is_top = spatial + 1 >= structure_.spatial_layers;
    const bool alone = independent_ && frame.inter_predicted && !is_top;
    const TargetMask sizes = alone ? static_cast<TargetMask>(0xFU << (spatial * kMaxTemporalLayers))
                                   : from_spatial(spatial);
    targets.members = sizes & from_temporal(temporal);
    if (frame.keyframe()) {
        targets.switches = targets.switch_from = kAllTargets;
    } else {
        // U: no later picture of a higher temporal layer needs one from before this.
        targets.faster_after = frame.switching_up;
    }
    return targets;
}

void LayerTracker::on_vp9_key_picture(const Vp9Descriptor& frame, std::uint32_t timestamp) {
    if (key_picture_ == timestamp) return;
    key_picture_ = timestamp;
    mode_known_ = false;
    pictures_without_ = {};
    const std::uint8_t spatial = frame.has_structure
                                     ? std::min(frame.spatial_layers, kMaxSpatialLayers)
                                     : structure_.spatial_layers;
    const auto old_sizes = structure_.sizes;
    for (std::size_t i = 0; i < frame.layer_sizes.size() && i < structure_.sizes.size(); ++i) {
        structure_.sizes[i] = {frame.layer_sizes[i].width, frame.layer_sizes[i].height};
    }
    if (spatial != structure_.spatial_layers || structure_.version == 0 ||
        old_sizes != structure_.sizes) {
        rebuild(spatial, structure_.temporal_layers);
    }
}

// Z of the base layer says in which way the pictures until the next key picture are made.
void LayerTracker::on_vp9_base_frame(const Vp9Descriptor& frame, bool& broken) {
    if (structure_.spatial_layers < 2) return;
    const bool independent = frame.not_inter_layer_reference && !always_nested_;
    if (!mode_known_) {
        mode_known_ = true;
        if (independent == independent_) return;
        independent_ = independent;
        rebuild(structure_.spatial_layers, structure_.temporal_layers);
    } else if (independent_ && !independent) {
        always_nested_ = true;
        independent_ = false;
        broken = true;
        rebuild(structure_.spatial_layers, structure_.temporal_layers);
    }
}

// Encoders switch upper layers off without a word.
void LayerTracker::note_vp9_layer(const Vp9Descriptor& frame, std::uint8_t spatial) {
    if (!frame.start_of_frame) return;
    pictures_without_[spatial] = 0;
    if (spatial != 0) return;
    std::uint8_t top = structure_.spatial_layers;
    for (std::uint8_t i = 1; i < structure_.spatial_layers; ++i) {
        if (pictures_without_[i] < kMissingPictures) ++pictures_without_[i];
    }
    while (top > 1 && pictures_without_[top - 1] >= kMissingPictures) --top;
    if (top != structure_.spatial_layers) rebuild(top, structure_.temporal_layers);
}

// Which era the packet belongs to; a structure that is not known yet begins a new one.
DescriptorTracker::Era& DescriptorTracker::era_of(BytesView descriptor, std::int64_t number) {
    if (now_.reader.structure() == nullptr) {
        now_.key_frame = number;
        return now_;
    }
    const bool older = number < now_.key_frame && number + kMaxStraggle > now_.key_frame;
    if (!has_structure(descriptor)) return older ? before_ : now_;
    // Where spatial layers are separate, each key frame of a picture repeats the structure.
    const bool repeats = template_offset(descriptor) == described().template_id_offset &&
                         std::abs(number - now_.key_frame) < kMaxKeyPicture;
    if (repeats) {
        now_.key_frame = std::min(now_.key_frame, number);
        return now_;
    }
    if (older) return before_;
    before_ = now_;
    now_.key_frame = number;
    return now_;
}

std::optional<DescriptorTracker::Read> DescriptorTracker::on_packet(BytesView descriptor) {
    const auto start = rtp::read_dependency_descriptor_start(descriptor);
    if (!start) return {};
    Era& era = era_of(descriptor, frames_.unwrap(start->frame_number));
    const auto read = era.reader.read(descriptor);
    if (!read) return {};
    Read result;
    result.frame = *read;
    result.structure = era.reader.structure();
    result.has_active_targets = descriptor.size() > 3 && (descriptor[3] & 0x40) != 0;
    if (&era == &now_) {
        if (read->structure_attached) take_structure();
        if (read->active_decode_targets) take_active(*read->active_decode_targets);
    }
    result.starts_picture = read->start_of_frame && read->frame.spatial_id <= lowest_spatial_;
    result.keyframe = read->structure_attached && result.starts_picture;
    result.targets = targets_of(read->frame.indications, era.decode_target);
    if (result.keyframe) result.targets.switches = result.targets.switch_from = kAllTargets;
    return result;
}

void DescriptorTracker::take_structure() {
    const auto& from = described();
    structure_.spatial_layers = clamp_spatial(from.max_spatial_id) + 1;
    structure_.temporal_layers = clamp_temporal(from.max_temporal_id) + 1;
    for (std::size_t i = 0; i < structure_.sizes.size(); ++i) {
        structure_.sizes[i] = {};
        if (i >= from.resolutions.size()) continue;
        structure_.sizes[i] = {clamp_size(from.resolutions[i].width),
                               clamp_size(from.resolutions[i].height)};
    }
    active_ = 0;
}

void DescriptorTracker::take_active(std::uint32_t active) {
    if (active == active_ || active == 0) return;
    active_ = active;
    ++structure_.version;
    map_decode_targets(active);
    relate_targets(active);
}

void DescriptorTracker::map_decode_targets(std::uint32_t active) {
    const auto& from = described();
    structure_.targets = 0;
    lowest_spatial_ = kMaxSpatialLayers - 1;
    for (std::uint8_t i = 0; i < from.decode_target_count; ++i) {
        if (((active >> i) & 1) == 0) continue;
        const std::uint8_t spatial = clamp_spatial(from.target_layers[i].spatial_id);
        const std::uint8_t target =
            target_of(spatial, clamp_temporal(from.target_layers[i].temporal_id));
        lowest_spatial_ = std::min(lowest_spatial_, spatial);
        if ((structure_.targets & bit_of(target)) != 0) continue;
        structure_.targets |= bit_of(target);
        now_.decode_target[target] = i;
    }
    if (structure_.targets == 0) structure_.targets = 1;
    for (std::uint8_t target = 0; target < kTargets; ++target) {
        if ((structure_.targets & bit_of(target)) != 0) continue;
        now_.decode_target[target] =
            now_.decode_target[structure_.resolve(spatial_of(target), temporal_of(target))];
    }
}

// Which targets have all the frames of which others. A publisher can bring it about with each
// packet: the templates are gone through once.
void DescriptorTracker::relate_targets(std::uint32_t active) {
    const auto& from = described();
    static_assert(rtp::kMaxTemplates <= 64);
    std::array<std::uint64_t, rtp::kMaxDecodeTargets> templates_of{};
    for (std::size_t i = 0; i < from.templates.size(); ++i) {
        for (std::size_t target = 0; target < from.decode_target_count; ++target) {
            if (present(from.templates[i], target)) templates_of[target] |= std::uint64_t{1} << i;
        }
    }
    const auto has_all_of = [&](std::size_t outer, std::size_t inner) {
        return (templates_of[inner] & ~templates_of[outer]) == 0;
    };
    for (std::uint8_t target = 0; target < kTargets; ++target) {
        const std::uint8_t own = now_.decode_target[target];
        structure_.inside[target] = 0;
        structure_.decode_targets[target] = 0;
        for (std::uint8_t other = 0; other < kTargets; ++other) {
            const bool exists = (structure_.targets & bit_of(other)) != 0;
            if (exists && has_all_of(own, now_.decode_target[other])) {
                structure_.inside[target] |= bit_of(other);
            }
        }
        for (std::uint8_t i = 0; i < from.decode_target_count; ++i) {
            if (((active >> i) & 1) != 0 && has_all_of(own, i)) {
                structure_.decode_targets[target] |= std::uint32_t{1} << i;
            }
        }
    }
}

LayerStructure::Size DescriptorTracker::largest() const {
    LayerStructure::Size largest;
    for (const auto& size : structure_.sizes) {
        if (size.width > largest.width) largest = size;
    }
    return largest;
}

}  // namespace parley::media
