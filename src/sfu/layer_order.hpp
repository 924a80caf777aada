// Which layer is higher? Names mean nothing by rule, so what arrives decides: size, then rate;
// names and the order of the description only where nothing has arrived.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/static_vector.hpp"
#include "base/units.hpp"
#include "sfu/types.hpp"

namespace parley::sfu {

struct LayerRank {
    std::uint8_t layer = 0;
    std::string_view rid;
    std::uint32_t area = 0;          // of the last keyframe; 0: unknown
    std::optional<Bitrate> bitrate;  // measured
};
using LayerRanks = StaticVector<LayerRank, kMaxLayers>;

/// What a name that applications commonly use says: 0 low, 1 medium, 2 high.
std::optional<int> rank_of_name(std::string_view rid);

/// Sorts low to high, keeping the given order where nothing speaks against it. Rates change places
/// only when they differ by kRateMargin, so that the order does not flicker.
void sort_layers(LayerRanks& ranks);
inline constexpr double kRateMargin = 1.3;

}  // namespace parley::sfu
