#include "rtp/packet.hpp"

#include <algorithm>

namespace parley::rtp {

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
// |                           timestamp                           |
// |           synchronization source (SSRC) identifier            |
// |            contributing source (CSRC) identifiers             |

std::optional<ExtensionElement> ExtensionReader::next() {
    while (known_ && at_ < block_.size()) {
        const std::uint8_t first = block_[at_];
        if (first == 0) {  // a padding octet in both forms (RFC 8285 §4.1.2)
            ++at_;
            continue;
        }
        const std::size_t header = one_byte_ ? 1 : 2;
        if (block_.size() - at_ < header) break;
        const auto id = static_cast<std::uint8_t>(one_byte_ ? first >> 4 : first);
        const std::size_t size = one_byte_ ? (first & 0x0FU) + 1 : block_[at_ + 1];
        if (one_byte_ && id == 15) break;
        if (block_.size() - at_ - header < size) break;
        const BytesView data = block_.subspan(at_ + header, size);
        at_ += header + size;
        if (id == 0) continue;  // one-byte form: id 0 with a length is padding too
        return ExtensionElement{id, data};
    }
    at_ = block_.size();
    return {};
}

BytesView PacketView::extension(std::uint8_t id) const {
    auto reader = extension_reader();
    while (const auto element = reader.next()) {
        if (element->id == id) return element->data;
    }
    return {};
}

Result<std::size_t, ParseError> header_size(BytesView bytes) {
    if (bytes.size() < kFixedHeaderSize) return fail(ParseError::kTooShort);
    if (bytes[0] >> 6 != 2) return fail(ParseError::kBadVersion);
    std::size_t size = kFixedHeaderSize + 4U * (bytes[0] & 0x0FU);
    if ((bytes[0] & 0x10) != 0) {
        if (bytes.size() < size + 4) return fail(ParseError::kBadLength);
        size += 4 + 4U * load_be16(&bytes[size + 2]);
    }
    if (bytes.size() < size) return fail(ParseError::kBadLength);
    return size;
}

Result<PacketView, ParseError> parse_packet(BytesView bytes) {
    const auto header = header_size(bytes);
    if (!header) return fail(header.error());
    PacketView view;
    view.bytes = bytes;
    view.csrc_count = bytes[0] & 0x0F;
    view.marker = (bytes[1] & 0x80) != 0;
    view.payload_type = bytes[1] & 0x7F;
    view.sequence_number = load_be16(&bytes[2]);
    view.timestamp = load_be32(&bytes[4]);
    view.ssrc = Ssrc(load_be32(&bytes[8]));
    if ((bytes[0] & 0x10) != 0) {
        const std::size_t at = kFixedHeaderSize + 4U * view.csrc_count;
        view.extension_profile = load_be16(&bytes[at]);
        view.extensions = bytes.subspan(at + 4, *header - at - 4);
    }
    std::size_t payload_size = bytes.size() - *header;
    if ((bytes[0] & 0x20) != 0) {
        if (payload_size == 0) return fail(ParseError::kBadPadding);
        view.padding = bytes.back();
        if (view.padding == 0 || view.padding > payload_size) return fail(ParseError::kBadPadding);
        payload_size -= view.padding;
    }
    view.payload = bytes.subspan(*header, payload_size);
    return view;
}

HeaderWriter::HeaderWriter(BytesSpan out, const Fields& fields, bool two_byte)
    : out_(out), two_byte_(two_byte) {
    if (out_.size() < kFixedHeaderSize) {
        ok_ = false;
        return;
    }
    out_[0] = 0x80;
    out_[1] = static_cast<std::uint8_t>((fields.marker ? 0x80 : 0) | (fields.payload_type & 0x7F));
    store_be16(&out_[2], fields.sequence_number);
    store_be32(&out_[4], fields.timestamp);
    store_be32(&out_[8], fields.ssrc.value);
    at_ = kFixedHeaderSize;
}

namespace {

// RFC 8285 §4.2 and §4.3: what an element of either form can hold.
bool fits_form(bool two_byte, std::uint8_t id, std::size_t size) {
    if (two_byte) return id >= 1 && size <= 255;
    return id >= 1 && id <= 14 && size >= 1 && size <= 16;
}

}  // namespace

bool HeaderSize::add_extension(std::uint8_t id, BytesView data) {
    if (!fits_form(two_byte_, id, data.size())) return false;
    elements_ += (two_byte_ ? 2U : 1U) + data.size();
    return true;
}

std::uint8_t* HeaderWriter::reserve_elements(std::size_t size) {
    const std::size_t block_header = has_extensions_ ? 0 : 4;
    // Three octets are kept back for the padding that finish() may need.
    if (!ok_ || out_.size() - at_ < block_header + size + 3) return nullptr;
    if (!has_extensions_) {
        out_[0] |= 0x10;
        store_be16(&out_[at_], two_byte_ ? kTwoByteProfile : kOneByteProfile);
        at_ += 4;
        has_extensions_ = true;
    }
    std::uint8_t* const place = &out_[at_];
    at_ += size;
    return place;
}

std::uint8_t* HeaderWriter::reserve_extension(std::uint8_t id, std::size_t size) {
    if (!fits_form(two_byte_, id, size)) return nullptr;
    std::uint8_t* element = reserve_elements((two_byte_ ? 2U : 1U) + size);
    if (element == nullptr) return nullptr;
    if (two_byte_) {
        *element++ = id;
        *element++ = static_cast<std::uint8_t>(size);
    } else {
        *element++ = static_cast<std::uint8_t>((id << 4) | (size - 1));
    }
    return element;
}

bool HeaderWriter::add_extension(std::uint8_t id, BytesView data) {
    std::uint8_t* place = reserve_extension(id, data.size());
    if (place == nullptr) return false;
    std::copy(data.begin(), data.end(), place);
    return true;
}

std::size_t HeaderWriter::finish() {
    if (!ok_) return 0;
    if (!has_extensions_) return at_;
    while (at_ % 4 != 0) out_[at_++] = 0;
    store_be16(&out_[kFixedHeaderSize + 2],
               static_cast<std::uint16_t>((at_ - kFixedHeaderSize - 4) / 4));
    return at_;
}

}  // namespace parley::rtp
