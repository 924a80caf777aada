#include "media/codec.hpp"

#include <algorithm>
#include <array>

namespace parley::media {
namespace {

struct Entry {
    Codec codec;
    std::string_view name;
    std::uint32_t clock_rate;
    enum class Kind : std::uint8_t { kAudio, kVideo, kRepair } kind;
};
using Kind = Entry::Kind;

constexpr std::array kCodecs{
    Entry{Codec::kOpus, "opus", 48000, Kind::kAudio},  // RFC 7587 §4.1: always 48000
    Entry{Codec::kRed, "red", 48000, Kind::kAudio},
    Entry{Codec::kPcmu, "PCMU", 8000, Kind::kAudio},
    Entry{Codec::kPcma, "PCMA", 8000, Kind::kAudio},
    Entry{Codec::kG722, "G722", 8000, Kind::kAudio},
    Entry{Codec::kComfortNoise, "CN", 8000, Kind::kAudio},
    Entry{Codec::kTelephoneEvent, "telephone-event", 8000, Kind::kAudio},
    Entry{Codec::kVp8, "VP8", 90000, Kind::kVideo},
    Entry{Codec::kVp9, "VP9", 90000, Kind::kVideo},
    Entry{Codec::kH264, "H264", 90000, Kind::kVideo},
    Entry{Codec::kH265, "H265", 90000, Kind::kVideo},
    Entry{Codec::kAv1, "AV1", 90000, Kind::kVideo},
    Entry{Codec::kRtx, "rtx", 90000, Kind::kRepair},
    Entry{Codec::kUlpfec, "ulpfec", 90000, Kind::kRepair},
    Entry{Codec::kFlexfec, "flexfec-03", 90000, Kind::kRepair},
};

const Entry* find(Codec codec) {
    const auto found = std::find_if(kCodecs.begin(), kCodecs.end(),
                                    [&](const Entry& entry) { return entry.codec == codec; });
    return found == kCodecs.end() ? nullptr : &*found;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

bool is(Codec codec, Kind kind) {
    const Entry* entry = find(codec);
    return entry != nullptr && entry->kind == kind;
}

}  // namespace

std::string_view name(Codec codec) {
    const Entry* entry = find(codec);
    return entry == nullptr ? std::string_view{} : entry->name;
}

Codec codec_from_name(std::string_view name) {
    for (const auto& entry : kCodecs) {
        if (equal_ignoring_case(entry.name, name)) return entry.codec;
    }
    // The name before the payload format was finished.
    if (equal_ignoring_case(name, "AV1X")) return Codec::kAv1;
    return Codec::kUnknown;
}

bool is_audio(Codec codec) {
    return is(codec, Kind::kAudio);
}
bool is_video(Codec codec) {
    return is(codec, Kind::kVideo);
}
bool is_repair(Codec codec) {
    return is(codec, Kind::kRepair);
}

std::uint32_t clock_rate(Codec codec) {
    const Entry* entry = find(codec);
    return entry == nullptr ? 0 : entry->clock_rate;
}

}  // namespace parley::media
