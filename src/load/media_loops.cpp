#include "load/media_loops.hpp"

#include <array>

namespace parley::load {
namespace {

/// The layers of simulcast: name, width as a part of the largest, share of the rate. Each layer has
/// about what a picture of its size needs beside the others.
struct LayerShare {
    const char* rid;
    unsigned divisor;
    double share;
};
constexpr std::array<LayerShare, 3> kLayers{
    {{"low", 4, 0.08}, {"medium", 2, 0.24}, {"high", 1, 0.68}}};

}  // namespace

std::expected<MediaLoops, std::string> make_media_loops(const Options& options) {
    MediaLoops loops;
    const auto add_video = [&](PictureSize size, Bitrate rate) -> std::string {
        auto loop = make_video_loop({options.codec, size, rate});
        if (!loop) return std::move(loop.error());
        loops.video.push_back(std::move(*loop));
        return {};
    };
    if (options.video.bps > 0 && options.simulcast) {
        for (const auto& layer : kLayers) {
            const PictureSize size{1280 / layer.divisor, 720 / layer.divisor};
            if (auto problem = add_video(size, options.video * layer.share); !problem.empty()) {
                return std::unexpected(std::move(problem));
            }
            loops.rids.emplace_back(layer.rid);
        }
    } else if (options.video.bps > 0) {
        if (auto problem = add_video(size_for(options.video), options.video); !problem.empty()) {
            return std::unexpected(std::move(problem));
        }
    }
    if (options.audio) {
        auto audio = make_audio_loop();
        if (!audio) return std::unexpected(std::move(audio.error()));
        loops.audio = std::move(*audio);
    }
    return loops;
}

}  // namespace parley::load
