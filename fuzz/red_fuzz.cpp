// Redundant audio and the Opus inside: what is read is written back the same.

#include <algorithm>
#include <span>
#include <vector>

#include "base/assert.hpp"
#include "media/opus.hpp"
#include "media/payload.hpp"
#include "rtp/red.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace parley;
    (void)media::parse_opus({data, size});
    (void)media::inspect(media::Codec::kRed, {data, size}, false);
    const auto blocks = rtp::parse_red({data, size}, 63);
    if (!blocks) return 0;
    PARLEY_ASSERT(!blocks->empty());
    std::vector<std::uint8_t> out(size);
    const std::size_t written =
        rtp::write_red(out, std::span(blocks->data(), blocks->size() - 1), blocks->back());
    PARLEY_ASSERT(written == size);
    PARLEY_ASSERT(std::equal(out.begin(), out.end(), data));
    return 0;
}
