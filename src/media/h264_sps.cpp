// The picture size in a sequence parameter set (ITU-T H.264 §7.3.2.1.1), for h264.hpp.

#include <array>

#include "base/bit_reader.hpp"
#include "media/h264.hpp"

namespace parley::media {
namespace {

// The size stands in front of the VUI; the longest scaling lists end well before this.
constexpr std::size_t kMaxSpsRead = 1024;
constexpr std::uint32_t kMaxDimension = 16'384;
constexpr std::uint32_t kMaxPocCycle = 255;  // §7.4.2.1.1

// ue(v) (§9.1); a code over 32 bits reads as a number that no field may have.
std::uint32_t read_ue(BitReader& reader) {
    unsigned zeros = 0;
    while (reader.ok() && !reader.flag()) {
        if (++zeros > 31) return UINT32_MAX;
    }
    return (1U << zeros) - 1 + reader.bits(zeros);
}

std::int64_t read_se(BitReader& reader) {
    const std::int64_t code = read_ue(reader);
    return (code & 1) != 0 ? code / 2 + 1 : -(code / 2);
}

// Removes the emulation prevention octets (§7.4.1) while copying.
std::size_t unescape(BytesView nal, std::array<std::uint8_t, kMaxSpsRead>& out) {
    std::size_t size = 0;
    int zeros = 0;
    for (const std::uint8_t octet : nal) {
        if (size == out.size()) break;
        if (zeros >= 2 && octet == 3) {
            zeros = 0;
            continue;
        }
        zeros = octet == 0 ? zeros + 1 : 0;
        out[size++] = octet;
    }
    return size;
}

// §7.3.2.1.1.1: read only to know where it ends.
void skip_scaling_list(BitReader& reader, int size) {
    std::int64_t last = 8;
    std::int64_t next = 8;
    for (int i = 0; i < size && reader.ok(); ++i) {
        if (next != 0) next = ((last + read_se(reader)) % 256 + 256) % 256;
        if (next != 0) last = next;
    }
}

bool has_chroma_fields(std::uint32_t profile) {
    constexpr std::array<std::uint32_t, 13> kProfiles{100, 110, 122, 244, 44,  83, 86,
                                                      118, 128, 138, 139, 134, 135};
    for (const std::uint32_t p : kProfiles) {
        if (p == profile) return true;
    }
    return false;
}

struct Chroma {
    std::uint32_t format = 1;  // 4:2:0
    bool separate_planes = false;
};

Chroma read_chroma(BitReader& reader) {
    Chroma chroma;
    chroma.format = read_ue(reader);
    if (chroma.format == 3) chroma.separate_planes = reader.flag();
    read_ue(reader);  // bit_depth_luma_minus8
    read_ue(reader);  // bit_depth_chroma_minus8
    reader.skip(1);   // qpprime_y_zero_transform_bypass_flag
    if (reader.flag()) {
        const int lists = chroma.format == 3 ? 12 : 8;
        for (int i = 0; i < lists; ++i) {
            if (reader.flag()) skip_scaling_list(reader, i < 6 ? 16 : 64);
        }
    }
    return chroma;
}

bool skip_picture_order(BitReader& reader) {
    const std::uint32_t type = read_ue(reader);
    if (type == 0) {
        read_ue(reader);  // log2_max_pic_order_cnt_lsb_minus4
    } else if (type == 1) {
        reader.skip(1);
        read_se(reader);
        read_se(reader);
        const std::uint32_t cycle = read_ue(reader);
        if (cycle > kMaxPocCycle) return false;
        for (std::uint32_t i = 0; i < cycle; ++i) read_se(reader);
    }
    return type <= 2;
}

}  // namespace

std::optional<H264PictureSize> read_sps_size(BytesView sps) {
    std::array<std::uint8_t, kMaxSpsRead> raw{};
    BitReader reader(BytesView(raw).first(unescape(sps, raw)));
    reader.skip(8);  // the NAL header
    const std::uint32_t profile = reader.bits(8);
    reader.skip(16);  // constraint flags, level_idc
    read_ue(reader);  // seq_parameter_set_id
    Chroma chroma;
    if (has_chroma_fields(profile)) chroma = read_chroma(reader);
    if (chroma.format > 3) return {};
    read_ue(reader);  // log2_max_frame_num_minus4
    if (!skip_picture_order(reader)) return {};
    read_ue(reader);  // max_num_ref_frames
    reader.skip(1);   // gaps_in_frame_num_value_allowed_flag
    const std::uint64_t width_mbs = std::uint64_t{read_ue(reader)} + 1;
    const std::uint64_t height_units = std::uint64_t{read_ue(reader)} + 1;
    const bool frames_only = reader.flag();
    if (!frames_only) reader.skip(1);
    reader.skip(1);  // direct_8x8_inference_flag
    const std::uint64_t field_factor = frames_only ? 1 : 2;
    std::uint64_t width = width_mbs * 16;
    std::uint64_t height = height_units * 16 * field_factor;
    if (reader.flag()) {
        // §7.4.2.1.1: crop units, by chroma format.
        const bool subsampled_x = chroma.format == 1 || chroma.format == 2;
        const std::uint64_t unit_x = subsampled_x ? 2 : 1;
        const std::uint64_t unit_y = (chroma.format == 1 ? 2U : 1U) * field_factor;
        const std::uint64_t left = read_ue(reader);
        const std::uint64_t crop_x = unit_x * (left + read_ue(reader));
        const std::uint64_t top = read_ue(reader);
        const std::uint64_t crop_y = unit_y * (top + read_ue(reader));
        if (crop_x >= width || crop_y >= height) return {};
        width -= crop_x;
        height -= crop_y;
    }
    if (!reader.ok() || width > kMaxDimension || height > kMaxDimension) return {};
    return H264PictureSize{static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height)};
}

}  // namespace parley::media
