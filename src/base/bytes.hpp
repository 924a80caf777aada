// Octets as the network carries them, and bounded big-endian access to them.
//
// Octets are std::uint8_t rather than std::byte: protocol code does arithmetic on them, and every
// C library below takes unsigned char (docs/adr/0001).

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace parley {

using BytesView = std::span<const std::uint8_t>;
using BytesSpan = std::span<std::uint8_t>;

/// The octets of a text, borrowed.
inline BytesView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The text that octets spell, borrowed; nothing is validated.
inline std::string_view as_text(BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Unchecked big-endian access: the caller has proved that the octets are there.
inline std::uint16_t load_be16(const std::uint8_t* p) {
    return static_cast<std::uint16_t>((p[0] << 8) | p[1]);
}
inline std::uint32_t load_be24(const std::uint8_t* p) {
    return (std::uint32_t{p[0]} << 16) | (std::uint32_t{p[1]} << 8) | p[2];
}
inline std::uint32_t load_be32(const std::uint8_t* p) {
    return (std::uint32_t{p[0]} << 24) | load_be24(p + 1);
}
inline std::uint64_t load_be64(const std::uint8_t* p) {
    return (std::uint64_t{load_be32(p)} << 32) | load_be32(p + 4);
}
inline void store_be16(std::uint8_t* p, std::uint16_t value) {
    p[0] = static_cast<std::uint8_t>(value >> 8);
    p[1] = static_cast<std::uint8_t>(value);
}
inline void store_be24(std::uint8_t* p, std::uint32_t value) {
    p[0] = static_cast<std::uint8_t>(value >> 16);
    store_be16(p + 1, static_cast<std::uint16_t>(value));
}
inline void store_be32(std::uint8_t* p, std::uint32_t value) {
    p[0] = static_cast<std::uint8_t>(value >> 24);
    store_be24(p + 1, value);
}
inline void store_be64(std::uint8_t* p, std::uint64_t value) {
    store_be32(p, static_cast<std::uint32_t>(value >> 32));
    store_be32(p + 4, static_cast<std::uint32_t>(value));
}

/// Reads from the front of a view. A read past the end yields zeros and latches ok() == false, so
/// that a parser may read a whole structure and check once.
class ByteReader {
 public:
    explicit ByteReader(BytesView bytes) : bytes_(bytes) {}

    bool ok() const { return ok_; }
    std::size_t remaining() const { return bytes_.size() - at_; }
    std::size_t position() const { return at_; }
    BytesView rest() const { return bytes_.subspan(at_); }

    std::uint8_t u8() { return has(1) ? bytes_[at_++] : std::uint8_t{0}; }
    std::uint16_t u16() {
        if (!has(2)) return 0;
        at_ += 2;
        return load_be16(&bytes_[at_ - 2]);
    }
    std::uint32_t u24() {
        if (!has(3)) return 0;
        at_ += 3;
        return load_be24(&bytes_[at_ - 3]);
    }
    std::uint32_t u32() {
        if (!has(4)) return 0;
        at_ += 4;
        return load_be32(&bytes_[at_ - 4]);
    }
    std::uint64_t u64() {
        if (!has(8)) return 0;
        at_ += 8;
        return load_be64(&bytes_[at_ - 8]);
    }
    /// The next `size` octets, borrowed; empty when they are not all there.
    BytesView take(std::size_t size) {
        if (!has(size)) return {};
        at_ += size;
        return bytes_.subspan(at_ - size, size);
    }
    void skip(std::size_t size) { (void)take(size); }

 private:
    bool has(std::size_t size) {
        if (bytes_.size() - at_ >= size) return ok_;
        ok_ = false;
        at_ = bytes_.size();
        return false;
    }

    BytesView bytes_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

/// Writes to the front of a buffer. A write that does not fit changes nothing and latches
/// ok() == false.
class ByteWriter {
 public:
    explicit ByteWriter(BytesSpan out) : out_(out) {}

    bool ok() const { return ok_; }
    std::size_t size() const { return at_; }
    std::size_t remaining() const { return out_.size() - at_; }
    BytesSpan written() const { return out_.first(at_); }

    void u8(std::uint8_t value) {
        if (fits(1)) out_[at_++] = value;
    }
    void u16(std::uint16_t value) {
        if (!fits(2)) return;
        store_be16(&out_[at_], value);
        at_ += 2;
    }
    void u24(std::uint32_t value) {
        if (!fits(3)) return;
        store_be24(&out_[at_], value);
        at_ += 3;
    }
    void u32(std::uint32_t value) {
        if (!fits(4)) return;
        store_be32(&out_[at_], value);
        at_ += 4;
    }
    void u64(std::uint64_t value) {
        if (!fits(8)) return;
        store_be64(&out_[at_], value);
        at_ += 8;
    }
    void bytes(BytesView value) {
        if (!fits(value.size()) || value.empty()) return;
        std::memcpy(&out_[at_], value.data(), value.size());
        at_ += value.size();
    }
    void zeros(std::size_t count) {
        if (!fits(count) || count == 0) return;
        std::memset(&out_[at_], 0, count);
        at_ += count;
    }
    /// Overwrites two octets written before, for a length known only now.
    void patch_u16(std::size_t position, std::uint16_t value) {
        if (position + 2 <= at_) store_be16(&out_[position], value);
    }

 private:
    bool fits(std::size_t size) {
        if (ok_ && out_.size() - at_ >= size) return true;
        ok_ = false;
        return false;
    }

    BytesSpan out_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

}  // namespace parley
