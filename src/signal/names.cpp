#include "signal/names.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace parley::signal {

namespace {

/// Decodes one code point of well-formed UTF-8 (the JSON reader has checked it).
char32_t next_code_point(std::string_view& rest) {
    const auto lead = static_cast<std::uint8_t>(rest[0]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t value = size == 1 ? lead : lead & (0x7FU >> size);
    const std::size_t have = std::min(size, rest.size());
    for (std::size_t i = 1; i < have; ++i) {
        value = (value << 6) | (static_cast<std::uint8_t>(rest[i]) & 0x3FU);
    }
    rest.remove_prefix(have);
    return value;
}

/// Controls, and characters that are not seen or that turn the direction of writing (Unicode
/// categories Cc, Cf of general punctuation, Zl, Zp, and the byte order mark).
bool is_hidden(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xAD || c == 0x61C || c == 0x180E ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFB) ||
           (c >= 0xE0000 && c <= 0xE007F);
}

bool is_space(char32_t c) {
    return c == ' ' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

/// CON, NUL, COM1 ...: with or without an extension they open devices on some systems.
bool is_device_name(std::string_view text) {
    std::string_view stem = text.substr(0, text.find('.'));
    while (stem.ends_with(' ')) stem.remove_suffix(1);
    const auto same = [stem](std::string_view name) {
        return std::ranges::equal(stem, name, [](char a, char b) {
            return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
        });
    };
    static constexpr std::array<std::string_view, 4> kDevices{"CON", "PRN", "AUX", "NUL"};
    if (std::ranges::any_of(kDevices, same)) return true;
    if (stem.size() != 4 || stem[3] < '0' || stem[3] > '9') return false;
    const char digit[] = {'C', 'O', 'M', stem[3], 0};
    const char printer[] = {'L', 'P', 'T', stem[3], 0};
    return same(digit) || same(printer);
}

}  // namespace

std::size_t count_code_points(std::string_view utf8) {
    return static_cast<std::size_t>(std::ranges::count_if(
        utf8, [](char octet) { return (static_cast<std::uint8_t>(octet) & 0xC0U) != 0x80; }));
}

std::string_view room_name_problem(std::string_view text) {
    if (text.empty()) return "is empty";
    if (count_code_points(text) > kMaxRoomName) return "has more than 128 characters";
    if (text.front() == '.') return "begins with a dot";
    if (is_device_name(text)) return "is the name of a device";
    bool first = true;
    bool space_last = false;
    for (std::string_view rest = text; !rest.empty(); first = false) {
        const char32_t c = next_code_point(rest);
        if (c == '/' || c == '\\' || c == '%') return "has a character of paths (/, \\ or %)";
        if (is_hidden(c)) return "has a control character or an invisible one";
        space_last = is_space(c);
        if (first && space_last) return "begins with a space";
    }
    return space_last ? "ends with a space" : "";
}

bool is_room_name(std::string_view text) {
    return room_name_problem(text).empty();
}

}  // namespace parley::signal
