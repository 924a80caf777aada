// Small reads of SDP tokens: bounded, ASCII, without allocation.

#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::sdp::text {

inline bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

inline std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// Cuts off and returns what stands before the separator (all when there is none).
inline std::string_view cut(std::string_view& rest, char separator) {
    const auto at = rest.find(separator);
    const auto piece = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
    return piece;
}

/// The next word between blanks; empty at the end.
inline std::string_view word(std::string_view& rest) {
    rest = trim(rest);
    std::size_t size = 0;
    while (size < rest.size() && !is_blank(rest[size])) ++size;
    const auto piece = rest.substr(0, size);
    rest.remove_prefix(size);
    return piece;
}

/// A decimal number that fills the whole text and fits the type.
template <std::unsigned_integral T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
        return std::nullopt;
    }
    return value;
}

inline bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
inline bool is_visible(char c) {
    return c > ' ' && c < 0x7F;
}
inline char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
inline char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

template <typename Predicate>
bool all(std::string_view text, Predicate predicate) {
    for (const char c : text) {
        if (!predicate(c)) return false;
    }
    return true;
}

}  // namespace parley::sdp::text
