// What a negotiated section says about the RTP that arrives in it, in the form that the packet path
// wants: tables by payload type and extension id.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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
    bool ccfb = false;  // RFC 8888
    bool remb = false;
    std::uint8_t payload_type = 0;  // as ReceiveFormats::set() has it
};

/// Formats by payload type. A section has few of the 128, and every peer has sections.
class ReceiveFormats {
 public:
    static constexpr std::uint8_t kMaxPayloadType = 127;

    /// nullptr for a payload type that was not agreed.
    const ReceiveFormat* operator[](std::uint8_t payload_type) const {
        const std::uint8_t place = payload_type <= kMaxPayloadType ? places_[payload_type] : 0;
        return place == 0 ? nullptr : &formats_[place - 1U];
    }
    /// The last word about a payload type counts; above 127 there is none.
    void set(std::uint8_t payload_type, ReceiveFormat format) {
        if (payload_type > kMaxPayloadType) return;
        format.payload_type = payload_type;
        std::uint8_t& place = places_[payload_type];
        if (place != 0) {
            formats_[place - 1U] = std::move(format);
            return;
        }
        formats_.push_back(std::move(format));
        place = static_cast<std::uint8_t>(formats_.size());
    }
    auto begin() const { return formats_.begin(); }
    auto end() const { return formats_.end(); }

 private:
    std::array<std::uint8_t, kMaxPayloadType + 1> places_{};  // in formats_, from 1
    std::vector<ReceiveFormat> formats_;
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
    ReceiveFormats formats;
    std::vector<std::string> rids;  // simulcast layers as negotiated; empty without simulcast
    std::vector<ListedSource> sources;
    std::string stream_id;  // of the remote msid
    std::string track_id;
};

/// At most this many sources are taken from one peer, retransmissions included.
inline constexpr std::size_t kMaxSources = 64;

}  // namespace parley::peer
