#include "crypto/cipher_engine.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace parley::crypto {
namespace {

std::vector<std::uint8_t> unhex(std::string_view text) {
    std::vector<std::uint8_t> octets;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        octets.push_back(
            static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    }
    return octets;
}

template <std::size_t N>
std::array<std::uint8_t, N> array_of(std::string_view text) {
    std::array<std::uint8_t, N> out{};
    const auto octets = unhex(text);
    std::copy(octets.begin(), octets.end(), out.begin());
    return out;
}

std::vector<std::unique_ptr<CipherEngine>> engines() {
    std::vector<std::unique_ptr<CipherEngine>> all;
    all.push_back(make_cipher_engine(CipherPreference::kOpenssl));
    if (auto fast = make_cipher_engine(CipherPreference::kMultiBuffer))
        all.push_back(std::move(fast));
    return all;
}

// RFC 3711 appendix B.2.
TEST(CipherEngine, CounterModeKeyStream) {
    const auto key = unhex("2B7E151628AED2A6ABF7158809CF4F3C");
    const auto iv = array_of<16>("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
    const auto expected = unhex(
        "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"
        "41E95B3BB0A2E8DD477901E4FCA894C0");
    std::vector<std::uint8_t> stream(expected.size());
    counter_keystream(key, iv, stream);
    EXPECT_EQ(stream, expected);

    for (const auto& engine : engines()) {
        std::vector<std::uint8_t> data(expected.size());
        engine->make_counter(key)->crypt(iv, data);
        EXPECT_EQ(data, expected) << engine->name();
    }
}

// Test case 4 of the GCM specification (McGrew, Viega), 128-bit key, and case 16, 256-bit key.
TEST(CipherEngine, GcmVectors) {
    const auto plain = unhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    const auto aad = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const auto iv = array_of<12>("cafebabefacedbaddecaf888");
    struct Case {
        const char* key;
        const char* cipher;
        const char* tag;
    };
    const Case cases[] = {{"feffe9928665731c6d6a8f9467308308",
                           "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
                           "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
                           "5bc94fbc3221a5db94fae95ae7121a47"},
                          {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
                           "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                           "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
                           "76fc6ece0f4e1768cddf8853bb2d551b"}};
    for (const auto& engine : engines()) {
        for (const auto& c : cases) {
            const auto key = engine->make_gcm(unhex(c.key));
            std::vector<std::uint8_t> data(plain.size());
            std::vector<std::uint8_t> tag(kGcmTagSize);
            key->seal(iv, aad, plain, data.data(), tag.data());
            EXPECT_EQ(data, unhex(c.cipher)) << engine->name();
            EXPECT_EQ(tag, unhex(c.tag)) << engine->name();
            EXPECT_TRUE(key->open(iv, aad, data, tag.data()));
            EXPECT_EQ(data, plain);
        }
    }
}

TEST(CipherEngine, OpenRefusesWhatWasChanged) {
    for (const auto& engine : engines()) {
        const auto key = engine->make_gcm(std::vector<std::uint8_t>(16, 3));
        const GcmIv iv{};
        std::vector<std::uint8_t> aad(12, 1);
        const std::vector<std::uint8_t> plain(40, 2);
        std::vector<std::uint8_t> sealed(40);
        std::vector<std::uint8_t> tag(kGcmTagSize);
        key->seal(iv, aad, plain, sealed.data(), tag.data());
        for (std::size_t i = 0; i < sealed.size(); ++i) {
            auto bad = sealed;
            bad[i] ^= 1;
            EXPECT_FALSE(key->open(iv, aad, bad, tag.data()));
        }
        aad[0] ^= 1;
        auto copy = sealed;
        EXPECT_FALSE(key->open(iv, aad, copy, tag.data()));
        // And an empty text still has a tag that counts.
        key->seal(iv, aad, {}, nullptr, tag.data());
        EXPECT_TRUE(key->open(iv, aad, {}, tag.data()));
        tag[15] ^= 1;
        EXPECT_FALSE(key->open(iv, aad, {}, tag.data()));
    }
}

TEST(CipherEngine, EnginesGiveTheSameOctets) {
    const auto all = engines();
    if (all.size() < 2) GTEST_SKIP() << "only one cipher engine on this machine";
    Random random(7);
    for (int round = 0; round < 400; ++round) {
        std::vector<std::uint8_t> secret(random.below(2) == 0 ? 16 : 32);
        for (auto& octet : secret) octet = static_cast<std::uint8_t>(random());
        std::vector<std::uint8_t> plain(random.below(1500));
        for (auto& octet : plain) octet = static_cast<std::uint8_t>(random());
        std::vector<std::uint8_t> aad(12 + random.below(100));
        GcmIv iv;
        for (auto& octet : iv) octet = static_cast<std::uint8_t>(random());
        std::vector<std::vector<std::uint8_t>> outputs;
        for (const auto& engine : all) {
            std::vector<std::uint8_t> out(plain.size() + kGcmTagSize);
            engine->make_gcm(secret)->seal(iv, aad, plain, out.data(), out.data() + plain.size());
            outputs.push_back(std::move(out));
        }
        ASSERT_EQ(outputs[0], outputs[1]) << plain.size();
    }
}

TEST(CipherEngine, FactoryNamesWhatItMade) {
    EXPECT_EQ(make_cipher_engine(CipherPreference::kOpenssl)->name(), "openssl");
    const auto fastest = make_cipher_engine(CipherPreference::kFastest);
    ASSERT_NE(fastest, nullptr);
    EXPECT_FALSE(fastest->name().empty());
}

}  // namespace
}  // namespace parley::crypto
