#include "srtp/packet_keys.hpp"

#include "srtp/key_derivation.hpp"

namespace parley::srtp {

SessionKeys derive_session_keys(crypto::SrtpProfile profile, const crypto::SrtpMaster& master,
                                Protocol protocol) {
    const bool rtp = protocol == Protocol::kRtp;
    const BytesView key = BytesView(master.key).first(key_size(profile));
    const BytesView salt = BytesView(master.salt).first(salt_size(profile));
    SessionKeys keys;
    derive_key(key, salt, rtp ? Label::kRtpEncryption : Label::kRtcpEncryption,
               BytesSpan(keys.encryption).first(key.size()));
    derive_key(key, salt, rtp ? Label::kRtpSalt : Label::kRtcpSalt,
               BytesSpan(keys.salt).first(salt.size()));
    if (profile == crypto::SrtpProfile::kAes128CmHmacSha1_80) {
        derive_key(key, salt, rtp ? Label::kRtpAuthentication : Label::kRtcpAuthentication,
                   keys.authentication);
    }
    return keys;
}

PacketKeys::PacketKeys(crypto::SrtpProfile profile, const SessionKeys& keys,
                       crypto::CipherEngine& engine)
    : salt_(keys.salt), tag_size_(tag_size(profile)) {
    const BytesView encryption = BytesView(keys.encryption).first(key_size(profile));
    if (profile == crypto::SrtpProfile::kAes128CmHmacSha1_80) {
        counter_ = engine.make_counter(encryption);
        hmac_ = std::make_unique<const crypto::HmacSha1>(keys.authentication);
    } else {
        gcm_ = engine.make_gcm(encryption);
    }
}

// RFC 7714 §8.1 and §9.1: two zero octets, SSRC, 48 bits of index, XOR the salt.
crypto::GcmIv PacketKeys::gcm_iv(std::uint32_t ssrc, std::uint64_t index) const {
    crypto::GcmIv iv;
    const std::uint64_t first = (std::uint64_t{ssrc} << 16) | ((index >> 32) & 0xFFFF);
    store_be64(iv.data(), first ^ load_be64(salt_.data()));
    store_be32(&iv[8], static_cast<std::uint32_t>(index) ^ load_be32(&salt_[8]));
    return iv;
}

// RFC 3711 §4.1.1: (salt << 16) XOR (SSRC << 64) XOR (index << 16).
crypto::CounterIv PacketKeys::counter_iv(std::uint32_t ssrc, std::uint64_t index) const {
    crypto::CounterIv iv{};
    store_be32(&iv[4], ssrc);
    store_be16(&iv[8], static_cast<std::uint16_t>(index >> 32));
    store_be32(&iv[10], static_cast<std::uint32_t>(index));
    for (std::size_t i = 0; i < salt_.size(); ++i) iv[i] ^= salt_[i];
    return iv;
}

crypto::Sha1Digest PacketKeys::mac(BytesView data, BytesView more) const {
    crypto::HmacSha1 running = *hmac_;
    running.update(data);
    if (!more.empty()) running.update(more);
    return running.finish();
}

void PacketKeys::protect_rtp(BytesSpan buffer, std::size_t header, std::size_t size,
                             std::uint64_t index) {
    const std::uint32_t ssrc = load_be32(&buffer[8]);
    const BytesSpan payload = buffer.subspan(header, size - header);
    if (gcm_) {
        gcm_->seal(gcm_iv(ssrc, index), buffer.first(header), payload, payload.data(),
                   buffer.data() + size);
        return;
    }
    counter_->crypt(counter_iv(ssrc, index), payload);
    std::uint8_t rollover[4];  // RFC 3711 §4.2: authenticated, not sent
    store_be32(rollover, static_cast<std::uint32_t>(index >> 16));
    const auto tag = mac(buffer.first(size), rollover);
    std::memcpy(buffer.data() + size, tag.data(), tag_size_);
}

bool PacketKeys::open_rtp(BytesSpan packet, std::size_t header, std::size_t size,
                          std::uint64_t index) {
    const std::uint32_t ssrc = load_be32(&packet[8]);
    const BytesSpan payload = packet.subspan(header, size - header);
    if (gcm_) {
        return gcm_->open(gcm_iv(ssrc, index), packet.first(header), payload, &packet[size]);
    }
    std::uint8_t rollover[4];
    store_be32(rollover, static_cast<std::uint32_t>(index >> 16));
    const auto expected = mac(packet.first(size), rollover);
    if (!crypto::equal_constant_time(BytesView(expected).first(tag_size_), packet.subspan(size))) {
        return false;
    }
    counter_->crypt(counter_iv(ssrc, index), payload);
    return true;
}

namespace {

// RFC 7714 §9.2: the header and the index word are associated data.
std::array<std::uint8_t, kRtcpHeaderSize + kRtcpIndexSize> rtcp_associated_data(
    BytesView packet, std::uint32_t index_word) {
    std::array<std::uint8_t, kRtcpHeaderSize + kRtcpIndexSize> aad;
    std::memcpy(aad.data(), packet.data(), kRtcpHeaderSize);
    store_be32(&aad[kRtcpHeaderSize], index_word);
    return aad;
}

}  // namespace

void PacketKeys::protect_rtcp(BytesSpan buffer, std::size_t size, std::uint32_t index) {
    const std::uint32_t ssrc = load_be32(&buffer[4]);
    const std::uint32_t word = index | kEncryptedBit;
    const BytesSpan payload = buffer.subspan(kRtcpHeaderSize, size - kRtcpHeaderSize);
    if (gcm_) {
        gcm_->seal(gcm_iv(ssrc, index), rtcp_associated_data(buffer, word), payload, payload.data(),
                   buffer.data() + size);
        store_be32(&buffer[size + tag_size_], word);
        return;
    }
    counter_->crypt(counter_iv(ssrc, index), payload);
    store_be32(&buffer[size], word);
    const auto tag = mac(buffer.first(size + kRtcpIndexSize));
    std::memcpy(&buffer[size + kRtcpIndexSize], tag.data(), tag_size_);
}

bool PacketKeys::open_rtcp(BytesSpan packet, std::size_t size, std::uint32_t index_word) {
    const std::uint32_t ssrc = load_be32(&packet[4]);
    const std::uint32_t index = index_word & kMaxRtcpIndex;
    const BytesSpan payload = packet.subspan(kRtcpHeaderSize, size - kRtcpHeaderSize);
    if (gcm_) {
        return gcm_->open(gcm_iv(ssrc, index), rtcp_associated_data(packet, index_word), payload,
                          &packet[size]);
    }
    const auto expected = mac(packet.first(size + kRtcpIndexSize));
    if (!crypto::equal_constant_time(BytesView(expected).first(tag_size_),
                                     packet.last(tag_size_))) {
        return false;
    }
    counter_->crypt(counter_iv(ssrc, index), payload);
    return true;
}

std::uint32_t PacketKeys::rtcp_index_word(BytesView packet) const {
    const std::size_t behind = gcm_ ? 0 : tag_size_;
    return load_be32(&packet[packet.size() - behind - kRtcpIndexSize]);
}

}  // namespace parley::srtp
