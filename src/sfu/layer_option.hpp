// What a subscriber can be sent of a publication: one of these options at a time. Simulcast
// streams, spatial and temporal layers are all the same to those who choose.

#pragma once

#include <cstdint>
#include <limits>

#include "base/static_vector.hpp"
#include "base/units.hpp"

namespace parley::sfu {

/// A point among a publication's layers: everything of `stream` up to these layers is forwarded.
struct LayerId {
    static constexpr std::uint8_t kAll = std::numeric_limits<std::uint8_t>::max();
    std::uint8_t stream = 0;       // simulcast stream, as Publication numbers them
    std::uint8_t spatial = kAll;   // highest spatial layer within it (SVC)
    std::uint8_t temporal = kAll;  // highest temporal layer

    friend bool operator==(const LayerId&, const LayerId&) = default;
};

struct LayerOption {
    LayerId id;
    bool live = false;  // it arrives now
    Bitrate bitrate;    // measured or announced, with the layers that it needs; 0: not known yet
    std::uint16_t width = 0;  // 0: not known
    std::uint16_t height = 0;
    float frames_per_second = 0;
};

/// Three simulcast streams or spatial layers of up to four temporal layers each.
inline constexpr std::size_t kMaxOptions = 12;
/// From the least to the most.
using LayerOptions = StaticVector<LayerOption, kMaxOptions>;

}  // namespace parley::sfu
