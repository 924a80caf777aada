// Redundant audio (RFC 2198): earlier frames carried again in front of the newest one.

#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/static_vector.hpp"
#include "rtp/packet.hpp"

namespace parley::rtp {

/// Blocks in one packet, the primary included. Browsers send up to 9; more is an attack.
inline constexpr std::size_t kMaxRedBlocks = 32;
inline constexpr std::uint16_t kMaxRedTimestampOffset = 0x3FFF;  // 14 bits
inline constexpr std::size_t kMaxRedBlockSize = 0x3FF;           // 10 bits

struct RedBlock {
    std::uint8_t payload_type = 0;
    std::uint16_t timestamp_offset = 0;  // how much older than the packet; 0 for the primary
    BytesView payload;
};
/// Oldest first as they came; the last is the primary.
using RedBlocks = StaticVector<RedBlock, kMaxRedBlocks>;

/// `red_payload_type`, when given, is refused inside: RED in RED would recurse.
Result<RedBlocks, ParseError> parse_red(BytesView payload,
                                        std::optional<std::uint8_t> red_payload_type = {});

/// Writes the redundant blocks and then the primary. A redundant block too old or too large for its
/// fields is left out. Returns the size; 0 when the buffer is too small.
std::size_t write_red(BytesSpan out, std::span<const RedBlock> redundant, const RedBlock& primary);

}  // namespace parley::rtp
