// The packet path allocates nothing once it is warm: every allocation of the process is counted
// while the node handles a media packet and sends it on.

#include <gtest/gtest.h>

#include "base/allocation_counter_testing.hpp"
#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

TEST(PacketPath, AllocatesNothingForAForwardedPacketOnceWarm) {
    World world(11);
    Client& alice = join(world, "alice", {"low", "medium", "high"});
    join(world, "bob");
    join(world, "carol");
    Camera camera(world, alice, {"low", "medium", "high"});
    camera.ignores_track_layers = true;  // all of them arrive
    world.run(10s, [&] { camera.tick(); });

    std::uint64_t packets = 0;
    std::uint64_t before = 0;
    std::uint64_t counted = 0;
    world.around_media = [&](bool begins) {
        if (begins) {
            ++packets;
            before = allocations;
        } else {
            counted += allocations - before;
        }
    };
    world.run(10s, [&] { camera.tick(); });
    EXPECT_GT(packets, 2000U);
    EXPECT_EQ(counted, 0U) << "in " << packets << " packets";
}

TEST(PacketPath, TheCounterCounts) {
    const std::uint64_t before = allocations;
    int* volatile kept = new int(7);  // volatile, or the compiler leaves the pair out
    delete kept;
    EXPECT_EQ(allocations - before, 1U);
}

}  // namespace
}  // namespace parley::testing
