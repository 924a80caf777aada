#include "sfu/packet_writer.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>

#include "media/vp8.hpp"
#include "rtp/extension_values.hpp"
#include "rtp/red.hpp"
#include "rtp/rtx.hpp"
#include "sfu/red_copies.hpp"
#include "sfu/test_media.hpp"

namespace parley::sfu {
namespace {

using rtp::ExtensionType;

class Writer : public testing::Test {
 protected:
    void SetUp() override {
        format_.ssrc = Ssrc(0xAABBCCDD);
        format_.payload_type = 100;
        ids_.set(3, ExtensionType::kMid);
        ids_.set(4, ExtensionType::kAbsSendTime);
        ids_.set(9, ExtensionType::kAudioLevel);
        ids_.set(11, ExtensionType::kAbsCaptureTime);
        format_.extensions = {ids_, "7"};
        decision_.forward = true;
        decision_.sequence_number = 4321;
        decision_.timestamp = 99;
        decision_.marker = true;
    }
    rtp::PacketView written(const StoredPacket& packet) {
        const std::size_t size = write_packet(packet, decision_, format_, stamp_, out_);
        EXPECT_GT(size, 0U);
        return rtp::parse_packet(BytesView(out_).first(size)).value();
    }
    rtp::ExtensionMap ids_;
    OutboundFormat format_;
    Decision decision_;
    SendStamp stamp_{Instant{} + 5s, {}};
    std::array<std::uint8_t, 1500> out_{};
};

// The publisher calls the audio level 1; the subscriber calls it 9 and never sees the rest.
TEST_F(Writer, TranslatesExtensionsThroughThePublication) {
    auto config = test::opus_config();
    config.extensions.set(1, ExtensionType::kAudioLevel);
    config.extensions.set(2, ExtensionType::kDependencyDescriptor);
    config.extensions.set(5, ExtensionType::kMid);
    config.extensions.set(6, ExtensionType::kAbsCaptureTime);
    Publication publication(config, std::make_shared<ParticipantClock>());
    test::Bytes bytes(100);
    rtp::HeaderWriter source(bytes, {true, 111, 7, 8, Ssrc(1)});
    const std::uint8_t level[1] = {0x80 | 33};
    const std::uint8_t descriptor[3] = {1, 2, 3};
    source.add_extension(1, level);
    source.add_extension(2, descriptor);
    source.add_extension(5, as_bytes("0"));
    const auto captured = rtp::write_abs_capture_time({0x0102030405060708});
    source.add_extension(6, captured);
    const std::size_t header = source.finish();
    bytes.resize(header + 3);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(header), 3, 0x55);

    const auto stored = publication.on_packet(0, test::view(bytes), {}, Instant{});
    ASSERT_TRUE(stored);
    EXPECT_EQ(publication.audio_level(), 33);
    EXPECT_TRUE(publication.voice_active());
    const auto packet = written(**stored);
    EXPECT_EQ(packet.ssrc, format_.ssrc);
    EXPECT_EQ(packet.payload_type, 100);
    EXPECT_EQ(packet.sequence_number, 4321);
    EXPECT_EQ(packet.timestamp, 99U);
    EXPECT_TRUE(packet.marker);
    EXPECT_EQ(as_text(packet.extension(3)), "7");
    EXPECT_EQ(packet.extension(4).size(), 3U);
    ASSERT_EQ(packet.extension(9).size(), 1U);
    EXPECT_EQ(packet.extension(9)[0], 0x80 | 33);
    EXPECT_TRUE(std::ranges::equal(packet.extension(11), captured));
    EXPECT_TRUE(packet.extension(1).empty());
    EXPECT_TRUE(packet.extension(2).empty());
    EXPECT_EQ(packet.payload.size(), 3U);
}

TEST_F(Writer, PatchesBothWidthsOfPictureId) {
    for (const bool is_long : {true, false}) {
        test::Vp8Source source;
        source.long_id = is_long;
        Publication publication(test::vp8_config(), std::make_shared<ParticipantClock>());
        const auto frame = source.frame(true);
        const auto stored =
            test::Arrivals().on_packet(publication, 0, test::view(frame[0]), Instant{});
        ASSERT_TRUE(stored);
        decision_.patch_picture_id = decision_.patch_tl0_index = true;
        decision_.picture_id = is_long ? 0x1234 : 0x34;
        decision_.tl0_index = 200;
        const auto packet = written(**stored);
        const auto vp8 = media::parse_vp8(packet.payload);
        ASSERT_TRUE(vp8);
        EXPECT_EQ(vp8->long_picture_id, is_long);
        EXPECT_EQ(vp8->picture_id, decision_.picture_id);
        EXPECT_EQ(vp8->tl0_picture_index, 200);
        EXPECT_TRUE(vp8->keyframe);
        // The shared copy is untouched.
        EXPECT_EQ(media::parse_vp8((*stored)->payload)->picture_id, source.picture_id);
    }
}

TEST_F(Writer, RetransmitsInAStreamOfItsOwn) {
    format_.rtx_payload_type = 101;
    format_.rtx_ssrc = Ssrc(5);
    const std::uint8_t payload[4] = {1, 2, 3, 4};
    StoredPacket stored;
    stored.payload = payload;
    const Retransmission again{0, decision_, 17};
    std::size_t size = write_rtx(stored, again, format_, stamp_, out_);
    const auto packet = rtp::parse_packet(BytesView(out_).first(size)).value();
    EXPECT_EQ(packet.ssrc, Ssrc(5));
    EXPECT_EQ(packet.payload_type, 101);
    EXPECT_EQ(packet.sequence_number, 17);
    const auto original = rtp::read_rtx(packet.payload).value();
    EXPECT_EQ(original.original_sequence_number, 4321);
    EXPECT_TRUE(std::ranges::equal(original.payload, payload));

    format_.rtx_payload_type.reset();
    size = write_rtx(stored, again, format_, stamp_, out_);
    EXPECT_EQ(rtp::parse_packet(BytesView(out_).first(size)).value().sequence_number, 4321);
}

TEST_F(Writer, PutsEarlierFramesInFront) {
    const std::uint8_t oldest[1] = {6};
    const std::uint8_t older[2] = {7, 7};
    const std::uint8_t newest[3] = {8, 8, 8};
    StoredPacket stored;
    stored.payload = newest;
    Copies copies;
    copies.push_back({0, 1920, oldest});
    copies.push_back({0, 960, older});

    // Who did not negotiate it gets the frame alone.
    std::size_t size = write_packet(stored, decision_, format_, stamp_, out_, copies);
    EXPECT_EQ(size, packet_size(stored, decision_, format_, stamp_, copies));
    auto packet = rtp::parse_packet(BytesView(out_).first(size)).value();
    EXPECT_EQ(packet.payload_type, 100);
    EXPECT_TRUE(std::ranges::equal(packet.payload, newest));

    format_.red_payload_type = 63;
    size = write_packet(stored, decision_, format_, stamp_, out_, copies);
    EXPECT_EQ(size, packet_size(stored, decision_, format_, stamp_, copies));
    packet = rtp::parse_packet(BytesView(out_).first(size)).value();
    EXPECT_EQ(packet.payload_type, 63);
    // RFC 2198 by hand: 1920 << 10 | 1, 960 << 10 | 2, then the frames, oldest first.
    const std::uint8_t expected[] = {0x80 | 100, 0x1E, 0x00, 0x01, 0x80 | 100, 0x0F, 0x00, 0x02,
                                     100,        6,    7,    7,    8,          8,    8};
    EXPECT_TRUE(std::ranges::equal(packet.payload, expected));
    EXPECT_EQ(packet.timestamp, decision_.timestamp);

    EXPECT_EQ(
        write_packet(stored, decision_, format_, stamp_, BytesSpan(out_).first(size - 1), copies),
        0U);
    // Without earlier frames the plain codec is smaller, and every receiver of RED takes it.
    packet = written(stored);
    EXPECT_EQ(packet.payload_type, 100);
}

TEST_F(Writer, RedundancyThatCannotBeReadGoesOnAsItIs) {
    const std::uint8_t sealed[5] = {0x80 | 111, 0, 0x03, 0xFF, 111};
    StoredPacket stored;
    stored.red = true;
    stored.payload = sealed;
    EXPECT_EQ(write_packet(stored, decision_, format_, stamp_, out_), 0U);
    format_.red_payload_type = 63;
    const auto packet = written(stored);
    EXPECT_EQ(packet.payload_type, 63);
    EXPECT_TRUE(std::ranges::equal(packet.payload, sealed));
}

TEST_F(Writer, EvensOutATrainWithPadding) {
    const std::uint8_t payload[4] = {1, 2, 3, 4};
    StoredPacket stored;
    stored.payload = payload;
    const std::size_t plain = write_packet(stored, decision_, format_, stamp_, out_);
    decision_.padding = 3;
    const std::size_t padded = write_packet(stored, decision_, format_, stamp_, out_);
    EXPECT_EQ(padded, plain + 3);
    const auto packet = rtp::parse_packet(BytesView(out_).first(padded)).value();
    EXPECT_EQ(packet.padding, 3);
    EXPECT_EQ(packet.payload.size(), 4U);
}

TEST_F(Writer, APlaceIsFilledWithoutAPayload) {
    StoredPacket stored;
    stored.padding_only = true;
    decision_.empty = true;
    EXPECT_TRUE(written(stored).payload.empty());
}

TEST_F(Writer, WritesNothingThatDoesNotFit) {
    const std::vector<std::uint8_t> payload(100);
    StoredPacket stored;
    stored.payload = payload;
    const std::size_t whole = write_packet(stored, decision_, format_, stamp_, out_);
    for (std::size_t room = 0; room < whole; ++room) {
        const std::size_t size =
            write_packet(stored, decision_, format_, stamp_, BytesSpan(out_).first(room));
        // An extension that does not fit is left out; the payload never is.
        if (size != 0) {
            EXPECT_EQ(rtp::parse_packet(BytesView(out_).first(size)).value().payload.size(), 100U);
        }
    }
}

}  // namespace
}  // namespace parley::sfu
