#include "load/web_socket.hpp"

#include <array>
#include <gtest/gtest.h>

namespace parley::load {
namespace {

TEST(Url, IsTakenApart) {
    const auto url = parse_url("wss://[::1]:8443/signal?topology=sfu");
    ASSERT_TRUE(url);
    EXPECT_TRUE(url->secure);
    EXPECT_EQ(url->host, "::1");
    EXPECT_EQ(url->port, "8443");
    EXPECT_EQ(url->target, "/signal?topology=sfu");
    EXPECT_EQ(parse_url("ws://h")->port, "80");
    EXPECT_EQ(parse_url("ws://h?x=1")->target, "/?x=1");
    EXPECT_FALSE(parse_url("http://h"));
    EXPECT_FALSE(parse_url("ws://"));
    EXPECT_FALSE(parse_url("ws://h/a b"));
}

TEST(Url, APortIsANumberOfSixteenBits) {
    EXPECT_EQ(parse_url("ws://h:65535/signal")->port, "65535");
    for (const auto* port : {"99999", "65536", "0", "", "http", "-1", "+80", "080800", "8080 "}) {
        EXPECT_FALSE(parse_url("ws://h:" + std::string(port) + "/signal")) << port;
    }
}

// The proof that RFC 6455 §4.2.2 makes of the key that seed 1 gives, computed elsewhere.
constexpr const char* kAccept = "avFrtGaKKOhDLh3geWLbrQSQRak=";

class Socket : public testing::Test {
 protected:
    void answer(const std::string& accept) {
        socket_.receive(
            as_bytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     "Sec-Websocket-Accept: " +
                     accept + "\r\n\r\n"));
    }
    void open() {
        answer(kAccept);
        ASSERT_TRUE(socket_.open()) << socket_.failure();
        socket_.take_written(socket_.outgoing().size());
    }
    void frame(std::uint8_t first, const std::string& payload) {
        ASSERT_LT(payload.size(), 126U);
        const std::uint8_t head[] = {first, static_cast<std::uint8_t>(payload.size())};
        socket_.receive(head);
        socket_.receive(as_bytes(payload));
    }
    /// The first frame that waits to be sent, unmasked.
    std::string sent() {
        const BytesView out = socket_.outgoing();
        EXPECT_GE(out.size(), 6U);
        EXPECT_NE(out[1] & 0x80, 0) << "a client masks (RFC 6455 §5.3)";
        std::string text;
        for (std::size_t i = 0; i < (out[1] & 0x7FU); ++i) {
            text += static_cast<char>(out[6 + i] ^ out[2 + i % 4]);
        }
        return text;
    }

    Random random_{1};
    WebSocketClient socket_{*parse_url("ws://h:80/signal"), "token=x", random_};
};

TEST_F(Socket, AsksForAnUpgradeWithTheToken) {
    const std::string request(as_text(socket_.outgoing()));
    EXPECT_TRUE(request.starts_with("GET /signal?token=x HTTP/1.1\r\n")) << request;
    EXPECT_NE(request.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos);
}

TEST_F(Socket, RefusesAWrongProof) {
    answer("AAAA");
    EXPECT_FALSE(socket_.open());
    EXPECT_TRUE(socket_.failed());
}

TEST_F(Socket, SaysWhyItWasRefused) {
    socket_.receive(as_bytes("HTTP/1.1 401 Unauthorized\r\n\r\n"));
    EXPECT_NE(socket_.failure().find("--token"), std::string::npos) << socket_.failure();
}

TEST_F(Socket, APageIsProbablyOfAWrongPath) {
    socket_.receive(as_bytes("HTTP/1.1 200 OK\r\n\r\n<html>"));
    EXPECT_NE(socket_.failure().find("signaling is at /signal"), std::string::npos)
        << socket_.failure();
}

TEST_F(Socket, JoinsTheFragmentsOfAMessageAroundAPing) {
    open();
    frame(0x01, "one ");
    frame(0x89, "are you there");
    frame(0x80, "message");
    EXPECT_EQ(socket_.poll_text(), "one message");
    EXPECT_EQ(socket_.outgoing()[0], 0x8A);  // the pong
    EXPECT_EQ(sent(), "are you there");
    EXPECT_FALSE(socket_.poll_text());
}

TEST_F(Socket, WaitsForTheRestOfAFrame) {
    open();
    socket_.receive(std::array<std::uint8_t, 3>{0x81, 2, 'h'});
    EXPECT_FALSE(socket_.poll_text());
    socket_.receive(std::array<std::uint8_t, 1>{'i'});
    EXPECT_EQ(socket_.poll_text(), "hi");
}

TEST_F(Socket, WritesMaskedTexts) {
    open();
    socket_.send_text("hello");
    EXPECT_EQ(socket_.outgoing()[0], 0x81);
    EXPECT_EQ(sent(), "hello");
}

TEST_F(Socket, TellsTheReasonOfAClose) {
    open();
    frame(0x88, "\x03\xE9restarting");
    EXPECT_FALSE(socket_.poll_text());
    EXPECT_NE(socket_.failure().find("1001: restarting"), std::string::npos) << socket_.failure();
}

TEST_F(Socket, RefusesMaskedAndEndlessFrames) {
    open();
    socket_.receive(std::array<std::uint8_t, 7>{0x81, 0x81, 1, 2, 3, 4, 5});
    EXPECT_FALSE(socket_.poll_text());
    EXPECT_TRUE(socket_.failed());
}

}  // namespace
}  // namespace parley::load
