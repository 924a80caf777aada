// What may be a room's name: a name for people and URLs that never looks like a path.

#pragma once

#include <cstddef>
#include <string_view>

namespace parley::signal {

inline constexpr std::size_t kMaxRoomName = 128;  // code points

/// What a room's name must be, as errors say it.
inline constexpr std::string_view kRoomNameRule =
    R"(1 to 128 characters, no /, \, %, control characters or leading dot, no space at either end )"
    "and no device name such as CON";
inline constexpr std::string_view kRoomNameRemedy =
    R"(Choose a name of 1 to 128 characters, no /, \, %, control characters or leading dot, )"
    "no space at either end and no device name such as CON.";

/// Why a text is no room name ("begins with a dot"), empty if it is one. docs/signaling.md, "Room
/// names". The text need not be well-formed UTF-8.
std::string_view room_name_problem(std::string_view text);
bool is_room_name(std::string_view text);

/// Number of code points of well-formed UTF-8.
std::size_t count_code_points(std::string_view utf8);

}  // namespace parley::signal
