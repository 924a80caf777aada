// Joining, leaving, relaying: the message flow of a simple client, in SFU and in mesh rooms.

#include "signal/harness_test.hpp"

namespace parley::signal {
namespace {

using Types = std::vector<std::string>;

TEST(Join, SimpleClientInAnSfuRoom) {
    Harness h;
    const auto a = h.open();
    EXPECT_EQ(h.types(a), Types{"welcome"});
    const std::string id(text_of(h.last(a, "welcome"), "clientId"));
    h.say(a, Json::parse(R"({"type":"join","room":"standup","metadata":{"name":"User",
        "capabilities":{"video":true,"audio":true,"simulcast":true}}})"));
    const auto joined = h.last(a, "joined");
    EXPECT_EQ(joined["room"], "standup");
    EXPECT_EQ(joined["clientId"], id);
    EXPECT_EQ(joined["topology"], "sfu");
    ASSERT_EQ(joined["peers"].size(), 1U);
    EXPECT_EQ(joined["peers"][0]["id"], "sfu");
    EXPECT_TRUE(joined["peers"][0]["metadata"].is_object());
    EXPECT_FALSE(joined.contains("seq"));
    const auto created = h.commands_of<CreatePeer>();
    ASSERT_EQ(created.size(), 1U);
    EXPECT_EQ(created[0].room, "standup");
    EXPECT_EQ(created[0].participant, id);
    EXPECT_TRUE(created[0].may_publish && created[0].may_subscribe);

    h.say(a, offer_for("sfu", "v=0 client"));
    ASSERT_EQ(h.commands_of<RemoteDescription>().size(), 1U);
    EXPECT_EQ(h.commands_of<RemoteDescription>()[0].sdp, "v=0 client");
    EXPECT_EQ(h.commands_of<RemoteDescription>()[0].type, SdpType::kOffer);
    h.say(a, Json::parse(R"({"type":"ice-candidate","to":"sfu","candidate":{"candidate":
        "candidate:1 1 udp 1 192.0.2.1 9 typ host","sdpMid":"0","sdpMLineIndex":0,
        "usernameFragment":"abcd"}})"));
    h.say(a, Json::parse(R"({"type":"ice-candidate","candidate":null})"));
    ASSERT_EQ(h.commands_of<RemoteCandidate>().size(), 2U);
    EXPECT_EQ(h.commands_of<RemoteCandidate>()[0].candidate,
              "candidate:1 1 udp 1 192.0.2.1 9 typ host");
    EXPECT_EQ(h.commands_of<RemoteCandidate>()[1].candidate, "");

    const auto peer = h.last_peer();
    h.event(LocalDescription{peer, SdpType::kAnswer, "v=0 server", {}});
    const auto answer = h.last(a, "answer");
    EXPECT_EQ(answer["from"], "sfu");
    EXPECT_EQ(answer["sdp"], (Json{{"type", "answer"}, {"sdp", "v=0 server"}}));
    h.event(LocalDescription{peer, SdpType::kOffer, "v=0 more", {{"2", "other", "other.0"}}});
    EXPECT_EQ(h.last(a, "offer")["tracks"],
              Json::parse(R"([{"mid":"2","participant":"other","track":"other.0"}])"));
    h.say(a, answer_for("sfu", "v=0 yes"));
    EXPECT_EQ(h.commands_of<RemoteDescription>().back().type, SdpType::kAnswer);

    // Two more: no peer-joined, no peer-left.
    const auto [b, b_id] = h.join("standup");
    h.join("standup");
    EXPECT_EQ(h.last(b, "joined")["peers"].size(), 1U);
    EXPECT_EQ(h.last(b, "joined")["participants"][0]["id"], id);
    EXPECT_EQ(h.all(a, "participant-joined").size(), 2U);
    h.say(b, {{"type", "leave"}});
    EXPECT_EQ(h.last(a, "participant-left")["clientId"], b_id);
    EXPECT_EQ(h.last(a, "participant-left")["reason"], "left");
    EXPECT_TRUE(h.all(a, "peer-joined").empty());
    EXPECT_TRUE(h.all(a, "peer-left").empty());
    EXPECT_TRUE(h.all(a, "error").empty());
    EXPECT_EQ(h.commands_of<ClosePeer>().size(), 1U);

    h.say(a, {{"type", "leave"}});
    h.drop(a, 1005);
    EXPECT_EQ(h.service.counters().participants, 1U);
}

TEST(Join, SimpleClientsInAMesh) {
    Harness h;
    ConnectionInfo info;
    info.topology = "mesh";
    const auto [a, a_id] = h.join("m", {{"metadata", {{"name", "A"}}}}, info);
    EXPECT_EQ(h.last(a, "joined")["peers"], Json::array());
    EXPECT_EQ(h.last(a, "joined")["topology"], "mesh");
    const auto [b, b_id] = h.join("m", {{"metadata", {{"name", "B"}}}});
    EXPECT_EQ(h.last(b, "joined")["peers"],
              (Json::array({{{"id", a_id}, {"metadata", {{"name", "A"}}}}})));
    EXPECT_EQ(h.last(a, "peer-joined")["clientId"], b_id);
    EXPECT_EQ(h.last(a, "peer-joined")["metadata"]["name"], "B");

    h.say(b, offer_for(a_id, "from b"));
    EXPECT_EQ(h.last(a, "offer")["from"], b_id);
    EXPECT_EQ(h.last(a, "offer")["sdp"]["sdp"], "from b");
    h.say(a, answer_for("", "from a"));  // of two: the other
    EXPECT_EQ(h.last(b, "answer")["from"], a_id);
    h.say(b, {{"type", "ice-candidate"},
              {"to", a_id},
              {"candidate", {{"candidate", "x"}, {"sdpMid", "0"}, {"extra", 1}}}});
    EXPECT_EQ(h.last(a, "ice-candidate")["candidate"]["extra"], 1);

    const auto [c, c_id] = h.join("m");
    EXPECT_EQ(h.last(c, "joined")["peers"].size(), 2U);
    h.say(c, offer_for(""));  // of three: whom?
    EXPECT_EQ(h.last_code(c), "target_not_found");
    EXPECT_EQ(h.last(c, "error")["field"], "/to");
    h.say(c, offer_for("sfu"));
    EXPECT_EQ(h.last(c, "error")["targetId"], "sfu");
    h.say(c, offer_for(c_id));
    EXPECT_EQ(h.last(c, "error")["targetId"], c_id);
    EXPECT_EQ(h.last(c, "error")["message"], "Target peer not found");
    h.drop(b, 1001);
    EXPECT_EQ(h.last(a, "peer-left")["clientId"], b_id);
    EXPECT_TRUE(h.commands.empty()) << "a mesh has no media on the server";
}

TEST(Join, BroadcastAndDirectPassEverythingOn) {
    Harness h;
    const auto [a, a_id] = h.join("r");
    const auto [b, b_id] = h.join("r");
    const auto [c, c_id] = h.join("other");
    h.say(a, {{"type", "broadcast"}, {"text", "hi"}, {"from", "forged"}, {"seq", "mine"}});
    EXPECT_EQ(h.last(b, "broadcast"),
              (Json{{"type", "broadcast"}, {"text", "hi"}, {"from", a_id}}));
    EXPECT_TRUE(h.all(a, "broadcast").empty());
    EXPECT_TRUE(h.all(c, "broadcast").empty());
    h.say(b, {{"type", "direct"}, {"to", a_id}, {"x", {1, 2}}});
    EXPECT_EQ(h.last(a, "direct")["from"], b_id);
    EXPECT_EQ(h.last(a, "direct")["x"], (Json{1, 2}));
    h.say(b, {{"type", "direct"}, {"to", c_id}});
    EXPECT_EQ(h.last_code(b), "target_not_found");
    EXPECT_TRUE(h.all(c, "direct").empty());
}

TEST(Join, NamesAreKeptVerbatim) {
    Harness h;
    const std::string name = "<script>\x1b[31m\r\n\u202E";
    const auto [a, a_id] = h.join("r");
    h.join("r", {{"metadata", {{"name", name}}}});
    EXPECT_EQ(h.last(a, "participant-joined")["participant"]["metadata"]["name"], name);
}

TEST(Join, TwiceLeavesTheOldRoomFirst) {
    Harness h;
    const auto [a, a_id] = h.join("one");
    const auto [b, b_id] = h.join("one");
    const auto first = h.last_peer();
    h.say(b, {{"type", "join"}, {"room", "two"}});
    EXPECT_EQ(h.last(a, "participant-left")["reason"], "moved");
    EXPECT_EQ(h.last(b, "joined")["room"], "two");
    EXPECT_EQ(h.last(b, "joined")["clientId"], b_id);
    ASSERT_EQ(h.commands_of<ClosePeer>().size(), 1U);
    EXPECT_EQ(h.commands_of<ClosePeer>()[0].peer, first);
    EXPECT_NE(h.last_peer(), first);
    // The same room again: a fresh start.
    h.say(b, {{"type", "join"}, {"room", "two"}});
    EXPECT_EQ(h.service.counters().rooms, 2U);
    EXPECT_EQ(h.commands_of<CreatePeer>().size(), 4U);
    // What the old peer still says is for nobody.
    h.forget(b);
    h.event(LocalDescription{first, SdpType::kAnswer, "late", {}});
    EXPECT_TRUE(h.types(b).empty());
}

TEST(Join, ARefusedJoinChangesNothing) {
    Config config;
    config.limits.participants_per_room = 2;
    Harness h(config);
    h.join("full");
    h.join("full");
    const auto [c, c_id] = h.join("mine");
    h.say(c, {{"type", "join"}, {"room", "full"}});
    EXPECT_EQ(h.last_code(c), "room_full");
    EXPECT_EQ(h.last(c, "error")["inReplyTo"], "join");
    EXPECT_EQ(h.service.counters().rooms, 2U);
    EXPECT_TRUE(h.commands_of<ClosePeer>().empty());
    // A member of a full room may join it anew.
    const auto [d, d_id] = h.join("full2");
    h.join("full2");
    h.say(d, {{"type", "join"}, {"room", "full2"}});
    EXPECT_EQ(h.all(d, "joined").size(), 2U);
}

TEST(Join, TopologyIsSettledByTheFirst) {
    Harness h;
    h.join("r", {{"topology", "mesh"}});
    const auto [b, b_id] = h.join("r", {{"topology", "sfu"}});
    EXPECT_EQ(h.last(b, "joined")["topology"], "mesh");
    for (const auto* wrong : {"mcu", "star"}) {
        ConnectionInfo info;
        info.topology = wrong;
        const auto [c, c_id] = h.join("s", Json::object(), info);
        EXPECT_EQ(h.last_code(c), "topology_unsupported") << wrong;
        EXPECT_EQ(h.last(c, "error")["field"], "?topology");
    }
    const auto [d, d_id] = h.join("s", {{"topology", "mcu"}});
    EXPECT_EQ(h.last_code(d), "topology_unsupported");
    EXPECT_EQ(h.last(d, "error")["field"], "/topology");
    EXPECT_EQ(h.service.counters().rooms, 1U);
}

TEST(Join, MessagesInTheWrongState) {
    Harness h;
    const auto a = h.open();
    for (const auto* text :
         {R"({"type":"offer","sdp":{"type":"offer","sdp":"v"}})",
          R"({"type":"answer","sdp":{"type":"answer","sdp":"v"}})",
          R"({"type":"ice-candidate","candidate":null})", R"({"type":"broadcast"})",
          R"({"type":"direct","to":"x"})", R"({"type":"describe-track","mid":"0"})",
          R"({"type":"layer-wish","track":"x.0","layer":"low"})", R"({"type":"video-limit"})",
          R"({"type":"set-metadata","metadata":{}})", R"({"type":"mesh-connected"})",
          R"({"type":"mesh-failed"})", R"({"type":"remove-participant","clientId":"x"})",
          R"({"type":"mute-participant","clientId":"x"})", R"({"type":"close-room"})"}) {
        h.forget(a);
        h.say_text(a, text);
        EXPECT_EQ(h.last_code(a), "bad_state") << text;
    }
    h.forget(a);
    h.say(a, {{"type", "leave"}});
    EXPECT_TRUE(h.types(a).empty());
    EXPECT_TRUE(h.commands.empty());
    // An answer without an outstanding offer, and a second one to the same offer.
    const auto [b, b_id] = h.join("r");
    h.say(b, answer_for("sfu"));
    EXPECT_EQ(h.last_code(b), "bad_state");
    EXPECT_TRUE(h.commands_of<RemoteDescription>().empty());
    h.event(LocalDescription{h.last_peer(), SdpType::kOffer, "v=0", {}});
    h.say(b, answer_for("sfu"));
    h.say(b, answer_for("sfu"));
    EXPECT_EQ(h.commands_of<RemoteDescription>().size(), 1U);
    // Somebody else in an SFU room is no target.
    const auto [c, c_id] = h.join("r");
    h.say(b, offer_for(c_id));
    EXPECT_EQ(h.last_code(b), "target_not_found");
    h.say(b, {{"type", "resume"}, {"token", "x"}});
    EXPECT_EQ(h.last_code(b), "bad_state");
}

TEST(Join, CrossedOffersVoidTheServers) {
    Harness h;
    const auto [a, a_id] = h.join("r");
    h.event(LocalDescription{h.last_peer(), SdpType::kOffer, "v=0", {}});
    h.say(a, offer_for("sfu"));
    h.say(a, answer_for("sfu"));
    EXPECT_EQ(h.commands_of<RemoteDescription>().size(), 1U);
    EXPECT_EQ(h.last_code(a), "bad_state");
}

TEST(Join, ARefusedDescriptionDidNotHappen) {
    Harness h;
    const auto [a, a_id] = h.join("r");
    const auto peer = h.last_peer();
    h.event(LocalDescription{peer, SdpType::kOffer, "v=0", {}});
    h.say(a, offer_for("sfu", "bad"));
    h.event(DescriptionRefused{peer, SdpType::kOffer, "sdp_syntax", "x", "y"});
    h.say(a, answer_for("sfu", "bad too"));
    h.event(DescriptionRefused{peer, SdpType::kAnswer, "sdp_syntax", "x", "y"});
    h.say(a, answer_for("sfu", "good"));
    EXPECT_EQ(h.commands_of<RemoteDescription>().size(), 3U);
    EXPECT_EQ(h.commands_of<RemoteDescription>().back().sdp, "good");
    h.say(a, answer_for("sfu", "again"));
    EXPECT_EQ(h.commands_of<RemoteDescription>().size(), 3U);
}

TEST(Join, GrantsGiveRightsAndNames) {
    Harness h;
    const auto a = h.open_with({.room = "r",
                                .identity = "ada@example.org",
                                .name = "Ada",
                                .may_publish = false,
                                .admin = true});
    h.say(a, {{"type", "join"}, {"room", "r"}});
    EXPECT_EQ(h.last(a, "joined")["rights"],
              (Json{{"publish", false}, {"subscribe", true}, {"admin", true}}));
    EXPECT_FALSE(h.commands_of<CreatePeer>()[0].may_publish);
    const auto [b, b_id] = h.join("r");
    EXPECT_EQ(h.last(b, "joined")["participants"][0]["identity"], "ada@example.org");
    EXPECT_EQ(h.last(b, "joined")["participants"][0]["name"], "Ada");
    h.say(a, {{"type", "describe-track"}, {"mid", "0"}, {"source", "camera"}});
    EXPECT_EQ(h.last_code(a), "forbidden");
    h.say(a, {{"type", "join"}, {"room", "other"}});
    EXPECT_EQ(h.last_code(a), "token_wrong_room");
    EXPECT_EQ(h.service.counters().rooms, 1U);
}

TEST(Join, GrantsExpireAndMayBeRequired) {
    Config config;
    config.grant_required = true;
    Harness h(config);
    const auto [a, a_id] = h.join("r");
    EXPECT_EQ(h.last_code(a), "token_required");
    const auto b = h.open_with({.room = "r", .expires = h.now + 5s});
    h.advance(5s);
    h.say(b, {{"type", "join"}, {"room", "r"}});
    EXPECT_EQ(h.last_code(b), "token_expired");
    const auto c = h.open_with({.room = "", .expires = h.now + 5s});
    h.say(c, {{"type", "join"}, {"room", "any"}});
    h.advance(60s);
    EXPECT_EQ(h.service.counters().participants, 1U) << "who is in stays in";
}

TEST(Join, IceServersAreHandedOut) {
    Config config;
    config.ice_servers = {{{"stun:stun.example.org"}, "", ""},
                          {{"turn:turn.example.org", "turns:turn.example.org"}, "u", "p"}};
    Harness h(config);
    const auto [a, a_id] = h.join("r");
    const auto expected = Json::parse(R"([{"urls":["stun:stun.example.org"]},
        {"urls":["turn:turn.example.org","turns:turn.example.org"],
          "username":"u","credential":"p"}])");
    EXPECT_EQ(h.last(a, "welcome")["iceServers"], expected);
    EXPECT_EQ(h.last(a, "joined")["iceServers"], expected);
}

// Of a few people each is told at once; in a crowd news may wait, and answers may not.
TEST(Join, NewsOfACrowdMayWait) {
    Harness h;
    const auto [first, first_id] = h.join("r");
    for (int i = 2; i < 16; ++i) h.join("r");
    EXPECT_EQ(h.all(first, "participant-joined").size(), 14U);
    EXPECT_EQ(h.clients[first].may_wait, 0);
    const auto [last, last_id] = h.join("r");
    EXPECT_EQ(h.clients[first].may_wait, 1);
    EXPECT_EQ(h.last(last, "joined")["participants"].size(), 15U);
    EXPECT_EQ(h.clients[last].may_wait, 0);
    h.say(first, {{"type", "direct"}, {"to", last_id}, {"text", "now"}});
    EXPECT_EQ(h.clients[last].may_wait, 0);
}

TEST(Join, MetadataMayChange) {
    Harness h;
    const auto [a, a_id] = h.join("r");
    const auto [b, b_id] = h.join("r");
    h.say(b, {{"type", "set-metadata"}, {"metadata", {{"hand", true}}}});
    EXPECT_EQ(h.last(a, "participant-changed")["participant"]["id"], b_id);
    EXPECT_EQ(h.last(a, "participant-changed")["participant"]["metadata"]["hand"], true);
    EXPECT_TRUE(h.all(b, "participant-changed").empty());
}

}  // namespace
}  // namespace parley::signal
