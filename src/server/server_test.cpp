// The control thread over real loopback sockets: what only a socket shows.

#include "server/server.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/listener.hpp"
#include "server/socket_test_support.hpp"
#include "server/token.hpp"

namespace parley::server {
namespace {

using testing::Client;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TestServer;

Settings quick_settings() {
    Settings settings;
    settings.server.shutdown_grace = 500ms;
    settings.http.request_timeout = 400ms;
    settings.http.idle_timeout = 400ms;
    return settings;
}

TEST(Server, ServesHttpAndKeepsTheConnection) {
    TestServer server(quick_settings());
    Client client(server.port);
    client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(client.read_until("\"version\""), StartsWith("HTTP/1.1 200 OK"));
    (void)client.read_until("}\n");
    client.send("GET /nothing.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 404"));
    EXPECT_TRUE(client.ended());
}

TEST(Server, PipelinedRequestsAreAnsweredInOrderAndBounded) {
    TestServer server(quick_settings());
    Client client(server.port);
    constexpr int kRequests = 2000;
    std::jthread writer([&] {
        for (int i = 0; i < kRequests; ++i) {
            const bool last = i == kRequests - 1;
            client.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: " +
                        std::string(last ? "close" : "keep-alive") + "\r\n\r\n");
        }
    });
    const auto all = client.read_to_end();
    std::size_t answers = 0;
    for (auto at = all.find("HTTP/1.1 200"); at != std::string::npos;
         at = all.find("HTTP/1.1 200", at + 1)) {
        ++answers;
    }
    EXPECT_EQ(answers, std::size_t{kRequests});
}

TEST(Server, RefusesBadRequests) {
    TestServer server(quick_settings());
    const std::pair<std::string, std::string> cases[] = {
        {"GET / HTTP/1.1\nHost: h\n\n", "400"},
        {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         "400"},
        {"GET /" + std::string(64 * 1024, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", "414"},
        {"GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(64 * 1024, 'a') + "\r\n\r\n", "431"},
        {"POST /api/v1/rooms HTTP/1.1\r\nHost: h\r\nContent-Length: 10485760\r\n\r\n", "413"},
        {"BREW / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "405"},
    };
    for (const auto& [bytes, status] : cases) {
        Client client(server.port);
        client.send(bytes);
        EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 " + status)) << bytes.substr(0, 60);
        EXPECT_TRUE(client.ended());
    }
}

TEST(Server, SlowRequestsEndAndOthersAreServed) {
    TestServer server(quick_settings());
    std::vector<std::unique_ptr<Client>> slow;
    for (int i = 0; i < 50; ++i) {
        slow.push_back(std::make_unique<Client>(server.port));
        slow.back()->send(i % 2 == 0 ? "GET / HT"
                                     : "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx");
    }
    Client silent(server.port);
    Client client(server.port);
    client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n"), HasSubstr("200"));
    EXPECT_THAT(slow[0]->read_to_end(), StartsWith("HTTP/1.1 408"));
    EXPECT_THAT(slow[1]->read_to_end(), StartsWith("HTTP/1.1 408"));
    for (auto& one : slow) EXPECT_TRUE(one->ended());
    EXPECT_TRUE(silent.ended());
    EXPECT_TRUE(client.ended());  // the idle timeout
}

TEST(Server, SpeaksSignalingAtBothAddresses) {
    TestServer server(quick_settings());
    for (const char* target : {"/signal", "/"}) {
        Client client(server.port);
        EXPECT_THAT(client.upgrade(target), HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        EXPECT_FALSE(client.read_message("\"welcome\"").empty()) << target;
        client.send_text(R"({"type":"join","room":"daily"})");
        EXPECT_FALSE(client.read_message("\"joined\"").empty()) << target;
        client.send(Client::frame(0x89, "beat"));
        Client::Frame pong;
        do {
            pong = client.read_frame();
        } while (pong.opcode != 10 && pong.opcode >= 0);
        EXPECT_EQ(pong.payload, "beat");
        client.send(Client::frame(0x88, "\x03\xe8"));
        EXPECT_EQ(client.read_close().close_code(), 1000);
        EXPECT_TRUE(client.ended());
    }
    EXPECT_TRUE(eventually([&] { return !server.media.commands().empty(); }));
}

// News of a crowd waits some milliseconds for more, and then goes by itself.
TEST(Server, ACrowdIsToldOfWhoComes) {
    TestServer server(quick_settings());
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<Client>(server.port));
        (void)clients.back()->upgrade("/signal");
        const auto name = "number-" + std::to_string(i);
        clients.back()->send_text(R"({"type":"join","room":"crowd","metadata":{"name":")" + name +
                                  R"("}})");
        EXPECT_FALSE(clients.back()->read_message("\"joined\"").empty()) << i;
    }
    EXPECT_THAT(clients[0]->read_message("number-19"), HasSubstr("participant-joined"));
    EXPECT_THAT(clients[18]->read_message("number-19"), HasSubstr("participant-joined"));
}

TEST(Server, MessagesSentWithTheHandshakeAreNotLost) {
    TestServer server(quick_settings());
    Client client(server.port);
    client.send(
        "GET /signal HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
        Client::frame(0x81, R"({"type":"join","room":"early"})"));
    (void)client.read_until("\r\n\r\n");
    EXPECT_FALSE(client.read_message("\"joined\"").empty());
}

TEST(Server, ClosesOnBadFramesAndLeavesOthersAlone) {
    Settings settings = quick_settings();
    settings.signal.limits.message_bytes = 2048;
    TestServer server(settings);
    Client bystander(server.port);
    bystander.upgrade();
    const std::pair<std::string, std::uint16_t> cases[] = {
        {std::string("\x81\x02hi"), 1002},                    // unmasked
        {Client::frame(0xC1, "hi"), 1002},                    // reserved bit
        {Client::frame(0x83, "hi"), 1002},                    // reserved opcode
        {Client::frame(0x89, std::string(126, 'p')), 1002},   // long ping
        {Client::frame(0x82, "bin"), 1003},                   // binary
        {Client::frame(0x81, "\xC0\xAF"), 1007},              // not UTF-8
        {Client::frame(0x81, std::string(2049, 'a')), 1009},  // too long
    };
    for (const auto& [bytes, code] : cases) {
        Client client(server.port);
        client.upgrade();
        client.send(bytes);
        EXPECT_EQ(client.read_close().close_code(), code);
        EXPECT_TRUE(client.ended());
    }
    Client many(server.port);
    many.upgrade();
    many.send(Client::frame(0x01, "a"));
    std::string fragments;
    for (int i = 0; i < 3000; ++i) fragments += Client::frame(0x00, "");
    many.send(fragments);
    EXPECT_EQ(many.read_close().close_code(), 1009);

    bystander.send_text(R"({"type":"join","room":"quiet"})");
    EXPECT_FALSE(bystander.read_message("\"joined\"").empty());
}

TEST(Server, RefusesOriginsAndTokens) {
    Settings settings = quick_settings();
    settings.access.secret = "0123456789abcdef0123456789abcdef0123";
    TestServer server(settings);
    TokenClaims claims;
    claims.room = "daily";
    claims.identity = "ada";
    claims.expires = std::time(nullptr) + 60;
    const auto token = make_token(claims, settings.access.secret);
    const auto answer = [&](const std::string& target, std::string_view more) {
        Client client(server.port);
        return client.upgrade(target, more);
    };
    EXPECT_THAT(answer("/signal", ""), StartsWith("HTTP/1.1 401"));
    EXPECT_THAT(answer("/signal?token=" + token + "x", ""), StartsWith("HTTP/1.1 401"));
    EXPECT_THAT(answer("/signal?token=" + token, "Origin: https://evil.example\r\n"),
                StartsWith("HTTP/1.1 403"));
    EXPECT_THAT(answer("/signal?token=" + token, "Origin: http://localhost\r\n"),
                StartsWith("HTTP/1.1 101"));

    Client other_room(server.port);
    other_room.upgrade("/signal?token=" + token);
    other_room.send_text(R"({"type":"join","room":"secret"})");
    EXPECT_THAT(other_room.read_message("\"error\""), HasSubstr("\"code\""));
}

TEST(Server, ASlowReaderIsClosedNotBuffered) {
    Settings settings = quick_settings();
    settings.http.send_queue_bytes = 256 * 1024;
    settings.signal.limits.message_bytes = 64 * 1024;
    settings.signal.limits.resume_bytes = 64 * 1024;
    settings.signal.limits.messages_per_second = 10'000;
    settings.signal.limits.message_burst = 10'000;
    settings.signal.limits.relayed_bytes_per_second = 64 * 1024 * 1024;
    TestServer server(settings);
    Client sleepy(server.port, 4096);
    sleepy.upgrade();
    sleepy.send_text(R"({"type":"join","room":"r"})");
    ASSERT_FALSE(sleepy.read_message("\"joined\"").empty());
    Client talker(server.port);
    talker.upgrade();
    talker.send_text(R"({"type":"join","room":"r"})");
    ASSERT_FALSE(talker.read_message("\"joined\"").empty());
    const auto message = R"({"type":"broadcast","data":")" + std::string(60'000, 'x') + R"("})";
    // More than the queue and what the kernel holds for both sides.
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(talker.send(Client::frame(0x81, message)));
    const auto close = sleepy.read_close();
    EXPECT_TRUE(close.opcode < 0 || close.close_code() == 1013) << close.close_code();
    // The one who is quick is not disturbed.
    talker.send_text(R"({"type":"join","room":"another"})");
    EXPECT_FALSE(talker.read_message("another").empty());
}

TEST(Server, WaitsWhileMediaIsBehind) {
    TestServer server(quick_settings());
    Client first(server.port);
    first.upgrade();
    ASSERT_FALSE(first.read_message("\"welcome\"").empty());
    server.media.behind = true;
    Client second(server.port);
    second.upgrade();  // its opening makes the server look
    ASSERT_FALSE(second.read_message("\"welcome\"").empty());
    first.send_text(R"({"type":"join","room":"late"})");
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    EXPECT_TRUE(server.media.commands().empty());
    server.media.behind = false;
    server.media.wake();
    EXPECT_FALSE(first.read_message("\"joined\"").empty());
}

const std::string kFramedStun("\x00\x14\x00\x01\x00\x00\x21\x12\xA4\x42transaction!", 22);

TEST(Server, HandsFramedStunToTheMediaThreads) {
    TestServer server(quick_settings());
    const std::string& frame = kFramedStun;
    Client whole(server.port);
    whole.send(frame + "more");
    EXPECT_EQ(whole.read_to_end(), "adopted");
    Client pieces(server.port);
    for (const char octet : frame) {
        pieces.send({&octet, 1});
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(pieces.read_to_end(), "adopted");
    const auto adopted = server.media.adopted();
    ASSERT_EQ(adopted.size(), 2U);
    EXPECT_EQ(as_text(adopted[0].first), frame + "more");
    EXPECT_EQ(as_text(adopted[1].first), frame);
    EXPECT_TRUE(adopted[0].second.ip.is_loopback());
    ASSERT_EQ(server.media.started_with.tcp_listeners.size(), 1U);
    EXPECT_EQ(server.media.started_with.tcp_listeners[0].port, server.port);
}

TEST(Server, DropsWhatSpeaksNothingKnown) {
    TestServer server(quick_settings());
    for (const std::string& garbage :
         {std::string("\x00\x14garbage and more of it", 24), std::string("\x05\xFF\x00\x01", 4),
          std::string("\xFF\xFE\xFD"), std::string("\x16\x03\x01\x02\x00", 5),
          std::string("\x00\x02\x00\x01", 4)}) {
        Client client(server.port);
        client.send(garbage);
        EXPECT_TRUE(client.ended());
    }
    EXPECT_TRUE(server.media.adopted().empty());
}

TEST(Server, LimitsConnectionsOfOneAddress) {
    Settings settings = quick_settings();
    settings.http.request_timeout = 5s;
    settings.signal.limits.connections_per_address = 3;
    TestServer server(settings);
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(std::make_unique<Client>(server.port));
        clients.back()->upgrade();
    }
    Client fourth(server.port);
    EXPECT_TRUE(fourth.ended());
    clients.pop_back();
    EXPECT_TRUE(eventually([&] {
        Client again(server.port);
        again.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
        return !again.read_until("\r\n").empty();
    }));
}

TEST(Server, CountsConnectionsOfMediaUntilTheyAreClosed) {
    Settings settings = quick_settings();
    settings.signal.limits.connections_per_address = 3;
    TestServer server(settings);
    server.media.keeps_connections = true;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(std::make_unique<Client>(server.port));
        clients.back()->send(kFramedStun);
        EXPECT_EQ(clients.back()->read(7), "adopted");
    }
    Client fourth(server.port);
    fourth.send(kFramedStun);
    EXPECT_EQ(fourth.read(7), "");
    EXPECT_TRUE(fourth.ended());
    EXPECT_EQ(server.media.adopted().size(), 3U);
    // The media thread closes them, and the address has its places again.
    server.media.close_connections();
    Client metrics(server.port);
    metrics.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const auto text = metrics.read_to_end();
    EXPECT_THAT(text, HasSubstr("\nparley_connections 1\n"));
    EXPECT_THAT(text, HasSubstr("dropped_total{reason=\"too_many_from_address\"} 1\n"));
}

TEST(Server, TellsClientsBeforeItStops) {
    TestServer server(quick_settings());
    Client client(server.port);
    client.upgrade();
    client.send_text(R"({"type":"join","room":"r"})");
    ASSERT_FALSE(client.read_message("\"joined\"").empty());
    Client idle(server.port);
    idle.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)idle.read_until("}\n");
    server.stop();
    EXPECT_EQ(client.read_close().close_code(), 1001);
    EXPECT_TRUE(idle.ended());
    EXPECT_FALSE(Client(server.port).connected());
    EXPECT_TRUE(eventually([&] { return server.finished.load(); }));
    EXPECT_TRUE(server.media.stopped);
}

TEST(Server, TheSecondInterruptStopsAtOnce) {
    Settings settings = quick_settings();
    settings.server.shutdown_grace = 3600s;
    TestServer server(settings);
    Client client(server.port);
    client.upgrade();
    ASSERT_FALSE(client.read_message("\"welcome\"").empty());
    server.stop();
    server.stop();
    EXPECT_TRUE(eventually([&] { return server.finished.load(); }));
}

TEST(Server, ExplainsWhyItCannotListen) {
    TestServer taken(quick_settings());
    Settings settings;
    settings.server.addresses = {{net::IpAddress::v4(127, 0, 0, 1), taken.port}};
    testing::RecordingMedia media;
    SeededSecret random(1);
    Server second(settings, media, random);
    const auto started = second.start();
    ASSERT_FALSE(started.has_value());
    EXPECT_THAT(started.error(), HasSubstr("the port is taken by "));
    EXPECT_THAT(started.error(), HasSubstr("--listen 127.0.0.1:" + std::to_string(taken.port + 1)));

    settings.server.addresses = {{*net::IpAddress::parse("203.0.113.77"), 0}};
    Server elsewhere(settings, media, random);
    EXPECT_THAT(elsewhere.start().error(), HasSubstr("this machine has no such address"));

    settings.server.web = "/nonexistent";
    Server without_web(settings, media, random);
    EXPECT_THAT(without_web.start().error(), HasSubstr("check --web"));
}

TEST(Server, ServesAnAppFromADirectory) {
    const std::string directory = ::testing::TempDir() + "parley_server_test_web";
    (void)::system(("mkdir -p " + directory + "/assets " + directory + "/.git").c_str());
    std::ofstream(directory + "/index.html") << "<p>hello";
    std::ofstream(directory + "/assets/a.js") << std::string(300'000, 'a');
    std::ofstream(directory + "/.git/config") << "secret";
    Settings settings = quick_settings();
    settings.server.web = directory;
    TestServer server(settings);
    const auto get = [&](const std::string& path) {
        Client client(server.port);
        client.send("GET " + path + " HTTP/1.0\r\n\r\n");
        return client.read_to_end();
    };
    EXPECT_THAT(get("/"), HasSubstr("\r\n\r\n<p>hello"));
    EXPECT_GT(get("/assets/a.js").size(), 300'000U);
    EXPECT_THAT(get("/.git/config"), ::testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace parley::server
