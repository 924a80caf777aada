// Builds bit fields in tests, most significant bit first.

#pragma once

#include <cstdint>
#include <vector>

namespace parley::rtp {

class TestBitWriter {
 public:
    TestBitWriter& bits(unsigned count, std::uint64_t value) {
        for (unsigned i = count; i > 0; --i) {
            if (used_ % 8 == 0) bytes_.push_back(0);
            const auto bit = static_cast<std::uint8_t>((value >> (i - 1)) & 1);
            bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | (bit << (7 - used_ % 8)));
            ++used_;
        }
        return *this;
    }
    /// Exp-Golomb, as H.264 writes numbers.
    TestBitWriter& ue(std::uint32_t value) {
        unsigned length = 0;
        while (((std::uint64_t{value} + 1) >> (length + 1)) != 0) ++length;
        return bits(length, 0).bits(length + 1, std::uint64_t{value} + 1);
    }
    const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
    std::vector<std::uint8_t> bytes_;
    std::size_t used_ = 0;
};

}  // namespace parley::rtp
