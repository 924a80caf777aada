// The chunked transfer coding (RFC 9112 §7.1), octet by octet. Extensions and trailers are read and
// thrown away.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"

namespace parley::server {

class ChunkDecoder {
 public:
    enum class State : std::uint8_t { kNeedMore, kDone, kBad, kTooLong };

    /// Takes octets from the front of `bytes`, moves it past them, and appends data to `body`,
    /// which never grows beyond `limit`.
    State feed(BytesView& bytes, std::string& body, std::size_t limit);

 private:
    enum class At : std::uint8_t {
        kSize,
        kExtension,
        kSizeEnd,  // the LF of the size line
        kData,
        kDataCr,
        kDataLf,
        kTrailerStart,
        kTrailer,
        kTrailerLf,
        kLastLf,
    };
    State step(std::uint8_t octet);
    State end_size_line();

    /// Extensions and trailers together; nobody here needs any.
    static constexpr std::size_t kMostIgnored = 4096;

    At at_ = At::kSize;
    std::uint64_t size_ = 0;
    unsigned digits_ = 0;
    std::size_t ignored_ = 0;
};

}  // namespace parley::server
