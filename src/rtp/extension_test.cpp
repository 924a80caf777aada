#include "rtp/extension.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "rtp/extension_values.hpp"
#include "rtp/video_layers_allocation.hpp"

namespace parley::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(ExtensionUri, GoesBothWays) {
    for (int i = 1; i < static_cast<int>(ExtensionType::kCount); ++i) {
        const auto type = static_cast<ExtensionType>(i);
        EXPECT_FALSE(uri(type).empty());
        EXPECT_EQ(extension_from_uri(uri(type)), type);
    }
    EXPECT_EQ(extension_from_uri("urn:ietf:params:rtp-hdrext:sdes:mid"), ExtensionType::kMid);
    EXPECT_EQ(extension_from_uri("urn:example:nobody"), ExtensionType::kUnknown);
    EXPECT_EQ(extension_from_uri(""), ExtensionType::kUnknown);
    EXPECT_TRUE(uri(ExtensionType::kUnknown).empty());
}

TEST(ExtensionMap, KeepsOneIdForOneType) {
    ExtensionMap map;
    EXPECT_FALSE(map.set(0, ExtensionType::kMid));
    EXPECT_FALSE(map.set(1, ExtensionType::kUnknown));
    EXPECT_TRUE(map.set(1, ExtensionType::kMid));
    EXPECT_TRUE(map.set(1, ExtensionType::kMid));
    EXPECT_FALSE(map.set(2, ExtensionType::kMid));
    EXPECT_FALSE(map.set(1, ExtensionType::kRid));
    EXPECT_FALSE(map.needs_two_byte_form());
    EXPECT_TRUE(map.set(255, ExtensionType::kRid));
    EXPECT_TRUE(map.needs_two_byte_form());
    EXPECT_EQ(map.type(255), ExtensionType::kRid);
    EXPECT_EQ(map.id(ExtensionType::kRid), 255);
    map.erase(255);
    EXPECT_FALSE(map.has(ExtensionType::kRid));
    EXPECT_EQ(map.type(255), ExtensionType::kUnknown);
    map.erase(254);  // never set
    EXPECT_EQ(map.id(ExtensionType::kMid), 1);
}

// The first of repeated elements counts; ids that were not negotiated have no type.
TEST(ExtensionMap, FindsTheFirstOfRepeatedElements) {
    std::array<std::uint8_t, 64> out{};
    HeaderWriter writer(out, {});
    ASSERT_TRUE(writer.add_extension(3, as_bytes("a")));
    ASSERT_TRUE(writer.add_extension(3, as_bytes("b")));
    ASSERT_TRUE(writer.add_extension(4, as_bytes("c")));
    const auto packet = parse_packet(BytesView(out).first(writer.finish()));
    ASSERT_TRUE(packet);
    ExtensionMap map;
    map.set(3, ExtensionType::kMid);
    EXPECT_EQ(as_text(map.find(*packet, ExtensionType::kMid)), "a");
    EXPECT_TRUE(map.find(*packet, ExtensionType::kRid).empty());
    EXPECT_EQ(map.type(4), ExtensionType::kUnknown);
}

TEST(ExtensionValues, AudioLevel) {
    const auto level = read_audio_level(Bytes{0x8A});
    ASSERT_TRUE(level);
    EXPECT_TRUE(level->voice);
    EXPECT_EQ(level->level, 10);
    EXPECT_EQ(write_audio_level(*level)[0], 0x8A);
    EXPECT_FALSE(read_audio_level({}));
    EXPECT_FALSE(read_audio_level(Bytes{1, 2}));
}

TEST(ExtensionValues, AbsSendTimeIsSixDotEighteen) {
    EXPECT_EQ(AbsSendTime::from(NtpTime{std::uint64_t{1} << 32}).value, 1U << 18);
    EXPECT_EQ(AbsSendTime::from(NtpTime{std::uint64_t{1} << 31}).value, 1U << 17);
    EXPECT_EQ(AbsSendTime::from(NtpTime{std::uint64_t{64} << 32}).value, 0U);
    EXPECT_EQ(AbsSendTime::from(Instant(65'500ms)).value, (1U << 18) + (1U << 17));
    const AbsSendTime time{0x123456};
    EXPECT_EQ(read_abs_send_time(write_abs_send_time(time)), time);
    EXPECT_FALSE(read_abs_send_time(Bytes{1, 2}));
    EXPECT_EQ(difference({1U << 18}, {0}), 1s);
    EXPECT_EQ(difference({0}, {0xFF'FFFF - (1U << 18) + 1}), 1s);  // across the wrap
    EXPECT_EQ(difference({0}, {1U << 18}), -1s);
}

TEST(ExtensionValues, TransportSequenceNumber) {
    EXPECT_EQ(read_transport_sequence_number(write_transport_sequence_number(0xBEEF)), 0xBEEF);
    EXPECT_FALSE(read_transport_sequence_number(Bytes{1}));
    EXPECT_FALSE(read_transport_sequence_number(Bytes{1, 2, 3}));
}

TEST(ExtensionValues, VideoOrientation) {
    for (int raw = 0; raw < 16; ++raw) {
        const auto orientation = read_video_orientation(Bytes{static_cast<std::uint8_t>(raw)});
        ASSERT_TRUE(orientation);
        EXPECT_EQ(write_video_orientation(*orientation)[0], raw);
    }
    EXPECT_EQ(read_video_orientation(Bytes{3})->rotation_degrees, 270);
    EXPECT_TRUE(read_video_orientation(Bytes{8})->back_camera);
}

TEST(ExtensionValues, PlayoutDelay) {
    const PlayoutDelay delay{100ms, 400ms};
    EXPECT_EQ(read_playout_delay(write_playout_delay(delay)), delay);
    EXPECT_EQ(read_playout_delay(write_playout_delay({-1s, 100s}))->max, 40'950ms);
    EXPECT_FALSE(read_playout_delay(Bytes{0xFF, 0xF0, 0x00}));  // minimum over maximum
}

TEST(ExtensionValues, SmallOnes) {
    EXPECT_EQ(read_content_type(Bytes{1}), VideoContentType::kScreen);
    EXPECT_EQ(read_content_type(Bytes{0}), VideoContentType::kCamera);
    EXPECT_EQ(read_transmission_offset(Bytes{0xFF, 0xFF, 0xFF}), -1);
    EXPECT_EQ(read_transmission_offset(Bytes{0, 1, 0}), 256);
    EXPECT_EQ(read_abs_capture_time(Bytes(8, 1))->capture.value, 0x0101010101010101U);
    EXPECT_FALSE(read_abs_capture_time(Bytes(8, 1))->clock_offset_q32);
    EXPECT_TRUE(read_abs_capture_time(Bytes(16, 1))->clock_offset_q32);
    EXPECT_FALSE(read_abs_capture_time(Bytes(9, 1)));
    const NtpTime capture{0x0123456789ABCDEF};
    EXPECT_EQ(read_abs_capture_time(write_abs_capture_time(capture))->capture, capture);
}

TEST(ExtensionValues, MidAndRidAreChecked) {
    EXPECT_EQ(read_mid(as_bytes("0")), "0");
    EXPECT_EQ(read_mid(as_bytes("audio-1")), "audio-1");
    EXPECT_FALSE(read_mid({}));
    EXPECT_FALSE(read_mid(as_bytes("a b")));
    EXPECT_FALSE(read_mid(as_bytes(std::string_view("a\0b", 3))));
    EXPECT_FALSE(read_mid(Bytes(255, 'a')));
    EXPECT_FALSE(read_mid(Bytes{0xC3, 0xA9}));
    EXPECT_EQ(read_rid(as_bytes("hi_1")), "hi_1");
    EXPECT_FALSE(read_rid(as_bytes("hi;1")));
    EXPECT_FALSE(read_rid(as_bytes("hi.1")));
}

TEST(VideoLayersAllocation, ReadsThreeStreamsOfOneSharedMask) {
    // Stream 1 of 3, spatial layer 0 each, temporal layers 1, 2, 3; kbit/s 100 | 150, 300 | 300,
    // 600, 1000; sizes follow.
    const Bytes data{0x61, 0x18, 100,  0x96, 0x01, 0xAC, 0x02, 0xAC, 0x02, 0xD8,
                     0x04, 0xE8, 0x07, 0x01, 0x3F, 0x00, 0xB3, 15,   0x02, 0x7F,
                     0x01, 0x67, 30,   0x04, 0xFF, 0x02, 0xCF, 30};
    const auto allocation = read_video_layers_allocation(data);
    ASSERT_TRUE(allocation);
    EXPECT_EQ(allocation->stream, 1);
    EXPECT_EQ(allocation->stream_count, 3);
    ASSERT_EQ(allocation->layers.size(), 3U);
    EXPECT_EQ(allocation->layers[0].targets.size(), 1U);
    EXPECT_EQ(allocation->layers[1].targets[1], Bitrate::from_kbps(300));
    ASSERT_EQ(allocation->layers[2].targets.size(), 3U);
    EXPECT_EQ(allocation->layers[2].targets[2], Bitrate::from_kbps(1000));
    ASSERT_TRUE(allocation->has_resolutions);
    EXPECT_EQ(allocation->layers[0].width, 320);
    EXPECT_EQ(allocation->layers[2].height, 720);
    EXPECT_EQ(allocation->layers[2].frames_per_second, 30);
    for (std::size_t size = 1; size < data.size(); ++size) {
        // Whole without the sizes, and cut everywhere else.
        EXPECT_EQ(read_video_layers_allocation(BytesView(data).first(size)).has_value(), size == 13)
            << size;
    }
}

TEST(VideoLayersAllocation, ReadsMasksOfTheirOwn) {
    // Two streams; the first off, the second with spatial layers 0 and 2.
    const auto allocation = read_video_layers_allocation(Bytes{0x10, 0x05, 0x00, 10, 20});
    ASSERT_TRUE(allocation);
    ASSERT_EQ(allocation->layers.size(), 2U);
    EXPECT_EQ(allocation->layers[0].stream, 1);
    EXPECT_EQ(allocation->layers[1].spatial_id, 2);
    EXPECT_FALSE(allocation->has_resolutions);
    EXPECT_TRUE(read_video_layers_allocation(Bytes{0})->layers.empty());
    EXPECT_FALSE(read_video_layers_allocation({}));
}

}  // namespace
}  // namespace parley::rtp
