// Small text helpers of the roof: durations, sizes, spelling.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace parley::server {

/// "250ms", "10s", "5m", "1h", "30d"; nothing for other texts, negative or above 10 years.
std::optional<Duration> parse_duration(std::string_view text);
/// The shortest of the spellings above that loses nothing.
std::string show_duration(Duration duration);

/// "512", "64KiB", "1MiB", "2GiB"; nothing for other texts.
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string show_size(std::uint64_t size);

/// Insertions, deletions, replacements and neighbour swaps that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The nearest of the words when it is near enough to be a misspelling.
std::string nearest_word(std::string_view word, const std::vector<std::string>& words);

std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);
/// Parts between separators, trimmed; empty parts are left out.
std::vector<std::string> split(std::string_view text, char separator);
/// %XX decoded; nothing when a sequence is broken or the result holds a NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// Every octet sequence is well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);
/// A text as a JSON or TOML basic string with its quotes.
std::string quote(std::string_view text);

}  // namespace parley::server
