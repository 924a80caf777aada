// For tests: a source of layered video that knows the true dependencies of its frames, and writes
// them in the words of each payload format.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/random.hpp"
#include "media/codec.hpp"
#include "rtp/test_bit_writer.hpp"
#include "sfu/test_media.hpp"

namespace parley::sfu::test {

/// One spatial layer's picture as the encoder made it.
struct SourceFrame {
    std::size_t stream = 0;
    std::int64_t picture = 0;
    int spatial = 0;
    int temporal = 0;
    bool keyframe = false;  // nothing before its picture is needed
    std::vector<const SourceFrame*> needs;
    std::uint16_t number = 0;  // the dependency descriptor's
    std::uint8_t tl0_index = 0;
    std::vector<Bytes> packets;
};

struct SourceFormat {
    enum class Words : std::uint8_t { kVp8, kVp9, kVp9Flexible, kDescriptor, kH264 };
    Words words = Words::kVp8;
    int spatial = 1;
    int temporal = 1;
    bool key_only = false;   // spatial layers need each other in key pictures alone
    bool separate = false;   // spatial layers never need each other
    bool described = false;  // a dependency descriptor too
};

inline constexpr std::uint8_t kDescriptorId = 4;

class LayeredSource {
 public:
    LayeredSource(std::size_t stream, SourceFormat format, Random& random)
        : stream_(stream), format_(format), random_(random) {
        ssrc_ = Ssrc(10 + static_cast<std::uint32_t>(stream));
        sequence_number_ = random.next_u16();
        timestamp_ = random.next_u32();
        picture_id_ = random.next_u16() & 0x7FFF;
        frame_number_ = random.next_u16();
        tl0_index_ = static_cast<std::uint8_t>(random());
    }

    /// The frames of the next picture, low to high.
    std::vector<const SourceFrame*> next(bool key, std::uint32_t ticks = 3000) {
        timestamp_ += ticks;
        picture_id_ = (picture_id_ + 1) & 0x7FFF;
        ++picture_;
        if (key) {
            phase_ = 0;
            cycle_is_sync_ = true;
            last_.clear();
            templates_at_ = (templates_at_ + format_.spatial * format_.temporal) % 64;
        }
        const int temporal = temporal_now();
        if (temporal == 0) ++tl0_index_;
        std::vector<const SourceFrame*> frames;
        for (int s = 0; s < format_.spatial; ++s) {
            frames.push_back(make_frame(s, temporal, key, s == 0 ? nullptr : frames.back()));
        }
        remember(temporal, frames);
        advance();
        return frames;
    }
    Bytes padding() { return make_padding({false, 96, sequence_number_++, timestamp_, ssrc_}); }

 private:
    // T0 T2 T1 T2, or T0 T1. In every other cycle upper layers lean on themselves too.
    int temporal_now() const {
        if (format_.temporal == 1) return 0;
        if (format_.temporal == 2) return phase_;
        static constexpr int kPattern[] = {0, 2, 1, 2};
        return kPattern[phase_];
    }
    int cycle_length() const { return format_.temporal == 1 ? 1 : format_.temporal == 2 ? 2 : 4; }
    void advance() {
        phase_ = (phase_ + 1) % cycle_length();
        if (phase_ == 0) cycle_is_sync_ = random_.below(3) == 0;
    }
    void remember(int temporal, const std::vector<const SourceFrame*>& frames) {
        for (auto& last : last_) {
            if (last.temporal == temporal) {
                last.frames = frames;
                last.picture = picture_;
                return;
            }
        }
        last_.push_back({temporal, frames, picture_});
    }

    const SourceFrame* make_frame(int spatial, int temporal, bool key, const SourceFrame* below);
    void find_needs(SourceFrame& frame, const SourceFrame* below);
    Bytes payload(const SourceFrame& frame, bool first, bool last, std::size_t size) const;
    Bytes vp8_head(const SourceFrame& frame, bool first) const;
    Bytes vp9_head(const SourceFrame& frame, bool first, bool last) const;
    Bytes h264(const SourceFrame& frame, bool first, bool last, std::size_t size) const;
    Bytes descriptor(const SourceFrame& frame, bool first, bool last) const;
    void write_structure(rtp::TestBitWriter& out) const;
    int indication(const SourceFrame& frame, int spatial, int temporal) const;
    bool layer_sync(const SourceFrame& frame) const;

    // The newest picture of a temporal layer, by spatial layer.
    struct Kept {
        int temporal = 0;
        std::vector<const SourceFrame*> frames;
        std::int64_t picture = 0;
    };
    std::size_t stream_;
    SourceFormat format_;
    Random& random_;
    Ssrc ssrc_;
    std::uint16_t sequence_number_ = 0;
    std::uint32_t timestamp_ = 0;
    std::uint16_t picture_id_ = 0;
    std::uint16_t frame_number_ = 0;
    std::uint8_t tl0_index_ = 0;
    std::int64_t picture_ = 0;
    int phase_ = 0;
    bool cycle_is_sync_ = true;
    int templates_at_ = 0;
    std::vector<Kept> last_;
    std::deque<SourceFrame> frames_;
};

// A frame needs the newest of its spatial layer in each lower temporal layer, and in its own where
// the cycle leans on itself; of the base always. Upper layers from before a cycle that does not
// lean are never needed in it.
inline void LayeredSource::find_needs(SourceFrame& frame, const SourceFrame* below) {
    const bool leans_below = below != nullptr && !format_.separate;
    if (leans_below && (frame.keyframe || !format_.key_only)) frame.needs.push_back(below);
    if (frame.keyframe) return;
    for (const Kept& last : last_) {
        if (last.temporal > frame.temporal) continue;
        const bool base = last.temporal == 0;
        const bool in_cycle = picture_ - last.picture <= phase_;
        const bool self = last.temporal == frame.temporal;
        if (base || (self ? !cycle_is_sync_ : in_cycle || !cycle_is_sync_)) {
            frame.needs.push_back(last.frames[static_cast<std::size_t>(frame.spatial)]);
        }
    }
}

// VP8's Y: of the pictures before, the base alone.
inline bool LayeredSource::layer_sync(const SourceFrame& frame) const {
    return frame.temporal > 0 && std::ranges::all_of(frame.needs, [](const SourceFrame* need) {
               return need->temporal == 0;
           });
}

inline const SourceFrame* LayeredSource::make_frame(int spatial, int temporal, bool key,
                                                    const SourceFrame* below) {
    SourceFrame& frame = frames_.emplace_back();
    frame.stream = stream_;
    frame.picture = picture_;
    frame.spatial = spatial;
    frame.temporal = temporal;
    frame.keyframe = key;
    frame.number = frame_number_++;
    frame.tl0_index = tl0_index_;
    find_needs(frame, below);
    const std::size_t count = 1 + random_.below(3) + (key ? 1 : 0);
    for (std::size_t i = 0; i < count; ++i) {
        const bool first = i == 0;
        const bool last = i + 1 == count;
        const bool marker = last && spatial + 1 == format_.spatial;
        const Bytes media = payload(frame, first, last, 40 + random_.below(40));
        Bytes extension;
        if (format_.described) extension = descriptor(frame, first, last);
        Bytes bytes(400 + media.size());
        rtp::HeaderWriter writer(bytes, {marker, 96, sequence_number_++, timestamp_, ssrc_}, true);
        if (!extension.empty()) writer.add_extension(kDescriptorId, extension);
        const std::size_t header = writer.finish();
        std::copy(media.begin(), media.end(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
        bytes.resize(header + media.size());
        frame.packets.push_back(std::move(bytes));
    }
    return &frame;
}

inline Bytes LayeredSource::payload(const SourceFrame& frame, bool first, bool last,
                                    std::size_t size) const {
    using Words = SourceFormat::Words;
    Bytes bytes;
    switch (format_.words) {
        case Words::kVp8: bytes = vp8_head(frame, first); break;
        case Words::kVp9:
        case Words::kVp9Flexible: bytes = vp9_head(frame, first, last); break;
        case Words::kH264: return h264(frame, first, last, size);
        case Words::kDescriptor: break;  // encrypted: noise, but never a readable OBU
    }
    while (bytes.size() < size) bytes.push_back(0xFF);
    return bytes;
}

// RFC 7741 §4.2.
inline Bytes LayeredSource::vp8_head(const SourceFrame& frame, bool first) const {
    Bytes p{static_cast<std::uint8_t>(0x80 | (first ? 0x10 : 0)),
            0x80 | 0x40 | 0x20,
            static_cast<std::uint8_t>(0x80 | (picture_id_ >> 8)),
            static_cast<std::uint8_t>(picture_id_),
            frame.tl0_index,
            static_cast<std::uint8_t>((frame.temporal << 6) | (layer_sync(frame) ? 0x20 : 0))};
    if (first) {
        p.push_back(frame.keyframe ? 0x10 : 0x11);
        if (frame.keyframe) {
            for (const int octet : {0, 0, 0x9d, 0x01, 0x2a, 64 << stream_, 0, 36 << stream_, 0}) {
                p.push_back(static_cast<std::uint8_t>(octet));
            }
        }
    }
    return p;
}

// RFC 9628 §4.2.
inline Bytes LayeredSource::vp9_head(const SourceFrame& frame, bool first, bool last) const {
    const bool flexible = format_.words == SourceFormat::Words::kVp9Flexible;
    const bool structure = frame.keyframe && frame.spatial == 0 && first;
    const bool top = frame.spatial + 1 == format_.spatial;
    const bool alone = top || (format_.key_only && !frame.keyframe);
    const bool leans = std::ranges::any_of(
        frame.needs, [&](const SourceFrame* need) { return need->picture == frame.picture; });
    Bytes p;
    p.push_back(static_cast<std::uint8_t>(
        0x80 | (frame.keyframe ? 0 : 0x40) | 0x20 | (flexible ? 0x10 : 0) | (first ? 0x08 : 0) |
        (last ? 0x04 : 0) | (structure ? 0x02 : 0) | (alone ? 0x01 : 0)));
    p.push_back(static_cast<std::uint8_t>(0x80 | (picture_id_ >> 8)));
    p.push_back(static_cast<std::uint8_t>(picture_id_));
    // In such a cycle nothing above the base needs what was before it.
    const bool up = frame.temporal == 0 && cycle_is_sync_;
    p.push_back(static_cast<std::uint8_t>((frame.temporal << 5) | (up ? 0x10 : 0) |
                                          (frame.spatial << 1) | (leans ? 1 : 0)));
    if (!flexible) p.push_back(frame.tl0_index);
    if (flexible && !frame.keyframe) {
        std::vector<std::uint8_t> diffs;
        for (const SourceFrame* need : frame.needs) {
            if (need->picture != frame.picture) {
                diffs.push_back(static_cast<std::uint8_t>(frame.picture - need->picture));
            }
        }
        for (std::size_t i = 0; i < diffs.size(); ++i) {
            p.push_back(static_cast<std::uint8_t>((diffs[i] << 1) | (i + 1 < diffs.size())));
        }
    }
    if (structure) {
        p.push_back(static_cast<std::uint8_t>(((format_.spatial - 1) << 5) | 0x10));
        for (int s = 0; s < format_.spatial; ++s) {
            for (const int octet : {0, 64 << s, 0, 36 << s}) {
                p.push_back(static_cast<std::uint8_t>(octet));
            }
        }
    }
    return p;
}

// RFC 6184: a key frame's SPS and IDR slice in an STAP-A, then pieces in FU-A.
inline Bytes LayeredSource::h264(const SourceFrame& frame, bool first, bool last,
                                 std::size_t size) const {
    const std::uint8_t type = frame.keyframe ? 5 : 1;
    if (first && frame.keyframe) {
        Bytes p{24, 0, 4, 0x67, 0x42, 0xc0, 0x1f, 0, 3, 0x65, 0x88, 0x80};
        return p;
    }
    Bytes p{static_cast<std::uint8_t>(0x60 | 28),
            static_cast<std::uint8_t>((first ? 0x80 : 0) | (last ? 0x40 : 0) | type),
            static_cast<std::uint8_t>(first ? 0x88 : 0x11)};
    while (p.size() < size) p.push_back(0x22);
    return p;
}

// AV1 RTP payload format, A.8.2, with all fields custom so that templates need not fit.
inline Bytes LayeredSource::descriptor(const SourceFrame& frame, bool first, bool last) const {
    rtp::TestBitWriter out;
    const int id = (templates_at_ + frame.spatial * format_.temporal + frame.temporal) % 64;
    out.bits(1, first).bits(1, last).bits(6, static_cast<std::uint64_t>(id));
    out.bits(16, frame.number);
    const bool structure = frame.keyframe && first && (frame.spatial == 0 || format_.separate);
    out.bits(1, structure).bits(1, 0).bits(1, 1).bits(1, 1).bits(1, 0);
    if (structure) write_structure(out);
    for (int s = 0; s < format_.spatial; ++s) {
        for (int t = 0; t < format_.temporal; ++t) {
            out.bits(2, static_cast<std::uint64_t>(indication(frame, s, t)));
        }
    }
    for (const SourceFrame* need : frame.needs) {
        const auto diff = static_cast<std::uint16_t>(frame.number - need->number);
        out.bits(2, 2).bits(8, static_cast<std::uint64_t>(diff - 1));
    }
    out.bits(2, 0);
    return out.bytes();
}

// A.8.3: one template and one decode target a layer, no chains.
inline void LayeredSource::write_structure(rtp::TestBitWriter& out) const {
    const int count = format_.spatial * format_.temporal;
    out.bits(6, static_cast<std::uint64_t>(templates_at_));
    out.bits(5, static_cast<std::uint64_t>(count - 1));
    for (int i = 1; i < count; ++i) out.bits(2, i % format_.temporal != 0 ? 1 : 2);
    out.bits(2, 3);
    for (int i = 0; i < count; ++i) {
        SourceFrame frame;
        frame.spatial = i / format_.temporal;
        frame.temporal = i % format_.temporal;
        for (int s = 0; s < format_.spatial; ++s) {
            for (int t = 0; t < format_.temporal; ++t) {
                out.bits(2, static_cast<std::uint64_t>(indication(frame, s, t)));
            }
        }
    }
    for (int i = 0; i < count; ++i) out.bits(1, 0);
    unsigned width = 0;
    while (((count + 1) >> width) != 0) ++width;
    out.bits(width - 1, 0);  // ns(count + 1) of 0
    out.bits(1, 1);
    for (int s = 0; s < format_.spatial; ++s) {
        out.bits(16, static_cast<std::uint64_t>((64 << (s + static_cast<int>(stream_))) - 1));
        out.bits(16, static_cast<std::uint64_t>((36 << (s + static_cast<int>(stream_))) - 1));
    }
}

// 0 not present, 2 switch, 3 required.
inline int LayeredSource::indication(const SourceFrame& frame, int spatial, int temporal) const {
    if (temporal < frame.temporal || spatial < frame.spatial) return 0;
    const bool crosses = spatial != frame.spatial;
    if (frame.keyframe) return crosses && (format_.separate || frame.spatial > spatial) ? 0 : 2;
    if (crosses && (format_.separate || format_.key_only)) return 0;
    if (crosses) return 3;
    if (temporal == 0) return 2;
    return frame.temporal == 0 && cycle_is_sync_ ? 2 : 3;
}

}  // namespace parley::sfu::test
