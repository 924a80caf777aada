#include "rtp/extension_values.hpp"

#include <algorithm>

namespace parley::rtp {
namespace {

constexpr std::uint32_t kAbsSendTimeMask = 0xFF'FFFF;
constexpr Duration kPlayoutDelayUnit = 10ms;

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// RFC 8866 §9, token-char.
bool is_token_char(char c) {
    constexpr std::string_view kSigns = "!#$%&'*+-.^_`{|}~";
    return is_alphanumeric(c) || kSigns.find(c) != std::string_view::npos;
}

bool is_rid_char(char c) {
    return is_alphanumeric(c) || c == '-' || c == '_';
}

template <typename Predicate>
std::optional<std::string_view> read_text(BytesView data, Predicate allowed) {
    const std::string_view text = as_text(data);
    if (text.empty() || text.size() > kMaxStreamIdSize) return {};
    if (!std::all_of(text.begin(), text.end(), allowed)) return {};
    return text;
}

}  // namespace

std::optional<AudioLevel> read_audio_level(BytesView data) {
    if (data.size() != 1) return {};
    return AudioLevel{(data[0] & 0x80) != 0, static_cast<std::uint8_t>(data[0] & 0x7F)};
}

std::array<std::uint8_t, 1> write_audio_level(AudioLevel value) {
    return {static_cast<std::uint8_t>((value.voice ? 0x80 : 0) | (value.level & 0x7F))};
}

AbsSendTime AbsSendTime::from(NtpTime time) {
    // 32.32 to 6.18: the low 6 bits of the seconds, the high 18 of the fraction.
    return {static_cast<std::uint32_t>(time.value >> 14) & kAbsSendTimeMask};
}

AbsSendTime AbsSendTime::from(Instant time) {
    const auto ns = static_cast<std::uint64_t>(time.time_since_epoch().count());
    const std::uint64_t seconds = ns / 1'000'000'000;
    const std::uint64_t fraction = ((ns % 1'000'000'000) << 18) / 1'000'000'000;
    return {static_cast<std::uint32_t>((seconds << 18) | fraction) & kAbsSendTimeMask};
}

std::optional<AbsSendTime> read_abs_send_time(BytesView data) {
    if (data.size() != kAbsSendTimeSize) return {};
    return AbsSendTime{load_be24(data.data())};
}

std::array<std::uint8_t, kAbsSendTimeSize> write_abs_send_time(AbsSendTime value) {
    std::array<std::uint8_t, kAbsSendTimeSize> data{};
    store_be24(data.data(), value.value);
    return data;
}

Duration difference(AbsSendTime later, AbsSendTime earlier) {
    std::int64_t ticks = (later.value - earlier.value) & kAbsSendTimeMask;
    if (ticks >= 0x80'0000) ticks -= 0x100'0000;
    return Duration(ticks * 1'000'000'000 / (1 << 18));
}

std::optional<std::uint16_t> read_transport_sequence_number(BytesView data) {
    if (data.size() != kTransportSequenceNumberSize) return {};
    return load_be16(data.data());
}

std::array<std::uint8_t, kTransportSequenceNumberSize> write_transport_sequence_number(
    std::uint16_t value) {
    std::array<std::uint8_t, kTransportSequenceNumberSize> data{};
    store_be16(data.data(), value);
    return data;
}

// 0 0 0 0 C F R1 R0
std::optional<VideoOrientation> read_video_orientation(BytesView data) {
    if (data.size() != 1) return {};
    return VideoOrientation{(data[0] & 8) != 0, (data[0] & 4) != 0,
                            static_cast<std::uint16_t>(90 * (data[0] & 3))};
}

std::array<std::uint8_t, 1> write_video_orientation(VideoOrientation value) {
    return {static_cast<std::uint8_t>((value.back_camera ? 8 : 0) | (value.flip ? 4 : 0) |
                                      ((value.rotation_degrees / 90) & 3))};
}

std::optional<PlayoutDelay> read_playout_delay(BytesView data) {
    if (data.size() != 3) return {};
    const std::uint32_t both = load_be24(data.data());
    const PlayoutDelay delay{kPlayoutDelayUnit * (both >> 12), kPlayoutDelayUnit * (both & 0xFFF)};
    if (delay.min > delay.max) return {};
    return delay;
}

std::array<std::uint8_t, 3> write_playout_delay(PlayoutDelay value) {
    const auto units = [](Duration delay) {
        return static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(delay / kPlayoutDelayUnit, 0, 0xFFF));
    };
    std::array<std::uint8_t, 3> data{};
    store_be24(data.data(), (units(value.min) << 12) | units(value.max));
    return data;
}

std::optional<VideoContentType> read_content_type(BytesView data) {
    if (data.size() != 1) return {};
    // The upper bits once carried an experiment and a layer; only the lowest says what it is.
    return (data[0] & 1) != 0 ? VideoContentType::kScreen : VideoContentType::kCamera;
}

std::optional<std::int32_t> read_transmission_offset(BytesView data) {
    if (data.size() != 3) return {};
    const auto value = static_cast<std::int32_t>(load_be24(data.data()));
    return value >= 0x80'0000 ? value - 0x100'0000 : value;
}

std::optional<AbsCaptureTime> read_abs_capture_time(BytesView data) {
    if (data.size() != 8 && data.size() != 16) return {};
    AbsCaptureTime time{{load_be64(data.data())}, {}};
    if (data.size() == 16) {
        time.clock_offset_q32 = static_cast<std::int64_t>(load_be64(data.data() + 8));
    }
    return time;
}

std::array<std::uint8_t, kAbsCaptureTimeSize> write_abs_capture_time(NtpTime capture) {
    std::array<std::uint8_t, kAbsCaptureTimeSize> data{};
    store_be64(data.data(), capture.value);
    return data;
}

std::optional<std::string_view> read_mid(BytesView data) {
    return read_text(data, is_token_char);
}

std::optional<std::string_view> read_rid(BytesView data) {
    return read_text(data, is_rid_char);
}

}  // namespace parley::rtp
