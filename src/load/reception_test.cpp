#include "load/reception.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace parley::load {
namespace {

ReceivedStream stream_of(bool video, std::uint16_t packets, std::uint16_t without = 0xFFFF) {
    ReceivedStream stream{true, video, {}};
    for (std::uint16_t number = 0; number < packets; ++number) {
        if (number != without) stream.packets.on_packet(number, 100, false);
    }
    return stream;
}

TEST(Reception, ExpectsWhatOthersSent) {
    const std::vector<ReceivedStream> streams{stream_of(true, 100, 50), stream_of(false, 50)};
    const std::vector<Published> others{{true, true, 120, 50}};
    Report report;
    count_received(streams, others, false, report);
    EXPECT_EQ(report.expected, 170U);
    EXPECT_EQ(report.received, 149U);
    EXPECT_EQ(report.bytes, 14'900U);
    EXPECT_EQ(report.gaps, 1U);
    EXPECT_EQ(report.streams_missing, 0U);
}

TEST(Reception, OfLayersExpectsWhatTheNumbersSay) {
    const std::vector<ReceivedStream> streams{stream_of(true, 100, 50)};
    const std::vector<Published> others{{true, false, 300, 0}};
    Report report;
    count_received(streams, others, true, report);
    EXPECT_EQ(report.expected, 100U);
    EXPECT_EQ(report.received, 99U);
}

TEST(Reception, AStreamOfWhichNothingCameIsMissing) {
    // One video came before the measured time only, one never; the third publisher has no audio.
    const std::vector<ReceivedStream> streams{stream_of(true, 10), stream_of(true, 0),
                                              stream_of(false, 10)};
    const std::vector<Published> others{{true, true, 10, 10}, {true, true, 10, 10}, {true}};
    Report report;
    count_received(streams, others, true, report);
    EXPECT_EQ(report.streams_missing, 2U + 1U);
    count_received({}, others, true, report);
    EXPECT_EQ(report.streams_missing, 3U + 5U);
}

}  // namespace
}  // namespace parley::load
