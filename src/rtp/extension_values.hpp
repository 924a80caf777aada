// What the small header extensions carry: readers that refuse a wrong size, and writers that give
// the element's octets for HeaderWriter. Colour space and video timing pass through unread.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace parley::rtp {

/// RFC 6464 §3: the level in -dBov, 0 the loudest and 127 silence.
struct AudioLevel {
    bool voice = false;
    std::uint8_t level = 127;
    friend bool operator==(const AudioLevel&, const AudioLevel&) = default;
};
std::optional<AudioLevel> read_audio_level(BytesView data);
std::array<std::uint8_t, 1> write_audio_level(AudioLevel value);

/// Seconds in 6.18 fixed point: wraps every 64 s.
struct AbsSendTime {
    std::uint32_t value = 0;  // 24 bits

    static AbsSendTime from(NtpTime time);
    /// From a monotonic clock: only differences mean anything.
    static AbsSendTime from(Instant time);
    friend bool operator==(const AbsSendTime&, const AbsSendTime&) = default;
};
inline constexpr std::size_t kAbsSendTimeSize = 3;
std::optional<AbsSendTime> read_abs_send_time(BytesView data);
std::array<std::uint8_t, kAbsSendTimeSize> write_abs_send_time(AbsSendTime value);
/// `later - earlier` by the shorter way around.
Duration difference(AbsSendTime later, AbsSendTime earlier);

inline constexpr std::size_t kTransportSequenceNumberSize = 2;
std::optional<std::uint16_t> read_transport_sequence_number(BytesView data);
std::array<std::uint8_t, kTransportSequenceNumberSize> write_transport_sequence_number(
    std::uint16_t value);

/// 3GPP TS 26.114 §7.4.5: how the receiver must turn the picture.
struct VideoOrientation {
    bool back_camera = false;
    bool flip = false;
    std::uint16_t rotation_degrees = 0;  // clockwise: 0, 90, 180, 270
    friend bool operator==(const VideoOrientation&, const VideoOrientation&) = default;
};
std::optional<VideoOrientation> read_video_orientation(BytesView data);
std::array<std::uint8_t, 1> write_video_orientation(VideoOrientation value);

/// Two 12-bit counts of 10 ms.
struct PlayoutDelay {
    Duration min{};
    Duration max{};
    friend bool operator==(const PlayoutDelay&, const PlayoutDelay&) = default;
};
std::optional<PlayoutDelay> read_playout_delay(BytesView data);
/// Values out of range are clamped to 0..40.95 s.
std::array<std::uint8_t, 3> write_playout_delay(PlayoutDelay value);

enum class VideoContentType : std::uint8_t { kCamera = 0, kScreen = 1 };
std::optional<VideoContentType> read_content_type(BytesView data);

/// RFC 5450 §3: signed 24 bits in the RTP clock.
std::optional<std::int32_t> read_transmission_offset(BytesView data);

struct AbsCaptureTime {
    NtpTime capture;
    std::optional<std::int64_t> clock_offset_q32;  // estimated, 32.32 fixed point
};
std::optional<AbsCaptureTime> read_abs_capture_time(BytesView data);
inline constexpr std::size_t kAbsCaptureTimeSize = 8;
/// The short form, without a clock offset.
std::array<std::uint8_t, kAbsCaptureTimeSize> write_abs_capture_time(NtpTime capture);

/// Longer ids than any peer uses; RFC 9143 §15.1 advises three octets at most.
inline constexpr std::size_t kMaxStreamIdSize = 32;
/// An SDP token (RFC 8866 §9) of 1 to kMaxStreamIdSize octets.
std::optional<std::string_view> read_mid(BytesView data);
/// Letters, digits, '-' and '_' (RFC 8851 §10), 1 to kMaxStreamIdSize octets; for rid and repaired
/// rid.
std::optional<std::string_view> read_rid(BytesView data);

}  // namespace parley::rtp
