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

FrameInfo frame_of(const Vp8Descriptor& vp8, bool marker) {
    FrameInfo info;
    info.start_of_frame = info.start_of_picture = vp8.start_of_frame();
    info.end_of_frame = info.end_of_picture = marker;
    info.keyframe = vp8.keyframe;
    info.switching_up = vp8.keyframe || vp8.layer_sync;
    info.discardable = vp8.non_reference;
    info.temporal_id = vp8.temporal_id;
    info.width = vp8.width;
    info.height = vp8.height;
    info.numbers = {.has_picture_id = vp8.has_picture_id,
                    .long_picture_id = vp8.long_picture_id,
                    .has_tl0_index = vp8.has_tl0_picture_index,
                    .tl0_index = vp8.tl0_picture_index,
                    .picture_id = vp8.picture_id,
                    .picture_id_at = vp8.picture_id_at,
                    .tl0_index_at = vp8.tl0_picture_index_at};
    return info;
}

FrameInfo frame_of(const Vp9Descriptor& vp9, bool marker) {
    FrameInfo info;
    info.start_of_frame = vp9.start_of_frame;
    info.end_of_frame = vp9.end_of_frame;
    info.start_of_picture = vp9.start_of_frame && vp9.spatial_id == 0;
    info.end_of_picture = marker;
    info.keyframe = vp9.keyframe();
    info.switching_up = vp9.keyframe() || vp9.switching_up;
    info.temporal_id = vp9.temporal_id;
    info.spatial_id = vp9.spatial_id;
    info.width = vp9.coded_width;
    info.height = vp9.coded_height;
    for (const auto& size : vp9.layer_sizes) {
        info.width = std::max(info.width, size.width);
        info.height = std::max(info.height, size.height);
    }
    info.numbers = {.has_picture_id = vp9.has_picture_id,
                    .long_picture_id = vp9.long_picture_id,
                    .has_tl0_index = vp9.has_tl0_picture_index,
                    .tl0_index = vp9.tl0_picture_index,
                    .picture_id = vp9.picture_id,
                    .picture_id_at = vp9.picture_id_at,
                    .tl0_index_at = vp9.tl0_picture_index_at};
    return info;
}

FrameInfo frame_of(const H264Info& h264, bool marker) {
    const bool delimiter = h264.first_nal_type == static_cast<std::uint8_t>(NalType::kAud);
    FrameInfo info;
    info.start_of_frame = h264.has_sps || h264.starts_slice || delimiter;
    info.start_of_picture = info.start_of_frame;
    info.end_of_frame = info.end_of_picture = marker;
    info.keyframe = h264.has_sps || h264.starts_idr;
    info.switching_up = info.keyframe;
    info.discardable = h264.has_slice && !h264.reference;
    if (h264.size) {
        info.width = h264.size->width;
        info.height = h264.size->height;
    }
    return info;
}

FrameInfo frame_of(const Av1Info& av1, bool marker) {
    FrameInfo info;
    info.start_of_frame = !av1.continues_obu && (av1.starts_frame || av1.keyframe());
    info.start_of_picture = info.start_of_frame && av1.spatial_id == 0;
    info.end_of_frame = info.end_of_picture = marker;
    info.keyframe = av1.keyframe();
    info.switching_up = info.keyframe;
    info.temporal_id = av1.temporal_id;
    info.spatial_id = av1.spatial_id;
    if (av1.size && av1.size->width <= 0xFFFF && av1.size->height <= 0xFFFF) {
        info.width = static_cast<std::uint16_t>(av1.size->width);
        info.height = static_cast<std::uint16_t>(av1.size->height);
    }
    return info;
}

/// What `parse` reads from one packet's payload, as every codec says it.
template <typename Parse>
Inspected inspect_as(Parse parse, BytesView payload, bool marker) {
    const auto read = parse(payload);
    if (!read) return fail(read.error());
    return frame_of(*read, marker);
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
        case Codec::kVp8: return inspect_as(parse_vp8, payload, marker);
        case Codec::kVp9: return inspect_as(parse_vp9, payload, marker);
        case Codec::kH264: return inspect_as(parse_h264, payload, marker);
        case Codec::kAv1: return inspect_as(parse_av1, payload, marker);
        default: return fail(PayloadError::kUnsupported);
    }
}

Result<FrameInfo, PayloadError> FrameInspector::on_packet(const rtp::PacketView& packet,
                                                          BytesView descriptor) {
    if (codec_ == Codec::kRed) return inspect_red(packet.payload, packet.payload_type);
    std::optional<FrameInfo> described;
    if (!descriptor.empty()) described = on_descriptor(packet, descriptor);
    const bool knows_its_layers = codec_ == Codec::kVp8 || codec_ == Codec::kVp9;
    if (described && !knows_its_layers) {
        // A picture's size may be in its payload alone.
        if (described->keyframe && described->width == 0) {
            if (const auto payload = inspect(codec_, packet.payload, packet.marker)) {
                described->width = payload->width;
                described->height = payload->height;
            }
        }
        return *described;
    }
    auto info = on_payload(packet, described ? &*described : nullptr);
    if (!info && described) return *described;
    if (info) {
        info->structure =
            knows_its_layers || !descriptors_ ? &tracker_.structure() : &descriptors_->structure();
        if (described) info->descriptor = described->descriptor;
    }
    if (described) return info;
    const auto start = rtp::read_dependency_descriptor_start(descriptor);
    if (!start) return info;
    // Its structure has not come yet, or is lost: not even an encrypted frame is malformed.
    if (!info) {
        info = FrameInfo{};
        info->start_of_frame = start->start_of_frame;
        info->end_of_frame = start->end_of_frame;
        info->end_of_picture = packet.marker;
        info->structure = &descriptors_->structure();
    }
    info->descriptor.present = true;
    info->descriptor.frame_number = start->frame_number;
    return info;
}

Result<FrameInfo, PayloadError> FrameInspector::on_payload(const rtp::PacketView& packet,
                                                           const FrameInfo* described) {
    switch (codec_) {
        case Codec::kVp8: {
            auto vp8 = parse_vp8(packet.payload);
            if (!vp8) return fail(vp8.error());
            // The frame's first octets may be encrypted; its descriptor never is.
            if (described != nullptr) vp8->keyframe = described->keyframe;
            FrameInfo info = frame_of(*vp8, packet.marker);
            info.targets = tracker_.on_vp8(*vp8);
            return info;
        }
        case Codec::kVp9: {
            const auto vp9 = parse_vp9(packet.payload);
            if (!vp9) return fail(vp9.error());
            FrameInfo info = frame_of(*vp9, packet.marker);
            info.targets = tracker_.on_vp9(*vp9, packet.timestamp, info.continuity_broken);
            return info;
        }
        case Codec::kH264: return on_h264(packet);
        default: {
            auto info = inspect(codec_, packet.payload, packet.marker);
            if (info && info->keyframe) info->targets = FrameTargets::beginning();
            return info;
        }
    }
}

Result<FrameInfo, PayloadError> FrameInspector::on_h264(const rtp::PacketView& packet) {
    const auto h264 = parse_h264(packet.payload);
    if (!h264) return fail(h264.error());
    FrameInfo info = frame_of(*h264, packet.marker);
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
    if (info.keyframe) info.targets = FrameTargets::beginning();
    return info;
}

std::optional<FrameInfo> FrameInspector::on_descriptor(const rtp::PacketView& packet,
                                                       BytesView descriptor) {
    if (!descriptors_) descriptors_ = std::make_unique<DescriptorTracker>();
    const auto read = descriptors_->on_packet(descriptor);
    if (!read) return {};
    FrameInfo info;
    info.start_of_frame = read->frame.start_of_frame;
    info.end_of_frame = read->frame.end_of_frame;
    info.start_of_picture = read->starts_picture;
    info.end_of_picture = packet.marker;
    info.keyframe = read->keyframe;
    info.switching_up = read->targets.switches != 0;
    info.temporal_id = read->frame.frame.temporal_id;
    info.spatial_id = read->frame.frame.spatial_id;
    if (read->keyframe) {
        const auto size = descriptors_->largest();
        info.width = size.width;
        info.height = size.height;
    }
    const auto& structure = *read->structure;
    info.descriptor = {.present = true,
                       .has_structure = read->frame.structure_attached,
                       .has_active_targets = read->has_active_targets,
                       .template_offset = structure.template_id_offset,
                       .template_count = static_cast<std::uint8_t>(structure.templates.size()),
                       .decode_target_count = structure.decode_target_count,
                       .frame_number = read->frame.frame_number,
                       .active_targets_at = read->frame.active_targets_at};
    info.targets = read->targets;
    info.structure = &descriptors_->structure();
    return info;
}

}  // namespace parley::media
