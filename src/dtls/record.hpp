// What can be read of a DTLS 1.2 datagram without keys (RFC 6347 §4.1, §4.2.2), and which of it a
// handshake has use for. The DTLS library buffers messages and records that come early; refusing
// what no handshake contains bounds how much a peer can make it hold.

#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "crypto/dtls_engine.hpp"
#include "crypto/dtls_records.hpp"

namespace parley::dtls {

using ContentType = crypto::DtlsContent;

inline constexpr std::size_t kRecordHeaderSize = crypto::DtlsRecords::kHeaderSize;
inline constexpr std::size_t kMessageHeaderSize = 12;
/// Where a record has its sequence number of 48 bits.
inline constexpr std::size_t kSequenceAt = 5;
/// Longer than any message here: a ClientHello with a post-quantum key share has 1.5 kB, a
/// self-signed RSA-4096 certificate 1.4 kB. The library holds at most ten that come early.
inline constexpr std::uint32_t kMaxMessageSize = 4096;
/// A handshake has at most seven messages from one side (RFC 6347 §4.2.4), two more with
/// HelloVerifyRequest and NewSessionTicket.
inline constexpr std::uint16_t kMaxMessageSequence = 15;

struct Record {
    ContentType type{};
    std::uint16_t epoch = 0;
    std::uint64_t sequence = 0;
    BytesView fragment;
    BytesView whole;  // with its header
};

/// Takes the next record off the front of `datagram`; nothing when what is left is not a whole one.
std::optional<Record> next_record(BytesView& datagram);

/// True when a handshake record of epoch 0 holds only message fragments that the other side of a
/// handshake sends, in plausible sizes and order. `self` is our role.
bool plausible_handshake(BytesView fragment, crypto::DtlsRole self);

/// True for a record of epoch 0 that a handshake has use for; alerts are not among them.
bool is_of_a_handshake(const Record& record, crypto::DtlsRole self);

struct Alert {
    bool fatal = false;
    std::uint8_t description = 0;
};
std::optional<Alert> parse_alert(BytesView fragment);

}  // namespace parley::dtls
