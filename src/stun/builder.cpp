#include "stun/builder.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "crypto/digest.hpp"
#include "stun/wire.hpp"

namespace parley::stun {

using wire::kAttributeHeader;

namespace {
// The length field counts what follows the header, in 16 bits and in steps of 4 octets.
constexpr std::size_t kMaxMessage = kHeaderSize + 0xFFFC;
}  // namespace

Builder::Builder(BytesSpan out, Class message_class, Method method, const TransactionId& id)
    : writer_(out.first(std::min(out.size(), kMaxMessage))), id_(id) {
    writer_.u16(wire::type_of(message_class, method));
    writer_.u16(0);
    writer_.u32(kMagicCookie);
    writer_.bytes(id);
}

void Builder::header(Attribute type, std::size_t size) {
    writer_.u16(static_cast<std::uint16_t>(type));
    writer_.u16(static_cast<std::uint16_t>(size));
}

void Builder::pad(std::size_t size) {
    writer_.zeros(wire::padded(size) - size);
}

void Builder::set_length(std::size_t more) {
    if (!ok()) return;
    writer_.patch_u16(2, static_cast<std::uint16_t>(writer_.size() + more - kHeaderSize));
}

Builder& Builder::attribute(Attribute type, BytesView value) {
    PARLEY_ASSERT(value.size() <= 0xFFFF);
    header(type, value.size());
    writer_.bytes(value);
    pad(value.size());
    return *this;
}

Builder& Builder::u32(Attribute type, std::uint32_t value) {
    header(type, sizeof value);
    writer_.u32(value);
    return *this;
}

Builder& Builder::u64(Attribute type, std::uint64_t value) {
    header(type, sizeof value);
    writer_.u64(value);
    return *this;
}

Builder& Builder::address(Attribute type, const net::SocketAddress& address) {
    std::array<std::uint8_t, 20> value;
    const auto size = wire::write_address(address, {}, value);
    return attribute(type, BytesView(value).first(size));
}

Builder& Builder::xor_address(Attribute type, const net::SocketAddress& address) {
    std::array<std::uint8_t, 20> value;
    const auto size = wire::write_address(address, wire::xor_mask(id_), value);
    return attribute(type, BytesView(value).first(size));
}

Builder& Builder::error_code(std::uint16_t code, std::string_view reason) {
    header(Attribute::kErrorCode, 4 + reason.size());
    writer_.u16(0);
    writer_.u8(static_cast<std::uint8_t>(code / 100));
    writer_.u8(static_cast<std::uint8_t>(code % 100));
    writer_.bytes(as_bytes(reason));
    pad(reason.size());
    return *this;
}

Builder& Builder::unknown_attributes(const UnknownAttributes& list) {
    header(Attribute::kUnknownAttributes, list.size() * 2);
    for (const auto type : list) writer_.u16(static_cast<std::uint16_t>(type));
    pad(list.size() * 2);
    return *this;
}

Builder& Builder::username(std::string_view first, std::string_view second) {
    const std::size_t size = first.size() + 1 + second.size();
    header(Attribute::kUsername, size);
    writer_.bytes(as_bytes(first));
    writer_.u8(':');
    writer_.bytes(as_bytes(second));
    pad(size);
    return *this;
}

Builder& Builder::integrity(BytesView key) {
    set_length(kAttributeHeader + 20);
    if (!ok()) return *this;
    const auto tag = crypto::hmac_sha1(key, writer_.written());
    return attribute(Attribute::kMessageIntegrity, tag);
}

Builder& Builder::integrity_sha256(BytesView key) {
    set_length(kAttributeHeader + 32);
    if (!ok()) return *this;
    const auto tag = crypto::hmac_sha256(key, writer_.written());
    return attribute(Attribute::kMessageIntegritySha256, tag);
}

Builder& Builder::fingerprint() {
    set_length(kAttributeHeader + 4);
    if (!ok()) return *this;
    return u32(Attribute::kFingerprint, crypto::crc32(writer_.written()) ^ wire::kFingerprintXor);
}

std::size_t Builder::finish() {
    set_length(0);
    return ok() ? writer_.size() : 0;
}

}  // namespace parley::stun
