#include "sfu/red_blocks.hpp"

namespace parley::sfu {
namespace {

// RFC 2198 §3: F, block PT (7), timestamp offset (14), length (10); the last header is F and PT
// alone.
constexpr std::size_t kBlockHeader = 4;
constexpr std::uint8_t kMore = 0x80;

}  // namespace

BytesView primary_of_red(BytesView payload) {
    std::size_t at = 0;
    std::size_t redundant = 0;
    while (payload.size() - at >= kBlockHeader && (payload[at] & kMore) != 0) {
        redundant += load_be16(&payload[at + 2]) & 0x3FFU;
        at += kBlockHeader;
    }
    if (at >= payload.size() || (payload[at] & kMore) != 0) return {};
    const std::size_t begin = at + 1 + redundant;
    return begin < payload.size() ? payload.subspan(begin) : BytesView{};
}

void number_red_blocks(BytesSpan payload, std::uint8_t payload_type) {
    std::size_t at = 0;
    while (at < payload.size()) {
        const bool more = (payload[at] & kMore) != 0;
        payload[at] = static_cast<std::uint8_t>((payload[at] & kMore) | (payload_type & 0x7F));
        if (!more) return;
        at += kBlockHeader;
    }
}

}  // namespace parley::sfu
