#include "rtp/red.hpp"

namespace parley::rtp {
namespace {

// RFC 2198 §3, for each redundant block:
// |1|   block PT  |  timestamp offset (14)    | block length (10) |
// and for the primary, whose block takes the rest:
// |0|   block PT  |

struct BlockHeader {
    std::uint8_t payload_type = 0;
    std::uint16_t timestamp_offset = 0;
    std::uint16_t size = 0;
    bool primary = false;
};

BlockHeader read_header(ByteReader& reader) {
    const std::uint8_t first = reader.u8();
    BlockHeader header;
    header.payload_type = first & 0x7F;
    header.primary = (first & 0x80) == 0;
    if (!header.primary) {
        const std::uint32_t rest = reader.u24();
        header.timestamp_offset = static_cast<std::uint16_t>(rest >> 10);
        header.size = rest & 0x3FF;
    }
    return header;
}

bool fits_fields(const RedBlock& block) {
    return block.timestamp_offset <= kMaxRedTimestampOffset &&
           block.payload.size() <= kMaxRedBlockSize && block.payload_type <= 0x7F;
}

}  // namespace

Result<RedBlocks, ParseError> parse_red(BytesView payload,
                                        std::optional<std::uint8_t> red_payload_type) {
    ByteReader reader(payload);
    StaticVector<BlockHeader, kMaxRedBlocks> headers;
    do {
        const BlockHeader header = read_header(reader);
        if (!reader.ok()) return fail(ParseError::kTooShort);
        if (header.payload_type == red_payload_type) return fail(ParseError::kBadValue);
        if (!headers.push_back(header)) return fail(ParseError::kBadValue);
    } while (!headers.back().primary);
    RedBlocks blocks;
    for (const auto& header : headers) {
        const std::size_t size = header.primary ? reader.remaining() : header.size;
        blocks.push_back({header.payload_type, header.timestamp_offset, reader.take(size)});
    }
    if (!reader.ok()) return fail(ParseError::kBadLength);
    return blocks;
}

std::size_t write_red(BytesSpan out, std::span<const RedBlock> redundant, const RedBlock& primary) {
    if (primary.payload_type > 0x7F) return 0;
    ByteWriter writer(out);
    std::size_t kept = 0;
    for (const auto& block : redundant) {
        if (!fits_fields(block) || ++kept >= kMaxRedBlocks) continue;
        writer.u8(0x80 | block.payload_type);
        writer.u24((std::uint32_t{block.timestamp_offset} << 10) |
                   static_cast<std::uint32_t>(block.payload.size()));
    }
    writer.u8(primary.payload_type);
    kept = 0;
    for (const auto& block : redundant) {
        if (!fits_fields(block) || ++kept >= kMaxRedBlocks) continue;
        writer.bytes(block.payload);
    }
    writer.bytes(primary.payload);
    return writer.ok() ? writer.size() : 0;
}

}  // namespace parley::rtp
