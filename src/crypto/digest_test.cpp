#include "crypto/digest.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "crypto/secure_random.hpp"

namespace parley::crypto {
namespace {

template <std::size_t N>
std::string hex(const std::array<std::uint8_t, N>& octets) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const auto octet : octets) {
        text += kDigits[octet >> 4];
        text += kDigits[octet & 15];
    }
    return text;
}

// RFC 2202 §3, cases 1, 2 and 6.
TEST(Digest, HmacSha1Vectors) {
    const std::vector<std::uint8_t> key(20, 0x0b);
    EXPECT_EQ(hex(hmac_sha1(key, as_bytes("Hi There"))),
              "b617318655057264e28bc0b6fb378c8ef146be00");
    EXPECT_EQ(hex(hmac_sha1(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    const std::vector<std::uint8_t> long_key(80, 0xaa);
    EXPECT_EQ(hex(hmac_sha1(long_key,
                            as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
              "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

// RFC 4231 §4.2, §4.3 and §4.7.
TEST(Digest, HmacSha256Vectors) {
    const std::vector<std::uint8_t> key(20, 0x0b);
    EXPECT_EQ(hex(hmac_sha256(key, as_bytes("Hi There"))),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    const std::vector<std::uint8_t> long_key(131, 0xaa);
    EXPECT_EQ(hex(hmac_sha256(long_key,
                              as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, PiecesEqualTheWhole) {
    HmacSha1 one(as_bytes("key"));
    HmacSha256 two(as_bytes("key"));
    for (const char* piece : {"a", "", "bc", "def"}) {
        one.update(as_bytes(piece));
        two.update(as_bytes(piece));
    }
    EXPECT_EQ(one.finish(), hmac_sha1(as_bytes("key"), as_bytes("abcdef")));
    EXPECT_EQ(two.finish(), hmac_sha256(as_bytes("key"), as_bytes("abcdef")));
}

TEST(Digest, PlainDigests) {
    // FIPS 180-4's example text, RFC 1321 §A.5.
    EXPECT_EQ(hex(sha256(as_bytes("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hex(md5(as_bytes("message digest"))), "f96b697d7cb7938d525a2f31aaf161d0");
    EXPECT_EQ(hex(md5({})), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Digest, Crc32CheckValue) {
    EXPECT_EQ(crc32(as_bytes("123456789")), 0xCBF43926U);
    EXPECT_EQ(crc32({}), 0U);
}

TEST(Digest, ConstantTimeComparison) {
    EXPECT_TRUE(equal_constant_time(as_bytes("same"), as_bytes("same")));
    EXPECT_FALSE(equal_constant_time(as_bytes("same"), as_bytes("sane")));
    EXPECT_FALSE(equal_constant_time(as_bytes("same"), as_bytes("sam")));
    EXPECT_TRUE(equal_constant_time({}, {}));
}

TEST(SystemRandom, FillsDifferently) {
    SystemRandom random;
    std::array<std::uint8_t, 32> a{};
    std::array<std::uint8_t, 32> b{};
    random.fill(a);
    random.fill(b);
    EXPECT_NE(a, b);
    random.fill({});
}

}  // namespace
}  // namespace parley::crypto
