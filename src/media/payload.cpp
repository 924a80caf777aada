#include "media/payload.hpp"

#include <algorithm>

#include "media/av1.hpp"
#include "media/h264.hpp"
#include "media/opus.hpp"
#include "media/vp8.hpp"
#include "media/vp9.hpp"
#include "rtp/red.hpp"

namespace parley::media {
namespace {

using Inspected = Result<FrameInfo, PayloadError>;

FrameInfo audio_frame(bool dtx) {
    FrameInfo info;
    info.start_of_frame = info.end_of_frame = true;
    info.start_of_picture = info.end_of_picture = true;
    info.keyframe = true;
    info.switching_up = true;
    info.dtx = dtx;
    return info;
}

Inspected inspect_opus(BytesView payload) {
    const auto opus = parse_opus(payload);
    if (!opus) return fail(opus.error());
    return audio_frame(opus->dtx);
}

Inspected inspect_red(BytesView payload, std::optional<std::uint8_t> red_payload_type) {
    const auto blocks = rtp::parse_red(payload, red_payload_type);
    if (!blocks) {
        const bool nested = blocks.error() == rtp::ParseError::kBadValue;
        return fail(nested ? PayloadError::kNested : PayloadError::kTruncated);
    }
    return inspect_opus(blocks->back().payload);
}

Inspected inspect_vp8(BytesView payload, bool marker) {
    const auto vp8 = parse_vp8(payload);
    if (!vp8) return fail(vp8.error());
    FrameInfo info;
    info.start_of_frame = info.start_of_picture = vp8->start_of_frame();
    info.end_of_frame = info.end_of_picture = marker;
    info.keyframe = vp8->keyframe;
    info.switching_up = vp8->keyframe || vp8->layer_sync;
    info.discardable = vp8->non_reference;
    info.temporal_id = vp8->temporal_id;
    info.width = vp8->width;
    info.height = vp8->height;
    return info;
}

Inspected inspect_vp9(BytesView payload, bool marker) {
    const auto vp9 = parse_vp9(payload);
    if (!vp9) return fail(vp9.error());
    FrameInfo info;
    info.start_of_frame = vp9->start_of_frame;
    info.end_of_frame = vp9->end_of_frame;
    info.start_of_picture = vp9->start_of_frame && vp9->spatial_id == 0;
    info.end_of_picture = marker;
    info.keyframe = vp9->keyframe();
    info.switching_up = vp9->keyframe() || vp9->switching_up;
    info.temporal_id = vp9->temporal_id;
    info.spatial_id = vp9->spatial_id;
    info.width = vp9->coded_width;
    info.height = vp9->coded_height;
    for (const auto& size : vp9->layer_sizes) {
        info.width = std::max(info.width, size.width);
        info.height = std::max(info.height, size.height);
    }
    return info;
}

Inspected inspect_h264(BytesView payload, bool marker) {
    const auto h264 = parse_h264(payload);
    if (!h264) return fail(h264.error());
    const bool delimiter = h264->first_nal_type == static_cast<std::uint8_t>(NalType::kAud);
    FrameInfo info;
    info.start_of_frame = h264->has_sps || h264->starts_slice || delimiter;
    info.start_of_picture = info.start_of_frame;
    info.end_of_frame = info.end_of_picture = marker;
    info.keyframe = h264->has_sps || h264->starts_idr;
    info.switching_up = info.keyframe;
    info.discardable = h264->has_slice && !h264->reference;
    if (h264->size) {
        info.width = h264->size->width;
        info.height = h264->size->height;
    }
    return info;
}

Inspected inspect_av1(BytesView payload, bool marker) {
    const auto av1 = parse_av1(payload);
    if (!av1) return fail(av1.error());
    FrameInfo info;
    info.start_of_frame = !av1->continues_obu && (av1->starts_frame || av1->keyframe());
    info.start_of_picture = info.start_of_frame && av1->spatial_id == 0;
    info.end_of_frame = info.end_of_picture = marker;
    info.keyframe = av1->keyframe();
    info.switching_up = info.keyframe;
    info.temporal_id = av1->temporal_id;
    info.spatial_id = av1->spatial_id;
    if (av1->size && av1->size->width <= 0xFFFF && av1->size->height <= 0xFFFF) {
        info.width = static_cast<std::uint16_t>(av1->size->width);
        info.height = static_cast<std::uint16_t>(av1->size->height);
    }
    return info;
}

}  // namespace

Result<FrameInfo, PayloadError> inspect(Codec codec, BytesView payload, bool marker) {
    switch (codec) {
        case Codec::kOpus: return inspect_opus(payload);
        case Codec::kRed: return inspect_red(payload, {});
        case Codec::kPcmu:
        case Codec::kPcma:
        case Codec::kG722:
        case Codec::kComfortNoise:
        case Codec::kTelephoneEvent:
            if (payload.empty()) return fail(PayloadError::kEmpty);
            return audio_frame(codec == Codec::kComfortNoise);
        case Codec::kVp8: return inspect_vp8(payload, marker);
        case Codec::kVp9: return inspect_vp9(payload, marker);
        case Codec::kH264: return inspect_h264(payload, marker);
        case Codec::kAv1: return inspect_av1(payload, marker);
        default: return fail(PayloadError::kUnsupported);
    }
}

Result<FrameInfo, PayloadError> FrameInspector::on_packet(const rtp::PacketView& packet) {
    if (codec_ == Codec::kRed) return inspect_red(packet.payload, packet.payload_type);
    auto info = inspect(codec_, packet.payload, packet.marker);
    if (info && codec_ == Codec::kH264) refine_h264(*info, packet);
    return info;
}

void FrameInspector::refine_h264(FrameInfo& info, const rtp::PacketView& packet) {
    const auto h264 = parse_h264(packet.payload);
    if (!h264) return;
    if (h264->has_sps) {
        parameter_sets_at_ = packet.timestamp;
    } else if (parameter_sets_at_ == packet.timestamp) {
        info.keyframe = info.switching_up = false;
    }
    // A frame may begin with a delimiter, SEI or parameter sets; its slices then do not begin it.
    const bool may_start = info.start_of_frame || (h264->starts_nal && !h264->has_slice);
    info.start_of_frame = may_start && started_ != packet.timestamp;
    info.start_of_picture = info.start_of_frame;
    if (info.start_of_frame) started_ = packet.timestamp;
}

}  // namespace parley::media
