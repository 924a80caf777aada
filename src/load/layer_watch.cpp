#include "load/layer_watch.hpp"

namespace parley::load {

using signal::text_of;

std::size_t LayerWatch::on_message(const signal::Json& message) {
    const auto list = message.find("subscriptions");
    if (list == message.end() || !list->is_array()) return 0;
    std::size_t switches = 0;
    for (const auto& item : *list) {
        if (!item.is_object()) continue;
        Layer layer{std::string(text_of(item, "sent"))};
        const auto spatial = item.find("spatial");
        if (spatial != item.end() && spatial->is_number_integer()) layer.spatial = *spatial;
        const auto [known, first] = tracks_.try_emplace(std::string(text_of(item, "track")), layer);
        if (first || known->second == layer) continue;
        known->second = std::move(layer);
        ++switches;
    }
    return switches;
}

}  // namespace parley::load
