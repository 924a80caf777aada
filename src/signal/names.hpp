// What may be a room's name: a name for people and URLs that never looks like a path.

#pragma once

#include <cstddef>
#include <string_view>

namespace parley::signal {

/// docs/signaling.md, "Room names".
bool is_room_name(std::string_view text);

/// Number of code points of well-formed UTF-8.
std::size_t count_code_points(std::string_view utf8);

}  // namespace parley::signal
