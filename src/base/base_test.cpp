#include <array>
#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/static_vector.hpp"
#include "base/time.hpp"
#include "base/units.hpp"
#include "base/unwrap.hpp"

namespace parley {
namespace {

TEST(ByteReader, ReadsBigEndianAndLatchesTheFirstOverrun) {
    const std::array<std::uint8_t, 7> bytes{1, 2, 3, 4, 5, 6, 7};
    ByteReader reader(bytes);
    EXPECT_EQ(reader.u8(), 1);
    EXPECT_EQ(reader.u16(), 0x0203);
    EXPECT_EQ(reader.u24(), 0x040506U);
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.u16(), 0);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.u8(), 0) << "nothing is read after an overrun";
    EXPECT_TRUE(reader.take(1).empty());
}

TEST(ByteWriter, WritesBigEndianAndRefusesWhatDoesNotFit) {
    std::array<std::uint8_t, 5> out{};
    ByteWriter writer(out);
    writer.u32(0x01020304);
    EXPECT_TRUE(writer.ok());
    writer.u16(0x0506);
    EXPECT_FALSE(writer.ok());
    EXPECT_EQ(writer.size(), 4U);
    EXPECT_EQ(out[4], 0);
}

TEST(Unwrapper, CountsOnThroughTheWrapAndBack) {
    Unwrapper<std::uint16_t> unwrapper;
    EXPECT_EQ(unwrapper.unwrap(65535), 65536 + 65535);
    EXPECT_EQ(unwrapper.unwrap(0), 2 * 65536);
    EXPECT_EQ(unwrapper.unwrap(65534), 65536 + 65534);
    EXPECT_EQ(unwrapper.peek(2), 2 * 65536 + 2);
}

TEST(NewerThan, TakesTheShorterWayAround) {
    EXPECT_TRUE(newer_than<std::uint16_t>(0, 65535));
    EXPECT_FALSE(newer_than<std::uint16_t>(65535, 0));
    EXPECT_FALSE(newer_than<std::uint16_t>(7, 7));
    EXPECT_FALSE(newer_than<std::uint16_t>(0x8000, 0));
}

TEST(WallTime, ConvertsToNtp) {
    EXPECT_EQ(WallTime{0}.ntp().value >> 32, 2'208'988'800U);
    EXPECT_EQ(WallTime{500'000}.ntp().value & 0xFFFFFFFF, 0x80000000U);
    const WallAnchor anchor{Instant{1s}, WallTime{10'000'000}};
    EXPECT_EQ(anchor.at(Instant{3s}).unix_us, 12'000'000);
}

TEST(Random, ReplaysFromItsSeed) {
    Random a(7);
    Random b(7);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(a(), b());
    for (int i = 0; i < 1000; ++i) EXPECT_LT(a.uniform(), 1.0);
}

TEST(SecretRandom, SpellsIceCharacters) {
    SeededSecret secret(1);
    const std::string text = secret.ice_chars(32);
    EXPECT_EQ(text.size(), 32U);
    EXPECT_EQ(
        text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
        std::string::npos);
    EXPECT_NE(secret.id(20), secret.id(20));
}

TEST(StaticVector, RefusesWhatExceedsItsCapacity) {
    StaticVector<int, 2> items;
    EXPECT_TRUE(items.push_back(1));
    EXPECT_TRUE(items.push_back(2));
    EXPECT_FALSE(items.push_back(3));
    items.erase_at(0);
    EXPECT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0], 2);
}

TEST(Bitrate, IsBytesOverTime) {
    EXPECT_EQ(rate_of(125, 1ms).bps, 1'000'000);
    EXPECT_EQ(rate_of(125, 0ms).bps, 0);
}

}  // namespace
}  // namespace parley
