// For tests: sources that make packets as browsers do, VP8 simulcast layers and Opus.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "media/codec.hpp"
#include "rtp/packet.hpp"
#include "sfu/publication.hpp"

namespace parley::sfu::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes make_rtp(const rtp::HeaderWriter::Fields& fields, BytesView payload,
                      std::uint8_t extension_id = 0, BytesView extension = {}) {
    Bytes bytes(64 + payload.size());
    rtp::HeaderWriter writer(bytes, fields);
    if (extension_id != 0) writer.add_extension(extension_id, extension);
    const std::size_t header = writer.finish();
    std::copy(payload.begin(), payload.end(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
    bytes.resize(header + payload.size());
    return bytes;
}

inline Bytes make_padding(const rtp::HeaderWriter::Fields& fields) {
    const std::uint8_t padding[4] = {0, 0, 0, 4};
    Bytes bytes = make_rtp(fields, padding);
    bytes[0] |= 0x20;
    return bytes;
}

/// One VP8 layer with a 15-bit (or 7-bit) picture id and TL0PICIDX.
struct Vp8Source {
    Ssrc ssrc{1};
    std::uint16_t sequence_number = 0;
    std::uint32_t timestamp = 0;
    std::uint16_t picture_id = 0;
    std::uint8_t tl0_index = 0;
    std::uint16_t width = 320;
    std::uint16_t height = 180;
    bool long_id = true;
    std::uint8_t payload_type = 96;

    Bytes payload(bool keyframe, bool first, std::size_t size) const {
        Bytes p;
        p.push_back(static_cast<std::uint8_t>(0x80 | (first ? 0x10 : 0)));
        p.push_back(0x80 | 0x40 | 0x20);  // I, L, T
        if (long_id) {
            p.push_back(static_cast<std::uint8_t>(0x80 | (picture_id >> 8 & 0x7F)));
            p.push_back(static_cast<std::uint8_t>(picture_id));
        } else {
            p.push_back(static_cast<std::uint8_t>(picture_id & 0x7F));
        }
        p.push_back(tl0_index);
        p.push_back(0);
        if (first) {
            p.push_back(keyframe ? 0x10 : 0x11);
            p.push_back(0);
            p.push_back(0);
            if (keyframe) {
                for (const int octet :
                     {0x9d, 0x01, 0x2a, width & 0xFF, width >> 8, height & 0xFF, height >> 8}) {
                    p.push_back(static_cast<std::uint8_t>(octet));
                }
            }
        }
        while (p.size() < size) p.push_back(static_cast<std::uint8_t>(p.size() * 7));
        return p;
    }
    /// The packets of the next frame, `ticks` of 90 kHz after the one before.
    std::vector<Bytes> frame(bool keyframe, std::size_t packets = 1, std::size_t size = 100,
                             std::uint32_t ticks = 3000) {
        timestamp += ticks;
        ++picture_id;
        ++tl0_index;
        std::vector<Bytes> out;
        for (std::size_t i = 0; i < packets; ++i) {
            out.push_back(
                make_rtp({i + 1 == packets, payload_type, sequence_number++, timestamp, ssrc},
                         payload(keyframe, i == 0, size)));
        }
        return out;
    }
    Bytes padding() {
        return make_padding({false, payload_type, sequence_number++, timestamp, ssrc});
    }
};

/// The inspectors that a peer's receiving side keeps for the streams of a publication.
class Arrivals {
 public:
    explicit Arrivals(media::Codec codec = media::Codec::kVp8, rtp::ExtensionMap extensions = {})
        : extensions_(extensions) {
        for (auto& inspector : inspectors_) inspector.set_codec(codec);
    }
    /// Hands the packet to the publication as a node does.
    Result<const StoredPacket*, trace::Drop> on_packet(Publication& publication, std::size_t layer,
                                                       const rtp::PacketView& packet, Instant now) {
        media::FrameInfo frame;
        if (!packet.payload.empty()) {
            auto& inspector = inspectors_[layer];
            if (ssrcs_[layer] != packet.ssrc) inspector.set_codec(inspector.codec());
            ssrcs_[layer] = packet.ssrc;
            const auto info = inspector.on_packet(
                packet, extensions_.find(packet, rtp::ExtensionType::kDependencyDescriptor));
            if (!info) return fail(trace::Drop::kMalformed);
            frame = *info;
        }
        return publication.on_packet(layer, packet, frame, now);
    }

 private:
    rtp::ExtensionMap extensions_;
    std::array<media::FrameInspector, kMaxLayers> inspectors_;
    std::array<Ssrc, kMaxLayers> ssrcs_{};
};

inline PublicationConfig vp8_config(std::vector<std::string> rids = {}) {
    PublicationConfig config;
    config.kind = Kind::kVideo;
    config.codec = media::Codec::kVp8;
    config.clock_rate = 90'000;
    config.rids = std::move(rids);
    return config;
}

inline PublicationConfig opus_config() {
    PublicationConfig config;
    config.kind = Kind::kAudio;
    config.codec = media::Codec::kOpus;
    config.clock_rate = 48'000;
    return config;
}

inline Instant at_ms(std::int64_t ms) {
    return Instant{} + std::chrono::milliseconds(ms);
}

inline rtp::PacketView view(const Bytes& bytes) {
    return rtp::parse_packet(bytes).value();
}

}  // namespace parley::sfu::test
