// A thousand join, leave and ask for keyframes at once: all who stay are in within the time of a
// full reconnect of a thousand (15 s), publishers are not asked more often than for one subscriber,
// and what the storm filled is empty after it.

#include "tests/pair/storm.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace parley::testing {
namespace {

constexpr std::size_t kRooms = 10;
constexpr std::size_t kPublishersPerRoom = 2;
constexpr std::size_t kGuests = 980;
constexpr Duration kAllBack = 15s;

std::string room_of(std::size_t i) {
    return "room" + std::to_string(i % kRooms);
}

std::uint64_t tables(const node::NodeStats& stats) {
    return stats.members + stats.rooms + stats.paths + stats.ufrags + stats.sources;
}

/// Guests who are still there and do not see everybody yet.
std::size_t waiting(const Storm& storm) {
    return static_cast<std::size_t>(std::ranges::count_if(storm.guests, [](const auto& guest) {
        const std::size_t others = kPublishersPerRoom - (guest->publishes ? 1 : 0);
        return !guest->gone && !(guest->joined && Storm::sees(*guest, others));
    }));
}

/// The shortest time between two keyframe requests that reached one publisher.
Duration closest_requests(const Storm& storm) {
    Duration closest = 3600s;
    for (const auto& guest : storm.guests) {
        for (std::size_t i = 1; i < guest->asked.size(); ++i) {
            closest = std::min(closest, guest->asked[i] - guest->asked[i - 1]);
        }
    }
    return closest;
}

TEST(Storm, AThousandJoinLeaveAndAskForKeyframesAtOnce) {
    signal::Config config;
    // Who vanished keeps a place for a while.
    config.limits.participants_per_room = 150;
    Storm storm(61, config);
    for (std::size_t i = 0; i < kRooms * kPublishersPerRoom; ++i) storm.open(room_of(i), true);
    storm.run(3s);
    ASSERT_EQ(waiting(storm), 0U);
    const auto before = storm.node().stats();
    ASSERT_EQ(before.members, kRooms * kPublishersPerRoom);

    // All come in the same millisecond. Every seventh may resume.
    for (std::size_t i = 0; i < kGuests; ++i) storm.open(room_of(i), false, i % 7 == 0);
    const Instant came = storm.now;
    EXPECT_TRUE(storm.run_until([&] { return waiting(storm) == 0; }, kAllBack))
        << waiting(storm) << " wait";
    ::testing::Test::RecordProperty("all_in_ms", static_cast<int>(to_ms(storm.now - came)));
    EXPECT_EQ(storm.node().stats().members, 1000U);

    // Half of them leave and as many come, while the others ask for keyframes over and over.
    const std::size_t first = kRooms * kPublishersPerRoom;
    for (std::size_t i = 0; i < kGuests / 2; ++i) {
        Guest& guest = *storm.guests[first + i];
        i % 3 == 0 ? storm.vanish(guest) : storm.leave(guest);
    }
    for (std::size_t i = 0; i < kGuests / 2; ++i) storm.open(room_of(i), false);
    const Instant again = storm.now;
    for (int round = 0; round < 30; ++round) {
        for (const auto& guest : storm.guests) {
            if (!guest->gone && !guest->publishes) storm.ask_for_keyframes(*guest);
        }
        storm.run(100ms);
    }
    EXPECT_TRUE(storm.run_until([&] { return waiting(storm) == 0; }, kAllBack - 3s))
        << waiting(storm) << " wait";
    ::testing::Test::RecordProperty("all_back_ms", static_cast<int>(to_ms(storm.now - again)));
    EXPECT_GE(closest_requests(storm), 500ms);
    for (const auto& guest : storm.guests) {
        if (!guest->publishes) continue;
        EXPECT_GE(guest->asked.size(), 3U) << "requests arrive at all";
    }

    // All but the publishers go; those who vanished and may resume are given up in time.
    for (const auto& guest : storm.guests) {
        if (!guest->gone && !guest->publishes) storm.leave(*guest);
    }
    storm.silent = true;
    storm.run(35s);
    const auto after = storm.node().stats();
    EXPECT_EQ(tables(after), tables(before));
    EXPECT_EQ(after.members, before.members);
    const auto counters = storm.service().counters();
    EXPECT_EQ(counters.participants, before.members);
    EXPECT_EQ(counters.detached, 0U);
    EXPECT_EQ(counters.rooms, kRooms);
    EXPECT_EQ(storm.errors.size(), 0U) << storm.errors.front();
    EXPECT_EQ(storm.socket_drops, 0U);
    EXPECT_LT(storm.most_commands, 65'536U / 2) << "signaling was never held up";
    ::testing::Test::RecordProperty("most_commands", static_cast<int>(storm.most_commands));
    ::testing::Test::RecordProperty("most_socket_octets",
                                    static_cast<int>(storm.most_socket_octets));

    for (const auto& guest : storm.guests) {
        if (!guest->gone) storm.leave(*guest);
    }
    storm.run(1s);
    EXPECT_EQ(tables(storm.node().stats()), 0U);
    EXPECT_EQ(storm.node().next_timeout(), kNever);
}

}  // namespace
}  // namespace parley::testing
