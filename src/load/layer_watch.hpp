// What the server tells a receiver about the layers that it is sent (subscription-layers), and how
// often it changed its mind.

#pragma once

#include <map>
#include <string>

#include "signal/json.hpp"

namespace parley::load {

class LayerWatch {
 public:
    /// Takes such a message; returns how many tracks were switched to another layer by it. The
    /// first layer of a track is no switch, nor is a change of its frame rate (temporal layers).
    std::size_t on_message(const signal::Json& message);

 private:
    struct Layer {
        std::string sent;  // rid; empty while nothing is sent
        int spatial = -1;  // within that; -1: all there are
        bool operator==(const Layer&) const = default;
    };
    std::map<std::string, Layer, std::less<>> tracks_;
};

}  // namespace parley::load
