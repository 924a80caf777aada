// Any text: the parser answers, and what it accepts survives writing and parsing again.

#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "sdp/edit.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace parley;
    const auto first = sdp::parse(as_text({data, size}));
    if (!first) {
        PARLEY_ASSERT(!sdp::to_text(first.error()).empty());
        return 0;
    }
    const auto text = sdp::write(*first);
    auto second = sdp::parse(text);
    if (!second) {
        // Writing may lengthen a text past a limit (an rtpmap for each static payload type).
        PARLEY_ASSERT(second.error().reason == sdp::ParseReason::kTooLarge ||
                      second.error().reason == sdp::ParseReason::kTooManyLines ||
                      second.error().reason == sdp::ParseReason::kTooManyAttributes ||
                      second.error().reason == sdp::ParseReason::kLineTooLong);
        return 0;
    }
    PARLEY_ASSERT(*first == *second);
    sdp::set_bandwidth(*second, sdp::MediaKind::kVideo, Bitrate::from_kbps(2000));
    sdp::prefer_codec(*second, sdp::MediaKind::kVideo, "VP9");
    sdp::enable_stereo_opus(*second, Bitrate::from_bps(510'000));
    PARLEY_ASSERT(second->media.size() == first->media.size());
    return 0;
}
