// Packets, keys and hexadecimal texts for SRTP's tests.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "crypto/srtp_keys.hpp"
#include "srtp/session.hpp"

namespace parley::srtp::testing {

using Bytes = std::vector<std::uint8_t>;

inline constexpr crypto::SrtpProfile kProfiles[] = {crypto::SrtpProfile::kAeadAes128Gcm,
                                                    crypto::SrtpProfile::kAeadAes256Gcm,
                                                    crypto::SrtpProfile::kAes128CmHmacSha1_80};

inline Bytes unhex(std::string_view text) {
    Bytes out;
    std::string digits;
    for (const char c : text) {
        if (c == ' ') continue;
        digits += c;
        if (digits.size() < 2) continue;
        out.push_back(static_cast<std::uint8_t>(std::stoi(digits, nullptr, 16)));
        digits.clear();
    }
    return out;
}

inline crypto::SrtpKeys random_keys(crypto::SrtpProfile profile, Random& random) {
    crypto::SrtpKeys keys;
    keys.profile = profile;
    for (auto* master : {&keys.local, &keys.remote}) {
        for (std::size_t i = 0; i < key_size(profile); ++i) {
            master->key[i] = static_cast<std::uint8_t>(random());
        }
        for (std::size_t i = 0; i < salt_size(profile); ++i) {
            master->salt[i] = static_cast<std::uint8_t>(random());
        }
    }
    return keys;
}

inline crypto::SrtpKeys swapped(crypto::SrtpKeys keys) {
    std::swap(keys.local, keys.remote);
    return keys;
}

inline Bytes rtp_packet(std::uint32_t ssrc, std::uint16_t sequence, std::size_t payload = 40) {
    Bytes packet(12 + payload, 0xAB);
    packet[0] = 0x80;
    packet[1] = 96;
    store_be16(&packet[2], sequence);
    store_be32(&packet[4], 1234);
    store_be32(&packet[8], ssrc);
    return packet;
}

/// CSRCs, a header extension and padding come and go.
inline Bytes random_rtp_packet(std::uint32_t ssrc, std::uint16_t sequence, Random& random) {
    const auto csrcs = static_cast<std::size_t>(random.below(4) == 0 ? random.below(16) : 0);
    const bool extended = random.below(2) == 0;
    const std::size_t words = extended ? random.below(12) : 0;
    const std::size_t header = 12 + 4 * csrcs + (extended ? 4 + 4 * words : 0);
    Bytes packet(header + random.below(1200));
    for (auto& octet : packet) octet = static_cast<std::uint8_t>(random());
    packet[0] = static_cast<std::uint8_t>(0x80 | (extended ? 0x10 : 0) | csrcs);
    store_be16(&packet[2], sequence);
    store_be32(&packet[8], ssrc);
    if (extended) {
        store_be16(&packet[12 + 4 * csrcs], 0xBEDE);
        store_be16(&packet[14 + 4 * csrcs], static_cast<std::uint16_t>(words));
    }
    return packet;
}

inline Bytes rtcp_packet(std::uint32_t ssrc, std::size_t size = 28) {
    Bytes packet(size, 0xCD);
    packet[0] = 0x80;
    packet[1] = 200;
    store_be16(&packet[2], static_cast<std::uint16_t>(size / 4 - 1));
    store_be32(&packet[4], ssrc);
    return packet;
}

/// The protected packet; empty after an error, which is asserted elsewhere.
inline Bytes protect_rtp(Session& session, Bytes packet) {
    const std::size_t size = packet.size();
    packet.resize(size + kMaxOverhead);
    const auto result = session.protect_rtp(packet, size);
    packet.resize(result ? *result : 0);
    return packet;
}

inline Bytes protect_rtcp(Session& session, Bytes packet) {
    const std::size_t size = packet.size();
    packet.resize(size + kMaxOverhead);
    const auto result = session.protect_rtcp(packet, size);
    packet.resize(result ? *result : 0);
    return packet;
}

}  // namespace parley::srtp::testing
