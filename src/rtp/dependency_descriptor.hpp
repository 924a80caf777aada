// The dependency descriptor header extension (AV1 RTP payload format 1.0, appendix A): which frames
// a frame needs and who may go without it, for any codec. The template structure arrives with a key
// frame and is kept; reading the others needs it. Writing one
// anew is left out: a forwarder changes what it passes on (rewrite_dependency_descriptor).

#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/static_vector.hpp"

namespace parley::rtp {

inline constexpr std::size_t kMaxTemplates = 64;      // A.2: template ids are 6 bits
inline constexpr std::size_t kMaxDecodeTargets = 32;  // dt_cnt_minus_one is 5 bits
inline constexpr std::size_t kMaxChains = 32;         // at most one a decode target
inline constexpr std::size_t kMaxSpatialLayers = 4;   // A.4: 2 bits
inline constexpr std::size_t kMaxTemporalLayers = 8;  // A.4: 3 bits
inline constexpr std::size_t kMaxFrameDiffs = 16;     // ours: a codec has 8 reference slots

/// What a frame is to a decode target (A.8.2.2).
enum class DecodeTargetIndication : std::uint8_t {
    kNotPresent = 0,
    kDiscardable = 1,
    kSwitch = 2,
    kRequired = 3,
};

/// The indications of one frame for all decode targets, two bits each.
class DecodeTargetIndications {
 public:
    DecodeTargetIndication operator[](std::size_t target) const {
        return static_cast<DecodeTargetIndication>((bits_ >> (2 * target)) & 3);
    }
    void set(std::size_t target, DecodeTargetIndication value) {
        bits_ &= ~(std::uint64_t{3} << (2 * target));
        bits_ |= static_cast<std::uint64_t>(value) << (2 * target);
    }
    friend bool operator==(const DecodeTargetIndications&,
                           const DecodeTargetIndications&) = default;

 private:
    std::uint64_t bits_ = 0;
};

struct FrameDependencyTemplate {
    std::uint8_t spatial_id = 0;
    std::uint8_t temporal_id = 0;
    DecodeTargetIndications indications;
    StaticVector<std::uint16_t, kMaxFrameDiffs> frame_diffs;  // 1..16 in a template, to 4096 custom
    std::array<std::uint8_t, kMaxChains> chain_diffs{};
};

struct Resolution {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    friend bool operator==(const Resolution&, const Resolution&) = default;
};

struct DecodeTargetLayer {
    std::uint8_t spatial_id = 0;
    std::uint8_t temporal_id = 0;
};

struct FrameDependencyStructure {
    std::uint8_t template_id_offset = 0;
    std::uint8_t decode_target_count = 0;
    std::uint8_t chain_count = 0;
    StaticVector<FrameDependencyTemplate, kMaxTemplates> templates;
    std::array<std::uint8_t, kMaxDecodeTargets> protected_by_chain{};
    /// The highest layers in each decode target (A.8.2.3).
    std::array<DecodeTargetLayer, kMaxDecodeTargets> target_layers{};
    StaticVector<Resolution, kMaxSpatialLayers> resolutions;  // one a spatial layer, or empty
    std::uint8_t max_spatial_id = 0;
    std::uint8_t max_temporal_id = 0;
};

struct DependencyDescriptor {
    bool start_of_frame = false;
    bool end_of_frame = false;
    std::uint8_t template_id = 0;
    std::uint16_t frame_number = 0;
    bool structure_attached = false;  // a key frame: decoding may start here
    /// One bit a decode target; only where the packet says it.
    std::optional<std::uint32_t> active_decode_targets;
    /// The bit where these targets stand, or would.
    std::uint16_t active_targets_at = 0;
    FrameDependencyTemplate frame;  // layers and dependencies, custom fields applied
    std::optional<Resolution> resolution;
};

enum class DependencyDescriptorError : std::uint8_t {
    kTruncated,
    kNoStructure,      // wait for the next key frame
    kUnknownTemplate,  // the structure that is kept does not have it
    kTooManyTemplates,
    kTooManyLayers,
    kTooManyFrameDiffs,
};

/// The first three octets alone, which need no structure.
struct DependencyDescriptorStart {
    bool start_of_frame = false;
    bool end_of_frame = false;
    std::uint8_t template_id = 0;
    std::uint16_t frame_number = 0;
};
std::optional<DependencyDescriptorStart> read_dependency_descriptor_start(BytesView data);

/// What a forwarder changes in a descriptor: A.2 to A.5 let it renumber frames and templates with
/// an offset and say which decode targets it still sends.
struct DependencyDescriptorChange {
    std::uint16_t frame_number = 0;
    std::uint8_t template_shift = 0;  // added to template ids
    /// Of those that the descriptor has; 0 leaves them as they are.
    std::uint32_t active_decode_targets = 0;
    std::uint8_t decode_target_count = 0;
    std::uint16_t active_targets_at = 0;  // as it was read
};
/// Octets that the change may add.
inline constexpr std::size_t kMaxDescriptorGrowth = 5;
/// `data` must have been read before. Returns the size written; 0 when `out` is too small or `data`
/// does not reach to where the change belongs.
std::size_t rewrite_dependency_descriptor(BytesView data, const DependencyDescriptorChange& change,
                                          BytesSpan out);

/// Reads the descriptors of one stream in the order of arrival, keeping the template structure.
/// About 6 kB; a stream without the extension should not own one.
class DependencyDescriptorReader {
 public:
    /// A descriptor that is refused leaves the kept structure as it was.
    Result<DependencyDescriptor, DependencyDescriptorError> read(BytesView data);
    /// nullptr before the first key frame.
    const FrameDependencyStructure* structure() const { return has_ ? &structure_ : nullptr; }
    void reset() { has_ = false; }

 private:
    FrameDependencyStructure structure_;
    bool has_ = false;
};

}  // namespace parley::rtp
