#include "server/token.hpp"

#include <gtest/gtest.h>
#include <string>

#include "base/base64.hpp"
#include "crypto/digest.hpp"

namespace parley::server {
namespace {

constexpr std::string_view kSecret = "a secret of the operator, 32 bytes or more";
constexpr std::int64_t kNow = 1'900'000'000;

TokenClaims good_claims() {
    TokenClaims claims;
    claims.room = "daily";
    claims.identity = "ada";
    claims.name = "Ada";
    claims.expires = kNow + 60;
    return claims;
}

std::string sign(std::string_view header, std::string_view payload) {
    const auto body =
        base64url_encode(as_bytes(header)) + "." + base64url_encode(as_bytes(payload));
    return body + "." + base64url_encode(crypto::hmac_sha256(as_bytes(kSecret), as_bytes(body)));
}

TokenError error_of(std::string_view token) {
    const auto result = verify_token(token, kSecret, kNow, 10s);
    EXPECT_FALSE(result.has_value()) << token.substr(0, 80);
    return result ? TokenError{} : result.error();
}

TEST(Token, SurvivesTheRoundTrip) {
    auto claims = good_claims();
    claims.publish = false;
    claims.admin = true;
    claims.not_before = kNow - 5;
    const auto read = verify_token(make_token(claims, kSecret), kSecret, kNow, 0s);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->room, "daily");
    EXPECT_EQ(read->identity, "ada");
    EXPECT_EQ(read->name, "Ada");
    EXPECT_FALSE(read->publish);
    EXPECT_TRUE(read->subscribe);
    EXPECT_TRUE(read->admin);
    EXPECT_EQ(read->expires, kNow + 60);
}

// RFC 7515 appendix A.1.
TEST(Token, VerifiesThePublishedVector) {
    const auto key = base64url_decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    ASSERT_TRUE(key.has_value());
    std::string token =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
        "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const auto payload = verify_jws(token, *key);
    ASSERT_TRUE(payload.has_value()) << to_string(payload.error());
    EXPECT_NE(payload->find("\"iss\":\"joe\""), std::string::npos);
    token[60] = token[60] == 'A' ? 'B' : 'A';
    EXPECT_EQ(verify_jws(token, *key).error(), TokenError::kSignature);
}

TEST(Token, TheAlgorithmIsNotTheTokensChoice) {
    const std::string payload = R"({"room":"r","identity":"i","exp":1900000060})";
    for (const char* header :
         {R"({"alg":"none"})", R"({"alg":"NONE"})", R"({"alg":"hs256"})", R"({"alg":"HS384"})",
          R"({"alg":"RS256"})", R"({"typ":"JWT"})", R"({"alg":["HS256"]})", R"({"alg":null})",
          R"({"alg":"HS256","crit":["x"],"x":1})", R"({"alg":"HS256","crit":[]})",
          R"({"alg":"HS256","typ":"at+jwt"})"}) {
        EXPECT_EQ(error_of(sign(header, payload)), TokenError::kAlgorithm) << header;
    }
    const auto unsigned_token = base64url_encode(as_bytes(R"({"alg":"none"})")) + "." +
                                base64url_encode(as_bytes(payload)) + ".";
    EXPECT_EQ(error_of(unsigned_token), TokenError::kAlgorithm);
    // Pointers to keys change nothing: the one secret is used.
    EXPECT_TRUE(
        verify_token(sign(R"({"alg":"HS256","kid":"../../etc/passwd","jku":"http://x"})", payload),
                     kSecret, kNow, 0s)
            .has_value());
}

TEST(Token, RefusesOtherSecrets) {
    const auto token = make_token(good_claims(), "another secret that is also long enough");
    EXPECT_EQ(error_of(token), TokenError::kSignature);
    EXPECT_EQ(verify_token(make_token(good_claims(), ""), "", kNow, 0s).error(),
              TokenError::kSignature);
}

TEST(Token, EdgesOfTime) {
    auto claims = good_claims();
    claims.expires = kNow - 9;  // leeway is 10 s
    EXPECT_TRUE(verify_token(make_token(claims, kSecret), kSecret, kNow, 10s).has_value());
    claims.expires = kNow - 10;
    EXPECT_EQ(error_of(make_token(claims, kSecret)), TokenError::kExpired);
    claims = good_claims();
    claims.not_before = kNow + 10;
    EXPECT_TRUE(verify_token(make_token(claims, kSecret), kSecret, kNow, 10s).has_value());
    claims.not_before = kNow + 11;
    EXPECT_EQ(error_of(make_token(claims, kSecret)), TokenError::kNotYetValid);
    claims = good_claims();
    claims.issued = kNow + 1000;
    EXPECT_EQ(error_of(make_token(claims, kSecret)), TokenError::kNotYetValid);
}

TEST(Token, ClaimsHaveTheirTypes) {
    const std::string header = R"({"alg":"HS256"})";
    for (const char* payload :
         {R"({"room":"r","identity":"i"})", R"({"room":"r","identity":"i","exp":"1900000060"})",
          R"({"room":"r","identity":"i","exp":1900000060.5})",
          R"({"room":"r","identity":"i","exp":1e308})", R"({"room":"r","identity":"i","exp":-1})",
          R"({"room":"r","identity":"i","exp":18446744073709551615})",
          R"({"room":"r","identity":"i","exp":253402300800})",
          R"({"room":"","identity":"i","exp":1900000060})", R"({"room":"r","exp":1900000060})",
          R"({"room":["r"],"identity":"i","exp":1900000060})",
          R"({"room":"r","identity":"i","exp":1900000060,"admin":"true"})",
          R"({"room":"r","identity":"i","exp":1900000060,"publish":1})"}) {
        EXPECT_EQ(error_of(sign(header, payload)), TokenError::kClaims) << payload;
    }
    const std::string long_room =
        R"({"identity":"i","exp":1900000060,"room":")" + std::string(300, 'r') + "\"}";
    EXPECT_EQ(error_of(sign(header, long_room)), TokenError::kClaims);
}

TEST(Token, MalformedTexts) {
    for (const char* text :
         {"", ".", "..", "...", "a.b", "a.b.c.d", "eyJhbGciOiJIUzI1NiJ9.e30", " "}) {
        EXPECT_EQ(error_of(text), TokenError::kMalformed) << text;
    }
    const std::string header = R"({"alg":"HS256"})";
    EXPECT_EQ(error_of(sign(header, "[]")), TokenError::kMalformed);
    EXPECT_EQ(error_of(sign(header, "{")), TokenError::kMalformed);
    EXPECT_EQ(error_of(sign(header, "{\"room\":\"\xFF\"}")), TokenError::kMalformed);
    EXPECT_EQ(error_of(sign(header, R"({"room":"a","room":"b"})")), TokenError::kMalformed);
    EXPECT_EQ(error_of(sign(header, "{\"a\":" + std::string(50, '[') + std::string(50, ']') + "}")),
              TokenError::kMalformed);
    EXPECT_EQ(error_of(make_token(good_claims(), kSecret) + "="), TokenError::kMalformed);
    EXPECT_EQ(error_of(std::string(1'000'000, 'a')), TokenError::kTooLong);
}

TEST(Base64, IsStrict) {
    EXPECT_EQ(base64_encode(as_bytes("foob")), "Zm9vYg==");
    EXPECT_EQ(base64_decode("Zm9vYmE="), "fooba");
    EXPECT_EQ(base64url_encode(as_bytes("\xFB\xFF")), "-_8");
    EXPECT_EQ(base64url_decode("-_8"), "\xFB\xFF");
    EXPECT_FALSE(base64url_decode("-_9").has_value());  // same octets, other spelling
    EXPECT_FALSE(base64url_decode("Zm9vYg==").has_value());
    EXPECT_FALSE(base64_decode("Zm9vYg").has_value());
    EXPECT_FALSE(base64url_decode("a").has_value());
}

}  // namespace
}  // namespace parley::server
