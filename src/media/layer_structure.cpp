#include "media/layer_structure.hpp"

#include <algorithm>

namespace parley::media {
namespace {

TargetMask grid(std::uint8_t spatial, std::uint8_t temporal) {
    TargetMask mask = 0;
    for (std::uint8_t s = 0; s < spatial; ++s) {
        for (std::uint8_t t = 0; t < temporal; ++t) mask |= bit_of(target_of(s, t));
    }
    return mask;
}

}  // namespace

std::uint8_t LayerStructure::resolve(std::uint8_t spatial, std::uint8_t temporal) const {
    const auto highest = [&](std::uint8_t s) {
        for (int t = std::min<int>(temporal, kMaxTemporalLayers - 1); t >= 0; --t) {
            const std::uint8_t target = target_of(s, static_cast<std::uint8_t>(t));
            if ((targets & bit_of(target)) != 0) return int{target};
        }
        return -1;
    };
    for (int s = std::min<int>(spatial, kMaxSpatialLayers - 1); s >= 0; --s) {
        if (const int found = highest(static_cast<std::uint8_t>(s)); found >= 0) {
            return static_cast<std::uint8_t>(found);
        }
    }
    // Nothing as low as that: the lowest there is.
    for (std::uint8_t target = 0; target < kTargets; ++target) {
        if ((targets & bit_of(target)) != 0) return target;
    }
    return 0;
}

void LayerStructure::make_nested(std::uint8_t spatial, std::uint8_t temporal) {
    spatial_layers = spatial;
    temporal_layers = temporal;
    targets = grid(spatial, temporal);
    for (std::uint8_t target = 0; target < kTargets; ++target) {
        inside[target] = grid(static_cast<std::uint8_t>(spatial_of(target) + 1),
                              static_cast<std::uint8_t>(temporal_of(target) + 1));
    }
    ++version;
}

void LayerStructure::make_independent(std::uint8_t spatial, std::uint8_t temporal) {
    make_nested(spatial, temporal);
    for (std::uint8_t target = 0; target < kTargets; ++target) {
        inside[target] &=
            static_cast<TargetMask>(0xFU << (spatial_of(target) * kMaxTemporalLayers));
    }
}

}  // namespace parley::media
