// The layers inside one stream, the same for every codec. A stream can be had at targets: all its
// layers up to a spatial and a temporal one. Targets are numbered on a grid, so that sets of them
// are the bits of a word: what a frame belongs to is then one bit to look at.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace parley::media {

/// What the descriptors that clients send make use of; higher layers count as these.
inline constexpr std::uint8_t kMaxSpatialLayers = 4;
inline constexpr std::uint8_t kMaxTemporalLayers = 4;
inline constexpr std::size_t kTargets = std::size_t{kMaxSpatialLayers} * kMaxTemporalLayers;

/// A set of targets, one bit each.
using TargetMask = std::uint16_t;
inline constexpr TargetMask kAllTargets = 0xFFFF;

constexpr std::uint8_t target_of(std::uint8_t spatial, std::uint8_t temporal) {
    return static_cast<std::uint8_t>(spatial * kMaxTemporalLayers + temporal);
}
constexpr std::uint8_t spatial_of(std::uint8_t target) {
    return target / kMaxTemporalLayers;
}
constexpr std::uint8_t temporal_of(std::uint8_t target) {
    return target % kMaxTemporalLayers;
}
constexpr TargetMask bit_of(std::uint8_t target) {
    return static_cast<TargetMask>(1U << target);
}
/// All targets of at least this temporal layer, whatever their size.
constexpr TargetMask from_temporal(std::uint8_t temporal) {
    return static_cast<TargetMask>(((0xFU << temporal) & 0xFU) * 0x1111U);
}
/// All targets of at least this spatial layer, whatever their frame rate.
constexpr TargetMask from_spatial(std::uint8_t spatial) {
    return static_cast<TargetMask>(0xFFFFU << (spatial * kMaxTemporalLayers));
}

struct LayerStructure {
    struct Size {
        std::uint16_t width = 0;
        std::uint16_t height = 0;
        friend bool operator==(const Size&, const Size&) = default;
    };

    /// Counts changes.
    std::uint32_t version = 0;
    std::uint8_t spatial_layers = 1;
    std::uint8_t temporal_layers = 1;
    /// Those that can be had.
    TargetMask targets = 1;
    /// For each target, the targets whose frames it has all: one may fall to them at once.
    std::array<TargetMask, kTargets> inside{};
    /// Of each spatial layer; 0 when not known.
    std::array<Size, kMaxSpatialLayers> sizes{};
    /// The dependency descriptor's decode targets within each target, one bit each.
    std::array<std::uint32_t, kTargets> decode_targets{};

    /// The highest target that can be had up to these layers: size goes before frame rate.
    std::uint8_t resolve(std::uint8_t spatial, std::uint8_t temporal) const;
    bool layered() const { return spatial_layers > 1 || temporal_layers > 1; }

    /// Every layer needs all below it.
    void make_nested(std::uint8_t spatial, std::uint8_t temporal);
    /// Spatial layers need each other at key frames alone.
    void make_independent(std::uint8_t spatial, std::uint8_t temporal);
};

/// What one frame is to the targets.
struct FrameTargets {
    /// Those that it belongs to.
    TargetMask members = kAllTargets;
    /// Those that can be begun with it...
    TargetMask switches = 0;
    /// ...by who gets one of these.
    TargetMask switch_from = 0;
    /// Who gets its layer may have any higher frame rate after it.
    bool faster_after = false;

    /// Of a frame that anything can begin with.
    static constexpr FrameTargets beginning() { return {kAllTargets, kAllTargets, kAllTargets}; }
};

}  // namespace parley::media
