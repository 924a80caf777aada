#include "sfu/types.hpp"

namespace parley::sfu {

std::string_view text(Reason reason) {
    switch (reason) {
        case Reason::kNothingArrives: return "nothing_arrives";
        case Reason::kOnlyLayer: return "only_layer";
        case Reason::kWish: return "wish";
        case Reason::kLowerLayerOnlyLive: return "lower_layer_only_live";
        case Reason::kHigherLayerOnlyLive: return "higher_layer_only_live";
        case Reason::kAuto: return "auto";
        case Reason::kEstimate: return "estimate";
        case Reason::kLoss: return "loss";
        case Reason::kWaitingForKeyframe: return "waiting_keyframe";
        case Reason::kOff: return "off";
        case Reason::kMuted: return "muted";
        case Reason::kViewSize: return "view_size";
        case Reason::kBandwidth: return "bandwidth";
        case Reason::kLoudestN: return "loudest_n";
        case Reason::kLastN: return "last_n";
    }
    return "unknown";
}

}  // namespace parley::sfu
