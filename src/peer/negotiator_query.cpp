// Questions about a negotiation that look at outstanding offers as well as at what is agreed.

#include "peer/negotiator.hpp"

namespace parley::peer {

std::optional<std::string> Negotiator::mid_of(SenderId id) const {
    const auto& sections = state_ == SignalingState::kHaveLocalOffer ? offered_ : agreed_;
    for (const auto& section : sections) {
        if (section.sender == id) return section.mid;
    }
    return {};
}

}  // namespace parley::peer
