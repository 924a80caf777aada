// Encodes the test picture once, at start, as a loop that begins with a keyframe: what follows its
// last frame is its first. The libraries stand behind this face, one file each.

#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "media/codec.hpp"

namespace parley::load {

struct EncodeRequest {
    media::Codec codec = media::Codec::kVp8;
    unsigned width = 640;
    unsigned height = 360;
    unsigned frames = 120;
    unsigned frames_per_second = 30;
    Bitrate rate;                 // of all layers
    unsigned spatial_layers = 1;  // or 3, each twice as wide and high as the one below
};

struct EncodedPicture {
    unsigned width = 0;  // of the highest layer
    unsigned height = 0;
    bool keyframe = false;
    std::vector<std::vector<std::uint8_t>> layers;  // lowest first
};

/// How the rate of a picture is shared by its layers, lowest first: each gets about what a picture
/// of its size needs beside the others. One or three layers.
inline std::vector<double> layer_shares(std::size_t layers) {
    return layers == 1 ? std::vector<double>{1} : std::vector<double>{0.08, 0.24, 0.68};
}

/// The error names what the library refused.
std::expected<std::vector<EncodedPicture>, std::string> encode(const EncodeRequest& request);

}  // namespace parley::load
