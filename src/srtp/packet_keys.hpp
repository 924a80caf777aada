// The session keys of one protocol (SRTP or SRTCP) in one direction, and what they do to a packet
// whose index is known: RFC 3711 §3.3 and §3.4, RFC 7714 §8 and §9. Session decides which index.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "crypto/cipher_engine.hpp"
#include "crypto/srtp_keys.hpp"

namespace parley::srtp {

inline constexpr std::uint32_t kEncryptedBit = std::uint32_t{1} << 31;  // E, RFC 3711 §3.4
inline constexpr std::uint32_t kMaxRtcpIndex = kEncryptedBit - 1;
inline constexpr std::size_t kRtcpHeaderSize = 8;  // the first header and its sender stay clear
inline constexpr std::size_t kRtcpIndexSize = 4;

struct SessionKeys {
    std::array<std::uint8_t, 32> encryption{};
    std::array<std::uint8_t, 20> authentication{};  // counter mode only
    std::array<std::uint8_t, 14> salt{};
};

enum class Protocol : std::uint8_t { kRtp, kRtcp };

SessionKeys derive_session_keys(crypto::SrtpProfile profile, const crypto::SrtpMaster& master,
                                Protocol protocol);

class PacketKeys {
 public:
    PacketKeys(crypto::SrtpProfile profile, const SessionKeys& keys, crypto::CipherEngine& engine);

    // `buffer` has the packet in its first `size` octets and room for what is appended. `header`
    // is the size of what stays in the clear.
    void protect_rtp(BytesSpan buffer, std::size_t header, std::size_t size, std::uint64_t index);
    void protect_rtcp(BytesSpan buffer, std::size_t size, std::uint32_t index);

    // False when the packet is not authentic. What `size` does not cover is tag and index.
    [[nodiscard]] bool open_rtp(BytesSpan packet, std::size_t header, std::size_t size,
                                std::uint64_t index);
    [[nodiscard]] bool open_rtcp(BytesSpan packet, std::size_t size, std::uint32_t index_word);

    /// The word with SRTCP's E bit and index: in front of the tag in counter mode, behind it in GCM
    /// (RFC 7714 §9.2).
    std::uint32_t rtcp_index_word(BytesView packet) const;

    /// Asks for the memory that protecting needs.
    void prefetch() const {
        if (gcm_) gcm_->prefetch();
    }

 private:
    crypto::GcmIv gcm_iv(std::uint32_t ssrc, std::uint64_t index) const;
    crypto::CounterIv counter_iv(std::uint32_t ssrc, std::uint64_t index) const;
    crypto::Sha1Digest mac(BytesView data, BytesView more = {}) const;

    std::unique_ptr<crypto::GcmKey> gcm_;          // either this one
    std::unique_ptr<crypto::CounterKey> counter_;  // or these two
    // Keyed; copied for each packet. Apart, for it is large and AES-GCM has none.
    std::unique_ptr<const crypto::HmacSha1> hmac_;
    std::array<std::uint8_t, 14> salt_{};
    std::size_t tag_size_;
};

}  // namespace parley::srtp
