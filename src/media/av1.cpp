#include "media/av1.hpp"

#include "base/bit_reader.hpp"

namespace parley::media {
namespace {

bool is(std::uint8_t type, ObuType wanted) {
    return type == static_cast<std::uint8_t>(wanted);
}

struct Obu {
    std::uint8_t type = 0;
    bool has_extension = false;
    std::uint8_t temporal_id = 0;
    std::uint8_t spatial_id = 0;
    BytesView data;
};

// obu_header() (AV1 specification §5.3.2) and the size that RTP senders should leave out.
Result<Obu, PayloadError> read_obu(BytesView element) {
    ByteReader reader(element);
    const std::uint8_t header = reader.u8();
    if ((header & 0x80) != 0) return fail(PayloadError::kReserved);
    Obu obu;
    obu.type = (header >> 3) & 0x0F;
    if ((header & 0x04) != 0) {
        const std::uint8_t extension = reader.u8();
        obu.has_extension = true;
        obu.temporal_id = extension >> 5;
        obu.spatial_id = (extension >> 3) & 3;
    }
    if ((header & 0x02) != 0 && !read_leb128(reader)) return fail(PayloadError::kTruncated);
    if (!reader.ok()) return fail(PayloadError::kTruncated);
    obu.data = reader.rest();
    return obu;
}

void look_at(const Obu& obu, Av1Info& info) {
    if (info.element_count == 1) info.first_obu_type = obu.type;
    if (is(obu.type, ObuType::kSequenceHeader)) {
        info.has_sequence_header = true;
        if (!info.size) info.size = read_av1_size(obu.data);
    }
    if (is(obu.type, ObuType::kFrame) || is(obu.type, ObuType::kFrameHeader)) {
        info.starts_frame = true;
    }
    if (obu.has_extension && !info.has_layers) {
        info.has_layers = true;
        info.temporal_id = obu.temporal_id;
        info.spatial_id = obu.spatial_id;
    }
}

// uvlc() (AV1 specification §4.10.3).
void skip_uvlc(BitReader& reader) {
    unsigned zeros = 0;
    while (reader.ok() && !reader.flag()) ++zeros;
    if (zeros < 32) reader.skip(zeros);
}

struct DecoderModel {
    bool present = false;
    unsigned delay_bits = 0;
};

// timing_info() and decoder_model_info() (AV1 specification §5.5.3, §5.5.4).
DecoderModel read_timing(BitReader& reader) {
    DecoderModel model;
    if (!reader.flag()) return model;
    reader.skip(64);
    if (reader.flag()) skip_uvlc(reader);
    model.present = reader.flag();
    if (model.present) {
        model.delay_bits = reader.bits(5) + 1;
        reader.skip(32 + 5 + 5);
    }
    return model;
}

void skip_operating_points(BitReader& reader, const DecoderModel& model) {
    const bool display_delay = reader.flag();
    const std::uint32_t count = reader.bits(5) + 1;
    for (std::uint32_t i = 0; i < count; ++i) {
        reader.skip(12);
        if (reader.bits(5) > 7) reader.skip(1);
        if (model.present && reader.flag()) reader.skip(2 * model.delay_bits + 1);
        if (display_delay && reader.flag()) reader.skip(4);
    }
}

}  // namespace

std::optional<std::uint32_t> read_leb128(ByteReader& reader) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 56; shift += 7) {
        const std::uint8_t octet = reader.u8();
        value |= std::uint64_t{octet & 0x7FU} << shift;
        if ((octet & 0x80) != 0) continue;
        if (!reader.ok() || value > UINT32_MAX) return {};
        return static_cast<std::uint32_t>(value);
    }
    return {};
}

std::optional<Av1PictureSize> read_av1_size(BytesView sequence_header) {
    BitReader reader(sequence_header);
    reader.skip(3 + 1);                  // seq_profile, still_picture
    const bool reduced = reader.flag();  // reduced_still_picture_header
    if (reduced) {
        reader.skip(5);
    } else {
        const DecoderModel model = read_timing(reader);
        skip_operating_points(reader, model);
    }
    const unsigned width_bits = reader.bits(4) + 1;
    const unsigned height_bits = reader.bits(4) + 1;
    const std::uint32_t width = reader.bits(width_bits) + 1;
    const std::uint32_t height = reader.bits(height_bits) + 1;
    if (!reader.ok()) return {};
    return Av1PictureSize{width, height};
}

// |Z|Y| W |N|-|-|-|, then elements: each behind its LEB128 size, but with W the last of W without.
Result<Av1Info, PayloadError> parse_av1(BytesView payload) {
    if (payload.empty()) return fail(PayloadError::kEmpty);
    ByteReader reader(payload);
    const std::uint8_t head = reader.u8();
    Av1Info info;
    info.continues_obu = (head & 0x80) != 0;
    info.continued = (head & 0x40) != 0;
    info.new_coded_sequence = (head & 0x08) != 0;
    const std::uint8_t announced = (head >> 4) & 3;
    // A coded video sequence cannot begin in the middle of an OBU (§4.4).
    if (info.continues_obu && info.new_coded_sequence) return fail(PayloadError::kReserved);

    while (announced == 0 ? reader.remaining() > 0 : info.element_count < announced) {
        if (info.element_count == kMaxObuElements) return fail(PayloadError::kTooMany);
        ++info.element_count;
        std::optional<std::uint32_t> size = static_cast<std::uint32_t>(reader.remaining());
        if (announced == 0 || info.element_count < announced) size = read_leb128(reader);
        if (!size) return fail(PayloadError::kTruncated);
        const BytesView element = reader.take(*size);
        if (!reader.ok() || element.empty()) return fail(PayloadError::kTruncated);
        if (info.element_count == 1 && info.continues_obu) continue;
        const auto obu = read_obu(element);
        if (!obu) return fail(obu.error());
        look_at(*obu, info);
    }
    if (info.element_count == 0) return fail(PayloadError::kTruncated);
    return info;
}

}  // namespace parley::media
