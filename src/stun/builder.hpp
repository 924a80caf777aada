// Writes a STUN message into the caller's buffer (RFC 8489 §5, §14). Order of calls: attributes,
// then integrity, then fingerprint, then finish().

#pragma once

#include "base/bytes.hpp"
#include "stun/message.hpp"

namespace parley::stun {

/// A message that does not fit the buffer latches ok() == false and finish() gives 0.
class Builder {
 public:
    Builder(BytesSpan out, Class message_class, Method method, const TransactionId& id);

    /// Any attribute; padded to 4 octets.
    Builder& attribute(Attribute type, BytesView value);
    Builder& flag(Attribute type) { return attribute(type, {}); }
    Builder& u32(Attribute type, std::uint32_t value);
    Builder& u64(Attribute type, std::uint64_t value);
    Builder& text(Attribute type, std::string_view value) {
        return attribute(type, as_bytes(value));
    }
    Builder& address(Attribute type, const net::SocketAddress& address);
    Builder& xor_address(Attribute type, const net::SocketAddress& address);
    Builder& error_code(std::uint16_t code, std::string_view reason);
    Builder& unknown_attributes(const UnknownAttributes& list);
    /// USERNAME "first:second" without joining them first.
    Builder& username(std::string_view first, std::string_view second);

    Builder& integrity(BytesView key);
    Builder& integrity_sha256(BytesView key);
    Builder& fingerprint();

    bool ok() const { return writer_.ok(); }
    /// Octets written; 0 when the buffer was too small.
    std::size_t finish();

 private:
    void header(Attribute type, std::size_t size);
    void pad(std::size_t size);
    /// Sets the header's length field as if the message ended `more` octets from here.
    void set_length(std::size_t more);

    ByteWriter writer_;
    TransactionId id_;
};

}  // namespace parley::stun
