// The words that the forwarding unit's parts share.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parley::sfu {

/// Simulcast layers of one publication: three is what browsers send (libwebrtc's
/// kMaxSimulcastStreams).
inline constexpr std::size_t kMaxLayers = 3;

enum class Kind : std::uint8_t { kAudio, kVideo };

/// The layer that a subscriber asks for.
enum class Wish : std::uint8_t { kAuto, kLow, kMedium, kHigh, kOff };

/// Why a subscriber gets the layer that it gets.
enum class Reason : std::uint8_t {
    kNothingArrives,       // no packet of any layer arrives
    kOnlyLayer,            // there is one layer
    kWish,                 // the layer that was wished for
    kLowerLayerOnlyLive,   // the wished layer does not arrive; the nearest below it does
    kHigherLayerOnlyLive,  // neither the wished layer nor a lower one arrives
    kAuto,                 // the highest layer, and nothing speaks against it
    kEstimate,             // the highest layer that fits the subscriber's share of bandwidth
    kLoss,                 // a lower layer because the subscriber lost packets
    kWaitingForKeyframe,   // the chosen layer starts at its next keyframe
    kOff,                  // the subscriber wants nothing
    kMuted,                // the publication is muted by a moderator
    kViewSize,             // its view shows no more pixels
    kBandwidth,            // paused: not even the lowest layer fits
    kLoudestN,             // of a room's microphones only the loudest are sent
    kLastN,                // only the videos of those who spoke last are sent
};

std::string_view text(Reason reason);

}  // namespace parley::sfu
