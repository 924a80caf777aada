#include "server/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace parley::server {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t factor;
};
constexpr std::array<Unit, 5> kTimeUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 3> kSizeUnits{
    {{"GiB", 1'073'741'824}, {"MiB", 1'048'576}, {"KiB", 1'024}}};
constexpr std::int64_t kLongestMs = std::int64_t{3'650} * 86'400'000;

/// The number at the front; what follows it stays in `text`.
std::optional<std::int64_t> take_number(std::string_view& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    for (const auto& unit : kTimeUnits) {
        if (text != unit.name) continue;
        if (*number > kLongestMs / unit.factor) return std::nullopt;
        return std::chrono::milliseconds(*number * unit.factor);
    }
    if (text.empty() && *number == 0) return Duration::zero();
    return std::nullopt;
}

std::string show_duration(Duration duration) {
    const std::int64_t ms = to_ms(duration);
    if (ms == 0) return "0s";
    for (const auto& unit : kTimeUnits) {
        if (ms % unit.factor == 0) return std::to_string(ms / unit.factor) + std::string(unit.name);
    }
    return std::to_string(ms) + "ms";
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const auto value = static_cast<std::uint64_t>(*number);
    if (text.empty() || text == "B") return value;
    for (const auto& unit : kSizeUnits) {
        if (text != unit.name) continue;
        const auto factor = static_cast<std::uint64_t>(unit.factor);
        if (value > (std::uint64_t{1} << 50) / factor) return std::nullopt;
        return value * factor;
    }
    return std::nullopt;
}

std::string show_size(std::uint64_t size) {
    for (const auto& unit : kSizeUnits) {
        const auto factor = static_cast<std::uint64_t>(unit.factor);
        if (size != 0 && size % factor == 0) {
            return std::to_string(size / factor) + std::string(unit.name);
        }
    }
    return std::to_string(size);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // Optimal string alignment: three rows of the table are enough.
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& words) {
    constexpr std::size_t kLongestWord = 64;
    if (word.size() > kLongestWord) return {};
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const auto& candidate : words) {
        const auto distance = edit_distance(word, candidate);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = candidate;
    }
    return best;
}

std::string to_lower(std::string_view text) {
    std::string lower(text);
    for (auto& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const auto begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        const auto part = trim(text.substr(0, end));
        if (!part.empty()) parts.emplace_back(part);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0') return std::nullopt;
        out += c;
    }
    return out;
}

bool is_utf8(std::string_view text) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    std::size_t i = 0;
    while (i < text.size()) {
        const unsigned lead = octet(i);
        if (lead < 0x80) {
            ++i;
            continue;
        }
        // RFC 3629 §4: the second octet's range excludes overlong forms, surrogates and > U+10FFFF.
        std::size_t more = 0;
        unsigned low = 0x80;
        unsigned high = 0xBF;
        if (lead >= 0xC2 && lead <= 0xDF) {
            more = 1;
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            more = 2;
            if (lead == 0xE0) low = 0xA0;
            if (lead == 0xED) high = 0x9F;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            more = 3;
            if (lead == 0xF0) low = 0x90;
            if (lead == 0xF4) high = 0x8F;
        } else {
            return false;
        }
        if (text.size() - i <= more) return false;
        if (octet(i + 1) < low || octet(i + 1) > high) return false;
        for (std::size_t k = 2; k <= more; ++k) {
            if ((octet(i + k) & 0xC0) != 0x80) return false;
        }
        i += more + 1;
    }
    return true;
}

std::string quote(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out = "\"";
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (octet < 0x20 || octet == 0x7F) {
            out += "\\u00";
            out += kHex[octet >> 4];
            out += kHex[octet & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

}  // namespace parley::server
