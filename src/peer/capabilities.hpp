// What a peer is able and willing to negotiate: codecs in order of preference, feedback and header
// extensions, for each kind of media.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rtp/extension.hpp"
#include "sdp/description.hpp"

namespace parley::peer {

/// Feedback on congestion, as descriptions name it: by transport-wide numbers, or by the numbers of
/// each stream with its ECN marks (RFC 8888 §6).
inline constexpr std::string_view kTransportWideFeedback = "transport-cc";
inline constexpr std::string_view kCongestionFeedback = "ack ccfb";

/// A header extension, for the streams that we receive, that we send, or both.
struct ExtensionCapability {
    rtp::ExtensionType type = rtp::ExtensionType::kUnknown;
    bool receive = true;
    bool send = true;
};

struct KindCapabilities {
    /// In order of preference; payload_type and feedback are ignored. RED stands here as a codec.
    std::vector<sdp::Codec> codecs;
    bool rtx = false;                           // for every codec but RED
    std::vector<std::string> receive_feedback;  // what we send about streams that we receive
    std::vector<std::string> send_feedback;     // what we take about streams that we send
    std::vector<ExtensionCapability> extensions;
};

struct Capabilities {
    KindCapabilities audio;
    KindCapabilities video;
    /// Simulcast layers accepted of one section; the rest of an offer's is refused.
    std::size_t max_simulcast_layers = 4;

    /// What the SFU forwards: Opus, RED; VP8, VP9 (profiles 0, 2), H.264 (Constrained Baseline,
    /// Baseline, Main; packetization modes 1, 0), AV1; RTX for all video.
    static Capabilities sfu();

    const KindCapabilities* of(sdp::MediaKind kind) const {
        if (kind == sdp::MediaKind::kAudio) return &audio;
        return kind == sdp::MediaKind::kVideo ? &video : nullptr;
    }
    /// Leaves out a kind of feedback, for streams that we receive and that we send.
    void drop_feedback(std::string_view feedback);
    /// Stable reordering: the named codecs first, in this order; unknown names are ignored.
    void prefer(sdp::MediaKind kind, const std::vector<std::string>& names);
};

/// The place of a format in the kind's preferences; nullopt when it is not among them. RTX is not:
/// it follows its codec.
std::optional<std::size_t> preference(const KindCapabilities& capabilities,
                                      const sdp::Codec& codec);

}  // namespace parley::peer
