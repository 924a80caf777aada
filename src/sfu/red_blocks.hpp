// Redundant audio (RFC 2198) on its way to one subscriber: its blocks carry payload types, which
// differ between sessions, and who did not negotiate it gets the newest block alone.

#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace parley::sfu {

/// The newest block; empty when there is none or the headers run past the payload.
BytesView primary_of_red(BytesView payload);

/// Writes the payload type of every block, in place.
void number_red_blocks(BytesSpan payload, std::uint8_t payload_type);

}  // namespace parley::sfu
