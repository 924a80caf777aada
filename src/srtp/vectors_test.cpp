// Published vectors: RFC 3711 appendix B, RFC 7714 §16 and §17.

#include <algorithm>
#include <gtest/gtest.h>

#include "srtp/key_derivation.hpp"
#include "srtp/packet_keys.hpp"
#include "srtp/srtp_testing.hpp"

namespace parley::srtp {
namespace {

using testing::Bytes;
using testing::unhex;

// RFC 3711 appendix B.3.
TEST(SrtpVectors, KeyDerivation) {
    const Bytes key = unhex("E1F97A0D3E018BE0D64FA32C06DE4139");
    const Bytes salt = unhex("0EC675AD498AFEEBB6960B3AABE6");
    const auto derived = [&](Label label, std::size_t size) {
        Bytes out(size);
        derive_key(key, salt, label, out);
        return out;
    };
    EXPECT_EQ(derived(Label::kRtpEncryption, 16), unhex("C61E7A93744F39EE10734AFE3FF7A087"));
    EXPECT_EQ(derived(Label::kRtpSalt, 14), unhex("30CBBC08863D8C85D49DB34A9AE1"));
    EXPECT_EQ(derived(Label::kRtpAuthentication, 94),
              unhex("CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE"
                    "E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25"
                    "6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2"));
}

class GcmVectors : public ::testing::TestWithParam<crypto::CipherPreference> {
 protected:
    static SessionKeys keys() {
        SessionKeys keys;  // RFC 7714 §16: session keys, not master keys
        for (std::size_t i = 0; i < keys.encryption.size(); ++i) {
            keys.encryption[i] = static_cast<std::uint8_t>(i);
        }
        const Bytes salt = unhex("517569642070726f2071756f");
        std::copy(salt.begin(), salt.end(), keys.salt.begin());
        return keys;
    }

    void SetUp() override {
        engine_ = crypto::make_cipher_engine(GetParam());
        if (!engine_) GTEST_SKIP() << "no such cipher engine on this machine";
    }

    void check_rtp(crypto::SrtpProfile profile, const Bytes& expected) {
        const Bytes plain = unhex(
            "8040f17b8041f8d35501a0b247616c6c 696120657374206f6d6e697320646976"
            "69736120696e20706172746573207472 6573");
        PacketKeys packet_keys(profile, keys(), *engine_);
        Bytes packet = plain;
        packet.resize(plain.size() + 16);
        packet_keys.protect_rtp(packet, 12, plain.size(), 0xf17b);
        EXPECT_EQ(packet, expected);
        EXPECT_TRUE(packet_keys.open_rtp(packet, 12, plain.size(), 0xf17b));
        packet.resize(plain.size());
        EXPECT_EQ(packet, plain);
    }

    void check_rtcp(crypto::SrtpProfile profile, const Bytes& expected) {
        const Bytes plain = unhex(
            "81c8000d4d6172734e5450314e545032 525450200000042a0000e9304c756e61"
            "deadbeefdeadbeefdeadbeefdeadbeef deadbeef");
        PacketKeys packet_keys(profile, keys(), *engine_);
        Bytes packet = plain;
        packet.resize(plain.size() + 20);
        packet_keys.protect_rtcp(packet, plain.size(), 0x5d4);
        EXPECT_EQ(packet, expected);
        const std::uint32_t word = packet_keys.rtcp_index_word(packet);
        EXPECT_EQ(word, 0x800005d4U);
        EXPECT_TRUE(packet_keys.open_rtcp(packet, plain.size(), word));
        packet.resize(plain.size());
        EXPECT_EQ(packet, plain);
    }

    std::unique_ptr<crypto::CipherEngine> engine_;
};

TEST_P(GcmVectors, Srtp128) {
    check_rtp(crypto::SrtpProfile::kAeadAes128Gcm,
              unhex("8040f17b8041f8d35501a0b2f24de3a3 fb34de6cacba861c9d7e4bcabe633bd5"
                    "0d294e6f42a5f47a51c7d19b36de3adf 8833899d7f27beb16a9152cf765ee439"
                    "0cce"));
}

TEST_P(GcmVectors, Srtp256) {
    check_rtp(crypto::SrtpProfile::kAeadAes256Gcm,
              unhex("8040f17b8041f8d35501a0b232b1de78 a822fe12ef9f78fa332e33aab1801238"
                    "9a58e2f3b50b2a0276ffae0f1ba63799 b87b7aa3db36dfffd6b0f9bb7878d7a7"
                    "6c13"));
}

TEST_P(GcmVectors, Srtcp128) {
    check_rtcp(crypto::SrtpProfile::kAeadAes128Gcm,
               unhex("81c8000d4d61727363e94885dcdab67c a727d7662f6b7e997ff5c0f76c06f32d"
                     "c676a5f1730d6fda4ce09b4686303ded 0bb9275bc84aa45896cf4d2fc5abf872"
                     "45d9eade800005d4"));
}

INSTANTIATE_TEST_SUITE_P(Engines, GcmVectors,
                         ::testing::Values(crypto::CipherPreference::kOpenssl,
                                           crypto::CipherPreference::kMultiBuffer));

}  // namespace
}  // namespace parley::srtp
