#include "load/port.hpp"

#include <gtest/gtest.h>

namespace parley::load {
namespace {

/// A kernel that answers in turn with how many datagrams it takes, or (negative) with an error.
struct Kernel {
    std::vector<int> answers;
    std::vector<std::size_t> asked_from = {};

    std::expected<std::size_t, int> operator()(std::size_t first, std::size_t count) {
        const int answer = answers.at(asked_from.size());
        asked_from.push_back(first);
        if (answer < 0) return std::unexpected(-answer);
        EXPECT_LE(static_cast<std::size_t>(answer), count);
        return static_cast<std::size_t>(answer);
    }
};
using Asked = std::vector<std::size_t>;

TEST(SendAll, GoesOnWhereTheKernelStopped) {
    Kernel kernel{{3, 5}};
    EXPECT_EQ(send_all(8, kernel), 0U);
    EXPECT_EQ(kernel.asked_from, (Asked{0, 3}));
    Kernel idle{{}};
    EXPECT_EQ(send_all(0, idle), 0U);
}

TEST(SendAll, AFullQueueIsNotTriedPacketByPacket) {
    for (const int error : {EAGAIN, ENOBUFS}) {
        Kernel kernel{{3, -error}};
        EXPECT_EQ(send_all(8, kernel), 5U);
        EXPECT_EQ(kernel.asked_from, (Asked{0, 3}));
    }
}

TEST(SendAll, ADatagramThatIsRefusedForItselfHoldsUpNoOther) {
    Kernel kernel{{2, -EPERM, 5}};
    EXPECT_EQ(send_all(8, kernel), 1U);
    EXPECT_EQ(kernel.asked_from, (Asked{0, 2, 3}));
}

}  // namespace
}  // namespace parley::load
