// Decoders for tests: what a receiver makes of packets of each codec. Reassembly is the plain one
// of each payload format, written apart from the packetizers.

#pragma once

#include <aom/aom_decoder.h>
#include <aom/aomdx.h>
#include <memory>
#include <optional>
#include <vector>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <wels/codec_api.h>

#include "load/video_loop.hpp"
#include "media/av1.hpp"
#include "media/vp9.hpp"

namespace parley::load::testing {

using Bytes = std::vector<std::uint8_t>;

struct DecodedSize {
    unsigned width = 0;
    unsigned height = 0;
    friend bool operator==(const DecodedSize&, const DecodedSize&) = default;
};

inline void append(Bytes& out, BytesView bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

inline Bytes assemble_vp8(const LoopFrame& frame) {
    Bytes out;
    for (const auto& packet : frame.packets) append(out, BytesView(packet.payload).subspan(4));
    return out;
}

/// Layers above `highest` are left out.
inline Bytes assemble_vp9(const LoopFrame& frame, unsigned highest) {
    Bytes out;
    for (const auto& packet : frame.packets) {
        const auto descriptor = media::parse_vp9(packet.payload);
        if (!descriptor) return {};
        if (descriptor->spatial_id > highest) continue;
        append(out, BytesView(packet.payload).subspan(descriptor->size));
    }
    return out;
}

/// Annex B.
inline Bytes assemble_h264(const LoopFrame& frame) {
    constexpr std::uint8_t kStart[] = {0, 0, 0, 1};
    Bytes out;
    for (const auto& packet : frame.packets) {
        const BytesView payload = packet.payload;
        const unsigned type = payload[0] & 0x1F;
        if (type == 24) {
            ByteReader reader(payload.subspan(1));
            while (reader.remaining() > 0) {
                append(out, kStart);
                append(out, reader.take(reader.u16()));
            }
        } else if (type == 28) {
            if ((payload[1] & 0x80) != 0) {
                append(out, kStart);
                out.push_back(static_cast<std::uint8_t>((payload[0] & 0xE0) | (payload[1] & 0x1F)));
            }
            append(out, payload.subspan(2));
        } else {
            append(out, kStart);
            append(out, payload);
        }
    }
    return out;
}

inline void append_leb128(std::size_t value, Bytes& out) {
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
    out.push_back(static_cast<std::uint8_t>(value));
}

/// The low-overhead format, with a temporal delimiter.
inline Bytes assemble_av1(const LoopFrame& frame) {
    std::vector<Bytes> obus;
    for (const auto& packet : frame.packets) {
        ByteReader reader(packet.payload);
        const std::uint8_t head = reader.u8();
        const unsigned count = head >> 4 & 3;
        for (unsigned i = 0; count == 0 ? reader.remaining() > 0 : i < count; ++i) {
            std::size_t size = reader.remaining();
            if (count == 0 || i + 1 < count) size = media::read_leb128(reader).value_or(0);
            const BytesView element = reader.take(size);
            if (i == 0 && (head & 0x80) != 0 && !obus.empty()) {
                append(obus.back(), element);
            } else {
                obus.emplace_back(element.begin(), element.end());
            }
        }
    }
    Bytes out{0x12, 0x00};
    for (const auto& obu : obus) {
        const std::size_t header = (obu[0] & 0x04) != 0 ? 2 : 1;
        out.push_back(obu[0] | 0x02);
        if (header == 2) out.push_back(obu[1]);
        append_leb128(obu.size() - header, out);
        append(out, BytesView(obu).subspan(header));
    }
    return out;
}

class VpxDecoder {
 public:
    explicit VpxDecoder(bool vp8) {
        vpx_codec_dec_init(&codec_, vp8 ? vpx_codec_vp8_dx() : vpx_codec_vp9_dx(), nullptr, 0);
    }
    ~VpxDecoder() { vpx_codec_destroy(&codec_); }
    VpxDecoder(const VpxDecoder&) = delete;
    VpxDecoder& operator=(const VpxDecoder&) = delete;
    std::optional<DecodedSize> decode(const Bytes& bytes) {
        const auto size = static_cast<unsigned>(bytes.size());
        if (vpx_codec_decode(&codec_, bytes.data(), size, nullptr, 0) != VPX_CODEC_OK) return {};
        vpx_codec_iter_t next = nullptr;
        std::optional<DecodedSize> last;
        while (const vpx_image_t* image = vpx_codec_get_frame(&codec_, &next)) {
            last = DecodedSize{image->d_w, image->d_h};
        }
        return last;
    }

 private:
    vpx_codec_ctx_t codec_{};
};

class AomDecoder {
 public:
    AomDecoder() { aom_codec_dec_init(&codec_, aom_codec_av1_dx(), nullptr, 0); }
    ~AomDecoder() { aom_codec_destroy(&codec_); }
    AomDecoder(const AomDecoder&) = delete;
    AomDecoder& operator=(const AomDecoder&) = delete;
    std::optional<DecodedSize> decode(const Bytes& bytes) {
        if (aom_codec_decode(&codec_, bytes.data(), bytes.size(), nullptr) != AOM_CODEC_OK) {
            return {};
        }
        aom_codec_iter_t next = nullptr;
        std::optional<DecodedSize> last;
        while (const aom_image_t* image = aom_codec_get_frame(&codec_, &next)) {
            last = DecodedSize{image->d_w, image->d_h};
        }
        return last;
    }

 private:
    aom_codec_ctx_t codec_{};
};

class H264Decoder {
 public:
    H264Decoder() {
        WelsCreateDecoder(&decoder_);
        SDecodingParam parameters{};
        parameters.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
        parameters.eEcActiveIdc = ERROR_CON_DISABLE;
        decoder_->Initialize(&parameters);
    }
    ~H264Decoder() {
        decoder_->Uninitialize();
        WelsDestroyDecoder(decoder_);
    }
    H264Decoder(const H264Decoder&) = delete;
    H264Decoder& operator=(const H264Decoder&) = delete;
    std::optional<DecodedSize> decode(const Bytes& bytes) {
        std::uint8_t* planes[3] = {};
        SBufferInfo info{};
        if (decoder_->DecodeFrameNoDelay(bytes.data(), static_cast<int>(bytes.size()), planes,
                                         &info) != dsErrorFree ||
            info.iBufferStatus != 1) {
            return {};
        }
        return DecodedSize{static_cast<unsigned>(info.UsrData.sSystemBuffer.iWidth),
                           static_cast<unsigned>(info.UsrData.sSystemBuffer.iHeight)};
    }

 private:
    ISVCDecoder* decoder_ = nullptr;
};

}  // namespace parley::load::testing
