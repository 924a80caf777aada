// The values of header extensions. The first octet says which; descriptors come as a series, each
// behind its length, since they keep state.

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "rtp/dependency_descriptor.hpp"
#include "rtp/extension_values.hpp"
#include "rtp/video_layers_allocation.hpp"

namespace {

using namespace parley;
using namespace parley::rtp;

void read_values(BytesView data) {
    (void)read_audio_level(data);
    (void)read_abs_send_time(data);
    (void)read_transport_sequence_number(data);
    (void)read_video_orientation(data);
    (void)read_playout_delay(data);
    (void)read_content_type(data);
    (void)read_transmission_offset(data);
    (void)read_abs_capture_time(data);
    if (const auto mid = read_mid(data)) PARLEY_ASSERT(mid->size() <= kMaxStreamIdSize);
    if (const auto rid = read_rid(data)) PARLEY_ASSERT(read_mid(data) == rid);
    if (const auto allocation = read_video_layers_allocation(data)) {
        for (const auto& layer : allocation->layers) {
            PARLEY_ASSERT(layer.stream < allocation->stream_count);
            PARLEY_ASSERT(!layer.targets.empty());
        }
    }
}

// What a forwarder makes of a readable descriptor reads as what it meant.
void rewrite(BytesView data, const DependencyDescriptor& read,
             const FrameDependencyStructure& structure, DependencyDescriptorReader& subscriber) {
    std::array<std::uint8_t, 255 + kMaxDescriptorGrowth> out{};
    const DependencyDescriptorChange change{
        .frame_number = static_cast<std::uint16_t>(read.frame_number + 1000),
        .template_shift = 9,
        .active_decode_targets = 1,
        .decode_target_count = structure.decode_target_count,
        .active_targets_at = read.active_targets_at};
    const std::size_t size = rewrite_dependency_descriptor(data, change, out);
    PARLEY_ASSERT(size >= 3 && size <= data.size() + kMaxDescriptorGrowth);
    const auto again = subscriber.read(BytesView(out).first(size));
    PARLEY_ASSERT(again);
    PARLEY_ASSERT(again->frame_number == change.frame_number);
    PARLEY_ASSERT(again->template_id == (read.template_id + 9) % 64);
    PARLEY_ASSERT(again->structure_attached == read.structure_attached);
    PARLEY_ASSERT(again->active_decode_targets == 1U);
    PARLEY_ASSERT(again->frame.spatial_id == read.frame.spatial_id);
    PARLEY_ASSERT(again->frame.indications == read.frame.indications);
    PARLEY_ASSERT(again->frame.frame_diffs.size() == read.frame.frame_diffs.size());
}

void read_descriptors(BytesView data) {
    DependencyDescriptorReader reader;
    DependencyDescriptorReader subscriber;
    ByteReader input(data);
    while (input.remaining() > 0) {
        const std::size_t size = input.u8();
        const BytesView one = input.take(std::min(size, input.remaining()));
        const auto descriptor = reader.read(one);
        if (!descriptor) continue;
        PARLEY_ASSERT(reader.structure() != nullptr);
        const auto& structure = *reader.structure();
        PARLEY_ASSERT(structure.decode_target_count >= 1);
        PARLEY_ASSERT(structure.decode_target_count <= kMaxDecodeTargets);
        PARLEY_ASSERT(structure.chain_count <= structure.decode_target_count);
        PARLEY_ASSERT(descriptor->frame.spatial_id <= structure.max_spatial_id);
        PARLEY_ASSERT(descriptor->frame.temporal_id <= structure.max_temporal_id);
        rewrite(one, *descriptor, structure, subscriber);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView rest{data + 1, size - 1};
    if ((data[0] & 1) == 0) {
        read_values(rest);
    } else {
        read_descriptors(rest);
    }
    return 0;
}
