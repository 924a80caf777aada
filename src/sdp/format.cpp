#include "sdp/format.hpp"

#include <algorithm>

#include "sdp/text.hpp"

namespace parley::sdp {

bool equals_ignore_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, text::lower, text::lower);
}

FormatParameters FormatParameters::parse(std::string_view text) {
    FormatParameters parameters;
    while (!text.empty()) {
        const auto piece = text::trim(text::cut(text, ';'));
        if (piece.empty()) continue;
        const auto equal = piece.find('=');
        if (equal == std::string_view::npos || equal == 0) {
            parameters.items_.push_back({std::string(piece), std::nullopt});
        } else {
            parameters.items_.push_back({std::string(text::trim(piece.substr(0, equal))),
                                         std::string(text::trim(piece.substr(equal + 1)))});
        }
    }
    return parameters;
}

const FormatParameters::Parameter* FormatParameters::find(std::string_view name) const {
    const auto found = std::ranges::find_if(
        items_, [&](const Parameter& item) { return equals_ignore_case(item.name, name); });
    return found == items_.end() ? nullptr : &*found;
}

std::optional<std::string_view> FormatParameters::get(std::string_view name) const {
    const auto* item = find(name);
    if (item == nullptr || !item->value) return std::nullopt;
    return *item->value;
}

std::string_view FormatParameters::get_or(std::string_view name, std::string_view fallback) const {
    return get(name).value_or(fallback);
}

std::optional<std::uint64_t> FormatParameters::get_number(std::string_view name) const {
    const auto value = get(name);
    return value ? text::number<std::uint64_t>(*value) : std::nullopt;
}

void FormatParameters::set(std::string_view name, std::string_view value) {
    const auto matches = [&](const Parameter& item) { return equals_ignore_case(item.name, name); };
    const auto first = std::ranges::find_if(items_, matches);
    if (first == items_.end()) {
        items_.push_back({std::string(name), std::string(value)});
        return;
    }
    first->value = std::string(value);
    items_.erase(std::remove_if(std::next(first), items_.end(), matches), items_.end());
}

void FormatParameters::remove(std::string_view name) {
    std::erase_if(items_,
                  [&](const Parameter& item) { return equals_ignore_case(item.name, name); });
}

void FormatParameters::append(const FormatParameters& more) {
    items_.insert(items_.end(), more.items_.begin(), more.items_.end());
}

std::string FormatParameters::to_text() const {
    std::string out;
    for (const auto& item : items_) {
        if (!out.empty()) out += ';';
        out += item.name;
        if (item.value) out.append("=").append(*item.value);
    }
    return out;
}

std::optional<std::uint8_t> Codec::apt() const {
    if (!is_rtx()) return std::nullopt;
    const auto value = parameters.get_number("apt");
    if (!value || *value > 127) return std::nullopt;
    return static_cast<std::uint8_t>(*value);
}

namespace {

struct ProfilePattern {
    std::uint8_t profile_idc;
    std::uint8_t mask;  // of the constraint flags octet
    std::uint8_t value;
    H264Profile profile;
};

// RFC 6184 §8.1 table 5; the four reserved bits are always part of the pattern.
constexpr ProfilePattern kProfilePatterns[] = {
    {0x42, 0x4F, 0x40, H264Profile::kConstrainedBaseline},
    {0x4D, 0x8F, 0x80, H264Profile::kConstrainedBaseline},
    {0x58, 0xCF, 0xC0, H264Profile::kConstrainedBaseline},
    {0x42, 0x4F, 0x00, H264Profile::kBaseline},
    {0x58, 0xCF, 0x80, H264Profile::kBaseline},
    {0x4D, 0xAF, 0x00, H264Profile::kMain},
    {0x64, 0xFF, 0x0C, H264Profile::kConstrainedHigh},
    {0x64, 0xFF, 0x00, H264Profile::kHigh},
    {0xF4, 0xFF, 0x00, H264Profile::kPredictiveHigh444},
};

bool same_h264(const FormatParameters& a, const FormatParameters& b) {
    if (a.get_or("packetization-mode", "0") != b.get_or("packetization-mode", "0")) return false;
    const auto profile = h264_profile(a);
    return profile && profile == h264_profile(b);
}

}  // namespace

std::optional<H264Profile> h264_profile(const FormatParameters& parameters) {
    const auto id = parameters.get("profile-level-id");
    if (!id) return H264Profile::kBaseline;
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(id->data(), id->data() + id->size(), value, 16);
    if (id->size() != 6 || error != std::errc{} || end != id->data() + 6) return std::nullopt;
    for (const auto& pattern : kProfilePatterns) {
        if (pattern.profile_idc == value >> 16 && ((value >> 8) & pattern.mask) == pattern.value) {
            return pattern.profile;
        }
    }
    return std::nullopt;
}

bool same_format(const Codec& a, const Codec& b) {
    if (a.is_rtx() || a.name.empty() || !a.is(b.name)) return false;
    if (a.clock_rate != b.clock_rate || a.channels != b.channels) return false;
    const auto same = [&](std::string_view name, std::string_view fallback) {
        return a.parameters.get_or(name, fallback) == b.parameters.get_or(name, fallback);
    };
    if (a.is("VP9")) return same("profile-id", "0");
    if (a.is("AV1")) return same("profile", "0");
    if (a.is("H265")) return same("profile-id", "1") && same("tier-flag", "0");
    if (a.is("H264")) return same_h264(a.parameters, b.parameters);
    return true;
}

}  // namespace parley::sdp
