// AV1 payloads (AV1 RTP payload format 1.0 §4): the aggregation header, the OBU elements, the layer
// ids in OBU headers and the picture size in a sequence header (AV1 bitstream specification §5.5).
// Dependencies are the dependency descriptor's matter (rtp/dependency_descriptor.hpp).

#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "media/payload_error.hpp"

namespace parley::media {

enum class ObuType : std::uint8_t {
    kSequenceHeader = 1,
    kTemporalDelimiter = 2,
    kFrameHeader = 3,
    kTileGroup = 4,
    kMetadata = 5,
    kFrame = 6,
    kRedundantFrameHeader = 7,
    kTileList = 8,
    kPadding = 15,
};

/// OBU elements in one packet; encoders send fewer than ten.
inline constexpr std::size_t kMaxObuElements = 64;

struct Av1PictureSize {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};

struct Av1Info {
    bool continues_obu = false;       // Z: the first element belongs to an earlier packet's OBU
    bool continued = false;           // Y: the last element goes on in the next packet
    bool new_coded_sequence = false;  // N
    std::uint8_t element_count = 0;
    std::uint8_t first_obu_type = 0;  // 0 when continues_obu
    bool has_sequence_header = false;
    bool starts_frame = false;  // a frame header or frame OBU begins here
    bool has_layers = false;    // an OBU header had the extension
    std::uint8_t temporal_id = 0;
    std::uint8_t spatial_id = 0;
    std::optional<Av1PictureSize> size;  // from the sequence header

    bool keyframe() const { return !continues_obu && (new_coded_sequence || has_sequence_header); }
};

Result<Av1Info, PayloadError> parse_av1(BytesView payload);

/// A number of LEB128 (AV1 specification §4.10.5) from the front; the reader latches when it is cut
/// or over 32 bits.
std::optional<std::uint32_t> read_leb128(ByteReader& reader);

/// `sequence_header` without its OBU header.
std::optional<Av1PictureSize> read_av1_size(BytesView sequence_header);

}  // namespace parley::media
