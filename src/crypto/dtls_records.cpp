#include "crypto/dtls_records.hpp"

#include <algorithm>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/assert.hpp"
#include "crypto/openssl_ptr.hpp"

namespace parley::crypto {
namespace {

constexpr std::uint16_t kVersion = 0xFEFD;  // DTLS 1.2
constexpr std::uint64_t kSequenceMask = (std::uint64_t{1} << 48) - 1;
constexpr std::uint64_t kEpoch = std::uint64_t{1} << 48;

using CipherContextPtr = std::unique_ptr<EVP_CIPHER_CTX, FreeWith<EVP_CIPHER_CTX_free>>;
using Nonce = std::array<std::uint8_t, 12>;
using Additional = std::array<std::uint8_t, 13>;

const EVP_CIPHER* cipher_of(DtlsAead aead) {
    switch (aead) {
        case DtlsAead::kAes128Gcm: return EVP_aes_128_gcm();
        case DtlsAead::kAes256Gcm: return EVP_aes_256_gcm();
        case DtlsAead::kChaCha20Poly1305: return EVP_chacha20_poly1305();
    }
    return nullptr;
}

std::size_t explicit_size(DtlsAead aead) {
    return aead == DtlsAead::kChaCha20Poly1305 ? 0 : DtlsRecords::kExplicitNonceSize;
}

// Epoch and sequence number, as a record's header has them side by side.
std::uint64_t number_of(BytesView record) {
    return load_be64(&record[3]);
}

// GCM: the derived part, then what the record carries. ChaCha20: the derived part with the record's
// number added to its end.
Nonce nonce_of(DtlsAead aead, const DtlsWriteKey& key, BytesView record) {
    Nonce nonce{};
    std::copy_n(key.iv.begin(), iv_size(aead), nonce.begin());
    const BytesView end = aead == DtlsAead::kChaCha20Poly1305
                              ? record.subspan(3, 8)
                              : record.subspan(DtlsRecords::kHeaderSize, 8);
    for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] ^= end[i];
    return nonce;
}

// RFC 5246 §6.2.3.3: number, type, version, length of the plain text.
Additional additional_of(BytesView record, std::size_t plain_size) {
    Additional out{};
    std::copy_n(&record[3], 8, out.begin());
    std::copy_n(&record[0], 3, &out[8]);
    store_be16(&out[11], static_cast<std::uint16_t>(plain_size));
    return out;
}

// One pass of the cipher over `text` in place. Made for each record: there are few of them.
class Pass {
 public:
    Pass(DtlsAead aead, const DtlsWriteKey& key, BytesView record, bool encrypt)
        : context_(EVP_CIPHER_CTX_new()) {
        const Nonce nonce = nonce_of(aead, key, record);
        ok_ = context_ && EVP_CipherInit_ex(context_.get(), cipher_of(aead), nullptr,
                                            key.key.data(), nonce.data(), encrypt ? 1 : 0) == 1;
    }
    bool run(BytesView additional, BytesSpan text) {
        int size = 0;
        return ok_ &&
               EVP_CipherUpdate(context_.get(), nullptr, &size, additional.data(),
                                static_cast<int>(additional.size())) == 1 &&
               EVP_CipherUpdate(context_.get(), text.data(), &size, text.data(),
                                static_cast<int>(text.size())) == 1;
    }
    bool finish() {
        int size = 0;
        std::uint8_t none[16];
        return EVP_CipherFinal_ex(context_.get(), none, &size) == 1;
    }
    bool tag(int command, std::uint8_t* tag) {
        return EVP_CIPHER_CTX_ctrl(context_.get(), command, DtlsRecords::kTagSize, tag) == 1;
    }

 private:
    CipherContextPtr context_;
    bool ok_ = false;
};

}  // namespace

std::size_t key_size(DtlsAead aead) {
    return aead == DtlsAead::kAes128Gcm ? 16 : 32;
}

std::size_t iv_size(DtlsAead aead) {
    return aead == DtlsAead::kChaCha20Poly1305 ? 12 : 4;
}

void for_each_record(BytesView datagram, const std::function<void(BytesView)>& visit) {
    while (datagram.size() >= DtlsRecords::kHeaderSize) {
        const std::size_t size = DtlsRecords::kHeaderSize + load_be16(&datagram[11]);
        if (size > datagram.size()) return;
        visit(datagram.first(size));
        datagram = datagram.subspan(size);
    }
}

DtlsRecords::DtlsRecords(DtlsAead aead, const DtlsWriteKey& local, const DtlsWriteKey& remote,
                         BytesView newest)
    : aead_(aead), local_(local), remote_(remote) {
    PARLEY_ASSERT(is_sealed(newest));
    next_sequence_ = (number_of(newest) & kSequenceMask) + 1;
    if (explicit_size(aead) != 0) {
        PARLEY_ASSERT(newest.size() >= kHeaderSize + kExplicitNonceSize);
        next_nonce_ = load_be64(&newest[kHeaderSize]) + 1;
    }
}

DtlsRecords::~DtlsRecords() {
    OPENSSL_cleanse(&local_, sizeof local_);
    OPENSSL_cleanse(&remote_, sizeof remote_);
}

bool DtlsRecords::is_sealed(BytesView record) {
    return record.size() >= kHeaderSize && load_be16(&record[1]) == kVersion &&
           load_be16(&record[3]) == 1;
}

std::vector<std::uint8_t> DtlsRecords::seal(DtlsContent type, BytesView plain) {
    if (plain.size() > kMaxPlain || next_sequence_ > kSequenceMask) return {};
    const std::size_t text = kHeaderSize + explicit_size(aead_);
    std::vector<std::uint8_t> record(text + plain.size() + kTagSize);
    record[0] = static_cast<std::uint8_t>(type);
    store_be16(&record[1], kVersion);
    store_be64(&record[3], kEpoch | next_sequence_++);
    store_be16(&record[11], static_cast<std::uint16_t>(record.size() - kHeaderSize));
    if (explicit_size(aead_) != 0) store_be64(&record[kHeaderSize], next_nonce_++);
    std::copy(plain.begin(), plain.end(), record.begin() + static_cast<std::ptrdiff_t>(text));
    Pass pass(aead_, local_, record, true);
    const Additional additional = additional_of(record, plain.size());
    const bool sealed = pass.run(additional, BytesSpan(record).subspan(text, plain.size())) &&
                        pass.finish() &&
                        pass.tag(EVP_CTRL_AEAD_GET_TAG, &record[text + plain.size()]);
    ERR_clear_error();
    if (!sealed) return {};
    return record;
}

std::optional<DtlsRecords::Opened> DtlsRecords::open(BytesView record) {
    const std::size_t text = kHeaderSize + explicit_size(aead_);
    if (!is_sealed(record) || record.size() < text + kTagSize) return {};
    if (record.size() != kHeaderSize + load_be16(&record[11])) return {};
    const std::size_t size = record.size() - text - kTagSize;
    const std::uint64_t sequence = number_of(record) & kSequenceMask;
    if (size > kMaxPlain || !is_new(sequence)) return {};
    Opened opened{static_cast<DtlsContent>(record[0]), {}};
    const BytesView sealed = record.subspan(text, size);
    opened.plain.assign(sealed.begin(), sealed.end());
    std::array<std::uint8_t, kTagSize> tag;
    std::copy_n(&record[text + size], kTagSize, tag.begin());
    Pass pass(aead_, remote_, record, false);
    const bool authentic = pass.run(additional_of(record, size), opened.plain) &&
                           pass.tag(EVP_CTRL_AEAD_SET_TAG, tag.data()) && pass.finish();
    ERR_clear_error();
    if (!authentic) return {};
    note(sequence);
    return opened;
}

// Bit 0 of seen_ stands for highest_.
bool DtlsRecords::is_new(std::uint64_t sequence) const {
    if (sequence > highest_) return true;
    const std::uint64_t back = highest_ - sequence;
    return back < kWindow && (seen_ >> back & 1) == 0;
}

void DtlsRecords::note(std::uint64_t sequence) {
    if (sequence > highest_) {
        const std::uint64_t step = sequence - highest_;
        seen_ = step < kWindow ? seen_ << step : 0;
        highest_ = sequence;
    }
    seen_ |= std::uint64_t{1} << (highest_ - sequence);
}

}  // namespace parley::crypto
