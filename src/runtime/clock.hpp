// The only place where the media path reads a clock.

#pragma once

#include "base/time.hpp"

namespace parley::runtime {

/// The kernel's monotonic clock as the cores' Instant.
Instant now();

/// The wall clock.
WallTime wall_now();

/// One reading of both clocks, for NTP times that do not jump while the process lives.
WallAnchor wall_anchor();

}  // namespace parley::runtime
