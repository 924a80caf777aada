#include "load/track_layers.hpp"

namespace parley::load {

using signal::text_of;

TrackLayers read_track_layers(const signal::Json& message) {
    TrackLayers result{std::string(text_of(message, "mid")), {}};
    const auto list = message.find("layers");
    if (list == message.end() || !list->is_array()) return result;
    for (const auto& item : *list) {
        if (!item.is_object()) continue;
        const auto active = item.find("active");
        result.layers.push_back(
            {std::string(text_of(item, "rid")), active == item.end() || *active != false});
    }
    return result;
}

}  // namespace parley::load
