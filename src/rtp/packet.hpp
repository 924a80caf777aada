// An RTP packet (RFC 3550 §5.1) as a view over its octets, its header extensions (RFC 8285), and a
// writer that puts a header in front of a payload.

#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace parley::rtp {

enum class ParseError : std::uint8_t { kTooShort, kBadVersion, kBadLength, kBadPadding, kBadValue };

inline constexpr std::size_t kFixedHeaderSize = 12;
inline constexpr std::uint16_t kOneByteProfile = 0xBEDE;  // RFC 8285 §4.2
inline constexpr std::uint16_t kTwoByteProfile = 0x1000;  // RFC 8285 §4.3, low four bits free

/// One element of a header extension block.
struct ExtensionElement {
    std::uint8_t id = 0;
    BytesView data;
};

/// Walks the elements of an RFC 8285 block of either form. Ends quietly at the first element that
/// runs past the block, or at id 15 of the one-byte form (RFC 8285 §4.2).
class ExtensionReader {
 public:
    ExtensionReader(std::uint16_t profile, BytesView block)
        : block_(block),
          one_byte_(profile == kOneByteProfile),
          known_(one_byte_ || (profile & 0xFFF0) == kTwoByteProfile) {}

    std::optional<ExtensionElement> next();

 private:
    BytesView block_;
    std::size_t at_ = 0;
    bool one_byte_;
    bool known_;
};

/// A parsed RTP packet. Borrows the octets it was parsed from.
struct PacketView {
    BytesView bytes;  // the whole packet, without the padding's octets being removed
    bool marker = false;
    std::uint8_t payload_type = 0;
    std::uint16_t sequence_number = 0;
    std::uint32_t timestamp = 0;
    Ssrc ssrc;
    std::uint8_t csrc_count = 0;
    std::uint16_t extension_profile = 0;  // 0: no extension block
    BytesView extensions;                 // the block without its four-octet header
    BytesView payload;                    // without padding
    std::uint8_t padding = 0;             // octets of padding, the count octet included

    std::size_t header_size() const { return bytes.size() - payload.size() - padding; }
    ExtensionReader extension_reader() const { return {extension_profile, extensions}; }
    /// The data of the element with this id; empty if there is none.
    BytesView extension(std::uint8_t id) const;
};

/// Reads the fixed header, CSRCs, extension block and padding. Costs no allocation.
Result<PacketView, ParseError> parse_packet(BytesView bytes);

/// The size of an RTP header in octets, from its first octets alone: what SRTP must leave in the
/// clear (RFC 3711 §3.1).
Result<std::size_t, ParseError> header_size(BytesView bytes);

/// Builds a header with extensions in a caller's buffer. Elements use the one-byte form until one
/// does not fit it (id over 14, or 0 or more than 16 octets), which requires `two_byte` to be
/// given.
class HeaderWriter {
 public:
    struct Fields {
        bool marker = false;
        std::uint8_t payload_type = 0;
        std::uint16_t sequence_number = 0;
        std::uint32_t timestamp = 0;
        Ssrc ssrc;
    };

    HeaderWriter(BytesSpan out, const Fields& fields, bool two_byte = false);

    /// False, and nothing written, when the element fits neither the form nor the buffer.
    bool add_extension(std::uint8_t id, BytesView data);
    /// Reserves `size` octets for an element that is filled in later (transport sequence number,
    /// send time); nullptr when it does not fit.
    std::uint8_t* reserve_extension(std::uint8_t id, std::size_t size);
    /// Reserves `size` octets for whole elements, in the form that the header has; nullptr when
    /// they do not fit.
    std::uint8_t* reserve_elements(std::size_t size);
    /// Pads the block to 32 bits and sets its length. Returns the header's size; 0 if the buffer
    /// was too small. The payload follows at that offset.
    std::size_t finish();

 private:
    BytesSpan out_;
    std::size_t at_ = 0;
    bool two_byte_;
    bool has_extensions_ = false;
    bool ok_ = true;
};

/// What a HeaderWriter would write for the same elements: the size of a header before it is made.
class HeaderSize {
 public:
    explicit HeaderSize(bool two_byte = false) : two_byte_(two_byte) {}

    bool add_extension(std::uint8_t id, BytesView data);
    void add_elements(std::size_t octets) { elements_ += octets; }
    /// The whole header in octets.
    std::size_t octets() const {
        return elements_ == 0 ? kFixedHeaderSize : kFixedHeaderSize + 4 + (elements_ + 3) / 4 * 4;
    }

 private:
    std::size_t elements_ = 0;  // octets of all elements with their headers
    bool two_byte_;
};

}  // namespace parley::rtp
