#include "sfu/sequence_map.hpp"

#include <algorithm>
#include <utility>

namespace parley::sfu {
namespace {

std::uint16_t picture_mask(const PayloadFacts& facts) {
    return facts.picture_id_is_long ? 0x7FFF : 0x7F;
}

}  // namespace

void SequenceMap::begin(const StoredPacket& packet, std::uint32_t timestamp_offset) {
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
    const PayloadFacts& facts = packet.facts;
    if (facts.has_picture_id && picture_known_) {
        segment.picture_offset = static_cast<std::uint16_t>(picture_ + 1 - facts.picture_id);
    }
    if (facts.has_tl0_index && tl0_known_) {
        segment.tl0_offset = static_cast<std::uint8_t>(tl0_ + 1 - facts.tl0_index);
    }
    open_ = true;
}

std::optional<std::int64_t> SequenceMap::number(const Segment& segment, std::int64_t index) const {
    if (index < segment.known_from) return {};
    std::int64_t left_out = segment.left_out;
    if (index > segment.last) return segment.out_first + (index - segment.first) - left_out;
    for (const Run& run : runs_) {
        if (run.serial != segment.serial || index > run.first + run.count - 1) continue;
        if (index >= run.first) return {};  // left out itself
        left_out -= run.count;
    }
    return segment.out_first + (index - segment.first) - left_out;
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

std::optional<SequenceMap::Place> SequenceMap::place(const StoredPacket& packet) {
    Segment* segment = find(packet);
    if (segment == nullptr) return {};
    const auto where = number(*segment, packet.index);
    if (!where || *where <= highest_ - kMaxAge) return {};
    segment->last = std::max(segment->last, packet.index);
    segment->last_placed = std::max(segment->last_placed, packet.index);
    const bool newest = !any_ || *where > highest_;
    highest_ = std::max(highest_, *where);
    any_ = true;
    return Place{*where, segment, newest};
}

bool SequenceMap::leave_out(const StoredPacket& packet) {
    Segment* segment = find(packet);
    if (segment == nullptr || packet.index <= segment->last) return false;
    segment->last = packet.index;
    ++segment->left_out;
    remember(*segment, packet.index);
    return true;
}

void SequenceMap::remember(Segment& segment, std::int64_t index) {
    Run& run = runs_[newest_run_];
    if (run.serial == segment.serial && run.first + run.count == index) {
        ++run.count;
        return;
    }
    newest_run_ = (newest_run_ + 1) % kRuns;
    Run& oldest = runs_[newest_run_];
    for (Segment& owner : segments_) {
        if (owner.serial == oldest.serial) owner.known_from = oldest.first + oldest.count;
    }
    oldest = {segment.serial, index, 1};
}

void SequenceMap::patch(const StoredPacket& packet, const Place& place, Decision& decision) {
    const PayloadFacts& facts = packet.facts;
    if (facts.has_picture_id) {
        decision.patch_picture_id = true;
        decision.picture_id = static_cast<std::uint16_t>(
            (facts.picture_id + place.segment->picture_offset) & picture_mask(facts));
        if (place.newest) picture_ = decision.picture_id;
        picture_known_ = true;
    }
    if (facts.has_tl0_index) {
        decision.patch_tl0_index = true;
        decision.tl0_index = static_cast<std::uint8_t>(facts.tl0_index + place.segment->tl0_offset);
        if (place.newest) tl0_ = decision.tl0_index;
        tl0_known_ = true;
    }
}

}  // namespace parley::sfu
