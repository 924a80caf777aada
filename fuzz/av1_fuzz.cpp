// AV1 payloads and bare sequence headers.

#include "base/assert.hpp"
#include "media/av1.hpp"
#include "media/payload.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace parley;
    using namespace parley::media;
    (void)read_av1_size({data, size});
    const auto info = parse_av1({data, size});
    PARLEY_ASSERT(inspect(Codec::kAv1, {data, size}, true).has_value() == info.has_value());
    if (!info) return 0;
    PARLEY_ASSERT(info->element_count >= 1 && info->element_count <= kMaxObuElements);
    if (info->continues_obu) PARLEY_ASSERT(!info->keyframe());
    return 0;
}
