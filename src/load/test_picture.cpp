#include "load/test_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace parley::load {
namespace {

struct Colour {
    std::uint8_t y;
    std::uint8_t u;
    std::uint8_t v;
};
constexpr Colour kGround{52, 140, 118};
constexpr Colour kBlock{150, 100, 150};
constexpr Colour kFigure{220, 128, 128};

void fill(Picture& picture, unsigned x, unsigned y, unsigned width, unsigned height,
          Colour colour) {
    const unsigned right = std::min(x + width, picture.width);
    const unsigned bottom = std::min(y + height, picture.height);
    for (unsigned row = y; row < bottom; ++row) {
        const auto at = picture.y.begin() + static_cast<std::ptrdiff_t>(row * picture.width);
        std::fill(at + x, at + std::max(x, right), colour.y);
    }
    const unsigned half = picture.width / 2;
    for (unsigned row = y / 2; row < bottom / 2; ++row) {
        for (unsigned column = x / 2; column < right / 2; ++column) {
            picture.u[row * half + column] = colour.u;
            picture.v[row * half + column] = colour.v;
        }
    }
}

// Seven segments: top, upper left, upper right, middle, lower left, lower right, bottom.
constexpr std::array<std::uint8_t, 10> kSegments{0b1110111, 0b0100100, 0b1011101, 0b1101101,
                                                 0b0101110, 0b1101011, 0b1111011, 0b0100101,
                                                 0b1111111, 0b1101111};

void draw_figure(Picture& picture, unsigned digit, unsigned x, unsigned y, unsigned unit) {
    const auto lit = [&](unsigned bit) { return (kSegments[digit] >> bit & 1U) != 0; };
    const unsigned length = 4 * unit;
    if (lit(0)) fill(picture, x, y, length, unit, kFigure);
    if (lit(1)) fill(picture, x, y, unit, length, kFigure);
    if (lit(2)) fill(picture, x + length - unit, y, unit, length, kFigure);
    if (lit(3)) fill(picture, x, y + length - unit, length, unit, kFigure);
    if (lit(4)) fill(picture, x, y + length - unit, unit, length, kFigure);
    if (lit(5)) fill(picture, x + length - unit, y + length - unit, unit, length, kFigure);
    if (lit(6)) fill(picture, x, y + 2 * length - 2 * unit, length, unit, kFigure);
}

}  // namespace

Picture draw_test_picture(unsigned width, unsigned height, unsigned number, unsigned count) {
    Picture picture{width, height, {}, {}, {}};
    picture.y.assign(std::size_t{width} * height, kGround.y);
    picture.u.assign(std::size_t{width / 2} * (height / 2), kGround.u);
    picture.v.assign(picture.u.size(), kGround.v);
    // The block goes there and back once a loop, so that the end joins the beginning.
    const double turn = 2 * M_PI * number / std::max(1U, count);
    const unsigned size = height / 6 & ~1U;
    const auto x = static_cast<unsigned>((width - size) * (1 - std::cos(turn)) / 2) & ~1U;
    fill(picture, x, height - size - height / 16, size, size, kBlock);
    const unsigned unit = std::max(2U, height / 24 & ~1U);
    unsigned place = 0;
    for (const unsigned divisor : {100U, 10U, 1U}) {
        draw_figure(picture, number / divisor % 10, unit * (2 + 6 * place++), 2 * unit, unit);
    }
    return picture;
}

}  // namespace parley::load
