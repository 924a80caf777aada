// Which layers of an own track anybody watches, as the server says it (track-layers).

#pragma once

#include <string>
#include <vector>

#include "signal/json.hpp"

namespace parley::load {

struct TrackLayers {
    struct Layer {
        std::string rid;  // empty without simulcast
        bool active = true;
    };
    std::string mid;
    std::vector<Layer> layers;
};

TrackLayers read_track_layers(const signal::Json& message);

}  // namespace parley::load
