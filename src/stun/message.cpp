#include "stun/message.hpp"

#include <algorithm>
#include <concepts>

#include "crypto/digest.hpp"
#include "stun/wire.hpp"

namespace parley::stun {
namespace {

using wire::kAttributeHeader;

constexpr std::size_t kSha1Size = 20;
constexpr std::size_t kSha256Size = 32;
constexpr std::size_t kSha256MinSize = 16;  // RFC 8489 §14.6
constexpr std::size_t kFingerprintSize = 4;

bool is_integrity(Attribute type) {
    return type == Attribute::kMessageIntegrity || type == Attribute::kMessageIntegritySha256;
}

Result<void, ParseError> check_header(BytesView datagram) {
    if (datagram.size() < kHeaderSize) return fail(ParseError::kTooShort);
    if ((datagram[0] & 0xC0) != 0) return fail(ParseError::kNotStun);
    if (load_be32(&datagram[4]) != kMagicCookie) return fail(ParseError::kNotStun);
    const std::size_t length = load_be16(&datagram[2]);
    if (length % 4 != 0 || length != datagram.size() - kHeaderSize) {
        return fail(ParseError::kBadLength);
    }
    return {};
}

/// Cuts the next attribute from `rest`. False when it reaches past the end.
bool cut_attribute(BytesView& rest, AttributeView& attribute) {
    if (rest.size() < kAttributeHeader) return false;
    const std::size_t size = load_be16(&rest[2]);
    const std::size_t padded = wire::padded(size);
    if (rest.size() - kAttributeHeader < padded) return false;
    attribute.type = static_cast<Attribute>(load_be16(&rest[0]));
    attribute.value = rest.subspan(kAttributeHeader, size);
    rest = rest.subspan(kAttributeHeader + padded);
    return true;
}

bool fingerprint_matches(BytesView message, std::size_t attribute_at) {
    const auto covered = message.first(attribute_at);
    const auto value = load_be32(&message[attribute_at + kAttributeHeader]);
    return value == (crypto::crc32(covered) ^ wire::kFingerprintXor);
}

/// The tag over everything before the attribute at `at`, with the length field as if the message
/// ended right behind it (RFC 8489 §14.5).
template <typename Hmac>
auto integrity_tag(BytesView message, std::size_t at, std::size_t tag_size, BytesView key) {
    std::array<std::uint8_t, kHeaderSize> header;
    std::copy_n(message.begin(), kHeaderSize, header.begin());
    store_be16(&header[2],
               static_cast<std::uint16_t>(at + kAttributeHeader + tag_size - kHeaderSize));
    Hmac hmac(key);
    hmac.update(header);
    hmac.update(message.subspan(kHeaderSize, at - kHeaderSize));
    return hmac.finish();
}

template <std::unsigned_integral T>
Result<T, AttributeError> integer(std::optional<BytesView> value) {
    if (!value) return fail(AttributeError::kAbsent);
    if (value->size() != sizeof(T)) return fail(AttributeError::kMalformed);
    ByteReader reader(*value);
    if constexpr (sizeof(T) == 4) {
        return reader.u32();
    } else {
        return reader.u64();
    }
}

}  // namespace

std::optional<AttributeView> AttributeWalk::next() {
    AttributeView attribute;
    if (!cut_attribute(rest_, attribute)) return {};
    if (is_integrity(attribute.type)) {
        rest_ = {};
        return {};
    }
    return attribute;
}

Result<Message, ParseError> Message::parse(BytesView datagram) {
    if (const auto header = check_header(datagram); !header) return fail(header.error());
    Message message;
    message.bytes_ = datagram;
    const std::uint16_t type = load_be16(datagram.data());
    message.class_ = wire::class_of(type);
    message.method_ = wire::method_of(type);
    std::copy_n(datagram.begin() + 8, message.transaction_id_.size(),
                message.transaction_id_.begin());

    BytesView rest = datagram.subspan(kHeaderSize);
    for (std::size_t count = 0; !rest.empty(); ++count) {
        if (count == kMaxAttributes) return fail(ParseError::kTooManyAttributes);
        const std::size_t at = datagram.size() - rest.size();
        AttributeView attribute;
        if (!cut_attribute(rest, attribute)) return fail(ParseError::kBadAttribute);
        if (const auto noted = message.note(attribute, at, rest.empty()); !noted) {
            return fail(noted.error());
        }
    }
    return message;
}

Result<void, ParseError> Message::note(const AttributeView& attribute, std::size_t at, bool last) {
    const std::size_t size = attribute.value.size();
    switch (attribute.type) {
        case Attribute::kMessageIntegrity:
            // After the SHA-256 tag only FINGERPRINT counts (RFC 8489 §14.6).
            if (integrity_at_ != 0 || integrity256_at_ != 0) {
                return fail(ParseError::kMisplacedAttribute);
            }
            if (size != kSha1Size) return fail(ParseError::kBadAttribute);
            integrity_at_ = at;
            break;
        case Attribute::kMessageIntegritySha256:
            if (integrity256_at_ != 0) return fail(ParseError::kMisplacedAttribute);
            if (size < kSha256MinSize || size > kSha256Size || size % 4 != 0) {
                return fail(ParseError::kBadAttribute);
            }
            integrity256_at_ = at;
            break;
        case Attribute::kFingerprint:
            if (!last) return fail(ParseError::kMisplacedAttribute);
            if (size != kFingerprintSize) return fail(ParseError::kBadAttribute);
            if (!fingerprint_matches(bytes_, at)) return fail(ParseError::kBadFingerprint);
            has_fingerprint_ = true;
            break;
        default: break;
    }
    return {};
}

AttributeWalk Message::attributes() const {
    // FINGERPRINT carries nothing for a caller, but the walk may yield it: it is an attribute.
    return AttributeWalk(bytes_.subspan(kHeaderSize));
}

std::optional<BytesView> Message::find(Attribute type) const {
    auto walk = attributes();
    while (const auto attribute = walk.next()) {
        if (attribute->type == type) return attribute->value;
    }
    return {};
}

Result<std::uint32_t, AttributeError> Message::u32(Attribute type) const {
    return integer<std::uint32_t>(find(type));
}

Result<std::uint64_t, AttributeError> Message::u64(Attribute type) const {
    return integer<std::uint64_t>(find(type));
}

std::optional<std::string_view> Message::text(Attribute type) const {
    const auto value = find(type);
    if (!value) return {};
    return as_text(*value);
}

Result<net::SocketAddress, AttributeError> Message::address(Attribute type) const {
    const auto value = find(type);
    if (!value) return fail(AttributeError::kAbsent);
    const auto address = wire::read_address(*value, {});
    if (!address) return fail(AttributeError::kMalformed);
    return *address;
}

Result<net::SocketAddress, AttributeError> Message::xor_address(Attribute type) const {
    const auto value = find(type);
    if (!value) return fail(AttributeError::kAbsent);
    const auto address = wire::read_address(*value, wire::xor_mask(transaction_id_));
    if (!address) return fail(AttributeError::kMalformed);
    return *address;
}

Result<ErrorCode, AttributeError> Message::error_code() const {
    const auto value = find(Attribute::kErrorCode);
    if (!value) return fail(AttributeError::kAbsent);
    if (value->size() < 4) return fail(AttributeError::kMalformed);
    const unsigned hundreds = (*value)[2] & 0x07U;
    const unsigned number = (*value)[3];
    if (hundreds < 3 || hundreds > 6 || number > 99) return fail(AttributeError::kMalformed);
    return ErrorCode{static_cast<std::uint16_t>(hundreds * 100 + number),
                     as_text(value->subspan(4))};
}

UnknownAttributes Message::unknown_attributes() const {
    UnknownAttributes list;
    const auto value = find(Attribute::kUnknownAttributes);
    if (!value) return list;
    ByteReader reader(*value);
    while (reader.remaining() >= 2 && list.push_back(static_cast<Attribute>(reader.u16()))) {
    }
    return list;
}

bool Message::verify_integrity(BytesView key) const {
    if (!has_integrity()) return false;
    const auto tag = integrity_tag<crypto::HmacSha1>(bytes_, integrity_at_, kSha1Size, key);
    return crypto::equal_constant_time(tag,
                                       bytes_.subspan(integrity_at_ + kAttributeHeader, kSha1Size));
}

bool Message::verify_integrity_sha256(BytesView key) const {
    if (!has_integrity_sha256()) return false;
    const std::size_t size = load_be16(&bytes_[integrity256_at_ + 2]);
    const auto tag = integrity_tag<crypto::HmacSha256>(bytes_, integrity256_at_, size, key);
    return crypto::equal_constant_time(BytesView(tag).first(size),
                                       bytes_.subspan(integrity256_at_ + kAttributeHeader, size));
}

UnknownAttributes Message::unknown_required(std::span<const Attribute> understood) const {
    UnknownAttributes list;
    auto walk = attributes();
    while (const auto attribute = walk.next()) {
        if (!comprehension_required(attribute->type)) continue;
        const bool known = std::ranges::find(understood, attribute->type) != understood.end();
        const bool listed = std::find(list.begin(), list.end(), attribute->type) != list.end();
        if (!known && !listed && !list.push_back(attribute->type)) break;
    }
    return list;
}

std::optional<std::string_view> local_ufrag(BytesView datagram) {
    if (!check_header(datagram)) return {};
    const std::uint16_t type = load_be16(datagram.data());
    if (wire::class_of(type) != Class::kRequest || wire::method_of(type) != Method::kBinding) {
        return {};
    }
    BytesView rest = datagram.subspan(kHeaderSize);
    AttributeView attribute;
    for (std::size_t count = 0; count < kMaxAttributes; ++count) {
        if (!cut_attribute(rest, attribute) || is_integrity(attribute.type)) return {};
        if (attribute.type != Attribute::kUsername) continue;
        const auto username = as_text(attribute.value);
        const auto colon = username.find(':');
        if (colon == std::string_view::npos || colon == 0 || colon > kMaxUfrag) return {};
        return username.substr(0, colon);
    }
    return {};
}

}  // namespace parley::stun
