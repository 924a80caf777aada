// The moving picture that publishers show: a plain ground, a block that wanders, and the number of
// the frame in large figures, so that a person sees at once whether it runs and at what pace.

#pragma once

#include <cstdint>
#include <vector>

namespace parley::load {

/// Planes of 4:2:0, no padding between rows.
struct Picture {
    unsigned width = 0;  // even
    unsigned height = 0;
    std::vector<std::uint8_t> y;
    std::vector<std::uint8_t> u;
    std::vector<std::uint8_t> v;
};

/// Frame `number` of a loop of `count`.
Picture draw_test_picture(unsigned width, unsigned height, unsigned number, unsigned count);

}  // namespace parley::load
