// HTTPS and secure WebSockets over loopback, against another TLS implementation's client.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/socket_test_support.hpp"

namespace parley::server {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using testing::Client;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TestServer;

Settings tls_settings() {
    Settings settings;
    settings.server.shutdown_grace = 500ms;
    settings.http.request_timeout = 400ms;
    settings.tls.self_signed = true;
    return settings;
}

class SecureClient {
 public:
    explicit SecureClient(std::uint16_t port) {
        context_.set_verify_mode(ssl::verify_none);
        stream_.lowest_layer().connect({asio::ip::address_v4::loopback(), port});
        timeval limit{5, 0};
        ::setsockopt(stream_.lowest_layer().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit,
                     sizeof limit);
        stream_.handshake(ssl::stream_base::client, error_);
    }
    bool secure() const { return !error_; }
    void send(const std::string& bytes) { asio::write(stream_, asio::buffer(bytes), error_); }
    std::string read_until(const std::string& mark) {
        const auto size = asio::read_until(stream_, asio::dynamic_buffer(held_), mark, error_);
        const auto out = held_.substr(0, error_ ? held_.size() : size);
        held_.erase(0, out.size());
        return out;
    }

 private:
    asio::io_context io_;
    ssl::context context_{ssl::context::tls_client};
    ssl::stream<asio::ip::tcp::socket> stream_{io_, context_};
    boost::system::error_code error_;
    std::string held_;
};

TEST(ServerTls, ServesHttpsAndSecureWebSockets) {
    TestServer server(tls_settings());
    SecureClient client(server.port);
    ASSERT_TRUE(client.secure());
    client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(client.read_until("}\n"), StartsWith("HTTP/1.1 200"));
    client.send(
        "GET /signal HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 101"));
    EXPECT_THAT(client.read_until("welcome"), HasSubstr("welcome"));
    client.send(Client::frame(0x81, R"({"type":"join","room":"daily"})"));
    EXPECT_THAT(client.read_until("\"joined\""), HasSubstr("joined"));
    // A message longer than a record and the read buffer, in one go.
    client.send(
        Client::frame(0x81, R"({"type":"broadcast","data":")" + std::string(40'000, 'x') + "\"}") +
        Client::frame(0x89, "still here"));
    EXPECT_THAT(client.read_until("still here"), HasSubstr("still here"));
}

TEST(ServerTls, PlainRequestsAreSentToHttps) {
    TestServer server(tls_settings());
    Client client(server.port);
    client.send("GET /room?x=1 HTTP/1.1\r\nHost: meet.example:8443\r\n\r\n");
    const auto answer = client.read_to_end();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 308"));
    EXPECT_THAT(answer, HasSubstr("Location: https://meet.example:8443/room?x=1\r\n"));
    Client health(server.port);
    health.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(health.read_until("\r\n"), HasSubstr("200"));
}

TEST(ServerTls, UnfinishedHandshakesEnd) {
    TestServer server(tls_settings());
    Client client(server.port);
    client.send(std::string("\x16\x03\x01\x02\x00", 5));
    EXPECT_TRUE(client.ended());
    Client broken(server.port);
    broken.send("\x16" + std::string(200, 'x'));
    (void)broken.read_to_end();
    EXPECT_TRUE(broken.ended());
}

TEST(ServerTls, KeepsASelfSignedPairBetweenStarts) {
    const auto directory = ::testing::TempDir() + "parley_server_tls_test_state";
    std::filesystem::remove_all(directory);
    Settings settings = tls_settings();
    settings.tls.state_dir = directory;
    const auto read_pair = [&] {
        TestServer server(settings);
        std::ifstream file(directory + "/self-signed.crt");
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    const auto first = read_pair();
    EXPECT_THAT(first, HasSubstr("BEGIN CERTIFICATE"));
    EXPECT_EQ(read_pair(), first);
    const auto rights = std::filesystem::status(directory + "/self-signed.key").permissions();
    EXPECT_EQ(rights & std::filesystem::perms(077), std::filesystem::perms::none);
}

TEST(ServerTls, ExplainsUnusableCertificates) {
    Settings settings = tls_settings();
    settings.server.addresses = {{net::IpAddress::v4(127, 0, 0, 1), 0}};
    settings.tls.self_signed = false;
    settings.tls.certificate = "/nonexistent.pem";
    settings.tls.key = "/nonexistent.key";
    testing::RecordingMedia media;
    SeededSecret random(1);
    Server server(settings, media, random);
    EXPECT_THAT(server.start().error(), HasSubstr("check tls.certificate"));
}

}  // namespace
}  // namespace parley::server
