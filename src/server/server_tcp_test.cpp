// Media over TCP against the real media threads: who proves nothing is kept short, and nobody else
// has to suffer for it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/media_loop.hpp"
#include "server/media_threads.hpp"
#include "server/server.hpp"
#include "server/socket_test_support.hpp"
#include "stun/builder.hpp"
#include "stun/credentials.hpp"

namespace parley::server {
namespace {

using testing::Client;
using testing::eventually;
using ::testing::HasSubstr;
using testing::TestServer;

constexpr std::string_view kOffer =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\n"
    "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\na=sendrecv\r\na=rtcp-mux\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=ssrc:123 cname:x\r\na=fingerprint:sha-256 ";

std::string fingerprint() {
    std::string text = "AB";
    for (int i = 1; i < 32; ++i) text += ":CD";
    return text + "\r\n";
}

/// What follows "a=NAME:" in a description.
std::string attribute(const std::string& sdp, const std::string& name) {
    const auto at = sdp.find("a=" + name + ":");
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 3;
    return sdp.substr(from, sdp.find_first_of("\r\n", from) - from);
}

/// A participant whose ICE the server answers.
struct Participant {
    explicit Participant(std::uint16_t port) : socket(port) {
        socket.upgrade();
        socket.send_text(R"({"type":"join","room":"r","topology":"sfu"})");
        EXPECT_FALSE(socket.read_message("\"joined\"").empty());
        const nlohmann::json offer = {
            {"type", "offer"},
            {"to", "sfu"},
            {"sdp", {{"type", "offer"}, {"sdp", std::string(kOffer) + fingerprint()}}}};
        socket.send_text(offer.dump());
        const auto answer = nlohmann::json::parse(socket.read_message("\"answer\""));
        const std::string sdp = answer["sdp"]["sdp"];
        ufrag = attribute(sdp, "ice-ufrag");
        password = attribute(sdp, "ice-pwd");
    }

    /// A Binding request in its frame, that proves who sends it if it has the password.
    std::string check(bool proves) const {
        std::array<std::uint8_t, 200> out{};
        stun::Builder builder(BytesSpan(out).subspan(2), stun::Class::kRequest,
                              stun::Method::kBinding, {1, 2, 3});
        builder.username(ufrag, "abcd")
            .u32(stun::Attribute::kPriority, 1)
            .u64(stun::Attribute::kIceControlling, 7);
        if (proves) builder.integrity(stun::short_term_key(password)).fingerprint();
        const auto size = builder.finish();
        store_be16(out.data(), static_cast<std::uint16_t>(size));
        return std::string(as_text(BytesView(out).first(size + 2)));
    }

    Client socket;
    std::string ufrag;
    std::string password;
};

Settings tcp_settings() {
    Settings settings;
    settings.media.port = 0;
    settings.media.threads = 2;
    settings.media.addresses = {net::IpAddress::v4(127, 0, 0, 1)};
    return settings;
}

/// The server answers what proves itself: a success response in its frame.
bool answered(Client& client) {
    const auto head = client.read(4);
    return head.size() == 4 && head.substr(2) == "\x01\x01";
}

std::string metrics(std::uint16_t port) {
    Client client(port);
    client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return client.read_to_end();
}

TEST(MediaOverTcp, UnprovenConnectionsAreFewAndShutNobodyOut) {
    SeededSecret random(3);
    MediaThreads media(random);
    TestServer server(tcp_settings(), &media);
    const Participant ada(server.port);
    ASSERT_FALSE(ada.ufrag.empty());

    constexpr std::size_t kHostile = 3 * runtime::kMaxUnprovenOfClient;
    std::vector<std::unique_ptr<Client>> hostile;
    for (std::size_t i = 0; i < kHostile; ++i) {
        hostile.push_back(std::make_unique<Client>(server.port));
        hostile.back()->send(ada.check(false));
    }
    // Who proves who it is gets in, although they share an address.
    std::vector<std::unique_ptr<Client>> honest;
    for (int i = 0; i < 20; ++i) {
        honest.push_back(std::make_unique<Client>(server.port));
        honest.back()->send(ada.check(true));
        EXPECT_TRUE(answered(*honest.back())) << i;
    }
    for (auto& client : hostile) EXPECT_TRUE(client->ended());
    EXPECT_TRUE(eventually([&] {
        const auto text = metrics(server.port);
        return text.find("proven=\"yes\"} 20\n") != std::string::npos &&
               text.find("refused_total{reason=\"too_many_unproven\"} 32\n") != std::string::npos &&
               text.find("refused_total{reason=\"not_proven\"} 16\n") != std::string::npos;
    }));
}

TEST(MediaOverTcp, AFrameLargerThanADatagramEndsTheConnection) {
    SeededSecret random(3);
    MediaThreads media(random);
    TestServer server(tcp_settings(), &media);
    const Participant ada(server.port);
    for (const bool proves : {false, true}) {
        Client client(server.port);
        client.send(ada.check(proves));
        EXPECT_TRUE(!proves || answered(client));
        client.send("\xFF\xFF and much more");
        EXPECT_TRUE(client.ended());
    }
    Client stranger(server.port);
    std::string elsewhere = ada.check(false);
    elsewhere[elsewhere.find(ada.ufrag)] ^= 1;
    stranger.send(elsewhere);
    EXPECT_TRUE(stranger.ended());
    EXPECT_TRUE(eventually([&] {
        const auto text = metrics(server.port);
        return text.find("refused_total{reason=\"frame_too_large\"} 2\n") != std::string::npos &&
               text.find("refused_total{reason=\"unknown_ufrag\"} 1\n") != std::string::npos;
    }));
}

}  // namespace
}  // namespace parley::server
