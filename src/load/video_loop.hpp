// Video as it is sent again and again: encoded once, padded to the asked rate, split into the
// payloads of RTP packets. All publishers share a loop; what differs between them (numbers, times,
// picture ids) is written when a packet leaves.

#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/units.hpp"
#include "load/encoder.hpp"
#include "media/codec.hpp"

namespace parley::load {

/// The largest RTP payload: with header, extensions and the tag of SRTP below 1,250 octets.
inline constexpr std::size_t kMaxPayload = 1150;
inline constexpr unsigned kFramesPerSecond = 30;

struct LoopPacket {
    std::vector<std::uint8_t> payload;
    bool marker = false;
    std::uint8_t picture_id_at = 0;  // where 15 bits of picture id stand; 0: nowhere
    std::uint8_t tl0_index_at = 0;   // where TL0PICIDX stands; 0: nowhere
    std::uint8_t spatial_id = 0;
    std::vector<std::uint8_t> descriptor;  // dependency descriptor without its number; may be empty
};

struct LoopFrame {
    bool keyframe = false;
    std::vector<LoopPacket> packets;
};

struct VideoLoop {
    media::Codec codec = media::Codec::kVp8;
    unsigned width = 0;
    unsigned height = 0;
    unsigned spatial_layers = 1;
    std::vector<LoopFrame> frames;  // the first is a keyframe

    std::size_t payload_bytes() const;
    std::size_t packets() const;
};

/// 1280x720 from 1 Mbit/s, 640x360 from 300 kbit/s, else 320x180.
struct PictureSize {
    unsigned width = 0;
    unsigned height = 0;
};
PictureSize size_for(Bitrate rate);

struct LoopRequest {
    media::Codec codec = media::Codec::kVp8;
    PictureSize size;
    Bitrate rate;
    unsigned frames = 4 * kFramesPerSecond;
    unsigned spatial_layers = 1;
};
std::expected<VideoLoop, std::string> make_video_loop(const LoopRequest& request);

}  // namespace parley::load
