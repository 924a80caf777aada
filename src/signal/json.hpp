// Reads JSON from clients (RFC 8259) within bounds: nesting, duplicate keys and integers that a
// double cannot hold are refused. Never throws, never recurses.

#pragma once

#include <cstddef>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace parley::signal {

using Json = nlohmann::json;

struct JsonError {
    std::string_view problem;
    std::size_t offset = 0;  // octets read when the problem was met
};

std::expected<Json, JsonError> parse_json(std::string_view text, std::size_t max_depth);

/// Compact text; octets that are not UTF-8 (in names from elsewhere) become U+FFFD.
std::string to_text(const Json& value);

/// The string under `key`, or "" when it is absent or no string.
std::string_view text_of(const Json& object, std::string_view key);

}  // namespace parley::signal
