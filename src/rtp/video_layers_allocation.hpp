// The video layers allocation header extension (webrtc.org experiment, version 00): which simulcast
// and spatial layers a sender has turned on, with target bitrates and, on key frames, sizes.

#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/static_vector.hpp"
#include "base/units.hpp"

namespace parley::rtp {

inline constexpr std::size_t kMaxAllocationStreams = 4;
inline constexpr std::size_t kMaxAllocationSpatialLayers = 4;
inline constexpr std::size_t kMaxAllocationTemporalLayers = 4;

struct VideoLayersAllocation {
    struct Layer {
        std::uint8_t stream = 0;  // the index of the simulcast stream
        std::uint8_t spatial_id = 0;
        /// Cumulative: with all temporal layers up to this one.
        StaticVector<Bitrate, kMaxAllocationTemporalLayers> targets;
        std::uint16_t width = 0;  // 0 when not said
        std::uint16_t height = 0;
        std::uint8_t frames_per_second = 0;
    };

    std::uint8_t stream = 0;  // of the packet that carried it
    std::uint8_t stream_count = 0;
    bool has_resolutions = false;
    /// The active layers; empty when the sender has paused everything.
    StaticVector<Layer, kMaxAllocationStreams * kMaxAllocationSpatialLayers> layers;
};

std::optional<VideoLayersAllocation> read_video_layers_allocation(BytesView data);

}  // namespace parley::rtp
