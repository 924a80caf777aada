#include "media/h264.hpp"

namespace parley::media {
namespace {

constexpr std::uint8_t kTypeMask = 0x1F;
constexpr std::uint8_t kRefIdcMask = 0x60;

bool is(std::uint8_t type, NalType wanted) {
    return type == static_cast<std::uint8_t>(wanted);
}

// Slices and slice data partition A: what carries first_mb_in_slice.
bool is_slice(std::uint8_t type) {
    return type == 1 || type == 2 || type == 5;
}

// `header` is the unit's own first octet; `rest` what follows it in this packet, which begins at
// the unit's begin when `starts`.
void look_at(std::uint8_t header, BytesView rest, bool starts, H264Info& info) {
    const std::uint8_t type = header & kTypeMask;
    if (is(type, NalType::kSps)) info.has_sps = true;
    if (is(type, NalType::kPps)) info.has_pps = true;
    if (is(type, NalType::kIdr)) info.has_idr = true;
    if (type >= 1 && type <= 5) info.has_slice = true;
    if ((header & kRefIdcMask) != 0) info.reference = true;
    // first_mb_in_slice == 0 is written as the single bit 1 (H.264 §7.3.3, §9.1).
    if (starts && is_slice(type) && !rest.empty() && (rest[0] & 0x80) != 0) {
        info.starts_slice = true;
        if (is(type, NalType::kIdr)) info.starts_idr = true;
    }
}

// RFC 6184 §5.7.1.
Result<H264Info, PayloadError> parse_stap_a(BytesView payload) {
    H264Info info;
    info.packetization = H264Info::Packetization::kStapA;
    ByteReader reader(payload.subspan(1));
    std::size_t units = 0;
    while (reader.remaining() > 0) {
        const BytesView unit = reader.take(reader.u16());
        if (!reader.ok() || unit.empty()) return fail(PayloadError::kTruncated);
        const std::uint8_t type = unit[0] & kTypeMask;
        if (type >= 24 && type <= 29) return fail(PayloadError::kNested);
        if (type == 0 || type > 29) return fail(PayloadError::kReserved);
        if (++units > kMaxStapUnits) return fail(PayloadError::kTooMany);
        if (units == 1) info.first_nal_type = type;
        look_at(unit[0], unit.subspan(1), true, info);
        if (is(type, NalType::kSps) && !info.size) info.size = read_sps_size(unit);
    }
    if (units == 0) return fail(PayloadError::kTruncated);
    return info;
}

// RFC 6184 §5.8: indicator, then |S|E|R| type |.
Result<H264Info, PayloadError> parse_fu_a(BytesView payload) {
    if (payload.size() < 3) return fail(PayloadError::kTruncated);
    const std::uint8_t type = payload[1] & kTypeMask;
    if (type >= 24 && type <= 29) return fail(PayloadError::kNested);
    if (type == 0 || type > 29) return fail(PayloadError::kReserved);
    H264Info info;
    info.packetization = H264Info::Packetization::kFuA;
    info.first_nal_type = type;
    info.starts_nal = (payload[1] & 0x80) != 0;
    info.ends_nal = (payload[1] & 0x40) != 0;
    const auto header = static_cast<std::uint8_t>((payload[0] & kRefIdcMask) | type);
    look_at(header, payload.subspan(2), info.starts_nal, info);
    // A cut SPS is no place to begin: its first piece counts, the others do not.
    if (is(type, NalType::kSps)) info.has_sps = info.starts_nal;
    return info;
}

}  // namespace

Result<H264Info, PayloadError> parse_h264(BytesView payload) {
    if (payload.empty()) return fail(PayloadError::kEmpty);
    const std::uint8_t type = payload[0] & kTypeMask;
    if (is(type, NalType::kStapA)) return parse_stap_a(payload);
    if (is(type, NalType::kFuA)) return parse_fu_a(payload);
    if (type >= 24 && type <= 29) return fail(PayloadError::kUnsupported);
    if (type == 0 || type > 29) return fail(PayloadError::kReserved);
    H264Info info;
    info.first_nal_type = type;
    look_at(payload[0], payload.subspan(1), true, info);
    if (is(type, NalType::kSps)) info.size = read_sps_size(payload);
    return info;
}

}  // namespace parley::media
