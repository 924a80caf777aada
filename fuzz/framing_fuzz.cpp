// Any octets as a TCP stream of frames (RFC 4571): whole and in pieces of any size they give the
// same frames and the same end, and hold no more than one frame.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "net/framing.hpp"

namespace {

using namespace parley;
using Frames = std::vector<std::vector<std::uint8_t>>;

/// A frame that begins with this octet ends the taker's interest.
constexpr std::uint8_t kStop = 0xEE;

std::pair<Frames, net::FrameStatus> read(BytesView stream, std::size_t step) {
    std::vector<std::uint8_t> copy(stream.begin(), stream.end());
    BytesSpan left(copy);
    net::FrameReader reader;
    Frames frames;
    auto status = net::FrameStatus::kMore;
    while (!left.empty() && status == net::FrameStatus::kMore) {
        const auto piece = left.first(std::min(step, left.size()));
        left = left.subspan(piece.size());
        status = reader.feed(piece, [&](BytesSpan frame) {
            PARLEY_ASSERT(!frame.empty() && frame.size() <= net::FrameReader::kMaxFrame);
            frames.emplace_back(frame.begin(), frame.end());
            std::ranges::fill(frame, std::uint8_t{0});  // it may be changed in place
            return frames.back()[0] != kStop;
        });
        PARLEY_ASSERT(reader.capacity() <= net::FrameReader::kMaxFrame + 2);
    }
    return {std::move(frames), status};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto whole = read({data, size}, size + 1);
    for (const std::size_t step : {1, 2, 3, 7, 1460}) {
        PARLEY_ASSERT(read({data, size}, step) == whole);
    }
    return 0;
}
