#include "load/layer_descriptor.hpp"

#include <array>

namespace parley::load {
namespace {

constexpr unsigned kLayers = 3;

class BitWriter {
 public:
    void bits(unsigned count, unsigned value) {
        for (unsigned i = count; i > 0; --i) {
            if (used_ % 8 == 0) bytes_.push_back(0);
            const unsigned bit = value >> (i - 1) & 1;
            bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | bit << (7 - used_ % 8));
            ++used_;
        }
    }
    /// ns(n) of AV1 (§4.10.10), for a value below 4 and n of 4: then it is two bits.
    void below_four(unsigned value) { bits(2, value); }
    std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
    std::vector<std::uint8_t> bytes_;
    unsigned used_ = 0;
};

enum Indication : unsigned { kNotPresent = 0, kSwitch = 2 };

/// A.8.2.2 and A.8.2.4: how far back a frame's reference is, and the last frame of each chain.
/// A chain is a layer from its last keyframe on; frames are numbered layer by layer.
struct Template {
    unsigned spatial_id;
    std::array<unsigned, kLayers> targets;
    unsigned reference;  // 0: none
    std::array<unsigned, kLayers> chains;
};
constexpr std::array<Template, 6> kTemplates{{
    {0, {kSwitch, kNotPresent, kNotPresent}, 3, {3, 2, 1}},
    {0, {kSwitch, kSwitch, kSwitch}, 0, {0, 0, 0}},  // of a keyframe
    {1, {kNotPresent, kSwitch, kNotPresent}, 3, {1, 3, 2}},
    {1, {kNotPresent, kSwitch, kSwitch}, 1, {1, 1, 1}},
    {2, {kNotPresent, kNotPresent, kSwitch}, 3, {2, 1, 3}},
    {2, {kNotPresent, kNotPresent, kSwitch}, 1, {2, 1, 1}},
}};

/// A.8.1: template_dependency_structure().
void write_structure(const LayerFrame& frame, BitWriter& out) {
    out.bits(6, 0);            // template_id_offset
    out.bits(5, kLayers - 1);  // dt_cnt_minus_one
    for (std::size_t i = 0; i < kTemplates.size(); ++i) {
        constexpr unsigned kSameLayer = 0;
        constexpr unsigned kNextSpatialLayer = 2;
        constexpr unsigned kNoMore = 3;
        const bool last = i + 1 == kTemplates.size();
        const bool same = !last && kTemplates[i + 1].spatial_id == kTemplates[i].spatial_id;
        out.bits(2, last ? kNoMore : same ? kSameLayer : kNextSpatialLayer);
    }
    for (const auto& one : kTemplates) {
        for (const unsigned target : one.targets) out.bits(2, target);
    }
    for (const auto& one : kTemplates) {
        if (one.reference != 0) {
            out.bits(1, 1);
            out.bits(4, one.reference - 1);
        }
        out.bits(1, 0);
    }
    out.below_four(kLayers);  // chain_cnt
    // ns(3) for the chain that protects each target: 0 is one bit, 1 and 2 are two.
    out.bits(1, 0);
    out.bits(2, 0b10);
    out.bits(2, 0b11);
    for (const auto& one : kTemplates) {
        for (const unsigned chain : one.chains) out.bits(4, chain);
    }
    out.bits(1, 1);  // resolutions_present_flag
    for (unsigned layer = 0; layer < kLayers; ++layer) {
        const unsigned divisor = 1U << (kLayers - 1 - layer);
        out.bits(16, frame.width / divisor - 1);
        out.bits(16, frame.height / divisor - 1);
    }
}

}  // namespace

std::vector<std::uint8_t> describe_layer(const LayerFrame& frame) {
    BitWriter out;
    out.bits(1, frame.first ? 1 : 0);
    out.bits(1, frame.last ? 1 : 0);
    out.bits(6, 2 * frame.spatial_id + (frame.keyframe ? 1 : 0));
    out.bits(16, 0);
    if (frame.keyframe && frame.spatial_id == 0 && frame.first) {
        out.bits(1, 1);  // the structure is there
        out.bits(4, 0);  // no active targets, nor custom fields
        write_structure(frame, out);
    }
    return out.take();
}

}  // namespace parley::load
