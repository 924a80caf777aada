// The server's TLS against the library's own client over queues: no socket is involved.

#include "crypto/tls.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace parley::crypto {
namespace {

struct Queue final : ByteChannel {
    std::deque<std::uint8_t> incoming;
    std::deque<std::uint8_t> outgoing;
    bool ended = false;

    std::ptrdiff_t receive(BytesSpan into) override {
        if (incoming.empty()) return ended ? kEnd : kWouldBlock;
        const auto size = std::min(into.size(), incoming.size());
        std::copy_n(incoming.begin(), size, into.begin());
        incoming.erase(incoming.begin(), incoming.begin() + static_cast<std::ptrdiff_t>(size));
        return static_cast<std::ptrdiff_t>(size);
    }
    std::ptrdiff_t send(BytesView bytes) override {
        outgoing.insert(outgoing.end(), bytes.begin(), bytes.end());
        return static_cast<std::ptrdiff_t>(bytes.size());
    }
};

class Client {
 public:
    explicit Client(int max_version = 0) {
        context_ = SSL_CTX_new(TLS_client_method());
        if (max_version != 0) {
            SSL_CTX_set_security_level(context_, 0);
            SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
            SSL_CTX_set_max_proto_version(context_, max_version);
        }
        ssl_ = SSL_new(context_);
        SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl_);
    }
    ~Client() {
        SSL_free(ssl_);
        SSL_CTX_free(context_);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    bool step(Queue& server) {
        std::vector<std::uint8_t> bytes(server.outgoing.begin(), server.outgoing.end());
        server.outgoing.clear();
        if (!bytes.empty()) {
            BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
        }
        const bool done = SSL_do_handshake(ssl_) == 1;
        ERR_clear_error();
        push(server);
        return done;
    }
    void push(Queue& server) {
        std::uint8_t buffer[4096];
        int size = 0;
        while ((size = BIO_read(SSL_get_wbio(ssl_), buffer, sizeof buffer)) > 0) {
            server.incoming.insert(server.incoming.end(), buffer, buffer + size);
        }
    }
    SSL* ssl() { return ssl_; }

 private:
    SSL_CTX* context_ = nullptr;
    SSL* ssl_ = nullptr;
};

TlsContext make_context() {
    auto pem = make_self_signed({"localhost", "127.0.0.1", "::1"});
    EXPECT_TRUE(pem.has_value());
    auto context = TlsContext::from_pem(*pem);
    EXPECT_TRUE(context.has_value()) << context.error();
    return std::move(*context);
}

bool shake(Client& client, TlsSession& session, Queue& queue) {
    for (int round = 0; round < 10; ++round) {
        const bool client_done = client.step(queue);
        const auto result = session.handshake();
        if (result.status == TlsStatus::kFailed) return false;
        if (client_done && session.established()) return true;
    }
    return false;
}

TEST(Tls, CarriesTextBothWays) {
    const auto context = make_context();
    Queue queue;
    TlsSession session(context, queue);
    Client client;
    ASSERT_TRUE(shake(client, session, queue)) << session.failure();
    EXPECT_EQ(session.version(), "TLSv1.3");

    ASSERT_EQ(SSL_write(client.ssl(), "hello", 5), 5);
    client.push(queue);
    std::uint8_t buffer[64];
    const auto got = session.read(buffer);
    ASSERT_EQ(got.status, TlsStatus::kDone);
    EXPECT_EQ(as_text({buffer, got.size}), "hello");
    EXPECT_EQ(session.read(buffer).status, TlsStatus::kWantRead);

    EXPECT_EQ(session.write(as_bytes("world")).size, 5U);
    client.step(queue);
    char text[16] = {};
    EXPECT_EQ(SSL_read(client.ssl(), text, sizeof text), 5);
    EXPECT_STREQ(text, "world");

    SSL_shutdown(client.ssl());
    client.push(queue);
    EXPECT_EQ(session.read(buffer).status, TlsStatus::kClosed);
}

TEST(Tls, RefusesTls11AndAcceptsTls12) {
    const auto context = make_context();
    Queue old_queue;
    TlsSession old_session(context, old_queue);
    Client old_client(TLS1_1_VERSION);
    EXPECT_FALSE(shake(old_client, old_session, old_queue));
    EXPECT_FALSE(old_session.failure().empty());

    Queue queue;
    TlsSession session(context, queue);
    Client client(TLS1_2_VERSION);
    ASSERT_TRUE(shake(client, session, queue)) << session.failure();
    EXPECT_EQ(session.version(), "TLSv1.2");
}

TEST(Tls, GarbageFailsWithAReason) {
    const auto context = make_context();
    Queue queue;
    TlsSession session(context, queue);
    for (int i = 0; i < 64; ++i) queue.incoming.push_back(static_cast<std::uint8_t>(i * 7));
    EXPECT_EQ(session.handshake().status, TlsStatus::kFailed);
    EXPECT_FALSE(session.failure().empty());
    std::uint8_t buffer[8];
    EXPECT_EQ(session.read(buffer).status, TlsStatus::kFailed);
}

TEST(Tls, SelfSignedSaysWhoItIs) {
    const auto context = make_context();
    EXPECT_EQ(context.certificate().subject, "CN=Parley");
    EXPECT_EQ(context.certificate().sha256_fingerprint.size(), 95U);
    EXPECT_FALSE(context.certificate().expired);
    EXPECT_GT(context.certificate().seconds_left, 390 * 86'400);
    EXPECT_LE(context.certificate().seconds_left, 397 * 86'400);
    EXPECT_FALSE(make_self_signed({"bad,DNS:evil"}).has_value());
}

TEST(Tls, ExplainsWhatIsWrongWithAPair) {
    const auto one = make_self_signed({"localhost"});
    const auto two = make_self_signed({"localhost"});
    auto mixed = TlsContext::from_pem({one->certificate, two->key});
    ASSERT_FALSE(mixed.has_value());
    EXPECT_NE(mixed.error().find("does not belong"), std::string::npos);
    auto text = TlsContext::from_pem({"hello", one->key});
    ASSERT_FALSE(text.has_value());
    EXPECT_NE(text.error().find("BEGIN CERTIFICATE"), std::string::npos);
    auto no_key = TlsContext::from_pem({one->certificate, ""});
    ASSERT_FALSE(no_key.has_value());
    EXPECT_NE(no_key.error().find("private key"), std::string::npos);
}

/// A server's and a client's session on both ends of a line.
struct Line {
    explicit Line(TlsTrust trust) : client_context(TlsContext::client(trust)) {}

    /// True when both are through.
    bool shake_hands() {
        for (int round = 0; round < 10; ++round) {
            const auto here = client.handshake().status;
            std::swap(client_queue.outgoing, server_queue.incoming);
            const auto there = server.handshake().status;
            std::swap(server_queue.outgoing, client_queue.incoming);
            if (here == TlsStatus::kDone && there == TlsStatus::kDone) return true;
            if (here == TlsStatus::kFailed || there == TlsStatus::kFailed) return false;
        }
        return false;
    }

    TlsContext server_context = make_context();
    TlsContext client_context;
    Queue server_queue;
    Queue client_queue;
    TlsSession server{server_context, server_queue};
    TlsSession client{client_context, client_queue, "localhost"};
};

TEST(TlsClient, TalksToTheServerWhenItTrustsAnybody) {
    Line line(TlsTrust::kAnybody);
    ASSERT_TRUE(line.shake_hands()) << line.client.failure();
    EXPECT_EQ(line.client.version(), "TLSv1.3");
    ASSERT_EQ(line.client.write(as_bytes("hello")).status, TlsStatus::kDone);
    std::swap(line.client_queue.outgoing, line.server_queue.incoming);
    std::array<std::uint8_t, 16> out{};
    const auto read = line.server.read(out);
    ASSERT_EQ(read.status, TlsStatus::kDone);
    EXPECT_EQ(as_text(BytesView(out).first(read.size)), "hello");
}

TEST(TlsClient, RefusesACertificateThatNobodyVouchesFor) {
    Line line(TlsTrust::kSystem);
    EXPECT_FALSE(line.shake_hands());
    EXPECT_NE(line.client.failure().find("certificate"), std::string::npos)
        << line.client.failure();
}

}  // namespace
}  // namespace parley::crypto
