// Which layers a stream has and what each frame is to them, learnt from packets: by the VP8 and VP9
// payload descriptors (RFC 7741, RFC 9628) and by the dependency descriptor (AV1 RTP payload format
// 1.0, appendix A).

#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/unwrap.hpp"
#include "media/layer_structure.hpp"
#include "media/vp8.hpp"
#include "media/vp9.hpp"
#include "rtp/dependency_descriptor.hpp"

namespace parley::media {

/// For streams whose payload descriptor tells the layers.
class LayerTracker {
 public:
    FrameTargets on_vp8(const Vp8Descriptor& frame);
    /// `broken` is set when layers that were taken for independent are not after all.
    FrameTargets on_vp9(const Vp9Descriptor& frame, std::uint32_t timestamp, bool& broken);
    const LayerStructure& structure() const { return structure_; }

 private:
    void grow(std::uint8_t spatial, std::uint8_t temporal);
    void on_vp9_key_picture(const Vp9Descriptor& frame, std::uint32_t timestamp);
    void on_vp9_base_frame(const Vp9Descriptor& frame, bool& broken);
    void note_vp9_layer(const Vp9Descriptor& frame, std::uint8_t spatial);
    void rebuild(std::uint8_t spatial, std::uint8_t temporal);

    /// A spatial layer that is missing from so many pictures was switched off.
    static constexpr std::uint16_t kMissingPictures = 60;

    LayerStructure structure_;
    // VP9: whether spatial layers depend on each other in key pictures alone (K-SVC).
    bool independent_ = false;
    bool mode_known_ = false;                   // of the pictures since the key picture
    bool always_nested_ = false;                // the stream mixes both: nothing may be left out
    std::optional<std::uint32_t> key_picture_;  // its timestamp
    std::array<std::uint16_t, kMaxSpatialLayers> pictures_without_{};
};

/// For streams with the dependency descriptor. About 12 kB.
class DescriptorTracker {
 public:
    struct Read {
        rtp::DependencyDescriptor frame;
        const rtp::FrameDependencyStructure* structure = nullptr;  // by which it was read
        bool keyframe = false;
        bool starts_picture = false;
        bool has_active_targets = false;
        FrameTargets targets;
    };
    /// Empty when it cannot be read, before the first key frame for instance.
    std::optional<Read> on_packet(BytesView descriptor);
    const LayerStructure& structure() const { return structure_; }
    LayerStructure::Size largest() const;

 private:
    /// Since a key frame.
    struct Era {
        rtp::DependencyDescriptorReader reader;
        std::array<std::uint8_t, kTargets> decode_target{};  // the one that stands for each target
        std::int64_t key_frame = 0;                          // its number
    };
    /// A frame this far behind the key frame is no straggler: the numbers began anew.
    static constexpr std::int64_t kMaxStraggle = 1000;

    /// The key frames of one picture are this close.
    static constexpr std::int64_t kMaxKeyPicture = 8;

    const rtp::FrameDependencyStructure& described() const { return *now_.reader.structure(); }
    Era& era_of(BytesView descriptor, std::int64_t number);
    void take_structure();
    void take_active(std::uint32_t active);
    void map_decode_targets(std::uint32_t active);
    void relate_targets(std::uint32_t active);

    Era now_;
    Era before_;  // for stragglers of before the key frame
    Unwrapper<std::uint16_t> frames_;
    LayerStructure structure_;
    std::uint32_t active_ = 0;
    std::uint8_t lowest_spatial_ = 0;
};

}  // namespace parley::media
