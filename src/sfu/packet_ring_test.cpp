#include "sfu/packet_ring.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "base/random.hpp"

namespace parley::sfu {
namespace {

struct Kept {
    SlotId id;
    std::vector<std::uint8_t> payload;
    std::vector<std::uint8_t> extensions;
};

SlotId append(PacketRing& ring, const Kept& kept, Instant now) {
    StoredPacket packet;
    packet.arrival = now;
    packet.payload = kept.payload;
    packet.extensions = kept.extensions;
    return ring.append(packet);
}

TEST(PacketRing, FindsWhatItKeptAndNothingElse) {
    PacketRing ring(PacketRing::video());
    EXPECT_EQ(ring.find(0), nullptr);
    const Kept kept{0, {1, 2, 3}, {9}};
    EXPECT_EQ(append(ring, kept, Instant{}), 0U);
    ASSERT_NE(ring.find(0), nullptr);
    EXPECT_EQ(ring.find(0)->payload.size(), 3U);
    EXPECT_EQ(ring.find(0)->payload[2], 3);
    EXPECT_EQ(ring.find(0)->extensions[0], 9);
    EXPECT_EQ(ring.find(1), nullptr);
    EXPECT_EQ(ring.find(kNoSlot), nullptr);
}

TEST(PacketRing, RefusesWhatCanNeverFit) {
    PacketRing ring({1000, 16, 1s});
    EXPECT_EQ(append(ring, {0, std::vector<std::uint8_t>(1001), {}}, Instant{}), kNoSlot);
    EXPECT_NE(append(ring, {0, std::vector<std::uint8_t>(1000), {}}, Instant{}), kNoSlot);
}

TEST(PacketRing, StaysSmallWhileLittleArrives) {
    PacketRing ring(PacketRing::audio());
    Instant now{};
    for (int i = 0; i < 5000; ++i, now += 20ms)
        append(ring, {0, std::vector<std::uint8_t>(100), {}}, now);
    EXPECT_LE(ring.capacity_bytes(), 16'384U);
    EXPECT_LE(ring.capacity_packets(), 64U);
}

TEST(PacketRing, GrowsToItsCapAndNoFurther) {
    PacketRing ring(PacketRing::video());
    Instant now{};
    for (int i = 0; i < 20'000; ++i, now += 100us) {
        append(ring, {0, std::vector<std::uint8_t>(1200), {}}, now);
    }
    EXPECT_EQ(ring.capacity_bytes(), PacketRing::video().max_bytes);
    EXPECT_LE(ring.capacity_packets(), PacketRing::video().max_packets);
}

// Against a model that forgets nothing: whatever is found is right, and everything younger than the
// retention is found while the cap allows it.
TEST(PacketRing, KeepsASecondIntactThroughGrowthAndWraps) {
    Random random(7);
    PacketRing ring(PacketRing::video());
    std::vector<Kept> all;
    std::vector<Instant> arrivals;
    Instant now{};
    for (int i = 0; i < 6000; ++i) {
        now += std::chrono::microseconds(random.below(4000));
        Kept kept{0, std::vector<std::uint8_t>(random.below(1200)), {}};
        for (auto& octet : kept.payload) octet = static_cast<std::uint8_t>(random());
        kept.extensions.resize(random.below(8), static_cast<std::uint8_t>(i));
        kept.id = append(ring, kept, now);
        ASSERT_EQ(kept.id, static_cast<SlotId>(i));
        all.push_back(kept);
        arrivals.push_back(now);
        if (i % 37 != 0) continue;
        for (std::size_t k = all.size() > 900 ? all.size() - 900 : 0; k < all.size(); ++k) {
            const StoredPacket* found = ring.find(all[k].id);
            const bool young = now - arrivals[k] < 1s;
            ASSERT_TRUE(found != nullptr || !young) << i << " " << k;
            if (found == nullptr) continue;
            ASSERT_TRUE(std::ranges::equal(found->payload, all[k].payload));
            ASSERT_TRUE(std::ranges::equal(found->extensions, all[k].extensions));
        }
    }
}

}  // namespace
}  // namespace parley::sfu
