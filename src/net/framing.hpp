// RFC 4571 framing: each datagram on a TCP connection follows its length in two octets.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace parley::net {

/// Cuts a TCP byte stream into frames. Holds at most one incomplete frame (65,537 octets).
class FrameReader {
 public:
    /// Appends received octets, then calls `take(BytesSpan frame)` for every complete frame. Empty
    /// frames are skipped (RFC 4571 §2 allows them and gives them no meaning).
    template <typename Take>
    void feed(BytesView bytes, Take&& take) {
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
        std::size_t at = 0;
        while (buffer_.size() - at >= kHeader) {
            const std::size_t size = load_be16(&buffer_[at]);
            if (buffer_.size() - at - kHeader < size) break;
            if (size > 0) take(BytesSpan(&buffer_[at + kHeader], size));
            at += kHeader + size;
        }
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at));
    }

    std::size_t buffered() const { return buffer_.size(); }

    static constexpr std::size_t kHeader = 2;

 private:
    std::vector<std::uint8_t> buffer_;
};

}  // namespace parley::net
