#include "load/media_loops.hpp"

#include <algorithm>

namespace parley::load {
namespace {

constexpr unsigned kLayers = 3;
constexpr const char* kRids[kLayers] = {"low", "medium", "high"};
/// Of the highest layer, whatever the rate: what a camera gives.
constexpr PictureSize kLayered{1280, 720};

}  // namespace

std::expected<MediaLoops, std::string> make_media_loops(const Options& options) {
    MediaLoops loops;
    const auto add_video = [&](PictureSize size, Bitrate rate) -> std::string {
        LoopRequest request{options.codec, size, rate};
        if (options.svc) request.spatial_layers = kLayers;
        auto loop = make_video_loop(request);
        if (!loop) return std::move(loop.error());
        loops.video.push_back(std::move(*loop));
        return {};
    };
    if (options.video.bps > 0 && options.simulcast) {
        for (unsigned layer = 0; layer < kLayers; ++layer) {
            const unsigned divisor = 1U << (kLayers - 1 - layer);
            const PictureSize size{kLayered.width / divisor, kLayered.height / divisor};
            const Bitrate rate = options.video * layer_shares(kLayers)[layer];
            if (auto problem = add_video(size, rate); !problem.empty()) {
                return std::unexpected(std::move(problem));
            }
            loops.rids.emplace_back(kRids[layer]);
        }
    } else if (options.video.bps > 0) {
        const PictureSize size = options.svc ? kLayered : size_for(options.video);
        if (auto problem = add_video(size, options.video); !problem.empty()) {
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
