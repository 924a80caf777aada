#include "srtp/session.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/assert.hpp"
#include "crypto/digest.hpp"
#include "rtp/packet.hpp"
#include "srtp/key_derivation.hpp"

namespace parley::srtp {
namespace {

constexpr std::uint64_t kMaxRtpIndex = (std::uint64_t{1} << 48) - 1;  // RFC 3711 §3.3.1
constexpr std::uint32_t kMaxRtcpIndex = (std::uint32_t{1} << 31) - 1;
constexpr std::uint32_t kEncryptedBit = std::uint32_t{1} << 31;  // the E bit, RFC 3711 §3.4
constexpr std::size_t kRtcpHeaderSize = 8;  // the first header and its sender stay in the clear
constexpr std::size_t kRtcpIndexSize = 4;
constexpr std::size_t kHmacKeySize = 20;  // RFC 3711 §5.2

}  // namespace

std::string_view name(Error error) {
    switch (error) {
        case Error::kTooShort: return "too_short";
        case Error::kMalformed: return "malformed";
        case Error::kAuthentication: return "authentication";
        case Error::kReplay: return "replay";
        case Error::kTooManySsrcs: return "too_many_ssrcs";
        case Error::kNotEncrypted: return "not_encrypted";
        case Error::kKeyExhausted: return "key_exhausted";
        case Error::kNoRoom: return "no_room";
    }
    return "unknown";
}

trace::Drop to_drop(Error error) {
    switch (error) {
        case Error::kTooShort:
        case Error::kMalformed: return trace::Drop::kMalformed;
        case Error::kAuthentication:
        case Error::kNotEncrypted:
        case Error::kKeyExhausted: return trace::Drop::kSrtpAuthentication;
        case Error::kReplay: return trace::Drop::kSrtpReplay;
        case Error::kTooManySsrcs: return trace::Drop::kTooManySsrcs;
        case Error::kNoRoom: return trace::Drop::kTooLarge;
    }
    return trace::Drop::kMalformed;
}

// Either the GCM key, or the counter mode key with its HMAC; never both.
struct Session::Keys {
    std::unique_ptr<crypto::GcmKey> gcm;
    std::unique_ptr<crypto::CounterKey> counter;
    std::optional<crypto::HmacSha1> hmac;  // keyed; copied for each packet
    std::array<std::uint8_t, 14> salt{};

    Keys(crypto::SrtpProfile profile, const crypto::SrtpMaster& master, Label encryption,
         Label authentication, Label salting, crypto::CipherEngine& engine) {
        const BytesView key = BytesView(master.key).first(key_size(profile));
        const BytesView master_salt = BytesView(master.salt).first(salt_size(profile));
        std::array<std::uint8_t, 32> derived{};
        const BytesSpan cipher_key = BytesSpan(derived).first(key.size());
        derive_key(key, master_salt, encryption, cipher_key);
        derive_key(key, master_salt, salting, BytesSpan(salt).first(master_salt.size()));
        if (profile == crypto::SrtpProfile::kAes128CmHmacSha1_80) {
            counter = engine.make_counter(cipher_key);
            derive_key(key, master_salt, authentication, BytesSpan(derived).first(kHmacKeySize));
            hmac.emplace(BytesView(derived).first(kHmacKeySize));
        } else {
            gcm = engine.make_gcm(cipher_key);
        }
        derived.fill(0);
    }

    // RFC 7714 §8.1 and §9.1: two zero octets, SSRC, 48 bits of index, XOR the salt.
    crypto::GcmIv gcm_iv(std::uint32_t ssrc, std::uint64_t index) const {
        crypto::GcmIv iv{};
        store_be32(&iv[2], ssrc);
        store_be16(&iv[6], static_cast<std::uint16_t>(index >> 32));
        store_be32(&iv[8], static_cast<std::uint32_t>(index));
        for (std::size_t i = 0; i < iv.size(); ++i) iv[i] ^= salt[i];
        return iv;
    }

    // RFC 3711 §4.1.1: (salt << 16) XOR (SSRC << 64) XOR (index << 16).
    crypto::CounterIv counter_iv(std::uint32_t ssrc, std::uint64_t index) const {
        crypto::CounterIv iv{};
        store_be32(&iv[4], ssrc);
        store_be16(&iv[8], static_cast<std::uint16_t>(index >> 32));
        store_be32(&iv[10], static_cast<std::uint32_t>(index));
        for (std::size_t i = 0; i < salt.size(); ++i) iv[i] ^= salt[i];
        return iv;
    }

    crypto::Sha1Digest mac(BytesView data, BytesView more = {}) const {
        crypto::HmacSha1 running = *hmac;
        running.update(data);
        if (!more.empty()) running.update(more);
        return running.finish();
    }
};

Session::Session(const crypto::SrtpKeys& keys, crypto::CipherEngine& engine, const Limits& limits)
    : profile_(keys.profile),
      limits_(limits),
      inbound_(limits.inbound_ssrcs),
      outbound_(limits.outbound_ssrcs) {
    const auto make = [&](const crypto::SrtpMaster& master, bool rtcp) {
        return rtcp ? std::make_unique<Keys>(profile_, master, Label::kRtcpEncryption,
                                             Label::kRtcpAuthentication, Label::kRtcpSalt, engine)
                    : std::make_unique<Keys>(profile_, master, Label::kRtpEncryption,
                                             Label::kRtpAuthentication, Label::kRtpSalt, engine);
    };
    rtp_out_ = make(keys.local, false);
    rtcp_out_ = make(keys.local, true);
    rtp_in_ = make(keys.remote, false);
    rtcp_in_ = make(keys.remote, true);
}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Result<std::size_t, Error> Session::protect_rtp(BytesSpan buffer, std::size_t size) {
    if (size > buffer.size() || buffer.size() - size < tag_size(profile_))
        return fail(Error::kNoRoom);
    const auto header = rtp::header_size(buffer.first(size));
    if (!header) return fail(Error::kMalformed);
    const std::uint32_t ssrc = load_be32(&buffer[8]);
    Source* source = outbound_.find(ssrc);
    if (source == nullptr) source = outbound_.add(ssrc);
    if (source == nullptr) return fail(Error::kTooManySsrcs);

    const std::uint64_t index = estimate_index(source->rtp, load_be16(&buffer[2]));
    if (index > kMaxRtpIndex || rtp_sent_ >= limits_.rtp_packets) return fail(Error::kKeyExhausted);
    if (!source->rtp.test(index)) return fail(Error::kReplay);
    source->rtp.accept(index);
    ++rtp_sent_;

    const BytesSpan payload = buffer.subspan(*header, size - *header);
    if (rtp_out_->gcm) {
        rtp_out_->gcm->seal(rtp_out_->gcm_iv(ssrc, index), buffer.first(*header), payload,
                            payload.data(), buffer.data() + size);
    } else {
        rtp_out_->counter->crypt(rtp_out_->counter_iv(ssrc, index), payload);
        std::uint8_t rollover[4];
        store_be32(rollover, static_cast<std::uint32_t>(index >> 16));
        const auto tag = rtp_out_->mac(buffer.first(size), rollover);
        std::memcpy(buffer.data() + size, tag.data(), tag_size(profile_));
    }
    return size + tag_size(profile_);
}

Result<std::size_t, Error> Session::unprotect_rtp(BytesSpan packet) {
    const std::size_t tag = tag_size(profile_);
    if (packet.size() < rtp::kFixedHeaderSize + tag) return fail(Error::kTooShort);
    const std::size_t size = packet.size() - tag;
    const auto header = rtp::header_size(packet.first(size));
    if (!header) return fail(Error::kMalformed);
    const std::uint32_t ssrc = load_be32(&packet[8]);
    Source* source = inbound_.find(ssrc);
    if (source == nullptr && inbound_.full()) return fail(Error::kTooManySsrcs);

    const ReplayWindow unseen;
    const ReplayWindow& window = source != nullptr ? source->rtp : unseen;
    const std::uint64_t index = estimate_index(window, load_be16(&packet[2]));
    if (index > kMaxRtpIndex) return fail(Error::kKeyExhausted);
    if (!window.test(index)) return fail(Error::kReplay);

    const BytesSpan payload = packet.subspan(*header, size - *header);
    if (rtp_in_->gcm) {
        if (!rtp_in_->gcm->open(rtp_in_->gcm_iv(ssrc, index), packet.first(*header), payload,
                                &packet[size])) {
            return fail(Error::kAuthentication);
        }
    } else {
        std::uint8_t rollover[4];
        store_be32(rollover, static_cast<std::uint32_t>(index >> 16));
        const auto expected = rtp_in_->mac(packet.first(size), rollover);
        if (!crypto::equal_constant_time(BytesView(expected).first(tag), packet.subspan(size))) {
            return fail(Error::kAuthentication);
        }
        rtp_in_->counter->crypt(rtp_in_->counter_iv(ssrc, index), payload);
    }
    // Only an authentic packet may make state or move the window (RFC 3711 §3.3).
    if (source == nullptr) source = inbound_.add(ssrc);
    source->rtp.accept(index);
    return size;
}

Result<std::size_t, Error> Session::protect_rtcp(BytesSpan buffer, std::size_t size) {
    const std::size_t overhead = tag_size(profile_) + kRtcpIndexSize;
    if (size > buffer.size() || buffer.size() - size < overhead) return fail(Error::kNoRoom);
    if (size < kRtcpHeaderSize || buffer[0] >> 6 != 2) return fail(Error::kMalformed);
    const std::uint32_t ssrc = load_be32(&buffer[4]);
    Source* source = outbound_.find(ssrc);
    if (source == nullptr) source = outbound_.add(ssrc);
    if (source == nullptr) return fail(Error::kTooManySsrcs);
    // RFC 3711 §3.2.1: SRTCP's index starts at 0; libsrtp starts at 1 and so do we, since some
    // receivers take 0 for "nothing yet".
    if (source->rtcp_count >= kMaxRtcpIndex || source->rtcp_count >= limits_.rtcp_packets) {
        return fail(Error::kKeyExhausted);
    }
    const std::uint32_t index = ++source->rtcp_count;

    const BytesSpan payload = buffer.subspan(kRtcpHeaderSize, size - kRtcpHeaderSize);
    std::uint8_t trailer[kRtcpIndexSize];
    store_be32(trailer, index | kEncryptedBit);
    if (rtcp_out_->gcm) {
        // RFC 7714 §9.2, §9.3: the header and the index word are associated data; the index word
        // follows the tag.
        std::uint8_t aad[kRtcpHeaderSize + kRtcpIndexSize];
        std::memcpy(aad, buffer.data(), kRtcpHeaderSize);
        std::memcpy(aad + kRtcpHeaderSize, trailer, kRtcpIndexSize);
        rtcp_out_->gcm->seal(rtcp_out_->gcm_iv(ssrc, index), aad, payload, payload.data(),
                             buffer.data() + size);
        std::memcpy(buffer.data() + size + crypto::kGcmTagSize, trailer, kRtcpIndexSize);
    } else {
        rtcp_out_->counter->crypt(rtcp_out_->counter_iv(ssrc, index), payload);
        std::memcpy(buffer.data() + size, trailer, kRtcpIndexSize);
        const auto tag = rtcp_out_->mac(buffer.first(size + kRtcpIndexSize));
        std::memcpy(buffer.data() + size + kRtcpIndexSize, tag.data(), tag_size(profile_));
    }
    return size + overhead;
}

Result<std::size_t, Error> Session::unprotect_rtcp(BytesSpan packet) {
    const std::size_t tag = tag_size(profile_);
    if (packet.size() < kRtcpHeaderSize + tag + kRtcpIndexSize) return fail(Error::kTooShort);
    if (packet[0] >> 6 != 2) return fail(Error::kMalformed);
    const std::size_t size = packet.size() - tag - kRtcpIndexSize;
    const bool gcm = rtcp_in_->gcm != nullptr;
    const BytesView trailer = packet.subspan(gcm ? size + tag : size, kRtcpIndexSize);
    const std::uint32_t word = load_be32(trailer.data());
    // RFC 8827 §6.5 wants all media encrypted; an authentic packet in the clear is refused too.
    if ((word & kEncryptedBit) == 0) return fail(Error::kNotEncrypted);
    const std::uint32_t index = word & kMaxRtcpIndex;

    const std::uint32_t ssrc = load_be32(&packet[4]);
    Source* source = inbound_.find(ssrc);
    if (source == nullptr && inbound_.full()) return fail(Error::kTooManySsrcs);
    if (source != nullptr && !source->rtcp.test(index)) return fail(Error::kReplay);

    const BytesSpan payload = packet.subspan(kRtcpHeaderSize, size - kRtcpHeaderSize);
    if (gcm) {
        std::uint8_t aad[kRtcpHeaderSize + kRtcpIndexSize];
        std::memcpy(aad, packet.data(), kRtcpHeaderSize);
        std::memcpy(aad + kRtcpHeaderSize, trailer.data(), kRtcpIndexSize);
        if (!rtcp_in_->gcm->open(rtcp_in_->gcm_iv(ssrc, index), aad, payload, &packet[size])) {
            return fail(Error::kAuthentication);
        }
    } else {
        const auto expected = rtcp_in_->mac(packet.first(size + kRtcpIndexSize));
        if (!crypto::equal_constant_time(BytesView(expected).first(tag), packet.last(tag))) {
            return fail(Error::kAuthentication);
        }
        rtcp_in_->counter->crypt(rtcp_in_->counter_iv(ssrc, index), payload);
    }
    if (source == nullptr) source = inbound_.add(ssrc);
    source->rtcp.accept(index);
    return size;
}

}  // namespace parley::srtp
