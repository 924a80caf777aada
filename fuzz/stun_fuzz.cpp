// STUN: any octets through the parser, every accessor, and back through the builder.

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "stun/builder.hpp"
#include "stun/credentials.hpp"
#include "stun/message.hpp"

namespace {

using namespace parley;
using namespace parley::stun;

void require(bool condition) {
    if (!condition) std::abort();
}

void touch_everything(const Message& message) {
    const auto key = short_term_key("VOkJxbRl1RmTxUk/WvJxBt");
    (void)message.verify_integrity(key);
    (void)message.verify_integrity_sha256(key);
    (void)message.error_code();
    (void)message.unknown_attributes();
    (void)message.unknown_required({});
    auto walk = message.attributes();
    std::size_t count = 0;
    while (const auto attribute = walk.next()) {
        require(++count <= kMaxAttributes);
        (void)message.u32(attribute->type);
        (void)message.u64(attribute->type);
        (void)message.address(attribute->type);
        (void)message.xor_address(attribute->type);
    }
}

/// A copy of the visible attributes must parse to the same attributes.
void rebuild(const Message& message) {
    std::vector<std::uint8_t> out(message.bytes().size() + 64);
    Builder builder(out, message.message_class(), message.method(), message.transaction_id());
    auto walk = message.attributes();
    while (const auto attribute = walk.next()) {
        if (attribute->type == Attribute::kFingerprint) break;
        builder.attribute(attribute->type, attribute->value);
    }
    builder.integrity(short_term_key("key")).fingerprint();
    if (!builder.ok()) return;  // integrity and fingerprint may not fit behind a full-size message
    out.resize(builder.finish());
    const auto copy = Message::parse(out);
    require(copy.has_value() || copy.error() == ParseError::kTooManyAttributes);
    if (copy) require(copy->verify_integrity(short_term_key("key")));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView input(data, size);
    (void)local_ufrag(input);
    const auto message = Message::parse(input);
    if (!message) return 0;
    touch_everything(*message);
    rebuild(*message);
    return 0;
}
