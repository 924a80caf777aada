#include "load/options.hpp"

#include <gtest/gtest.h>

#include "load/web_socket.hpp"

namespace parley::load {
namespace {

TEST(Options, ReadsEveryFlagOfACommandLine) {
    const auto options = parse_options({"--url",
                                        "ws://h:1/signal",
                                        "--room",
                                        "r",
                                        "--rooms",
                                        "2",
                                        "--publishers",
                                        "3",
                                        "--subscribers",
                                        "4",
                                        "--video",
                                        "1320kbps",
                                        "--codec",
                                        "h264",
                                        "--simulcast",
                                        "--audio",
                                        "--duration",
                                        "2m",
                                        "--spread",
                                        "--pin",
                                        "1",
                                        "--json",
                                        "--loss",
                                        "2%",
                                        "--delay",
                                        "40ms",
                                        "--rate",
                                        "2mbps",
                                        "--token",
                                        "t"});
    ASSERT_TRUE(options) << options.error().text;
    EXPECT_EQ(options->participants(), 14U);
    EXPECT_EQ(options->video.bps, 1'320'000);
    EXPECT_EQ(options->codec, media::Codec::kH264);
    EXPECT_EQ(options->duration, 2min);
    EXPECT_EQ(options->pin, 1U);
    EXPECT_DOUBLE_EQ(options->link.loss, 0.02);
    EXPECT_EQ(options->link.delay, 40ms);
    EXPECT_EQ(options->link.rate.bps, 2'000'000);
    EXPECT_TRUE(options->simulcast && options->audio && options->spread && options->json);
}

TEST(Options, RefusesWhatMakesNoSenseAndSaysWhy) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"--video", "fast"}, "--video"},
        {{"--video", "1kbps"}, "--video"},
        {{"--codec", "h265"}, "--codec"},
        {{"--duration", "30"}, "--duration"},
        {{"--loss", "200%"}, "--loss"},
        {{"--delay", "-1ms"}, "--delay"},
        {{"--rate", "1.2.3mbps"}, "--rate"},
        {{"--url", "http://x"}, "--url"},
        {{"--publishers", "0", "--subscribers", "0"}, "--publishers"},
        {{"--svc"}, "--svc"},
        {{"--simulcast", "--svc", "--codec", "vp9"}, "--simulcast"},
        {{"--video", "0"}, "--audio"},
        {{"--nonsense"}, "--nonsense"},
    };
    for (const auto& [arguments, named] : cases) {
        const auto options = parse_options(arguments);
        ASSERT_FALSE(options) << arguments[0];
        EXPECT_EQ(options.error().code, 2);
        EXPECT_NE(options.error().text.find(named), std::string::npos) << options.error().text;
    }
}

TEST(Options, HelpIsNoError) {
    const auto options = parse_options({"--help"});
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().code, 0);
    EXPECT_NE(options.error().text.find("--subscribers"), std::string::npos);
}

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

class Socket : public testing::Test {
 protected:
    /// Feeds a server's answer to the handshake.
    void open(const std::string& rest = {}) {
        socket_.receive(
            as_bytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     "Sec-WebSocket-Accept: " +
                     accept() + "\r\n\r\n" + rest));
    }
    /// What RFC 6455 §4.2.2 makes of our key; the same digest is the point of the test server.
    std::string accept() const { return accept_; }

    Random random_{5};
    WebSocketClient socket_{*parse_url("ws://h:80/signal"), "token=x", random_};
    std::string accept_;
};

TEST_F(Socket, AsksForAnUpgradeWithTheToken) {
    const std::string request(as_text(socket_.outgoing()));
    EXPECT_TRUE(request.starts_with("GET /signal?token=x HTTP/1.1\r\n")) << request;
    EXPECT_NE(request.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos);
}

TEST_F(Socket, RefusesAWrongProof) {
    accept_ = "AAAA";
    open();
    EXPECT_FALSE(socket_.open());
    EXPECT_TRUE(socket_.failed());
}

TEST_F(Socket, SaysWhyItWasRefused) {
    socket_.receive(as_bytes("HTTP/1.1 401 Unauthorized\r\n\r\n"));
    EXPECT_NE(socket_.failure().find("--token"), std::string::npos) << socket_.failure();
}

}  // namespace
}  // namespace parley::load
