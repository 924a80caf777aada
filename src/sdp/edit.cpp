#include "sdp/edit.hpp"

#include <algorithm>
#include <string>

namespace parley::sdp {

namespace {

/// Sets the one bandwidth of a type where its first stands, or at the end.
void set_one(std::vector<Bandwidth>& bandwidths, std::string_view type, std::uint64_t value) {
    const auto matches = [&](const Bandwidth& bandwidth) { return bandwidth.type == type; };
    const auto first = std::ranges::find_if(bandwidths, matches);
    if (first == bandwidths.end()) {
        bandwidths.push_back({std::string(type), value});
        return;
    }
    first->value = value;
    bandwidths.erase(std::remove_if(std::next(first), bandwidths.end(), matches), bandwidths.end());
}

/// The section's formats with the named ones in front, and every RTX behind what it repairs.
std::vector<Codec> reordered(const std::vector<Codec>& codecs, std::string_view name) {
    std::vector<Codec> result;
    const auto append = [&](const Codec& codec) {
        result.push_back(codec);
        for (const auto& rtx : codecs) {
            if (rtx.apt() == codec.payload_type) result.push_back(rtx);
        }
    };
    for (const auto& codec : codecs) {
        if (codec.is(name)) append(codec);
    }
    for (const auto& codec : codecs) {
        const bool placed =
            std::ranges::find(result, codec.payload_type, &Codec::payload_type) != result.end();
        if (!placed && !codec.is_rtx()) append(codec);
    }
    for (const auto& codec : codecs) {  // an RTX whose codec is missing keeps its relative place
        if (std::ranges::find(result, codec.payload_type, &Codec::payload_type) == result.end()) {
            result.push_back(codec);
        }
    }
    return result;
}

}  // namespace

void set_bandwidth(Description& description, MediaKind kind, Bitrate rate) {
    for (auto& media : description.media) {
        if (media.kind != kind) continue;
        if (rate.bps <= 0) {
            std::erase_if(media.bandwidths, [](const Bandwidth& bandwidth) {
                return bandwidth.type == "AS" || bandwidth.type == "TIAS";
            });
            continue;
        }
        const auto bps = static_cast<std::uint64_t>(rate.bps);
        set_one(media.bandwidths, "AS", bps / 1000 + (bps % 1000 == 0 ? 0 : 1));
        set_one(media.bandwidths, "TIAS", bps);
    }
}

bool prefer_codec(Description& description, MediaKind kind, std::string_view codec_name) {
    bool found = false;
    for (auto& media : description.media) {
        if (media.kind != kind || equals_ignore_case(codec_name, "rtx")) continue;
        const bool has = std::ranges::any_of(
            media.codecs, [&](const Codec& codec) { return codec.is(codec_name); });
        if (!has) continue;
        media.codecs = reordered(media.codecs, codec_name);
        found = true;
    }
    return found;
}

bool enable_stereo_opus(Description& description, Bitrate max_average) {
    const auto rate = std::clamp<std::int64_t>(max_average.bps, 6'000, 510'000);
    bool found = false;
    for (auto& media : description.media) {
        if (media.kind != MediaKind::kAudio) continue;
        for (auto& codec : media.codecs) {
            if (!codec.is("opus")) continue;
            codec.parameters.set("stereo", "1");
            codec.parameters.set("sprop-stereo", "1");
            codec.parameters.set("maxaveragebitrate", std::to_string(rate));
            found = true;
        }
    }
    return found;
}

}  // namespace parley::sdp
