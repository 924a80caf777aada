#include "sfu/hop_extensions.hpp"

#include <array>
#include <gtest/gtest.h>
#include <string>

#include "sfu/packet_writer.hpp"
#include "sfu/test_media.hpp"

namespace parley::sfu {
namespace {

using rtp::ExtensionType;

struct Case {
    std::string mid;
    bool time = false;
    bool number = false;    // negotiated
    bool numbered = false;  // and this packet has one
    bool two_byte = false;  // an id that needs it
};

std::vector<Case> cases() {
    std::vector<Case> all;
    for (const std::string mid : {"", "7", "0123456789abcdef"}) {
        for (int bits = 0; bits < 16; ++bits) {
            all.push_back(
                {mid, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0});
        }
    }
    return all;
}

rtp::ExtensionMap ids_of(const Case& what) {
    rtp::ExtensionMap ids;
    ids.set(what.two_byte ? 40 : 3, ExtensionType::kMid);
    if (what.time) ids.set(4, ExtensionType::kAbsSendTime);
    if (what.number) ids.set(5, ExtensionType::kTransportSequenceNumber);
    ids.set(9, ExtensionType::kAudioLevel);
    return ids;
}

StoredPacket spoken(const std::array<std::uint8_t, 3>& level, const test::Bytes& payload) {
    StoredPacket packet;
    packet.payload = payload;
    packet.extensions = level;
    return packet;
}

// Whatever is negotiated: the header that is written reads back as what was meant, in the form that
// the ids need, and its size was known before.
TEST(HopExtensions, ReadBackWhateverIsNegotiated) {
    const std::array<std::uint8_t, 3> level{static_cast<std::uint8_t>(ExtensionType::kAudioLevel),
                                            1, 33};
    const test::Bytes payload(20, 0xAB);
    const StoredPacket packet = spoken(level, payload);
    for (const Case& what : cases()) {
        SCOPED_TRACE(what.mid + (what.time ? " time" : "") + (what.number ? " number" : "") +
                     (what.numbered ? " numbered" : "") + (what.two_byte ? " two-byte" : ""));
        const rtp::ExtensionMap ids = ids_of(what);
        OutboundFormat format;
        format.extensions = {ids, what.mid};
        SendStamp stamp{Instant{} + 5s, {}};
        if (what.numbered) stamp.transport_number = 0x1234;
        std::array<std::uint8_t, 200> out{};
        const std::size_t size = write_packet(packet, {}, format, stamp, out);
        EXPECT_EQ(size, packet_size(packet, {}, format, stamp));
        const auto read = rtp::parse_packet(BytesView(out).first(size));
        ASSERT_TRUE(read);
        EXPECT_EQ(as_text(ids.find(*read, ExtensionType::kMid)), what.mid);
        const auto time = rtp::read_abs_send_time(ids.find(*read, ExtensionType::kAbsSendTime));
        ASSERT_EQ(time.has_value(), what.time);
        if (time) EXPECT_EQ(time->value, 5U << 18);
        const auto number = rtp::read_transport_sequence_number(
            ids.find(*read, ExtensionType::kTransportSequenceNumber));
        ASSERT_EQ(number.has_value(), what.number && what.numbered);
        if (number) EXPECT_EQ(*number, 0x1234);
        EXPECT_EQ(ids.find(*read, ExtensionType::kAudioLevel)[0], 33);
        EXPECT_EQ(load_be16(&out[12]), what.two_byte ? 0x1000 : 0xBEDE);
    }
}

TEST(HopExtensions, AMidThatIsTooLongIsNotSent) {
    rtp::ExtensionMap ids;
    ids.set(3, ExtensionType::kMid);
    const HopExtensions hop(ids, "0123456789abcdefg");
    EXPECT_TRUE(hop.mid().empty());
    EXPECT_EQ(hop.size(true), 0U);
}

// No room is no packet, and nothing is written past the end.
TEST(HopExtensions, NeedRoom) {
    const Case what{"7", true, true, true, false};
    OutboundFormat format;
    format.extensions = {ids_of(what), what.mid};
    const StoredPacket empty;
    Decision decision;
    decision.empty = true;
    const SendStamp stamp{Instant{}, 1};
    std::array<std::uint8_t, 64> out{};
    const std::size_t whole = write_packet(empty, decision, format, stamp, out);
    ASSERT_GT(whole, 0U);
    for (std::size_t room = 0; room < whole; ++room) {
        out.fill(0xEE);
        EXPECT_EQ(write_packet(empty, decision, format, stamp, BytesSpan(out).first(room)), 0U);
        EXPECT_EQ(out[room], 0xEE);
    }
}

}  // namespace
}  // namespace parley::sfu
