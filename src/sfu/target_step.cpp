#include "sfu/target_step.hpp"

namespace parley::sfu {
namespace {

using media::bit_of;
using media::spatial_of;
using media::target_of;
using media::TargetMask;
using media::temporal_of;

bool contains(const media::LayerStructure& structure, std::uint8_t outer, std::uint8_t inner) {
    return (structure.inside[outer] & bit_of(inner)) != 0;
}

// The highest of the targets between the two that can be begun with this frame.
std::uint8_t highest_switch(const media::LayerStructure& structure, const PayloadFacts& frame,
                            std::uint8_t now, std::uint8_t wanted) {
    const TargetMask between = frame.targets.switches & structure.inside[wanted];
    for (std::uint8_t target = media::kTargets; target-- > 0;) {
        if ((between & bit_of(target)) == 0 || target == now) continue;
        const bool same_size = spatial_of(target) == spatial_of(now);
        if (!same_size && !frame.starts_picture) continue;
        if (contains(structure, target, now)) return target;
    }
    return now;
}

}  // namespace

std::uint8_t next_target(const media::LayerStructure& structure, const PayloadFacts& frame,
                         std::uint8_t now, std::uint8_t wanted) {
    const bool same_size = spatial_of(now) == spatial_of(wanted);
    const bool may_begin = (frame.targets.switch_from & bit_of(now)) != 0;
    if (frame.starts_picture && contains(structure, now, wanted)) return wanted;
    if (may_begin && (frame.starts_picture || same_size) &&
        (frame.targets.switches & bit_of(wanted)) != 0) {
        return wanted;
    }
    const bool is_mine = (frame.targets.members & bit_of(now)) != 0;
    if (frame.targets.faster_after && is_mine && temporal_of(wanted) > temporal_of(now)) {
        return target_of(spatial_of(now), temporal_of(wanted));
    }
    if (may_begin) {
        const std::uint8_t step = highest_switch(structure, frame, now, wanted);
        if (step != now) return step;
    }
    // On the way to another size that has to wait, at least the frame rate falls.
    const std::uint8_t slower = target_of(spatial_of(now), temporal_of(wanted));
    const bool falls = spatial_of(wanted) < spatial_of(now) && slower < now;
    if (falls && frame.starts_picture && contains(structure, now, slower)) return slower;
    return now;
}

bool needs_keyframe(const media::LayerStructure& structure, std::uint8_t now, std::uint8_t wanted) {
    return spatial_of(now) != spatial_of(wanted) && !contains(structure, now, wanted);
}

}  // namespace parley::sfu
