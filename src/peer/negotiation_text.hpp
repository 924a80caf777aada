// From agreed or proposed sections to the text of a description.

#pragma once

#include <optional>
#include <span>
#include <string>

#include "peer/negotiation.hpp"
#include "sdp/description.hpp"

namespace parley::peer {

struct DescriptionFrame {
    std::uint64_t session_id = 0;
    std::uint64_t session_version = 0;
    sdp::Setup setup = sdp::Setup::kActpass;
    bool bundle = true;
    bool ice_lite = false;
    bool extmap_allow_mixed = true;  // for the session
    /// The order of the BUNDLE group; mids of it that are rejected are left out, mids that it lacks
    /// follow in the order of sections.
    std::vector<std::string> bundle_order;
};

/// `senders[i]` is what section i sends, null when it sends nothing.
std::string write_description(std::span<const Section> sections,
                              std::span<const SenderSpec* const> senders,
                              const TransportParameters& transport, const DescriptionFrame& frame);

}  // namespace parley::peer
