// The codec's own behaviour, and hostile input.

#include "stun/message.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "stun/builder.hpp"
#include "stun/credentials.hpp"

namespace parley::stun {
namespace {

constexpr TransactionId kId{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
const auto kKey = short_term_key("a password of the test");
const auto kOtherKey = short_term_key("another password");

using Bytes = std::vector<std::uint8_t>;

template <typename Write>
Bytes build(Class c, Write&& write) {
    Bytes out(2048);
    Builder builder(out, c, Method::kBinding, kId);
    write(builder);
    out.resize(builder.finish());
    EXPECT_FALSE(out.empty());
    return out;
}

Bytes request() {
    return build(Class::kRequest, [](Builder& b) {
        b.username("ours", "theirs").u32(Attribute::kPriority, 7).integrity(kKey).fingerprint();
    });
}

/// Header and raw attribute octets, with a true length field.
Bytes raw(const Bytes& attributes) {
    Bytes out{0x00, 0x01, 0, 0, 0x21, 0x12, 0xA4, 0x42};
    out.insert(out.end(), kId.begin(), kId.end());
    out.insert(out.end(), attributes.begin(), attributes.end());
    store_be16(&out[2], static_cast<std::uint16_t>(attributes.size()));
    return out;
}

void expect_refused(const Bytes& bytes, ParseError error) {
    const auto message = Message::parse(bytes);
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error(), error);
}

TEST(StunMessage, RoundTripsEveryAttributeKind) {
    const auto v4 = *net::SocketAddress::parse("192.0.2.7:4711");
    const auto v6 = *net::SocketAddress::parse("[2001:db8::7]:4712");
    UnknownAttributes unknown;
    unknown.push_back(static_cast<Attribute>(0x7001));
    unknown.push_back(static_cast<Attribute>(0x7002));
    unknown.push_back(static_cast<Attribute>(0x7003));
    const auto bytes = build(Class::kError, [&](Builder& b) {
        b.address(Attribute::kMappedAddress, v4)
            .xor_address(Attribute::kXorMappedAddress, v6)
            .error_code(420, "Unknown Attribute")
            .unknown_attributes(unknown)
            .text(Attribute::kSoftware, "x")
            .text(Attribute::kRealm, "realm")
            .text(Attribute::kNonce, "nonce")
            .u64(Attribute::kIceControlling, 0x0102030405060708)
            .flag(Attribute::kUseCandidate)
            .integrity(kKey)
            .integrity_sha256(kOtherKey)
            .fingerprint();
    });
    const auto message = Message::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->address(Attribute::kMappedAddress), v4);
    EXPECT_EQ(message->xor_address(Attribute::kXorMappedAddress), v6);
    ASSERT_TRUE(message->error_code());
    EXPECT_EQ(message->error_code()->code, 420);
    EXPECT_EQ(message->error_code()->reason, "Unknown Attribute");
    const auto listed = message->unknown_attributes();
    EXPECT_TRUE(std::equal(listed.begin(), listed.end(), unknown.begin(), unknown.end()));
    EXPECT_EQ(message->u64(Attribute::kIceControlling), 0x0102030405060708U);
    EXPECT_TRUE(message->has(Attribute::kUseCandidate));
    EXPECT_TRUE(message->verify_integrity(kKey));
    EXPECT_TRUE(message->verify_integrity_sha256(kOtherKey));
    EXPECT_FALSE(message->verify_integrity(kOtherKey));
    EXPECT_TRUE(message->has_fingerprint());
}

TEST(StunMessage, ClassesAndMethodsSurviveTheBitWeaving) {
    for (const int method : {0x001, 0x00C, 0x07F, 0x080, 0xABC, 0xFFF}) {
        for (const auto c : {Class::kRequest, Class::kIndication, Class::kSuccess, Class::kError}) {
            Bytes out(64);
            Builder builder(out, c, static_cast<Method>(method), kId);
            out.resize(builder.finish());
            const auto message = Message::parse(out);
            ASSERT_TRUE(message);
            EXPECT_TRUE(message->is(c, static_cast<Method>(method)));
        }
    }
}

TEST(StunMessage, ABufferThatIsTooSmallGivesNothing) {
    const auto size = request().size();
    for (std::size_t room = 0; room < size; ++room) {
        Bytes out(room);
        Builder builder(out, Class::kRequest, Method::kBinding, kId);
        builder.username("ours", "theirs").u32(Attribute::kPriority, 7);
        builder.integrity(kKey).fingerprint();
        EXPECT_EQ(builder.finish(), 0U) << room;
    }
}

TEST(StunMessage, TruncatedSha256TagsAreAccepted) {
    auto bytes = build(Class::kRequest, [](Builder& b) { b.integrity_sha256(kKey); });
    // RFC 8489 §14.6: the length field is part of what is authenticated, so the tag is made anew.
    for (const std::size_t size : {16U, 20U, 24U, 28U}) {
        Bytes attribute{0x00, 0x1C, 0, static_cast<std::uint8_t>(size)};
        attribute.resize(4 + size);
        auto cut = raw(attribute);
        EXPECT_TRUE(Message::parse(cut));
        EXPECT_FALSE(Message::parse(cut)->verify_integrity_sha256(kKey));
    }
    EXPECT_TRUE(Message::parse(bytes)->verify_integrity_sha256(kKey));
    Bytes tiny{0x00, 0x1C, 0, 12};
    tiny.resize(16);
    expect_refused(raw(tiny), ParseError::kBadAttribute);
}

// S01: too short, top bits, cookie.
TEST(StunHostile, WhatIsNotStun) {
    const auto good = request();
    for (std::size_t size = 0; size < kHeaderSize; ++size) {
        expect_refused(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)),
                       ParseError::kTooShort);
    }
    for (const int bits : {0x40, 0x80, 0xC0}) {
        auto bad = good;
        bad[0] = static_cast<std::uint8_t>(bad[0] | bits);
        expect_refused(bad, ParseError::kNotStun);
    }
    auto bad = good;
    bad[5] ^= 1;
    expect_refused(bad, ParseError::kNotStun);
}

// S02: the length field lies.
TEST(StunHostile, LengthsThatLie) {
    const auto good = request();
    const std::size_t length = good.size() - kHeaderSize;
    for (const std::size_t claim : {length - 4, length + 4, length + 1, length - 1, std::size_t{0},
                                    std::size_t{65535}, std::size_t{65532}}) {
        auto bad = good;
        store_be16(&bad[2], static_cast<std::uint16_t>(claim));
        expect_refused(bad, ParseError::kBadLength);
        EXPECT_FALSE(local_ufrag(bad));
    }
}

// S03: attribute lengths past the end, loops of empty attributes, thousands of attributes.
TEST(StunHostile, AttributesThatLie) {
    expect_refused(raw({0x00, 0x06, 0x00, 0x05, 'a', 'b', 'c', 'd'}), ParseError::kBadAttribute);
    expect_refused(raw({0x00, 0x06, 0xFF, 0xFF, 'a', 'b', 'c', 'd'}), ParseError::kBadAttribute);
    expect_refused(raw(Bytes(4 * 4000)), ParseError::kTooManyAttributes);
    EXPECT_TRUE(Message::parse(raw(Bytes(4 * kMaxAttributes))));
    expect_refused(raw(Bytes(4 * (kMaxAttributes + 1))), ParseError::kTooManyAttributes);
    EXPECT_FALSE(local_ufrag(raw(Bytes(4 * 4000))));
}

// S04: addresses of impossible sizes and families.
TEST(StunHostile, AddressesThatLie) {
    for (const std::size_t size : {0U, 3U, 5U, 7U, 9U, 12U, 19U, 21U}) {
        for (const int family : {0, 1, 2, 3, 255}) {
            Bytes attribute{0x00, 0x20, 0x00, static_cast<std::uint8_t>(size)};
            attribute.resize(4 + (size + 3) / 4 * 4);
            if (size > 1) attribute[5] = static_cast<std::uint8_t>(family);
            const auto bytes = raw(attribute);
            const auto message = Message::parse(bytes);
            ASSERT_TRUE(message);
            const auto address = message->xor_address(Attribute::kXorMappedAddress);
            ASSERT_FALSE(address);
            EXPECT_EQ(address.error(), AttributeError::kMalformed);
        }
    }
    const auto bytes = raw({0x00, 0x20, 0x00, 0x08, 0, 3, 1, 2, 3, 4, 5, 6});
    EXPECT_FALSE(Message::parse(bytes)->xor_address(Attribute::kXorMappedAddress));
}

// S05: integrity wrong, twice, or behind the fingerprint.
TEST(StunHostile, IntegrityThatLies) {
    const auto good = request();
    ASSERT_TRUE(Message::parse(good)->verify_integrity(kKey));
    // The last 8 octets are FINGERPRINT, behind what the integrity covers.
    for (std::size_t at = 0; at < good.size() - 8; ++at) {
        auto bad = good;
        bad[at] ^= 0x01;
        const auto message = Message::parse(bad);
        EXPECT_FALSE(message && message->verify_integrity(kKey)) << at;
    }
    expect_refused(build(Class::kRequest, [](Builder& b) { b.integrity(kKey).integrity(kKey); }),
                   ParseError::kMisplacedAttribute);
    expect_refused(build(Class::kRequest, [](Builder& b) { b.fingerprint().integrity(kKey); }),
                   ParseError::kMisplacedAttribute);
    expect_refused(build(Class::kRequest, [](Builder& b) { b.fingerprint().fingerprint(); }),
                   ParseError::kMisplacedAttribute);
    expect_refused(raw({0x00, 0x08, 0x00, 0x04, 1, 2, 3, 4}), ParseError::kBadAttribute);
}

TEST(StunHostile, AttributesBehindTheIntegrityAreInvisible) {
    const auto bytes = build(Class::kRequest, [](Builder& b) {
        b.username("ours", "theirs").integrity(kKey).flag(Attribute::kUseCandidate).fingerprint();
    });
    const auto message = Message::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->verify_integrity(kKey));
    EXPECT_FALSE(message->has(Attribute::kUseCandidate));
    EXPECT_TRUE(message->unknown_required({}).size() == 1);  // USERNAME alone
}

TEST(StunHostile, ABrokenFingerprintIsRefused) {
    auto bytes = request();
    bytes.back() ^= 0x80;
    expect_refused(bytes, ParseError::kBadFingerprint);
}

// S06, the codec's part.
TEST(StunHostile, UnknownRequiredAttributesAreListedOnce) {
    const auto bytes = build(Class::kRequest, [](Builder& b) {
        b.flag(static_cast<Attribute>(0x7777)).flag(static_cast<Attribute>(0x7777));
        b.flag(static_cast<Attribute>(0x9999)).flag(Attribute::kPriority);
    });
    constexpr Attribute kUnderstood[] = {Attribute::kPriority};
    const auto list = Message::parse(bytes)->unknown_required(kUnderstood);
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0], static_cast<Attribute>(0x7777));
}

// S12, the codec's part: more unknown attributes than an answer will name.
TEST(StunHostile, TheListOfUnknownAttributesIsBounded) {
    const auto bytes = build(Class::kRequest, [](Builder& b) {
        for (std::uint16_t i = 0; i < 60; ++i) b.flag(static_cast<Attribute>(0x7000 + i));
    });
    EXPECT_EQ(Message::parse(bytes)->unknown_required({}).size(), UnknownAttributes::capacity());
}

// S13: any alignment.
TEST(StunHostile, MisalignedBuffers) {
    const auto good = request();
    for (std::size_t offset = 0; offset < 4; ++offset) {
        Bytes shifted(good.size() + offset);
        std::ranges::copy(good, shifted.begin() + static_cast<std::ptrdiff_t>(offset));
        const auto view = BytesView(shifted).subspan(offset);
        const auto message = Message::parse(view);
        ASSERT_TRUE(message);
        EXPECT_TRUE(message->verify_integrity(kKey));
        EXPECT_EQ(local_ufrag(view), "ours");
        Bytes out(512 + offset);
        Builder builder(BytesSpan(out).subspan(offset), Class::kRequest, Method::kBinding, kId);
        builder.u64(Attribute::kIceControlled, 1).integrity(kKey).fingerprint();
        EXPECT_GT(builder.finish(), 0U);
    }
}

TEST(StunHostile, ErrorCodesOutOfRange) {
    for (const auto& [hundreds, number] :
         {std::pair{0, 0}, {2, 99}, {7, 0}, {4, 100}, {4, 255}, {15, 1}}) {
        const auto bytes = raw({0x00, 0x09, 0x00, 0x04, 0, 0, static_cast<std::uint8_t>(hundreds),
                                static_cast<std::uint8_t>(number)});
        const auto code = Message::parse(bytes)->error_code();
        EXPECT_FALSE(code) << hundreds << " " << number;
    }
    EXPECT_FALSE(Message::parse(raw({0x00, 0x09, 0x00, 0x02, 0, 0, 4, 1}))->error_code());
}

TEST(StunUfrag, FindsTheFirstHalfOfBindingRequestsOnly) {
    EXPECT_EQ(local_ufrag(request()), "ours");
    const auto named = [](std::string_view name, Class c = Class::kRequest) {
        return build(c, [&](Builder& b) { b.text(Attribute::kUsername, name).integrity(kKey); });
    };
    EXPECT_EQ(local_ufrag(named("a:b:c")), "a");
    EXPECT_FALSE(local_ufrag(named("no colon")));
    EXPECT_FALSE(local_ufrag(named(":theirs")));
    EXPECT_FALSE(local_ufrag(named("")));
    EXPECT_FALSE(local_ufrag(named(std::string(257, 'x') + ":y")));
    EXPECT_FALSE(local_ufrag(named("ours:theirs", Class::kSuccess)));
    EXPECT_FALSE(local_ufrag(
        build(Class::kRequest, [](Builder& b) { b.integrity(kKey).username("ours", "theirs"); })));
    EXPECT_FALSE(local_ufrag({}));
}

}  // namespace
}  // namespace parley::stun
