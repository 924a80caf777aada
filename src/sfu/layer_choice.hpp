// Which layer a subscriber should get as long as nothing limits it: a pure choice from its wish and
// what arrives. Under a limit an Allocator chooses (allocator.hpp).

#pragma once

#include <optional>

#include "sfu/layer_option.hpp"
#include "sfu/types.hpp"

namespace parley::sfu {

struct LayerChoice {
    std::optional<LayerId> layer;
    Reason reason = Reason::kNothingArrives;
};

LayerChoice choose_layer(Wish wish, const LayerOptions& options);

}  // namespace parley::sfu
