// H.264 payloads (RFC 6184) of packetization modes 0 and 1: single NAL units, STAP-A and FU-A, and
// the picture size in a sequence parameter set (ITU-T H.264 §7.3.2.1.1). Mode 2 (STAP-B, MTAP,
// FU-B) is refused: no WebRTC peer negotiates it.

#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "media/payload_error.hpp"

namespace parley::media {

enum class NalType : std::uint8_t {
    kSlice = 1,
    kIdr = 5,
    kSei = 6,
    kSps = 7,
    kPps = 8,
    kAud = 9,
    kStapA = 24,
    kFuA = 28,
};

/// NAL units in one STAP-A; a 1,500-octet packet holds no more that are of use.
inline constexpr std::size_t kMaxStapUnits = 64;

struct H264PictureSize {
    std::uint16_t width = 0;
    std::uint16_t height = 0;
};

struct H264Info {
    enum class Packetization : std::uint8_t { kSingle, kStapA, kFuA };
    Packetization packetization = Packetization::kSingle;
    std::uint8_t first_nal_type = 0;  // of the first unit inside
    bool starts_nal = true;           // false for the later pieces of an FU-A
    bool ends_nal = true;             // false but for the last piece of an FU-A
    bool has_sps = false;
    bool has_pps = false;
    bool has_idr = false;       // a piece of an IDR slice
    bool starts_idr = false;    // the first slice of an IDR picture begins here
    bool starts_slice = false;  // the first slice of any picture begins here
    bool has_slice = false;
    bool reference = false;               // a NAL unit with nal_ref_idc other than 0
    std::optional<H264PictureSize> size;  // from the SPS
};

Result<H264Info, PayloadError> parse_h264(BytesView payload);

/// `sps` with its NAL header octet. None when it is cut, absurd, or over 16,384 in a dimension.
std::optional<H264PictureSize> read_sps_size(BytesView sps);

}  // namespace parley::media
