// What a negotiated section says about the RTP that arrives in it, in the form that the packet path
// wants: tables by payload type and extension id.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "media/codec.hpp"
#include "rtp/extension.hpp"
#include "sdp/format.hpp"

namespace parley::peer {

/// One payload type of a section.
struct ReceiveFormat {
    media::Codec codec = media::Codec::kUnknown;  // kRtx: `apt` says whose copies these are
    std::uint32_t clock_rate = 0;
    std::uint8_t apt = 0;
    sdp::Codec description;  // as agreed: what a subscriber is offered
    bool nack = false;
    bool pli = false;
    bool fir = false;
    bool transport_cc = false;
    bool remb = false;
};

/// The SSRC of a stream and of its retransmissions, where the description lists them (RFC 5576).
struct ListedSource {
    Ssrc media;
    std::optional<Ssrc> rtx;
};

struct ReceiveSection {
    std::string mid;
    bool video = false;
    rtp::ExtensionMap extensions;
    std::array<std::optional<ReceiveFormat>, 128> formats;
    std::vector<std::string> rids;  // simulcast layers as negotiated; empty without simulcast
    std::vector<ListedSource> sources;
    std::string stream_id;  // of the remote msid
    std::string track_id;
};

/// At most this many sources are taken from one peer, retransmissions included.
inline constexpr std::size_t kMaxSources = 64;

}  // namespace parley::peer
