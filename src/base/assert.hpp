// Contracts between our own rooms. On in release; nothing that a remote sends may reach one.

#pragma once

namespace parley {

/// Prints the broken contract to standard error and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace parley

#define PARLEY_ASSERT(condition)                         \
    (static_cast<bool>(condition) ? static_cast<void>(0) \
                                  : ::parley::assertion_failed(#condition, __FILE__, __LINE__))
