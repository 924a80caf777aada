// All that publishers send, made once.

#pragma once

#include <expected>
#include <string>
#include <vector>

#include "load/audio_loop.hpp"
#include "load/options.hpp"
#include "load/video_loop.hpp"

namespace parley::load {

struct MediaLoops {
    std::vector<VideoLoop> video;   // one, or the layers of simulcast, lowest first; empty: none
    std::vector<std::string> rids;  // of the layers, where there are several
    std::vector<AudioFrame> audio;  // empty: none
};

std::expected<MediaLoops, std::string> make_media_loops(const Options& options);

}  // namespace parley::load
