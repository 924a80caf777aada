#include "media/vp8.hpp"

#include "media/picture_fields.hpp"

namespace parley::media {
namespace {

//   0 1 2 3 4 5 6 7
//  |X|R|N|S|R| PID |
//  |I|L|T|K| RSV   |  with X
//  |M| PictureID   |  with I; a second octet with M
//  |   TL0PICIDX   |  with L
//  |TID|Y| KEYIDX  |  with T or K
void read_extension(ByteReader& reader, Vp8Descriptor& descriptor) {
    const std::uint8_t flags = reader.u8();
    if ((flags & 0x80) != 0) {
        descriptor.has_picture_id = true;
        descriptor.picture_id_at = static_cast<std::uint8_t>(reader.position());
        const PictureId id = read_picture_id(reader);
        descriptor.long_picture_id = id.is_long;
        descriptor.picture_id = id.value;
    }
    if ((flags & 0x40) != 0) {
        descriptor.has_tl0_picture_index = true;
        descriptor.tl0_picture_index_at = static_cast<std::uint8_t>(reader.position());
        descriptor.tl0_picture_index = reader.u8();
    }
    if ((flags & 0x30) != 0) {
        descriptor.temporal_at = static_cast<std::uint8_t>(reader.position());
        const std::uint8_t octet = reader.u8();
        if ((flags & 0x20) != 0) {
            descriptor.has_temporal_id = true;
            descriptor.temporal_id = octet >> 6;
            descriptor.layer_sync = (octet & 0x20) != 0;
        }
        if ((flags & 0x10) != 0) {
            descriptor.has_key_index = true;
            descriptor.key_index = octet & 0x1F;
        }
    }
}

// RFC 6386 §9.1: three octets of frame tag, then in a key frame the start code and the size.
void read_frame_header(BytesView data, Vp8Descriptor& descriptor) {
    descriptor.keyframe = (data[0] & 1) == 0;
    if (!descriptor.keyframe || data.size() < 10) return;
    if (load_be24(&data[3]) != 0x9D012A) return;
    descriptor.width = static_cast<std::uint16_t>(data[6] | ((data[7] & 0x3F) << 8));
    descriptor.height = static_cast<std::uint16_t>(data[8] | ((data[9] & 0x3F) << 8));
}

}  // namespace

Result<Vp8Descriptor, PayloadError> parse_vp8(BytesView payload) {
    if (payload.empty()) return fail(PayloadError::kEmpty);
    ByteReader reader(payload);
    Vp8Descriptor descriptor;
    const std::uint8_t first = reader.u8();
    descriptor.non_reference = (first & 0x20) != 0;
    descriptor.start_of_partition = (first & 0x10) != 0;
    descriptor.partition = first & 0x07;
    if ((first & 0x80) != 0) read_extension(reader, descriptor);
    if (!reader.ok() || reader.remaining() == 0) return fail(PayloadError::kTruncated);
    descriptor.size = static_cast<std::uint8_t>(reader.position());
    if (descriptor.start_of_frame()) read_frame_header(reader.rest(), descriptor);
    return descriptor;
}

void patch_vp8(BytesSpan payload, const Vp8Descriptor& descriptor, std::uint16_t picture_id,
               std::uint8_t tl0_picture_index) {
    if (descriptor.has_picture_id) {
        patch_picture_id(payload, descriptor.picture_id_at, descriptor.long_picture_id, picture_id);
    }
    if (descriptor.has_tl0_picture_index && descriptor.tl0_picture_index_at < payload.size()) {
        payload[descriptor.tl0_picture_index_at] = tl0_picture_index;
    }
}

}  // namespace parley::media
