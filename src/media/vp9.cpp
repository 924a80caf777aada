#include "media/vp9.hpp"

#include "base/bit_reader.hpp"
#include "media/picture_fields.hpp"

namespace parley::media {
namespace {

constexpr std::uint32_t kFrameMarker = 2;
constexpr std::uint32_t kSyncCode = 0x498342;
constexpr std::uint32_t kColorSpaceRgb = 7;

// |  TID  |U| SID |D|, then TL0PICIDX in non-flexible mode.
void read_layers(ByteReader& reader, Vp9Descriptor& descriptor) {
    descriptor.has_layers = true;
    descriptor.layers_at = static_cast<std::uint16_t>(reader.position());
    const std::uint8_t octet = reader.u8();
    descriptor.temporal_id = octet >> 5;
    descriptor.switching_up = (octet & 0x10) != 0;
    descriptor.spatial_id = (octet >> 1) & 7;
    descriptor.inter_layer_dependency = (octet & 1) != 0;
    if (descriptor.flexible) return;
    descriptor.has_tl0_picture_index = true;
    descriptor.tl0_picture_index_at = static_cast<std::uint16_t>(reader.position());
    descriptor.tl0_picture_index = reader.u8();
}

// | P_DIFF      |N| up to three times. False when a fourth is announced.
bool read_picture_diffs(ByteReader& reader, Vp9Descriptor& descriptor) {
    for (bool more = true; more;) {
        const std::uint8_t octet = reader.u8();
        if (!descriptor.picture_diffs.push_back(octet >> 1)) return false;
        more = (octet & 1) != 0;
    }
    return true;
}

// | N_S |Y|G|-|-|-|, sizes with Y, the group of pictures with G.
void read_structure(ByteReader& reader, Vp9Descriptor& descriptor) {
    descriptor.has_structure = true;
    const std::uint8_t head = reader.u8();
    descriptor.spatial_layers = static_cast<std::uint8_t>((head >> 5) + 1);
    if ((head & 0x10) != 0) {
        for (int i = 0; i < descriptor.spatial_layers; ++i) {
            const std::uint16_t width = reader.u16();
            descriptor.layer_sizes.push_back({width, reader.u16()});
        }
    }
    if ((head & 0x08) == 0) return;
    descriptor.group_pictures = reader.u8();
    for (int i = 0; i < descriptor.group_pictures && reader.ok(); ++i) {
        const std::uint8_t picture = reader.u8();
        reader.skip((picture >> 2) & 3);
    }
}

// The start of the uncompressed header (VP9 bitstream specification §6.2). An unreadable one, of an
// encrypted frame for instance, is no error: only the size is not known.
void read_uncompressed_header(BytesView data, Vp9Descriptor& descriptor) {
    BitReader reader(data);
    if (reader.bits(2) != kFrameMarker) return;
    const std::uint32_t low = reader.bits(1);
    const std::uint32_t profile = low | (reader.bits(1) << 1);
    if (profile == 3) reader.skip(1);
    const bool show_existing = reader.flag();
    const bool inter_frame = reader.flag();
    if (show_existing || inter_frame) return;
    reader.skip(2);  // show_frame, error_resilient_mode
    if (reader.bits(24) != kSyncCode) return;
    if (profile >= 2) reader.skip(1);  // ten_or_twelve_bit
    const bool odd_profile = profile == 1 || profile == 3;
    if (reader.bits(3) != kColorSpaceRgb) {
        reader.skip(odd_profile ? 4 : 1);  // range; subsampling and a reserved bit
    } else if (odd_profile) {
        reader.skip(1);
    }
    const std::uint32_t width = reader.bits(16) + 1;
    const std::uint32_t height = reader.bits(16) + 1;
    if (!reader.ok() || width > 0xFFFF || height > 0xFFFF) return;
    descriptor.coded_width = static_cast<std::uint16_t>(width);
    descriptor.coded_height = static_cast<std::uint16_t>(height);
}

}  // namespace

//  |I|P|L|F|B|E|V|Z|
Result<Vp9Descriptor, PayloadError> parse_vp9(BytesView payload) {
    if (payload.empty()) return fail(PayloadError::kEmpty);
    ByteReader reader(payload);
    Vp9Descriptor descriptor;
    const std::uint8_t flags = reader.u8();
    descriptor.inter_predicted = (flags & 0x40) != 0;
    descriptor.flexible = (flags & 0x10) != 0;
    descriptor.start_of_frame = (flags & 0x08) != 0;
    descriptor.end_of_frame = (flags & 0x04) != 0;
    descriptor.not_inter_layer_reference = (flags & 0x01) != 0;
    if ((flags & 0x80) != 0) {
        descriptor.has_picture_id = true;
        descriptor.picture_id_at = static_cast<std::uint16_t>(reader.position());
        const PictureId id = read_picture_id(reader);
        descriptor.long_picture_id = id.is_long;
        descriptor.picture_id = id.value;
    }
    if ((flags & 0x20) != 0) read_layers(reader, descriptor);
    if (descriptor.flexible && descriptor.inter_predicted &&
        !read_picture_diffs(reader, descriptor)) {
        return fail(PayloadError::kTooMany);
    }
    if ((flags & 0x02) != 0) read_structure(reader, descriptor);
    if (!reader.ok() || reader.remaining() == 0) return fail(PayloadError::kTruncated);
    descriptor.size = static_cast<std::uint16_t>(reader.position());
    if (descriptor.start_of_frame && !descriptor.inter_predicted) {
        read_uncompressed_header(reader.rest(), descriptor);
    }
    return descriptor;
}

void patch_vp9(BytesSpan payload, const Vp9Descriptor& descriptor, std::uint16_t picture_id,
               std::uint8_t tl0_picture_index) {
    if (descriptor.has_picture_id) {
        patch_picture_id(payload, descriptor.picture_id_at, descriptor.long_picture_id, picture_id);
    }
    if (descriptor.has_tl0_picture_index && descriptor.tl0_picture_index_at < payload.size()) {
        payload[descriptor.tl0_picture_index_at] = tl0_picture_index;
    }
}

}  // namespace parley::media
