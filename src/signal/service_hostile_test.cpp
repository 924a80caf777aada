// Clients that mean ill: limits, nonsense, floods. Others in the room notice nothing.

#include "signal/harness_test.hpp"

namespace parley::signal {
namespace {

using Types = std::vector<std::string>;

TEST(Hostile, NonsenseCostsOnlyItself) {
    Harness h;
    const auto [a, a_id] = h.join("r");
    const auto [b, b_id] = h.join("r");
    h.forget(b);
    for (const auto* text :
         {"{", "[", "\"x", "{\"type\":\"join\",\"room\":\"a\",\"room\":\"b\"}",
          "{\"type\":\"join\",\"room\":\"\\ud800\"}", "{\"type\":\"join\",\"room\":\"\xC0\xAF\"}",
          "{\"type\":\"leave\",\"seq\":18446744073709551616}", "{\"n\":1e400}"}) {
        h.forget(a);
        h.say_text(a, text);
        EXPECT_EQ(h.last_code(a), "bad_json") << text;
        EXPECT_TRUE(h.last(a, "error").contains("offset"));
        h.say_text(a, R"({"type":"ping"})");  // not three in a row
    }
    for (const auto* text : {"[]", "null", "7", "\"join\"", "{}", "{\"type\":7}", "{\"type\":null}",
                             "{\"type\":\"\"}"}) {
        h.forget(a);
        h.say_text(a, text);
        EXPECT_EQ(h.last_code(a), "invalid_message") << text;
    }
    for (const auto* text :
         {R"({"type":"welcome"})", R"({"type":"Join"})", R"({"type":"../server/welcome"})",
          R"({"type":"constructor"})", "{\"type\":\"jo\\u0000in\"}"}) {
        h.forget(a);
        h.say_text(a, text);
        EXPECT_EQ(h.last_code(a), "unknown_type") << text;
        EXPECT_EQ(h.last(a, "error")["field"], "/type");
    }
    for (const auto* room : {"../etc", "%2e%2e", "/tmp/x", "NUL", "a\\u0000b", ""}) {
        h.forget(a);
        h.say_text(a, R"({"type":"join","room":")" + std::string(room) + "\"}");
        EXPECT_EQ(h.last_code(a), "invalid_message") << room;
        EXPECT_EQ(h.last(a, "error")["field"], "/room");
        EXPECT_EQ(h.last(a, "error")["inReplyTo"], "join");
    }
    EXPECT_FALSE(h.is_closed(a));
    EXPECT_EQ(h.service.counters().participants, 2U);
    EXPECT_TRUE(h.types(b).empty());
}

TEST(Hostile, EveryMessageWithEveryFieldMissingOrWrong) {
    Harness h;
    const auto [a, a_id] = h.join("r");
    const Schemas schemas;
    for (const auto& file : schema_files()) {
        if (!file.path.starts_with("client/")) continue;
        const auto schema = Json::parse(file.text);
        Json message{{"type", schema["title"]}};
        for (const auto& [key, part] : schema["properties"].items()) {
            if (key == "type") continue;
            h.advance(1s);
            for (const auto& wrong : {Json(Json::array({1})), Json(true), Json(-1.5)}) {
                auto bad = message;
                for (const auto& name : schema["required"]) {
                    if (name != "type") bad[name.get<std::string>()] = wrong;
                }
                bad[key] = wrong;
                if (!schemas.check("client", text_of(message, "type"), bad)) continue;
                h.forget(a);
                h.say(a, bad);
                EXPECT_EQ(h.last_code(a), "invalid_message") << bad;
                EXPECT_TRUE(text_of(h.last(a, "error"), "field").starts_with("/")) << bad;
            }
        }
    }
    EXPECT_TRUE(h.commands_of<RemoteDescription>().empty());
    EXPECT_EQ(h.service.counters().participants, 1U);
}

TEST(Hostile, ThreeTextsThatAreNotJsonEndTheConnection) {
    Harness h;
    const auto [a, a_id] = h.join("r", resumable());
    const auto [b, b_id] = h.join("r");
    for (int i = 0; i < 3; ++i) h.say_text(a, std::string(100'000, '['));
    ASSERT_TRUE(h.is_closed(a));
    EXPECT_EQ(h.clients[a].closed->code, 1007);
    EXPECT_EQ(h.all(a, "error").size(), 3U);
    EXPECT_EQ(h.last(b, "participant-left")["clientId"], a_id) << "and nothing is kept for it";
}

TEST(Hostile, TooLongAMessageEndsTheConnection) {
    Harness h;
    const auto [a, a_id] = h.join("r");
    h.say(a, {{"type", "broadcast"}, {"x", std::string(1024 * 1024 - 64, 'x')}});
    EXPECT_FALSE(h.is_closed(a));
    h.say_text(a, "\"" + std::string(2 * 1024 * 1024, 'x') + "\"");
    ASSERT_TRUE(h.is_closed(a));
    EXPECT_EQ(h.clients[a].closed->code, 1009);
    EXPECT_EQ(h.last_code(a), "message_too_large");
}

TEST(Hostile, AFloodIsDroppedThenCut) {
    Harness h;
    const auto [a, a_id] = h.join("r");
    const auto [b, b_id] = h.join("r");
    for (int i = 0; i < 500; ++i) h.say(a, {{"type", "broadcast"}, {"n", i}});
    const auto heard = h.all(b, "broadcast").size();
    EXPECT_GE(heard, 290U);
    EXPECT_LE(heard, 300U);
    EXPECT_EQ(h.all(a, "error").size(), 1U) << "one complaint, not two hundred";
    EXPECT_EQ(h.last_code(a), "rate_limited");
    EXPECT_FALSE(h.is_closed(a));
    h.advance(10s);
    h.say(a, {{"type", "ping"}});
    EXPECT_EQ(h.all(a, "pong").size(), 1U) << "calm again";
    for (int i = 0; i < 2000 && !h.is_closed(a); ++i) {
        h.advance(1ms);
        h.say(a, {{"type", "broadcast"}});
    }
    ASSERT_TRUE(h.is_closed(a));
    EXPECT_EQ(h.clients[a].closed->code, 1008);
    EXPECT_EQ(h.last(b, "participant-left")["clientId"], a_id);
}

TEST(Hostile, JoinsAndRoomsAreLimited) {
    Config config;
    config.limits.joins_per_minute_per_address = 10;
    config.limits.rooms = 12;
    Harness h(config);
    const auto a = h.open_from("198.51.100.1:1000");
    for (int i = 0; i < 50; ++i) h.say(a, {{"type", "join"}, {"room", "r" + std::to_string(i)}});
    EXPECT_EQ(h.all(a, "joined").size(), 10U);
    EXPECT_EQ(h.last_code(a), "join_rate_limited");
    EXPECT_EQ(h.service.counters().rooms, 1U);
    const auto b = h.open_from("198.51.100.2:1000");  // another address
    h.say(b, {{"type", "join"}, {"room", "x"}});
    EXPECT_EQ(h.all(b, "joined").size(), 1U);
    const auto again = h.open_from("198.51.100.1:2000");  // the same by another socket
    h.say(again, {{"type", "join"}, {"room", "x"}});
    EXPECT_EQ(h.last_code(again), "join_rate_limited");
    h.advance(6s);
    h.say(again, {{"type", "join"}, {"room", "x"}});
    EXPECT_EQ(h.all(again, "joined").size(), 1U);
    for (int i = 0; i < 20; ++i) {
        const auto c = h.open_from("203.0.113." + std::to_string(i + 1) + ":1000");
        h.say(c, {{"type", "join"}, {"room", "y" + std::to_string(i)}});
    }
    EXPECT_EQ(h.service.counters().rooms, 12U);
    EXPECT_EQ(h.error_count("rooms_exhausted"), 10U);
}

TEST(Hostile, ConnectionsAreLimitedByAddress) {
    Config config;
    config.limits.connections = 5;
    config.limits.connections_per_address = 2;
    Harness h(config);
    const auto a = h.open_from("[2001:db8:1:2::1]:1");
    const auto b = h.open_from("[2001:db8:1:2:ffff::2]:1");
    const auto c = h.open_from("[2001:db8:1:2::3]:1");  // the same /64
    EXPECT_EQ(h.types(c), Types{"error"});
    EXPECT_EQ(h.last_code(c), "too_many_connections");
    ASSERT_TRUE(h.is_closed(c));
    EXPECT_EQ(h.clients[c].closed->code, 1013);
    const auto d = h.open_from("[2001:db8:1:3::1]:1");
    EXPECT_FALSE(h.is_closed(d));
    h.drop(a);
    const auto e = h.open_from("[2001:db8:1:2::3]:1");
    EXPECT_FALSE(h.is_closed(e));
    h.open_from("192.0.2.1:1");
    h.open_from("192.0.2.2:1");
    const auto f = h.open_from("192.0.2.3:1");
    EXPECT_TRUE(h.is_closed(f));
    EXPECT_EQ(h.service.counters().connections, 5U);
    EXPECT_FALSE(h.is_closed(b));
}

TEST(Hostile, MessagesAreLimitedByAddress) {
    Config config;
    config.limits.message_burst = 20;
    config.limits.messages_per_second_per_address = 10;  // and five times that at once
    Harness h(config);
    const auto ping = [&h](ConnectionId id, int times) {
        for (int i = 0; i < times; ++i) h.say(id, {{"type", "ping"}});
    };
    std::size_t heard = 0;
    for (int i = 1; i <= 4; ++i) {  // each within its own limit
        const auto id = h.open_from("[2001:db8:1:2::" + std::to_string(i) + "]:1");
        ping(id, 20);
        heard += h.all(id, "pong").size();
    }
    EXPECT_EQ(heard, 50U);
    const auto late = h.open_from("[2001:db8:1:2:ffff::9]:1");  // the same /64
    ping(late, 5);
    EXPECT_TRUE(h.all(late, "pong").empty());
    EXPECT_EQ(h.all(late, "error").size(), 1U) << "one complaint a second";
    EXPECT_EQ(h.last_code(late), "rate_limited");
    EXPECT_EQ(h.last(late, "error")["cause"],
              "The connections of this address said more than its limit allows.");
    EXPECT_FALSE(h.is_closed(late));
    const auto other = h.open_from("[2001:db8:1:3::1]:1");
    ping(other, 5);
    EXPECT_EQ(h.all(other, "pong").size(), 5U);
    h.drop(late);
    const auto again = h.open_from("[2001:db8:1:2::a]:1");
    h.advance(1s);
    ping(again, 15);
    EXPECT_EQ(h.all(again, "pong").size(), 10U) << "a new socket gets no new allowance";
}

TEST(Hostile, AFloodOverItsOwnLimitDoesNotCostTheAddress) {
    Config config;
    config.limits.message_burst = 20;
    config.limits.messages_per_second_per_address = 10;
    Harness h(config);
    const auto loud = h.open_from("192.0.2.7:1");
    for (int i = 0; i < 500; ++i) h.say(loud, {{"type", "ping"}});
    const auto calm = h.open_from("192.0.2.7:2");
    h.say(calm, {{"type", "ping"}});
    EXPECT_EQ(h.all(calm, "pong").size(), 1U);
}

TEST(Hostile, WhatOthersMustTakeIsLimited) {
    Harness h;
    const auto [a, a_id] = h.join("r");
    const auto [b, b_id] = h.join("r");
    const auto say = [&](const char* type, std::size_t size) {
        h.say(a, {{"type", type}, {"to", b_id}, {"text", std::string(size, 'x')}});
    };
    h.forget(a);
    h.forget(b);
    say("broadcast", 128 * 1024);
    EXPECT_EQ(h.last_code(a), "message_too_large");
    say("direct", 128 * 1024);
    EXPECT_TRUE(h.types(b).empty());
    EXPECT_FALSE(h.is_closed(a));
    h.forget(a);
    for (int i = 0; i < 100; ++i) say(i % 2 == 0 ? "broadcast" : "direct", 60'000);
    EXPECT_EQ(h.types(b).size(), 13U) << "768 KiB at once";
    EXPECT_EQ(h.last_code(a), "rate_limited");
    EXPECT_EQ(h.all(a, "error").size(), 1U) << "the complaint is no flood";
    h.forget(b);
    h.advance(1s);
    for (int i = 0; i < 100; ++i) say("broadcast", 60'000);
    EXPECT_EQ(h.types(b).size(), 3U) << "and 192 KiB a second";
}

TEST(Hostile, WhatOthersMustTakeOfMetadataIsLimited) {
    Harness h;
    const auto [a, a_id] = h.join("r");
    const auto [b, b_id] = h.join("r");
    h.forget(b);
    for (int i = 0; i < 200; ++i) {
        h.say(a, {{"type", "set-metadata"}, {"metadata", {{"x", std::string(15'000, 'x')}}}});
    }
    EXPECT_EQ(h.types(b).size(), 52U) << "768 KiB at once";
    EXPECT_EQ(h.last_code(a), "rate_limited");
    EXPECT_EQ(h.last(a, "error")["inReplyTo"], "set-metadata");
    EXPECT_EQ(h.all(a, "error").size(), 148U) << "each is told, for each is to be said again";
}

TEST(Hostile, ANewSocketDoesNotRenewWhatOthersMustTake) {
    Harness h;
    const auto [a, a_id] = h.join("r", resumable());
    const auto [b, b_id] = h.join("r");
    const auto flood = [&](ConnectionId from) {
        h.forget(b);
        for (int i = 0; i < 100; ++i) {
            h.say(from, {{"type", "broadcast"}, {"text", std::string(60'000, 'x')}});
        }
        return h.all(b, "broadcast").size();
    };
    EXPECT_EQ(flood(a), 13U);
    const std::string token(text_of(h.last(a, "welcome"), "resumeToken"));
    h.drop(a);
    const auto c = h.open();
    h.say(c, {{"type", "resume"}, {"token", token}, {"lastSeq", 1}});
    ASSERT_EQ(h.all(c, "resumed").size(), 1U);
    EXPECT_EQ(flood(c), 0U);
}

TEST(Hostile, AMeshMayNegotiateButNotFlood) {
    Harness h;
    const auto [a, a_id] = h.join("r", {{"topology", "mesh"}});
    const auto [b, b_id] = h.join("r", {{"topology", "mesh"}});
    h.forget(b);
    for (int i = 0; i < 100; ++i) {
        h.say(a, {{"type", "offer"},
                  {"to", b_id},
                  {"sdp", {{"type", "offer"}, {"sdp", std::string(100'000, 'x')}}}});
    }
    EXPECT_EQ(h.all(b, "offer").size(), 7U);
}

TEST(Hostile, ABadRoomNameIsExplained) {
    Harness h;
    const auto a = h.open();
    h.say(a, {{"type", "join"}, {"room", "../a"}});
    EXPECT_EQ(h.last_code(a), "invalid_message");
    EXPECT_EQ(h.last(a, "error")["cause"], "`/room` begins with a dot.");
    EXPECT_NE(text_of(h.last(a, "error"), "remedy")
                  .find(R"(1 to 128 characters, no /, \, %, control characters or leading dot)"),
              std::string_view::npos);
}

TEST(Hostile, MetadataIsLimited) {
    Harness h;
    const auto [a, a_id] = h.join("r", {{"metadata", {{"x", std::string(16 * 1024, 'x')}}}});
    EXPECT_EQ(h.last_code(a), "metadata_too_large");
    EXPECT_EQ(h.last(a, "error")["field"], "/metadata");
    EXPECT_EQ(h.service.counters().rooms, 0U);
    const auto [b, b_id] = h.join("r");
    h.say(b, {{"type", "set-metadata"}, {"metadata", {{"x", std::string(16 * 1024, 'x')}}}});
    EXPECT_EQ(h.last_code(b), "metadata_too_large");
}

TEST(Hostile, CandidatesWishesAndDescriptionsAreLimited) {
    Config config;
    config.limits.message_burst = 10'000;
    config.limits.candidates_per_description = 10;
    config.limits.described_sections = 3;
    config.limits.layer_wishes = 2;
    Harness h(config);
    const auto [a, a_id] = h.join("r");
    const auto peer = h.last_peer();
    const auto [b, b_id] = h.join("r");
    for (int i = 0; i < 30; ++i) {
        h.say(b, {{"type", "ice-candidate"}, {"candidate", {{"candidate", "x"}}}});
        h.say(b, {{"type", "describe-track"}, {"mid", std::to_string(i)}});
        const auto mid = std::to_string(i);
        const auto track = a_id + "." + mid;
        h.event(TrackPublished{peer, {track, a_id, mid}});
        h.say(b, {{"type", "layer-wish"}, {"track", track}, {"layer", "low"}});
    }
    EXPECT_EQ(h.commands_of<RemoteCandidate>().size(), 10U);
    EXPECT_EQ(h.commands_of<DescribeTrack>().size(), 3U);
    EXPECT_EQ(h.commands_of<SetLayerWish>().size(), 2U);
    h.say(b, offer_for("sfu"));
    h.say(b, {{"type", "ice-candidate"}, {"candidate", {{"candidate", "x"}}}});
    EXPECT_EQ(h.commands_of<RemoteCandidate>().size(), 11U) << "a new description, a new allowance";
    h.say(b, {{"type", "describe-track"}, {"mid", "0"}, {"muted", true}});
    EXPECT_EQ(h.commands_of<DescribeTrack>().size(), 4U) << "a known section may change";
}

TEST(Hostile, AwaySessionsAreLimited) {
    Config config;
    config.limits.detached_sessions = 2;
    Harness h(config);
    std::vector<ConnectionId> sockets;
    for (int i = 0; i < 5; ++i) sockets.push_back(h.join("r", resumable()).first);
    for (const auto id : sockets) h.drop(id);
    EXPECT_EQ(h.service.counters().detached, 2U);
    EXPECT_EQ(h.service.counters().participants, 2U);
    h.advance(30s);
    EXPECT_EQ(h.service.counters().detached, 0U);
    EXPECT_EQ(h.service.counters().rooms, 0U);
    EXPECT_EQ(h.service.next_timeout(), kNever) << "nothing is left behind";
}

TEST(Hostile, TenThousandJoinsAndLeavesLeaveNothing) {
    Config config;
    config.limits.joins_per_minute_per_address = 1'000'000;
    Harness h(config);
    const auto a = h.open();
    for (int i = 0; i < 10'000; ++i) {
        h.advance(20ms);
        h.say(a, {{"type", i % 2 ? "leave" : "join"}, {"room", "r" + std::to_string(i)}});
        h.forget(a);
    }
    EXPECT_EQ(h.service.counters().rooms, 0U);
    EXPECT_EQ(h.commands_of<CreatePeer>().size(), h.commands_of<ClosePeer>().size());
    h.drop(a);
    EXPECT_EQ(h.service.counters().connections, 0U);
}

TEST(Hostile, UnknownConnectionsAreIgnored) {
    Harness h;
    h.service.handle_text(ConnectionId(99), "{}", h.now);
    h.service.handle_pong(ConnectionId(99), h.now);
    h.service.handle_closed(ConnectionId(99), h.now);
    EXPECT_FALSE(h.service.poll_output());
}

}  // namespace
}  // namespace parley::signal
