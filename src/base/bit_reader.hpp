// Reads bits, most significant first, as payload headers and header extensions are written.

#pragma once

#include "base/bytes.hpp"

namespace parley {

/// A read past the end yields zero and latches ok() == false, as ByteReader does.
class BitReader {
 public:
    explicit BitReader(BytesView bytes) : bytes_(bytes) {}

    bool ok() const { return ok_; }
    std::size_t position() const { return at_; }
    std::size_t remaining() const { return bytes_.size() * 8 - at_; }

    /// Up to 32 bits.
    std::uint32_t bits(unsigned count) {
        if (remaining() < count) {
            ok_ = false;
            at_ = bytes_.size() * 8;
        }
        if (!ok_) return 0;
        std::uint64_t value = 0;
        while (count > 0) {
            const unsigned used = at_ % 8;
            const unsigned take = count < 8 - used ? count : 8 - used;
            const unsigned octet = bytes_[at_ / 8];
            value = (value << take) | ((octet >> (8 - used - take)) & ((1U << take) - 1));
            at_ += take;
            count -= take;
        }
        return static_cast<std::uint32_t>(value);
    }
    bool flag() { return bits(1) != 0; }
    void skip(std::size_t count) {
        if (remaining() >= count) {
            at_ += count;
        } else {
            ok_ = false;
            at_ = bytes_.size() * 8;
        }
    }

 private:
    BytesView bytes_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

}  // namespace parley
