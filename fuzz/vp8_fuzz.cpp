// VP8 descriptors; what is read can be patched and reads back as patched.

#include <vector>

#include "base/assert.hpp"
#include "media/payload.hpp"
#include "media/vp8.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace parley;
    using namespace parley::media;
    const auto descriptor = parse_vp8({data, size});
    PARLEY_ASSERT(inspect(Codec::kVp8, {data, size}, true).has_value() == descriptor.has_value());
    if (!descriptor) return 0;
    PARLEY_ASSERT(descriptor->size < size);
    std::vector<std::uint8_t> copy(data, data + size);
    patch_vp8(copy, *descriptor, 0x5A5A, 0xA5);
    const auto patched = parse_vp8(copy);
    PARLEY_ASSERT(patched && patched->size == descriptor->size);
    PARLEY_ASSERT(patched->temporal_id == descriptor->temporal_id);
    PARLEY_ASSERT(patched->keyframe == descriptor->keyframe);
    if (descriptor->has_picture_id) {
        PARLEY_ASSERT(patched->picture_id == (0x5A5A & descriptor->picture_id_mask()));
    }
    if (descriptor->has_tl0_picture_index) PARLEY_ASSERT(patched->tl0_picture_index == 0xA5);
    return 0;
}
