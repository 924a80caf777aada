#include "media/opus.hpp"

#include <array>

namespace parley::media {
namespace {

constexpr std::size_t kMaxDtxSize = 2;
constexpr Duration kMaxPacketDuration = 120ms;  // RFC 6716 §3.2.5

// RFC 6716 §3.1, table 2.
OpusInfo::Mode mode_of(std::uint8_t config) {
    if (config < 12) return OpusInfo::Mode::kSilk;
    return config < 16 ? OpusInfo::Mode::kHybrid : OpusInfo::Mode::kCelt;
}

Duration frame_duration_of(std::uint8_t config) {
    constexpr std::array<Duration, 4> kSilk{10ms, 20ms, 40ms, 60ms};
    constexpr std::array<Duration, 4> kCelt{2500us, 5ms, 10ms, 20ms};
    switch (mode_of(config)) {
        case OpusInfo::Mode::kSilk: return kSilk[config % 4];
        case OpusInfo::Mode::kHybrid: return kSilk[config % 2];
        default: return kCelt[config % 4];
    }
}

}  // namespace

Result<OpusInfo, PayloadError> parse_opus(BytesView payload) {
    if (payload.empty()) return fail(PayloadError::kEmpty);
    const std::uint8_t toc = payload[0];
    OpusInfo info;
    info.config = toc >> 3;
    info.mode = mode_of(info.config);
    info.stereo = (toc & 4) != 0;
    info.frame_duration = frame_duration_of(info.config);
    info.dtx = payload.size() <= kMaxDtxSize;
    const std::uint8_t code = toc & 3;
    if (code == 1 || code == 2) {
        info.frames = 2;
    } else if (code == 3) {
        if (payload.size() < 2) return fail(PayloadError::kTruncated);
        info.frames = payload[1] & 0x3F;
        if (info.frames == 0) return fail(PayloadError::kReserved);
    }
    if (info.duration() > kMaxPacketDuration) return fail(PayloadError::kReserved);
    return info;
}

}  // namespace parley::media
