#include "load/video_loop.hpp"

#include "load/packetizer.hpp"

namespace parley::load {
namespace {

/// What of the rate is left to the encoder. A keyframe, which takes up to four times the mean, then
/// fits where the other frames do, and padding fills the rest.
constexpr double kEncodedShare = 0.25;

/// Octets of payload that frame `number` brings to the rate; over a second nothing is rounded away.
std::size_t budget(Bitrate rate, unsigned number) {
    const auto until = [&](std::int64_t frames) {
        return rate.bps * frames / (8 * std::int64_t{kFramesPerSecond});
    };
    return static_cast<std::size_t>(until(std::int64_t{number} + 1) - until(number));
}

}  // namespace

std::size_t VideoLoop::payload_bytes() const {
    std::size_t bytes = 0;
    for (const auto& frame : frames) {
        for (const auto& packet : frame.packets) bytes += packet.payload.size();
    }
    return bytes;
}

std::size_t VideoLoop::packets() const {
    std::size_t count = 0;
    for (const auto& frame : frames) count += frame.packets.size();
    return count;
}

PictureSize size_for(Bitrate rate) {
    if (rate.bps >= 1'000'000) return {1280, 720};
    return rate.bps >= 300'000 ? PictureSize{640, 360} : PictureSize{320, 180};
}

std::expected<VideoLoop, std::string> make_video_loop(const LoopRequest& request) {
    EncodeRequest encoding;
    encoding.codec = request.codec;
    encoding.width = request.size.width;
    encoding.height = request.size.height;
    encoding.frames = request.frames;
    encoding.frames_per_second = kFramesPerSecond;
    encoding.spatial_layers = request.spatial_layers;
    encoding.rate = request.rate * kEncodedShare;
    auto pictures = encode(encoding);
    if (!pictures) return std::unexpected(std::move(pictures.error()));
    VideoLoop loop{
        request.codec, request.size.width, request.size.height, request.spatial_layers, {}};
    for (const auto& picture : *pictures) {
        const auto number = static_cast<unsigned>(loop.frames.size());
        loop.frames.push_back(
            {picture.keyframe, packetize(request.codec, picture, budget(request.rate, number))});
    }
    return loop;
}

}  // namespace parley::load
