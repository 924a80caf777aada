#include "dtls/record.hpp"

namespace parley::dtls {
namespace {

// RFC 5246 §7.4. Finished is encrypted, so it never appears in epoch 0; HelloRequest asks for a
// renegotiation, which is refused.
bool sent_by_client(std::uint8_t type) {
    return type == 1 || type == 11 || type == 15 || type == 16;
}
bool sent_by_server(std::uint8_t type) {
    return (type >= 2 && type <= 4) || (type >= 11 && type <= 14) || type == 22;
}

}  // namespace

std::optional<Record> next_record(BytesView& datagram) {
    if (datagram.size() < kRecordHeaderSize) return {};
    ByteReader reader(datagram);
    Record record;
    const std::uint8_t type = reader.u8();
    const std::uint16_t version = reader.u16();
    record.epoch = reader.u16();
    record.sequence = (std::uint64_t{reader.u16()} << 32) | reader.u32();
    const std::size_t size = reader.u16();
    if (type < 20 || type > 23 || (version >> 8) != 0xFE || size > reader.remaining()) return {};
    record.type = static_cast<ContentType>(type);
    record.fragment = reader.take(size);
    record.whole = datagram.first(kRecordHeaderSize + size);
    datagram = datagram.subspan(kRecordHeaderSize + size);
    return record;
}

bool plausible_handshake(BytesView fragment, crypto::DtlsRole self) {
    if (fragment.empty()) return false;
    ByteReader reader(fragment);
    while (reader.remaining() > 0) {
        const std::uint8_t type = reader.u8();
        const std::uint32_t length = reader.u24();
        const std::uint16_t sequence = reader.u16();
        const std::uint32_t offset = reader.u24();
        const std::uint32_t size = reader.u24();
        reader.skip(size);
        if (!reader.ok()) return false;
        if (length > kMaxMessageSize || sequence > kMaxMessageSequence) return false;
        if (offset > length || size > length - offset) return false;
        if (size == 0 && length != 0) return false;
        const bool known =
            self == crypto::DtlsRole::kServer ? sent_by_client(type) : sent_by_server(type);
        if (!known) return false;
    }
    return true;
}

bool is_of_a_handshake(const Record& record, crypto::DtlsRole self) {
    switch (record.type) {
        case ContentType::kHandshake: return plausible_handshake(record.fragment, self);
        case ContentType::kChangeCipherSpec:  // RFC 5246 §7.1
            return record.fragment.size() == 1 && record.fragment[0] == 1;
        default: return false;
    }
}

std::optional<Alert> parse_alert(BytesView fragment) {
    if (fragment.size() != 2 || fragment[0] < 1 || fragment[0] > 2) return {};
    return Alert{fragment[0] == 2, fragment[1]};
}

}  // namespace parley::dtls
