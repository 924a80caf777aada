// The server's log. Only this room logs; the log library stays in log.cpp. No secret, token or
// media content is ever passed to it. Control characters in texts are escaped, so that a name
// cannot forge a line or steer a terminal.

#pragma once

#include <cstdint>
#include <fmt/core.h>
#include <optional>
#include <string>
#include <string_view>

namespace parley::server::log {

enum class Level : std::uint8_t { kTrace, kDebug, kInfo, kWarning, kError, kOff };
enum class Format : std::uint8_t { kText, kJson };

/// "trace", "debug", "info", "warn", "error", "off".
std::optional<Level> parse_level(std::string_view name);
std::string_view level_name(Level level);

/// Standard error, one line a record.
void setup(Level level, Format format);
bool enabled(Level level);
void write(Level level, std::string_view text);
/// Control characters become \xNN; longer texts are cut at 4 KiB.
std::string escape(std::string_view text);

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::kDebug))
        write(Level::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::kInfo))
        write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::kWarning)) {
        write(Level::kWarning, fmt::format(format, std::forward<Args>(args)...));
    }
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::kError))
        write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace parley::server::log
