// Fixed limits of one media node, for those who hold to them and those who show them.

#pragma once

#include <cstddef>

#include "peer/receive_section.hpp"
#include "sdp/description.hpp"
#include "sfu/types.hpp"

namespace parley::node {

inline constexpr std::size_t kMaxMembers = 10'000;
inline constexpr std::size_t kMaxTracksPerMember = 32;
inline constexpr std::size_t kMaxOutletsPerMember = 512;
/// Wishes for tracks that do not exist are kept for when they do, but not without end.
inline constexpr std::size_t kMaxWishes = 1024;
/// Sections that a member told something about; they may come before the track.
inline constexpr std::size_t kMaxDescriptions = 64;
inline constexpr std::size_t kMaxSources = peer::kMaxSources;
inline constexpr std::size_t kMaxSimulcastLayers = sfu::kMaxLayers;
inline constexpr std::size_t kMaxSdpSections = sdp::kMaxSections;
inline constexpr std::size_t kMaxSdpSize = sdp::kMaxSize;

}  // namespace parley::node
