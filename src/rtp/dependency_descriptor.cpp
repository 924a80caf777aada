#include "rtp/dependency_descriptor.hpp"

#include <algorithm>

#include "base/bit_reader.hpp"

namespace parley::rtp {
namespace {

using Error = DependencyDescriptorError;
using Checked = Result<void, Error>;

// A.8.2 mandatory_descriptor_fields() and the flags of extended_descriptor_fields().
constexpr std::size_t kMandatoryBits = 24;
constexpr std::size_t kFlags = 5;
constexpr std::size_t kStructureFlag = kMandatoryBits;
constexpr std::size_t kActiveTargetsFlag = kMandatoryBits + 1;
constexpr std::size_t kTemplateIdOffset = kMandatoryBits + kFlags;  // when a structure follows

// ns(n): a number below `limit` in as few bits as fit (A.8.1).
std::uint32_t read_non_symmetric(BitReader& reader, std::uint32_t limit) {
    unsigned width = 0;
    for (std::uint32_t x = limit; x != 0; x >>= 1) ++width;
    const std::uint32_t short_codes = (1U << width) - limit;
    const std::uint32_t value = reader.bits(width - 1);
    if (value < short_codes) return value;
    return (value << 1) - short_codes + reader.bits(1);
}

// A.8.3 template_layers().
Checked read_template_layers(BitReader& reader, FrameDependencyStructure& structure) {
    std::uint8_t spatial = 0;
    std::uint8_t temporal = 0;
    for (std::uint32_t next = 0; next != 3; next = reader.bits(2)) {
        if (next == 1) {
            ++temporal;
        } else if (next == 2) {
            ++spatial;
            temporal = 0;
        }
        if (!reader.ok()) return fail(Error::kTruncated);
        if (spatial >= kMaxSpatialLayers || temporal >= kMaxTemporalLayers) {
            return fail(Error::kTooManyLayers);
        }
        if (structure.templates.full()) return fail(Error::kTooManyTemplates);
        FrameDependencyTemplate entry;
        entry.spatial_id = spatial;
        entry.temporal_id = temporal;
        structure.templates.push_back(entry);
        if (temporal > structure.max_temporal_id) structure.max_temporal_id = temporal;
    }
    structure.max_spatial_id = spatial;
    return {};
}

DecodeTargetIndications read_indications(BitReader& reader, std::size_t targets) {
    DecodeTargetIndications indications;
    for (std::size_t i = 0; i < targets; ++i) {
        indications.set(i, static_cast<DecodeTargetIndication>(reader.bits(2)));
    }
    return indications;
}

// A.8.3 template_fdiffs().
Checked read_template_diffs(BitReader& reader, FrameDependencyStructure& structure) {
    for (auto& entry : structure.templates) {
        while (reader.flag()) {
            const auto diff = static_cast<std::uint16_t>(reader.bits(4) + 1);
            if (!entry.frame_diffs.push_back(diff)) return fail(Error::kTooManyFrameDiffs);
        }
    }
    return {};
}

// A.8.3 template_chains().
void read_template_chains(BitReader& reader, FrameDependencyStructure& structure) {
    const std::uint32_t targets = structure.decode_target_count;
    structure.chain_count = static_cast<std::uint8_t>(read_non_symmetric(reader, targets + 1));
    if (structure.chain_count == 0) return;
    for (std::uint32_t i = 0; i < targets; ++i) {
        structure.protected_by_chain[i] =
            static_cast<std::uint8_t>(read_non_symmetric(reader, structure.chain_count));
    }
    for (auto& entry : structure.templates) {
        for (std::size_t chain = 0; chain < structure.chain_count; ++chain) {
            entry.chain_diffs[chain] = static_cast<std::uint8_t>(reader.bits(4));
        }
    }
}

// A.8.3 decode_target_layers().
void derive_target_layers(FrameDependencyStructure& structure) {
    for (std::size_t target = 0; target < structure.decode_target_count; ++target) {
        DecodeTargetLayer highest;
        for (const auto& entry : structure.templates) {
            if (entry.indications[target] == DecodeTargetIndication::kNotPresent) continue;
            if (entry.spatial_id > highest.spatial_id) highest.spatial_id = entry.spatial_id;
            if (entry.temporal_id > highest.temporal_id) highest.temporal_id = entry.temporal_id;
        }
        structure.target_layers[target] = highest;
    }
}

// A.8.3 template_dependency_structure().
Checked read_structure(BitReader& reader, FrameDependencyStructure& structure) {
    structure.template_id_offset = static_cast<std::uint8_t>(reader.bits(6));
    structure.decode_target_count = static_cast<std::uint8_t>(reader.bits(5) + 1);
    if (auto layers = read_template_layers(reader, structure); !layers) return layers;
    for (auto& entry : structure.templates) {
        entry.indications = read_indications(reader, structure.decode_target_count);
    }
    if (auto diffs = read_template_diffs(reader, structure); !diffs) return diffs;
    read_template_chains(reader, structure);
    derive_target_layers(structure);
    if (reader.flag()) {
        for (int i = 0; i <= structure.max_spatial_id; ++i) {
            const std::uint32_t width = reader.bits(16) + 1;
            const std::uint32_t height = reader.bits(16) + 1;
            structure.resolutions.push_back({width, height});
        }
    }
    if (!reader.ok()) return fail(Error::kTruncated);
    return {};
}

struct Flags {
    bool structure = false;
    bool active_targets = false;
    bool custom_indications = false;
    bool custom_diffs = false;
    bool custom_chains = false;
};

// A.8.2 frame_dependency_definition().
Checked read_frame(BitReader& reader, const Flags& flags, const FrameDependencyStructure& structure,
                   DependencyDescriptor& descriptor) {
    const std::size_t index = (descriptor.template_id + 64U - structure.template_id_offset) % 64;
    if (index >= structure.templates.size()) return fail(Error::kUnknownTemplate);
    descriptor.frame = structure.templates[index];
    auto& frame = descriptor.frame;
    if (flags.custom_indications) {
        frame.indications = read_indications(reader, structure.decode_target_count);
    }
    if (flags.custom_diffs) {
        frame.frame_diffs.clear();
        for (auto size = reader.bits(2); size != 0; size = reader.bits(2)) {
            const auto diff = static_cast<std::uint16_t>(reader.bits(4 * size) + 1);
            if (!frame.frame_diffs.push_back(diff)) return fail(Error::kTooManyFrameDiffs);
        }
    }
    if (flags.custom_chains) {
        for (std::size_t chain = 0; chain < structure.chain_count; ++chain) {
            frame.chain_diffs[chain] = static_cast<std::uint8_t>(reader.bits(8));
        }
    }
    if (!reader.ok()) return fail(Error::kTruncated);
    if (frame.spatial_id < structure.resolutions.size()) {
        descriptor.resolution = structure.resolutions[frame.spatial_id];
    }
    return {};
}

bool bit(BytesView data, std::size_t at) {
    return ((data[at / 8] >> (7 - at % 8)) & 1) != 0;
}

// Puts bits into octets that are zero.
class BitAppender {
 public:
    explicit BitAppender(BytesSpan out) : out_(out) {}
    void append(std::uint32_t value, std::size_t count) {
        while (count-- > 0) put(((value >> count) & 1) != 0);
    }
    void append(BytesView data, std::size_t first, std::size_t end) {
        for (; first < end && first % 8 != 0; ++first) put(bit(data, first));
        for (; end - first >= 8; first += 8) append(data[first / 8], 8);
        for (; first < end; ++first) put(bit(data, first));
    }

 private:
    void put(bool value) {
        if (value) out_[at_ / 8] |= static_cast<std::uint8_t>(0x80U >> (at_ % 8));
        ++at_;
    }
    BytesSpan out_;
    std::size_t at_ = 0;
};

void shift_template_offset(BytesSpan data, std::uint8_t shift) {
    const std::uint32_t word = load_be16(&data[kTemplateIdOffset / 8]);
    constexpr unsigned kBelow = 16 - kTemplateIdOffset % 8 - 6;
    const std::uint32_t offset = ((word >> kBelow) + shift) & 0x3F;
    store_be16(&data[kTemplateIdOffset / 8],
               static_cast<std::uint16_t>((word & ~(0x3FU << kBelow)) | (offset << kBelow)));
}

}  // namespace

std::size_t rewrite_dependency_descriptor(BytesView data, const DependencyDescriptorChange& change,
                                          BytesSpan out) {
    if (data.size() < 3) return 0;
    const bool extended = data.size() > 3;
    const bool has_structure = extended && bit(data, kStructureFlag);
    const bool has_targets = extended && bit(data, kActiveTargetsFlag);
    if (has_structure && data.size() < 5) return 0;
    const std::size_t count = change.active_decode_targets == 0 ? 0 : change.decode_target_count;
    const std::size_t at = change.active_targets_at;
    const std::size_t old_bits = data.size() * 8;
    std::size_t size = data.size();
    if (count != 0) {
        const std::size_t needed = at + (has_targets ? count : 0);
        if (extended ? needed > old_bits || at < kTemplateIdOffset : at != kTemplateIdOffset) {
            return 0;
        }
        if (!has_targets) size = (std::max(old_bits, at) + count + 7) / 8;
    }
    if (size > out.size()) return 0;
    const BytesSpan written = out.first(size);
    std::fill(written.begin(), written.end(), std::uint8_t{0});
    BitAppender bits(written);
    if (count == 0) {
        bits.append(data, 0, old_bits);
    } else {
        bits.append(data, 0, kMandatoryBits);
        if (extended) {
            bits.append(has_structure ? 1U : 0U, 1);
            bits.append(1U, 1);
            bits.append(data, kActiveTargetsFlag + 1, at);
        } else {
            bits.append(0b01000U, kFlags);
        }
        bits.append(change.active_decode_targets, count);
        if (extended) bits.append(data, at + (has_targets ? count : 0), old_bits);
    }
    written[0] = static_cast<std::uint8_t>((written[0] & 0xC0) |
                                           ((written[0] + change.template_shift) & 0x3F));
    store_be16(&written[1], change.frame_number);
    if (has_structure && change.template_shift != 0) {
        shift_template_offset(written, change.template_shift);
    }
    return size;
}

std::optional<DependencyDescriptorStart> read_dependency_descriptor_start(BytesView data) {
    if (data.size() < 3) return {};
    return DependencyDescriptorStart{(data[0] & 0x80) != 0, (data[0] & 0x40) != 0,
                                     static_cast<std::uint8_t>(data[0] & 0x3F),
                                     load_be16(&data[1])};
}

Result<DependencyDescriptor, Error> DependencyDescriptorReader::read(BytesView data) {
    const auto start = read_dependency_descriptor_start(data);
    if (!start) return fail(Error::kTruncated);
    DependencyDescriptor descriptor;
    descriptor.start_of_frame = start->start_of_frame;
    descriptor.end_of_frame = start->end_of_frame;
    descriptor.template_id = start->template_id;
    descriptor.frame_number = start->frame_number;

    BitReader reader(data.subspan(3));
    Flags flags;
    if (data.size() > 3) {
        flags = {reader.flag(), reader.flag(), reader.flag(), reader.flag(), reader.flag()};
    }
    std::optional<FrameDependencyStructure> fresh;
    if (flags.structure) {
        fresh.emplace();
        if (auto read = read_structure(reader, *fresh); !read) return fail(read.error());
        descriptor.structure_attached = true;
        const unsigned unused = 32U - fresh->decode_target_count;
        descriptor.active_decode_targets = 0xFFFF'FFFFU >> unused;
    } else if (!has_) {
        return fail(Error::kNoStructure);
    }
    const FrameDependencyStructure& structure = fresh ? *fresh : structure_;
    descriptor.active_targets_at =
        static_cast<std::uint16_t>(kMandatoryBits + (data.size() > 3 ? reader.position() : kFlags));
    if (flags.active_targets) {
        descriptor.active_decode_targets = reader.bits(structure.decode_target_count);
    }
    if (auto read = read_frame(reader, flags, structure, descriptor); !read) {
        return fail(read.error());
    }
    if (fresh) {
        structure_ = *fresh;
        has_ = true;
    }
    return descriptor;
}

}  // namespace parley::rtp
