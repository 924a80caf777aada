// How the rooms say that something went wrong (ARCHITECTURE.md, "Errors").

#pragma once

#include <expected>

namespace parley {

/// A value, or a one-byte enum of the room that refused. Never allocates for the error.
template <typename T, typename E>
using Result = std::expected<T, E>;

template <typename E>
constexpr std::unexpected<E> fail(E error) {
    return std::unexpected<E>(error);
}

}  // namespace parley
