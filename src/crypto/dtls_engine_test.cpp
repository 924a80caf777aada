// Two engines side by side: certificates of other kinds, and what is left after settle().

#include "crypto/dtls_engine.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <string>

#include "crypto/dtls_records.hpp"
#include "crypto/openssl_ptr.hpp"

namespace parley::crypto {
namespace {

std::string pem_of(auto write) {
    const BioPtr memory(BIO_new(BIO_s_mem()));
    EXPECT_EQ(write(memory.get()), 1);
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

Certificate certificate_with(EVP_PKEY* owned) {
    const KeyPtr key(owned);
    const X509Ptr certificate(X509_new());
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
    X509_set_pubkey(certificate.get(), key.get());
    EXPECT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
    return *Certificate::from_pem(
        pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); }),
        pem_of([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        }));
}

Certificate usual_certificate() {
    return *Certificate::generate(WallTime{1'700'000'000'000'000});
}

class Engines : public testing::Test {
 protected:
    void make(const Certificate& at_client, const Certificate& at_server) {
        client.reset();  // before the contexts that made them
        server.reset();
        contexts_ = {make_openssl_dtls_context(at_client), make_openssl_dtls_context(at_server)};
        client = contexts_[0]->make_engine({.role = DtlsRole::kClient});
        server = contexts_[1]->make_engine({.role = DtlsRole::kServer});
        client->expect_fingerprints({at_server.fingerprint()});
        server->expect_fingerprints({at_client.fingerprint()});
    }
    void make() { make(usual_certificate(), usual_certificate()); }

    static std::vector<std::vector<std::uint8_t>> take(DtlsEngine& from) {
        std::vector<std::vector<std::uint8_t>> out;
        std::array<std::uint8_t, 2048> datagram;
        while (const auto size = from.take_outgoing(datagram)) {
            out.emplace_back(datagram.begin(),
                             datagram.begin() + static_cast<std::ptrdiff_t>(*size));
        }
        return out;
    }
    /// Delivers until nobody says anything.
    void exchange() {
        for (;;) {
            const auto up = take(*client);
            for (const auto& datagram : up) server->receive(datagram);
            const auto down = take(*server);
            for (const auto& datagram : down) client->receive(datagram);
            if (up.empty() && down.empty()) return;
        }
    }
    void connect() {
        client->start();
        server->start();
        exchange();
        ASSERT_EQ(client->status(), DtlsStatus::kConnected) << client->failure().text;
        ASSERT_EQ(server->status(), DtlsStatus::kConnected) << server->failure().text;
        ASSERT_TRUE(client->srtp_keys());
        ASSERT_TRUE(server->srtp_keys());
        EXPECT_EQ(client->srtp_keys()->local.key, server->srtp_keys()->remote.key);
    }
    void expect_data_both_ways() {
        const std::vector<std::uint8_t> data{1, 2, 3, 4};
        for (const auto& [from, to] :
             {std::pair{client.get(), server.get()}, std::pair{server.get(), client.get()}}) {
            ASSERT_TRUE(from->send(data));
            exchange();
            EXPECT_EQ(to->take_received(), data);
            EXPECT_FALSE(to->take_received());
        }
    }
    void settle(bool at_client, bool at_server) {
        if (at_client) client->settle();
        if (at_server) server->settle();
        EXPECT_EQ(client->srtp_keys().has_value(), !at_client);
        EXPECT_EQ(server->srtp_keys().has_value(), !at_server);
    }

    std::array<std::shared_ptr<const DtlsContext>, 2> contexts_;
    std::unique_ptr<DtlsEngine> client;
    std::unique_ptr<DtlsEngine> server;
};

TEST_F(Engines, TakeRsaCertificates) {
    make(certificate_with(EVP_RSA_gen(2048)), usual_certificate());
    connect();
    make(usual_certificate(), certificate_with(EVP_RSA_gen(2048)));
    connect();
}

TEST_F(Engines, ExchangeDataWhicheverSideHasSettled) {
    for (const bool at_client : {false, true}) {
        for (const bool at_server : {false, true}) {
            make();
            connect();
            settle(at_client, at_server);
            expect_data_both_ways();
            expect_data_both_ways();
        }
    }
}

TEST_F(Engines, CloseWhicheverSideHasSettled) {
    for (const bool at_client : {false, true}) {
        for (const bool at_server : {false, true}) {
            make();
            connect();
            settle(at_client, at_server);
            server->close();
            exchange();
            EXPECT_EQ(client->status(), DtlsStatus::kClosed);
            EXPECT_EQ(server->status(), DtlsStatus::kClosed);
        }
    }
}

TEST_F(Engines, ASettledServerRepeatsItsLastFlight) {
    make();
    client->start();
    server->start();
    // Up to the server's Finished, which is lost.
    for (const auto& datagram : take(*client)) server->receive(datagram);
    for (const auto& datagram : take(*server)) client->receive(datagram);
    const auto finished = take(*client);
    for (const auto& datagram : finished) server->receive(datagram);
    ASSERT_EQ(server->status(), DtlsStatus::kConnected);
    ASSERT_FALSE(take(*server).empty());
    server->settle();
    ASSERT_FALSE(server->srtp_keys());
    ASSERT_EQ(client->status(), DtlsStatus::kHandshaking);
    for (const auto& datagram : finished) server->receive(datagram);
    EXPECT_FALSE(server->has_outgoing()) << "the very same records are a replay";
    client->retransmit();
    exchange();
    EXPECT_EQ(client->status(), DtlsStatus::kConnected);
    expect_data_both_ways();
}

TEST_F(Engines, SettledOnesRefuseReplaysAndForgeries) {
    make();
    connect();
    settle(false, true);
    ASSERT_TRUE(client->send(std::vector<std::uint8_t>{5}));
    const auto sent = take(*client);
    ASSERT_EQ(sent.size(), 1U);
    auto forged = sent[0];
    forged.back() ^= 1;
    EXPECT_EQ(server->receive(forged), DtlsStatus::kConnected);
    EXPECT_FALSE(server->take_received());
    server->receive(sent[0]);
    EXPECT_TRUE(server->take_received());
    server->receive(sent[0]);
    EXPECT_FALSE(server->take_received());
    // In the clear.
    const std::vector<std::uint8_t> alert{21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};
    EXPECT_EQ(server->receive(alert), DtlsStatus::kConnected);
    expect_data_both_ways();
}

TEST_F(Engines, ASettledOneKeepsWhatWasReplayedBeforeOut) {
    make();
    connect();
    ASSERT_TRUE(client->send(std::vector<std::uint8_t>{5}));
    const auto sent = take(*client);
    server->receive(sent[0]);
    EXPECT_TRUE(server->take_received());
    settle(false, true);
    server->receive(sent[0]);
    EXPECT_FALSE(server->take_received());
}

}  // namespace
}  // namespace parley::crypto
