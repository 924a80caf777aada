#include "load/reception.hpp"

#include <algorithm>

namespace parley::load {
namespace {

std::uint64_t streams_with_packets(std::span<const ReceivedStream> streams, bool video) {
    return static_cast<std::uint64_t>(std::ranges::count_if(streams, [&](const auto& stream) {
        return stream.video == video && stream.packets.packets() > 0;
    }));
}

}  // namespace

void count_received(std::span<const ReceivedStream> streams, std::span<const Published> others,
                    bool layered, Report& report) {
    for (const auto& stream : streams) {
        report.received += stream.packets.packets();
        report.bytes += stream.packets.bytes();
        report.gaps += stream.packets.missing();
        report.recovered += stream.packets.recovered();
        // Which layers a receiver gets is the server's choice: only its numbers say how many
        // packets that was.
        if (stream.video && layered) report.expected += stream.packets.span();
    }
    std::uint64_t video = 0;
    std::uint64_t audio = 0;
    for (const auto& other : others) {
        video += other.video ? 1 : 0;
        audio += other.audio ? 1 : 0;
        report.expected += other.audio_packets;
        if (!layered) report.expected += other.video_packets;
    }
    // Numbers say nothing about a stream of which nothing came.
    report.streams_missing += video - std::min(video, streams_with_packets(streams, true));
    report.streams_missing += audio - std::min(audio, streams_with_packets(streams, false));
}

}  // namespace parley::load
