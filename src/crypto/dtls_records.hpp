// Record protection of a DTLS 1.2 association after its handshake: seals and opens the records of
// epoch 1 with an AEAD (RFC 6347 §4.1, RFC 5288, RFC 7905) and refuses replays. It takes the place
// of the library's object, which holds 40 kB, once all that is left are alerts and some data.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace parley::crypto {

enum class DtlsContent : std::uint8_t {
    kChangeCipherSpec = 20,
    kAlert = 21,
    kHandshake = 22,
    kApplicationData = 23,
};

enum class DtlsAead : std::uint8_t { kAes128Gcm, kAes256Gcm, kChaCha20Poly1305 };

/// Octets of a key, and of the part of the nonce that both sides derive.
std::size_t key_size(DtlsAead aead);
std::size_t iv_size(DtlsAead aead);

struct DtlsWriteKey {
    std::array<std::uint8_t, 32> key{};
    std::array<std::uint8_t, 12> iv{};
};

/// The records of a datagram, header included; what is left behind the last whole one is ignored.
void for_each_record(BytesView datagram, const std::function<void(BytesView)>& visit);

class DtlsRecords {
 public:
    static constexpr std::size_t kHeaderSize = 13;
    static constexpr std::size_t kExplicitNonceSize = 8;
    static constexpr std::size_t kTagSize = 16;
    static constexpr std::size_t kMaxPlain = 16'384;  // RFC 5246 §6.2.1
    /// How far back in the order of sequence numbers a record may come late.
    static constexpr std::uint64_t kWindow = 64;

    /// `newest` is the newest record of epoch 1 that was written with `local` before: numbers go on
    /// after its own, and so do the explicit nonces of GCM, which must never repeat.
    DtlsRecords(DtlsAead aead, const DtlsWriteKey& local, const DtlsWriteKey& remote,
                BytesView newest);
    DtlsRecords(const DtlsRecords&) = delete;
    DtlsRecords& operator=(const DtlsRecords&) = delete;
    ~DtlsRecords();

    /// True for a record of epoch 1 whose header is one of DTLS 1.2.
    static bool is_sealed(BytesView record);

    /// A whole record, header included; empty when `plain` is too long or the cipher fails.
    std::vector<std::uint8_t> seal(DtlsContent type, BytesView plain);

    struct Opened {
        DtlsContent type{};
        std::vector<std::uint8_t> plain;
    };
    /// Nothing for what is not authentic, was there before or is too old.
    std::optional<Opened> open(BytesView record);

 private:
    bool is_new(std::uint64_t sequence) const;
    void note(std::uint64_t sequence);

    DtlsAead aead_;
    DtlsWriteKey local_;
    DtlsWriteKey remote_;
    std::uint64_t next_sequence_ = 0;  // 48 bits
    std::uint64_t next_nonce_ = 0;
    // Sequence numbers seen: the highest, and a bit for each of the kWindow up to it.
    std::uint64_t highest_ = 0;
    std::uint64_t seen_ = 0;
};

}  // namespace parley::crypto
