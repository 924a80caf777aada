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

/// Feeds a copy, as frames may be changed in place.
template <typename Take>
FrameStatus feed(FrameReader& reader, BytesView bytes, Take&& take) {
    std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
    return reader.feed(copy, take);
}

std::vector<std::uint8_t> stream_of(std::initializer_list<std::size_t> sizes) {
    std::vector<std::uint8_t> stream;
    for (const std::size_t size : sizes) {
        stream.push_back(static_cast<std::uint8_t>(size >> 8));
        stream.push_back(static_cast<std::uint8_t>(size));
        stream.resize(stream.size() + size, static_cast<std::uint8_t>(size));
    }
    return stream;
}

TEST(FrameReader, ReassemblesFramesSplitAtEveryOctet) {
    const std::vector<std::uint8_t> stream{0, 3, 'a', 'b', 'c', 0, 0, 0, 1, 'd'};
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        for (std::size_t second = cut; second <= stream.size(); ++second) {
            FrameReader reader;
            std::string seen;
            const auto take = [&](BytesSpan frame) {
                seen += std::string(as_text(frame)) + "|";
                return true;
            };
            feed(reader, BytesView(stream).first(cut), take);
            feed(reader, BytesView(stream).subspan(cut, second - cut), take);
            feed(reader, BytesView(stream).subspan(second), take);
            EXPECT_EQ(seen, "abc|d|");
            EXPECT_EQ(reader.capacity(), 0U);
        }
    }
}

TEST(FrameReader, RefusesFramesLargerThanADatagram) {
    const auto stream = stream_of({FrameReader::kMaxFrame, FrameReader::kMaxFrame + 1});
    for (const std::size_t step : {std::size_t{1}, std::size_t{700}, stream.size()}) {
        FrameReader reader;
        int frames = 0;
        auto status = FrameStatus::kMore;
        for (std::size_t at = 0; at < stream.size() && status == FrameStatus::kMore; at += step) {
            const auto piece = BytesView(stream).subspan(at, std::min(step, stream.size() - at));
            status = feed(reader, piece, [&](BytesSpan frame) {
                EXPECT_EQ(frame.size(), FrameReader::kMaxFrame);
                return ++frames > 0;
            });
            EXPECT_LE(reader.capacity(), FrameReader::kHeader + FrameReader::kMaxFrame);
        }
        EXPECT_EQ(frames, 1) << step;
        EXPECT_EQ(status, FrameStatus::kTooLarge) << step;
    }
}

TEST(FrameReader, StopsWhenNoMoreIsWanted) {
    const auto stream = stream_of({5, 6, 7});
    for (const std::size_t cut : {std::size_t{0}, std::size_t{3}, std::size_t{9}}) {
        FrameReader reader;
        std::vector<std::size_t> seen;
        const auto take = [&](BytesSpan frame) {
            seen.push_back(frame.size());
            return seen.size() < 2;
        };
        EXPECT_EQ(feed(reader, BytesView(stream).first(cut), take), FrameStatus::kMore);
        EXPECT_EQ(feed(reader, BytesView(stream).subspan(cut), take), FrameStatus::kStopped);
        EXPECT_EQ(seen, (std::vector<std::size_t>{5, 6}));
    }
}

TEST(FirstFrame, IsEmptyWhileItIsNotWhole) {
    const auto stream = stream_of({4, 9});
    EXPECT_EQ(first_frame(stream).size(), 4U);
    EXPECT_EQ(first_frame(BytesView(stream).first(6)).size(), 4U);
    for (const std::size_t size : {0, 1, 2, 5}) {
        EXPECT_TRUE(first_frame(BytesView(stream).first(size)).empty()) << size;
    }
}

TEST(ClientPrefix, IsTheAddressOrTheNetworkOfOneSubscriber) {
    const auto prefix = [](const char* text) {
        return client_prefix(*IpAddress::parse(text)).to_string();
    };
    EXPECT_EQ(prefix("192.0.2.77"), "192.0.2.77");
    EXPECT_EQ(prefix("::ffff:192.0.2.77"), "192.0.2.77");
    EXPECT_EQ(prefix("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
}

}  // namespace
}  // namespace parley::net
