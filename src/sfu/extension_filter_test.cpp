#include "sfu/extension_filter.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace parley::sfu {
namespace {

constexpr std::uint8_t kLevel = 5;

// The two-byte form has elements without data, and one may come as often as there is room.
std::vector<std::uint8_t> packet_with(std::size_t elements, std::uint8_t size) {
    std::vector<std::uint8_t> bytes{0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x10, 0x00, 0, 0};
    for (std::size_t i = 0; i < elements; ++i) {
        bytes.insert(bytes.end(), {kLevel, size});
        bytes.insert(bytes.end(), size, 0xAB);
    }
    while (bytes.size() % 4 != 0) bytes.push_back(0);
    store_be16(&bytes[14], static_cast<std::uint16_t>((bytes.size() - 16) / 4));
    bytes.push_back(1);  // payload
    return bytes;
}

TEST(ExtensionFilter, KeepsWhatFitsAndNoMore) {
    rtp::ExtensionMap ids;
    ids.set(kLevel, rtp::ExtensionType::kAudioLevel);
    for (const std::size_t size : {0, 1, 2, 7, 100, 255}) {
        for (const std::size_t count : {1, 2, 159, 160, 161, 200, 500}) {
            const auto bytes = packet_with(count, static_cast<std::uint8_t>(size));
            const auto packet = rtp::parse_packet(bytes);
            ASSERT_TRUE(packet);
            const FilteredExtensions kept(*packet, ids);
            const std::size_t expected = std::min<std::size_t>(count, 320 / (size + 2));
            EXPECT_EQ(kept.bytes().size(), expected * (size + 2)) << size << " x " << count;
            KeptExtensionReader reader(kept.bytes());
            std::size_t read = 0;
            while (const auto element = reader.next()) {
                EXPECT_EQ(element->data.size(), size);
                ++read;
            }
            EXPECT_EQ(read, expected);
        }
    }
}

}  // namespace
}  // namespace parley::sfu
