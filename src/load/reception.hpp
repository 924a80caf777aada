// What one receiver should have got in the measured time, and what it got.

#pragma once

#include <cstdint>
#include <span>

#include "load/report.hpp"
#include "load/tally.hpp"

namespace parley::load {

/// What came of one stream.
struct ReceivedStream {
    bool seen = false;
    bool video = false;
    StreamTally packets;
};

/// What a publisher has sent in the measured time.
struct Published {
    bool video = false;
    bool audio = false;
    std::uint64_t video_packets = 0;
    std::uint64_t audio_packets = 0;
};

/// Adds a receiver to the report. `others`: those whose streams it shall get. `layered`: the server
/// chooses which of their video's layers it gets.
void count_received(std::span<const ReceivedStream> streams, std::span<const Published> others,
                    bool layered, Report& report);

}  // namespace parley::load
