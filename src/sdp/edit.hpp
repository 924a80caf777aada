// Edits of a parsed description that applications commonly make on text: bandwidth, codec order,
// stereo Opus. On the typed value they hold for every section of the kind and survive repetition.

#pragma once

#include <string_view>

#include "base/units.hpp"
#include "sdp/description.hpp"

namespace parley::sdp {

/// Sets one b=AS (kbit/s, rounded up) and one b=TIAS (bit/s) on every section of the kind,
/// replacing those that are there and leaving other types. A rate of zero or less removes both.
void set_bandwidth(Description& description, MediaKind kind, Bitrate rate);

/// Moves every format of the codec to the front of each section of the kind, in their order, each
/// with its RTX right behind it. False when no section of the kind has the codec.
bool prefer_codec(Description& description, MediaKind kind, std::string_view codec_name);

/// Asks for stereo on every Opus format: stereo=1, sprop-stereo=1 and maxaveragebitrate (clamped to
/// the 6,000 to 510,000 bit/s of RFC 7587 §6.1) merged into its parameters, the others kept. False
/// when there is no Opus.
bool enable_stereo_opus(Description& description, Bitrate max_average);

}  // namespace parley::sdp
