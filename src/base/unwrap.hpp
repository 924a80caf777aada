// Wrapping numbers, unwrapped to 64 bits where they enter (RFC 1982 order).

#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace parley {

/// True if `a` comes after `b` by the shorter way around.
template <std::unsigned_integral T>
constexpr bool newer_than(T a, T b) {
    const T difference = static_cast<T>(a - b);
    constexpr T half = static_cast<T>(T{1} << (sizeof(T) * 8 - 1));
    return difference != 0 && difference < half;
}

/// Continues a wrapping counter in 64 bits. The first value maps to itself plus one full turn, so
/// that values a little older stay positive.
template <std::unsigned_integral T>
class Unwrapper {
 public:
    /// Unwraps and remembers.
    std::int64_t unwrap(T value) {
        last_ = peek(value);
        return *last_;
    }
    /// Unwraps without remembering.
    std::int64_t peek(T value) const {
        if (!last_) return (std::int64_t{1} << (sizeof(T) * 8)) + value;
        const T low = static_cast<T>(*last_);
        return *last_ + static_cast<std::make_signed_t<T>>(static_cast<T>(value - low));
    }
    void reset() { last_.reset(); }

 private:
    std::optional<std::int64_t> last_;
};

}  // namespace parley
