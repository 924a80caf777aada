// The published test vectors: RFC 5769 §2.1 to §2.4, and the message of RFC 8489 appendix B.1 with
// its USERHASH; that one's tag was computed with another implementation of HMAC-SHA256.

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "stun/builder.hpp"
#include "stun/credentials.hpp"
#include "stun/message.hpp"

namespace parley::stun {
namespace {

constexpr std::string_view kPassword = "VOkJxbRl1RmTxUk/WvJxBt";
constexpr TransactionId kId{0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};
constexpr TransactionId kLongTermId{0x78, 0xad, 0x34, 0x33, 0xc6, 0xad,
                                    0x72, 0xc0, 0x29, 0xda, 0x41, 0x2e};
constexpr std::string_view kMatrix = "\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9";
constexpr std::string_view kPreparedPassword = "TheMatrIX";

std::vector<std::uint8_t> hex(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    std::string digits;
    for (const char c : text) {
        if (c == ' ' || c == '\n') continue;
        digits += c;
        if (digits.size() < 2) continue;
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
        digits.clear();
    }
    return bytes;
}

const auto kRequest = hex(R"(
    00010058 2112a442 b7e7a701 bc34d686 fa87dfae
    80220010 5354554e 20746573 7420636c 69656e74
    00240004 6e0001ff
    80290008 932ff9b1 51263b36
    00060009 6576746a 3a683676 59202020
    00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
    80280004 e57a3bcf)");

const auto kResponseV4 = hex(R"(
    0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
    8022000b 74657374 20766563 746f7220
    00200008 0001a147 e112a643
    00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
    80280004 c07d4c96)");

const auto kResponseV6 = hex(R"(
    01010048 2112a442 b7e7a701 bc34d686 fa87dfae
    8022000b 74657374 20766563 746f7220
    00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
    00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
    80280004 c8fb0b4c)");

const auto kLongTerm = hex(R"(
    00010060 2112a442 78ad3433 c6ad72c0 29da412e
    00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
    0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341
    0014000b 6578616d 706c652e 6f726700
    00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666)");

const auto kLongTermSha256 = hex(R"(
    00010090 2112a442 78ad3433 c6ad72c0 29da412e
    001e0020 4a3cf38f ef6992bd a952c678 0417da0f 24819415 569e60b2 05c46e41 407f1704
    00150029 6f624d61 744a6f73 32414141 43662f2f 3439396b 39353464 364f4c33 346f4c39 46535476
             79363473 41000000
    0014000b 6578616d 706c652e 6f726700
    001d0004 00020000
    001c0020 b5c7bf00 5b6c52a2 1c51c5e8 92f81924 136296cb 927c4314 9309278c c6518e65)");

TEST(StunVectors, Rfc5769Request) {
    const auto message = Message::parse(kRequest);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->is(Class::kRequest, Method::kBinding));
    EXPECT_EQ(message->transaction_id(), kId);
    EXPECT_EQ(message->text(Attribute::kSoftware), "STUN test client");
    EXPECT_EQ(message->u32(Attribute::kPriority), 0x6e0001ffU);
    EXPECT_EQ(message->u64(Attribute::kIceControlled), 0x932ff9b151263b36U);
    EXPECT_EQ(message->username(), "evtj:h6vY");
    EXPECT_TRUE(message->has_fingerprint());
    EXPECT_TRUE(message->verify_integrity(short_term_key(kPassword)));
    EXPECT_FALSE(message->verify_integrity(short_term_key("VOkJxbRl1RmTxUk/WvJxBT")));
    EXPECT_EQ(local_ufrag(kRequest), "evtj");
}

TEST(StunVectors, Rfc5769ResponseV4) {
    const auto message = Message::parse(kResponseV4);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->is(Class::kSuccess, Method::kBinding));
    const auto address = message->xor_address(Attribute::kXorMappedAddress);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->to_string(), "192.0.2.1:32853");
    EXPECT_TRUE(message->verify_integrity(short_term_key(kPassword)));
}

TEST(StunVectors, Rfc5769ResponseV6) {
    const auto message = Message::parse(kResponseV6);
    ASSERT_TRUE(message);
    const auto address = message->xor_address(Attribute::kXorMappedAddress);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->to_string(), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
    EXPECT_TRUE(message->verify_integrity(short_term_key(kPassword)));
}

TEST(StunVectors, Rfc5769LongTerm) {
    const auto message = Message::parse(kLongTerm);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->username(), kMatrix);
    EXPECT_EQ(message->text(Attribute::kRealm), "example.org");
    EXPECT_EQ(message->text(Attribute::kNonce), "f//499k954d6OL34oL9FSTvy64sA");
    EXPECT_TRUE(
        message->verify_integrity(long_term_key(kMatrix, "example.org", kPreparedPassword)));
    EXPECT_FALSE(message->verify_integrity(long_term_key(kMatrix, "example.org", "TheMatrix")));
}

TEST(StunVectors, Rfc8489LongTermSha256) {
    const auto message = Message::parse(kLongTermSha256);
    ASSERT_TRUE(message);
    const auto hash = message->find(Attribute::kUserhash);
    ASSERT_TRUE(hash);
    EXPECT_TRUE(std::ranges::equal(*hash, userhash(kMatrix, "example.org")));
    EXPECT_TRUE(message->verify_integrity_sha256(
        long_term_key_sha256(kMatrix, "example.org", kPreparedPassword)));
    EXPECT_FALSE(
        message->verify_integrity_sha256(long_term_key_sha256(kMatrix, "example.org", "another")));
}

// The builder pads with zeros, the request vector with spaces, so that one cannot be rebuilt octet
// by octet; the responses pad with a space too. The long-term request pads with zeros.
TEST(StunVectors, BuilderWritesTheLongTermRequest) {
    std::array<std::uint8_t, 256> out{};
    const auto size = Builder(out, Class::kRequest, Method::kBinding, kLongTermId)
                          .text(Attribute::kUsername, kMatrix)
                          .text(Attribute::kNonce, "f//499k954d6OL34oL9FSTvy64sA")
                          .text(Attribute::kRealm, "example.org")
                          .integrity(long_term_key(kMatrix, "example.org", kPreparedPassword))
                          .finish();
    EXPECT_TRUE(std::ranges::equal(BytesView(out).first(size), kLongTerm));
}

TEST(StunVectors, BuilderWritesTheXorAddressesOfTheResponses) {
    for (const auto& vector : {kResponseV4, kResponseV6}) {
        const auto original = Message::parse(vector);
        ASSERT_TRUE(original);
        std::array<std::uint8_t, 256> out{};
        const auto address = original->xor_address(Attribute::kXorMappedAddress);
        ASSERT_TRUE(address);
        const auto size = Builder(out, Class::kSuccess, Method::kBinding, kId)
                              .xor_address(Attribute::kXorMappedAddress, *address)
                              .finish();
        const auto copy = Message::parse(BytesView(out).first(size));
        ASSERT_TRUE(copy);
        EXPECT_TRUE(std::ranges::equal(*copy->find(Attribute::kXorMappedAddress),
                                       *original->find(Attribute::kXorMappedAddress)));
    }
}

}  // namespace
}  // namespace parley::stun
