#include "crypto/certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include "crypto/digest.hpp"

namespace parley::crypto {
namespace {

constexpr WallTime kNow{1'700'000'000'000'000};  // 2023-11-14

TEST(Certificate, IsSelfSignedOnP256WithItsFingerprint) {
    const auto certificate = Certificate::generate(kNow);
    ASSERT_TRUE(certificate);
    const auto der = certificate->der();
    const auto digest = sha256(der);
    EXPECT_TRUE(equal_constant_time(certificate->fingerprint().bytes(), digest));

    const unsigned char* at = der.data();
    X509* x509 = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
    ASSERT_NE(x509, nullptr);
    EVP_PKEY* key = X509_get0_pubkey(x509);
    char group[32] = {};
    EXPECT_EQ(EVP_PKEY_get_group_name(key, group, sizeof group, nullptr), 1);
    EXPECT_STREQ(group, "prime256v1");
    EXPECT_EQ(X509_verify(x509, key), 1);
    auto now = static_cast<std::time_t>(kNow.unix_seconds());
    EXPECT_LT(X509_cmp_time(X509_get0_notBefore(x509), &now), 0);
    EXPECT_GT(X509_cmp_time(X509_get0_notAfter(x509), &now), 0);
    X509_free(x509);
}

TEST(Certificate, EachIsAnother) {
    EXPECT_NE(Certificate::generate(kNow)->fingerprint(),
              Certificate::generate(kNow)->fingerprint());
}

TEST(Certificate, SurvivesPem) {
    const auto made = Certificate::generate(kNow);
    const auto read = Certificate::from_pem(made->pem(), made->key_pem());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->fingerprint(), made->fingerprint());
    EXPECT_FALSE(Certificate::from_pem(made->pem(), Certificate::generate(kNow)->key_pem()))
        << "another one's key";
    EXPECT_FALSE(Certificate::from_pem("", made->key_pem()));
    EXPECT_FALSE(Certificate::from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n", "nonsense"));
}

TEST(Fingerprint, TextGoesBothWays) {
    const auto made = Certificate::generate(kNow)->fingerprint();
    const std::string text = made.text();
    EXPECT_EQ(text.size(), 95U);
    EXPECT_EQ(Fingerprint::parse("sha-256", text), made);
    std::string lower = text;
    for (auto& c : lower) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(Fingerprint::parse("SHA-256", lower), made);
}

TEST(Fingerprint, WeakAndBrokenOnesAreRefused) {
    const std::string good = Certificate::generate(kNow)->fingerprint().text();
    EXPECT_FALSE(Fingerprint::parse("sha-1", good));
    EXPECT_FALSE(Fingerprint::parse("sha-1", good.substr(0, 59)));
    EXPECT_FALSE(Fingerprint::parse("md5", good.substr(0, 47)));
    EXPECT_FALSE(Fingerprint::parse("", good));
    EXPECT_FALSE(Fingerprint::parse("sha-512", good));
    EXPECT_FALSE(Fingerprint::parse("sha-256", good.substr(1)));
    EXPECT_FALSE(Fingerprint::parse("sha-256", good + ":00"));
    std::string bad = good;
    bad[2] = '-';
    EXPECT_FALSE(Fingerprint::parse("sha-256", bad));
    bad = good;
    bad[0] = 'G';
    EXPECT_FALSE(Fingerprint::parse("sha-256", bad));
    std::string longer;
    for (int i = 0; i < 48; ++i) longer += longer.empty() ? "0A" : ":0A";
    const auto sha384 = Fingerprint::parse("sha-384", longer);
    ASSERT_TRUE(sha384);
    EXPECT_EQ(sha384->bytes().size(), 48U);
    EXPECT_EQ(sha384->text(), longer);
}

}  // namespace
}  // namespace parley::crypto
