// The packet path allocates nothing once it is warm: every allocation of the process is counted
// while the node handles a media packet and sends it on.

#include <atomic>
#include <cstdlib>
#include <gtest/gtest.h>
#include <new>

#include "tests/pair/camera.hpp"

namespace {

std::atomic<bool> counting = false;
std::atomic<std::uint64_t> allocations = 0;

void* counted(std::size_t size) {
    if (counting.load(std::memory_order_relaxed)) ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    std::abort();
}

}  // namespace

void* operator new(std::size_t size) {
    return counted(size);
}
void* operator new[](std::size_t size) {
    return counted(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace parley::testing {
namespace {

TEST(PacketPath, AllocatesNothingForAForwardedPacketOnceWarm) {
    World world(11);
    Client& alice = join(world, "alice", {"low", "medium", "high"});
    join(world, "bob");
    join(world, "carol");
    Camera camera(world, alice, {"low", "medium", "high"});
    world.run(10s, [&] { camera.tick(); });

    std::uint64_t packets = 0;
    allocations = 0;
    world.around_media = [&](bool begins) {
        counting = begins;
        packets += begins ? 1 : 0;
    };
    world.run(10s, [&] { camera.tick(); });
    counting = false;
    EXPECT_GT(packets, 2000U);
    EXPECT_EQ(allocations, 0U) << "in " << packets << " packets";
}

TEST(PacketPath, TheCounterCounts) {
    allocations = 0;
    counting = true;
    delete new int(7);
    counting = false;
    EXPECT_EQ(allocations, 1U);
}

}  // namespace
}  // namespace parley::testing
