// RFC 4571 framing: each datagram on a TCP connection follows its length in two octets.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace parley::net {

/// How the reading of a stream goes on.
enum class FrameStatus : std::uint8_t {
    kMore,
    kStopped,   // the one who takes frames wants no more of this stream
    kTooLarge,  // a frame is larger than any datagram here
};

/// Cuts a TCP byte stream into frames. What is whole is handed out where it lies; held is at most
/// one incomplete frame, and nothing between frames: an idle connection costs no memory.
class FrameReader {
 public:
    /// Calls `bool take(BytesSpan frame)` for every frame that these octets complete, until it
    /// says false. Empty frames are skipped (RFC 4571 §2 allows them and gives them no meaning).
    /// After anything but kMore the stream is of no use.
    template <typename Take>
    FrameStatus feed(BytesSpan bytes, Take&& take) {
        while (!held_.empty() && !bytes.empty()) {
            if (!hold_more(bytes)) return FrameStatus::kTooLarge;
            if (held_.size() < needed(held_)) continue;
            auto frame = std::exchange(held_, {});
            if (frame.size() > kHeader && !take(BytesSpan(frame).subspan(kHeader))) {
                return FrameStatus::kStopped;
            }
        }
        while (!bytes.empty()) {
            const std::size_t size = needed(bytes);
            if (size > kHeader + kMaxFrame) return FrameStatus::kTooLarge;
            if (bytes.size() < size) {
                held_.reserve(size);
                held_.assign(bytes.begin(), bytes.end());
                break;
            }
            const BytesSpan frame = bytes.first(size).subspan(kHeader);
            bytes = bytes.subspan(size);
            if (!frame.empty() && !take(frame)) return FrameStatus::kStopped;
        }
        return FrameStatus::kMore;
    }

    /// The memory that it holds.
    std::size_t capacity() const { return held_.capacity(); }

    static constexpr std::size_t kHeader = 2;
    /// Packets of media and STUN keep to a path's MTU, on TCP as well; DTLS of some clients is
    /// larger, at most this (libwebrtc's kMaxDtlsPacketLen).
    static constexpr std::size_t kMaxFrame = 2048;

 private:
    /// The size of the frame that begins here with its header; of the header while that is not
    /// whole.
    static std::size_t needed(BytesView begun) {
        return begun.size() < kHeader ? kHeader : kHeader + load_be16(begun.data());
    }

    /// Takes what the held frame needs, header first. False when it is too large.
    bool hold_more(BytesSpan& bytes) {
        const std::size_t count = std::min(needed(held_) - held_.size(), bytes.size());
        held_.insert(held_.end(), bytes.begin(),
                     bytes.begin() + static_cast<std::ptrdiff_t>(count));
        bytes = bytes.subspan(count);
        if (needed(held_) > kHeader + kMaxFrame) return false;
        held_.reserve(needed(held_));
        return true;
    }

    std::vector<std::uint8_t> held_;
};

/// The first frame of a stream that begins with these octets; empty while it is not whole.
inline BytesView first_frame(BytesView bytes) {
    if (bytes.size() < FrameReader::kHeader) return {};
    const std::size_t size = load_be16(bytes.data());
    bytes = bytes.subspan(FrameReader::kHeader);
    return bytes.size() < size ? BytesView() : bytes.first(size);
}

}  // namespace parley::net
