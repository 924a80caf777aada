// One arriving stream: a track, or one simulcast layer of it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "media/codec.hpp"
#include "media/payload.hpp"
#include "rtp/nack_tracker.hpp"
#include "rtp/receive_statistics.hpp"

namespace parley::peer {

/// A stream's place in its peer. The place of a stream that ended is used again; the packet that
/// begins the new one says so (IncomingPacket::stream_is_new).
using StreamIndex = std::uint16_t;

struct ReceiveStream {
    StreamIndex index = 0;
    std::size_t section = 0;
    std::string rid;  // empty without simulcast
    Ssrc ssrc;
    std::optional<Ssrc> rtx_ssrc;
    media::Codec codec = media::Codec::kUnknown;
    std::uint8_t payload_type = 0;
    std::uint32_t clock_rate = 90000;
    bool nack = false;
    bool pli = false;
    bool fir = false;
    bool fresh = false;  // nothing of its present source was handed out yet

    rtp::ReceiveStatistics statistics{90000};
    rtp::NackTracker nacks;
    media::FrameInspector inspector;
    /// The newest sender report: what ties this stream's clock to the publisher's others.
    std::optional<rtp::SenderInfo> sender_info;
    Instant sender_info_at{};

    bool keyframe_wanted = false;
    std::uint8_t fir_sequence = 0;
    std::uint64_t keyframes_requested = 0;
    std::uint64_t nacks_sent = 0;
    std::uint64_t retransmissions = 0;
};

}  // namespace parley::peer
