#include "sfu/sequence_map.hpp"

#include <algorithm>
#include <utility>

namespace parley::sfu {
namespace {

std::uint16_t picture_mask(const media::PictureNumbers& numbers) {
    return numbers.long_picture_id ? 0x7FFF : 0x7F;
}

// A picture that is left out counts once, however many packets it has and whenever they come.
bool is_new_picture(SequenceMap::Trail& trail, std::uint16_t id) {
    const std::size_t known = std::min<std::size_t>(trail.picture_count, trail.pictures.size());
    for (std::size_t i = 0; i < known; ++i) {
        if (trail.pictures[i] == id) return false;
    }
    trail.pictures[trail.picture_count++ % trail.pictures.size()] = id;
    if (trail.picture_count == 2 * trail.pictures.size()) {
        trail.picture_count = static_cast<std::uint16_t>(trail.pictures.size());
    }
    return true;
}

}  // namespace

std::uint8_t SequenceMap::Segment::target_at(std::int64_t index) const {
    for (std::size_t i = levels.size(); i-- > 1;) {
        if (index >= levels[i].from) return levels[i].target;
    }
    return levels.front().target;
}

void SequenceMap::begin(const StoredPacket& packet, std::uint32_t timestamp_offset,
                        std::uint8_t target) {
    newest_ = (newest_ + 1) % kSegments;
    Segment& segment = segments_[newest_];
    segment = {};
    segment.serial = ++serial_;
    segment.layer = packet.layer;
    segment.epoch = packet.epoch;
    segment.first = packet.index;
    segment.last = segment.last_placed = packet.index - 1;
    segment.known_from = packet.index;
    segment.out_first = highest_ + 1;
    segment.timestamp_offset = timestamp_offset;
    segment.levels.fill({packet.index, target});
    const media::PictureNumbers& numbers = packet.facts.numbers;
    if (numbers.has_picture_id && picture_known_) {
        segment.picture_offset = static_cast<std::uint16_t>(picture_ + 1 - numbers.picture_id);
    }
    if (numbers.has_tl0_index && tl0_known_) {
        segment.tl0_offset = static_cast<std::uint8_t>(tl0_ + 1 - numbers.tl0_index);
    }
    const media::DescriptorInfo& descriptor = packet.facts.descriptor;
    if (descriptor.present && frame_known_) {
        segment.frame_offset = static_cast<std::uint16_t>(frame_ + 1 - descriptor.frame_number);
        // Templates of the new structure must not be taken for those of the old one.
        segment.template_shift =
            static_cast<std::uint8_t>((next_template_ - descriptor.template_offset) & 0x3F);
    }
    open_ = true;
}

std::optional<SequenceMap::Spot> SequenceMap::spot(const Segment& segment,
                                                   std::int64_t index) const {
    if (index < segment.known_from) return {};
    std::int64_t left_out = segment.left_out;
    std::uint16_t pictures = segment.left_out_pictures;
    if (index <= segment.last) {
        for (const Run& run : runs_) {
            if (run.serial != segment.serial || index > run.first + run.count - 1) continue;
            if (index >= run.first) return {};  // left out itself
            left_out -= run.count;
            pictures = static_cast<std::uint16_t>(pictures - run.pictures);
        }
    }
    return Spot{segment.out_first + (index - segment.first) - left_out, pictures};
}

SequenceMap::Segment* SequenceMap::find(const StoredPacket& packet) {
    for (std::size_t age = 0; age < kSegments; ++age) {
        Segment& segment = segments_[(newest_ + kSegments - age) % kSegments];
        if (segment.serial == 0 || segment.layer != packet.layer || segment.epoch != packet.epoch) {
            continue;
        }
        const bool ended = age != 0 || !open_;
        if (packet.index < segment.first || (ended && packet.index > segment.last_placed)) continue;
        return &segment;
    }
    return nullptr;
}

bool SequenceMap::is_ahead(const StoredPacket& packet) const {
    const Segment& segment = segments_[newest_];
    return open_ && segment.layer == packet.layer && segment.epoch == packet.epoch &&
           packet.index > segment.last;
}

bool SequenceMap::is_passed(const StoredPacket& packet) const {
    return std::ranges::any_of(segments_, [&](const Segment& segment) {
        return segment.serial != 0 && segment.layer == packet.layer &&
               segment.epoch == packet.epoch && packet.index <= segment.last_placed;
    });
}

void SequenceMap::set_target(const StoredPacket& packet, std::uint8_t target) {
    auto& levels = segments_[newest_].levels;
    std::shift_left(levels.begin(), levels.end(), 1);
    levels.back() = {packet.index, target};
}

SequenceMap::Place SequenceMap::place(const StoredPacket& packet) {
    Segment* segment = find(packet);
    if (segment == nullptr) return {};
    const bool is_newest = packet.index > segment->last;
    const std::uint8_t target = segment->target_at(packet.index);
    const bool wanted =
        !packet.padding_only && (packet.facts.targets.members & media::bit_of(target)) != 0;
    if (!wanted && leave_out(*segment, packet)) return {.fate = Fate::kLeftOut, .target = target};
    const auto where = spot(*segment, packet.index);
    if (!where || where->number <= highest_ - kMaxAge) return {};
    if (is_newest) {
        segment->last = packet.index;
        segment->trail.at_end = false;
    }
    segment->last_placed = std::max(segment->last_placed, packet.index);
    const bool newest = !any_ || where->number > highest_;
    highest_ = std::max(highest_, where->number);
    any_ = true;
    return {wanted ? Fate::kSent : Fate::kFiller,
            newest,
            target,
            where->left_out_pictures,
            where->number,
            segment};
}

// False when the packet's place is visible as a gap already.
bool SequenceMap::leave_out(Segment& segment, const StoredPacket& packet) {
    if (packet.index > segment.last) {
        leave_out_newest(segment, packet);
        return true;
    }
    // It comes late, but nothing after it was sent.
    const auto where = spot(segment, packet.index);
    if (!where || where->number <= highest_) return false;
    const PayloadFacts& facts = packet.facts;
    const bool picture = facts.dense_picture_ids && facts.numbers.has_picture_id &&
                         !packet.padding_only &&
                         is_new_picture(segment.trail, facts.numbers.picture_id);
    remember(segment, packet.index, 1, picture);
    return true;
}

void SequenceMap::leave_out_newest(Segment& segment, const StoredPacket& packet) {
    const PayloadFacts& facts = packet.facts;
    Trail& trail = segment.trail;
    // What is lost between two packets of a frame that is left out belongs to it.
    const bool same_frame = trail.at_end && trail.timestamp == packet.timestamp &&
                            trail.spatial_layer == facts.spatial_layer && !packet.padding_only;
    const std::int64_t first = same_frame ? segment.last + 1 : packet.index;
    const bool picture = facts.dense_picture_ids && facts.numbers.has_picture_id &&
                         !packet.padding_only && is_new_picture(trail, facts.numbers.picture_id);
    segment.last = packet.index;
    if (!packet.padding_only) {
        trail.at_end = true;
        trail.timestamp = packet.timestamp;
        trail.spatial_layer = facts.spatial_layer;
    }
    remember(segment, first, packet.index + 1 - first, picture);
}

void SequenceMap::remember(Segment& segment, std::int64_t first, std::int64_t count, bool picture) {
    segment.left_out += count;
    if (picture) ++segment.left_out_pictures;
    if (runs_.empty()) runs_.resize(kRuns);
    Run& run = runs_[newest_run_];
    if (run.serial == segment.serial && run.first + run.count == first) {
        run.count += count;
        if (picture) ++run.pictures;
        return;
    }
    newest_run_ = (newest_run_ + 1) % kRuns;
    Run& oldest = runs_[newest_run_];
    for (Segment& owner : segments_) {
        if (owner.serial != oldest.serial) continue;
        owner.known_from = std::max(owner.known_from, oldest.first + oldest.count);
    }
    oldest = {segment.serial, static_cast<std::uint16_t>(picture ? 1 : 0), first, count};
}

void SequenceMap::patch(const StoredPacket& packet, const Place& place, Decision& decision) {
    const media::PictureNumbers& numbers = packet.facts.numbers;
    const Segment& segment = *place.segment;
    if (numbers.has_picture_id) {
        decision.patch_picture_id = true;
        decision.picture_id = static_cast<std::uint16_t>(
            (numbers.picture_id + segment.picture_offset - place.left_out_pictures) &
            picture_mask(numbers));
        if (place.newest) picture_ = decision.picture_id;
        picture_known_ = true;
    }
    if (numbers.has_tl0_index) {
        decision.patch_tl0_index = true;
        decision.tl0_index = static_cast<std::uint8_t>(numbers.tl0_index + segment.tl0_offset);
        if (place.newest) tl0_ = decision.tl0_index;
        tl0_known_ = true;
    }
    const media::DescriptorInfo& descriptor = packet.facts.descriptor;
    if (!descriptor.present) return;
    decision.patch_descriptor = true;
    decision.frame_number =
        static_cast<std::uint16_t>(descriptor.frame_number + segment.frame_offset);
    decision.template_shift = segment.template_shift;
    if (place.newest) frame_ = decision.frame_number;
    frame_known_ = true;
    if (descriptor.has_structure && place.segment == &segments_[newest_]) {
        next_template_ = static_cast<std::uint8_t>(
            (descriptor.template_offset + descriptor.template_count + segment.template_shift) &
            0x3F);
    }
}

}  // namespace parley::sfu
