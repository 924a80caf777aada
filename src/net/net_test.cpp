#include <array>
#include <gtest/gtest.h>
#include <vector>

#include "net/address.hpp"
#include "net/demux.hpp"
#include "net/framing.hpp"

namespace parley::net {
namespace {

TEST(IpAddress, ParsesAndPrintsBothFamilies) {
    for (const char* text : {"192.0.2.1", "0.0.0.0", "2001:db8::1", "::1", "::"}) {
        const auto address = IpAddress::parse(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(address->to_string(), text);
    }
    for (const char* text :
         {"", "1.2.3", "1.2.3.4.5", "fe80::1%eth0", "host", "1:2:3:4:5:6:7:8:9"}) {
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    }
}

TEST(IpAddress, StoresMappedAddressesAsV4) {
    EXPECT_EQ(*IpAddress::parse("::ffff:192.0.2.1"), IpAddress::v4(192, 0, 2, 1));
}

TEST(IpAddress, KnowsWhatAnAddressIsFor) {
    EXPECT_TRUE(IpAddress::parse("127.3.2.1")->is_loopback());
    EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
    EXPECT_TRUE(IpAddress::parse("169.254.1.1")->is_link_local());
    EXPECT_TRUE(IpAddress::parse("fe80::1")->is_link_local());
    EXPECT_TRUE(IpAddress::parse("100.64.0.1")->is_private());
    EXPECT_TRUE(IpAddress::parse("fd00::1")->is_private());
    EXPECT_FALSE(IpAddress::parse("172.32.0.1")->is_private());
    EXPECT_TRUE(IpAddress::parse("239.1.1.1")->is_multicast());
}

TEST(SocketAddress, RoundTrips) {
    for (const char* text : {"192.0.2.1:8080", "[2001:db8::1]:443"}) {
        const auto address = SocketAddress::parse(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(address->to_string(), text);
    }
    for (const char* text :
         {"1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "2001:db8::1:443", "[1.2.3.4]:5"}) {
        EXPECT_FALSE(SocketAddress::parse(text)) << text;
    }
}

TEST(Classify, FollowsTheFirstOctet) {
    const auto of = [](std::uint8_t first, std::uint8_t second) {
        const std::array<std::uint8_t, 2> bytes{first, second};
        return classify(bytes);
    };
    EXPECT_EQ(of(0, 1), PacketClass::kStun);
    EXPECT_EQ(of(22, 254), PacketClass::kDtls);
    EXPECT_EQ(of(64, 0), PacketClass::kTurnChannel);
    EXPECT_EQ(of(0x80, 96), PacketClass::kRtp);
    EXPECT_EQ(of(0x80, 0x80 | 111), PacketClass::kRtp);
    EXPECT_EQ(of(0x80, 200), PacketClass::kRtcp);
    EXPECT_EQ(of(0x8F, 206), PacketClass::kRtcp);
    EXPECT_EQ(of(10, 0), PacketClass::kUnknown);
    EXPECT_EQ(of(255, 0), PacketClass::kUnknown);
    EXPECT_EQ(classify({}), PacketClass::kUnknown);
}

TEST(ClientPrefix, IsTheAddressOrTheNetworkOfOneSubscriber) {
    const auto prefix = [](const char* text) {
        return client_prefix(*IpAddress::parse(text)).to_string();
    };
    EXPECT_EQ(prefix("192.0.2.77"), "192.0.2.77");
    EXPECT_EQ(prefix("::ffff:192.0.2.77"), "192.0.2.77");
    EXPECT_EQ(prefix("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
}

TEST(FrameReader, ReassemblesFramesSplitAtEveryOctet) {
    const std::vector<std::uint8_t> stream{0, 3, 'a', 'b', 'c', 0, 0, 0, 1, 'd'};
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        FrameReader reader;
        std::string seen;
        const auto take = [&](BytesSpan frame) { seen += std::string(as_text(frame)) + "|"; };
        reader.feed(BytesView(stream).first(cut), take);
        reader.feed(BytesView(stream).subspan(cut), take);
        EXPECT_EQ(seen, "abc|d|");
        EXPECT_EQ(reader.buffered(), 0U);
    }
}

}  // namespace
}  // namespace parley::net
