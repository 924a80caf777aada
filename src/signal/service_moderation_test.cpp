// Moderators, the operator's API, and the end of the server.

#include "signal/harness_test.hpp"

namespace parley::signal {
namespace {

using Types = std::vector<std::string>;

struct Moderation : testing::Test {
    Harness h;
    ConnectionId boss, a, b;
    std::string boss_id, a_id, b_id;

    void SetUp() override {
        ConnectionInfo info;
        info.grant = RoomGrant{.room = "r", .identity = "boss", .admin = true};
        std::tie(boss, boss_id) = h.join("r", Json::object(), info);
        std::tie(a, a_id) = h.join("r", resumable());
        std::tie(b, b_id) = h.join("r");
    }
};

TEST_F(Moderation, NeedsTheRight) {
    h.say(a, {{"type", "remove-participant"}, {"clientId", b_id}});
    EXPECT_EQ(h.last_code(a), "forbidden");
    h.say(a, {{"type", "mute-participant"}, {"clientId", b_id}});
    EXPECT_EQ(h.last_code(a), "forbidden");
    h.say(a, {{"type", "close-room"}});
    EXPECT_EQ(h.last_code(a), "forbidden");
    EXPECT_EQ(h.service.counters().participants, 3U);
    EXPECT_TRUE(h.commands_of<ForceMute>().empty());
}

TEST_F(Moderation, RemovingClosesTheSocketAndTheWayBack) {
    const std::string token(text_of(h.last(a, "welcome"), "resumeToken"));
    h.say(boss, {{"type", "remove-participant"}, {"clientId", a_id}, {"reason", "noise"}});
    EXPECT_EQ(h.last(a, "removed")["reason"], "noise");
    ASSERT_TRUE(h.is_closed(a));
    EXPECT_EQ(h.clients[a].closed->code, 4002);
    EXPECT_EQ(h.last(b, "participant-left")["reason"], "removed");
    EXPECT_EQ(h.commands_of<ClosePeer>().size(), 1U);
    const auto c = h.open();
    h.say(c, {{"type", "resume"}, {"token", token}, {"lastSeq", 1}});
    EXPECT_EQ(h.last_code(c), "resume_failed");
    h.forget(b);
    h.say_text(a, R"({"type":"broadcast"})");  // what was still under way
    EXPECT_TRUE(h.types(b).empty());
    h.say(boss, {{"type", "remove-participant"}, {"clientId", a_id}});
    EXPECT_EQ(h.last_code(boss), "not_found");
    h.say(boss, {{"type", "remove-participant"}, {"clientId", boss_id}});
    EXPECT_TRUE(h.is_closed(boss));
}

TEST_F(Moderation, RemovingReachesOneWhoIsAway) {
    h.drop(a);
    EXPECT_EQ(h.service.remove_participant("r", a_id, "", h.now), AdminResult::kOk);
    EXPECT_EQ(h.service.counters().detached, 0U);
    h.advance(60s);
    EXPECT_EQ(h.service.counters().participants, 2U);
}

TEST_F(Moderation, MutingReachesTheNode) {
    h.event(TrackPublished{h.last_peer(), {b_id + ".0", b_id, "0"}});
    h.say(boss, {{"type", "mute-participant"}, {"clientId", b_id}});
    h.say(boss, {{"type", "mute-participant"},
                 {"clientId", b_id},
                 {"track", b_id + ".0"},
                 {"muted", false}});
    const auto mutes = h.commands_of<ForceMute>();
    ASSERT_EQ(mutes.size(), 2U);
    EXPECT_EQ(mutes[0].peer, h.last_peer());
    EXPECT_EQ(mutes[0].track, "");
    EXPECT_TRUE(mutes[0].muted);
    EXPECT_EQ(mutes[1].track, b_id + ".0");
    EXPECT_FALSE(mutes[1].muted);
    h.say(boss, {{"type", "mute-participant"}, {"clientId", a_id}, {"track", b_id + ".0"}});
    EXPECT_EQ(h.last_code(boss), "not_found");
}

TEST_F(Moderation, JoiningAnewDoesNotLiftAMute) {
    const auto rejoin = [&](const char* room) {
        h.commands.clear();
        h.say(b, {{"type", "join"}, {"room", room}});
        return h.commands_of<ForceMute>();
    };
    h.say(boss, {{"type", "mute-participant"}, {"clientId", b_id}});
    const auto mutes = rejoin("r");
    ASSERT_EQ(mutes.size(), 1U);
    EXPECT_EQ(mutes[0].peer, h.last_peer()) << "the new one";
    EXPECT_TRUE(mutes[0].muted && mutes[0].track.empty());
    EXPECT_EQ(h.last(b, "joined")["forceMuted"], true);
    EXPECT_TRUE(rejoin("another").empty());
    EXPECT_FALSE(h.last(b, "joined").contains("forceMuted"));
    rejoin("r");
    h.say(boss, {{"type", "mute-participant"}, {"clientId", b_id}, {"muted", false}});
    EXPECT_TRUE(rejoin("r").empty());
}

TEST_F(Moderation, AMuteEndsWithItsRoom) {
    h.say(boss, {{"type", "mute-participant"}, {"clientId", b_id}});
    for (const auto id : {boss, a, b}) h.say(id, {{"type", "leave"}});
    EXPECT_EQ(h.service.counters().rooms, 0U);
    h.commands.clear();
    h.say(b, {{"type", "join"}, {"room", "r"}});
    EXPECT_TRUE(h.commands_of<ForceMute>().empty()) << "nobody there could lift it";
}

TEST_F(Moderation, ClosingTheRoomTellsEveryone) {
    h.drop(b, 1001);
    h.say(boss, {{"type", "close-room"}, {"reason", "time is up"}});
    for (const auto id : {boss, a}) {
        EXPECT_EQ(h.last(id, "room-closed")["reason"], "time is up");
        ASSERT_TRUE(h.is_closed(id));
        EXPECT_EQ(h.clients[id].closed->code, 4003);
    }
    EXPECT_EQ(h.service.counters().rooms, 0U);
    EXPECT_EQ(h.commands_of<ClosePeer>().size(), 3U);
}

TEST_F(Moderation, TheOperatorMayDoTheSame) {
    EXPECT_EQ(h.service.mute_participant("r", b_id, "", true, h.now), AdminResult::kOk);
    EXPECT_EQ(h.service.mute_participant("r", "nobody", "", true, h.now), AdminResult::kNotFound);
    EXPECT_EQ(h.service.mute_participant("x", b_id, "", true, h.now), AdminResult::kNotFound);
    EXPECT_EQ(h.service.remove_participant("r", "nobody", "", h.now), AdminResult::kNotFound);
    EXPECT_EQ(h.service.remove_participant("x", b_id, "", h.now), AdminResult::kNotFound);
    EXPECT_EQ(h.service.close_room("x", "", h.now), AdminResult::kNotFound);
    EXPECT_EQ(h.service.remove_participant("r", b_id, std::string(500, 'x'), h.now),
              AdminResult::kOk);
    EXPECT_EQ(h.service.close_room("r", "", h.now), AdminResult::kOk);
    h.settle();
    EXPECT_TRUE(h.is_closed(a) && h.is_closed(b) && h.is_closed(boss));
    EXPECT_EQ(h.last(a, "room-closed")["reason"], "") << "nobody gave one";
}

TEST(ModerationInAMesh, CannotMute) {
    Harness h;
    ConnectionInfo info;
    info.grant = RoomGrant{.admin = true};
    const auto [a, a_id] = h.join("r", {{"topology", "mesh"}}, info);
    h.say(a, {{"type", "mute-participant"}, {"clientId", a_id}});
    EXPECT_EQ(h.last_code(a), "unsupported_in_mesh");
    EXPECT_EQ(h.service.mute_participant("r", a_id, "", true, h.now), AdminResult::kUnsupported);
    h.say(a, {{"type", "describe-track"}, {"mid", "0"}});
    EXPECT_EQ(h.last_code(a), "unsupported_in_mesh");
}

TEST(Shutdown, TellsWaitsAndCloses) {
    Harness h;
    const auto [a, a_id] = h.join("r", resumable());
    const auto [b, b_id] = h.join("r");
    const auto [away, away_id] = h.join("r", resumable());
    const auto lobby = h.open();
    h.drop(away);
    h.service.begin_shutdown(h.now, 10s);
    h.settle();
    EXPECT_TRUE(h.is_closed(lobby));
    EXPECT_EQ(h.clients[lobby].closed->code, 1001);
    EXPECT_EQ(h.service.counters().participants, 2U) << "who is away cannot come back";
    h.say(a, {{"type", "ping"}});
    EXPECT_EQ(h.last(a, "server-shutdown")["deadlineMs"], 10'000);
    const auto late = h.open();
    EXPECT_EQ(h.types(late), Types{"error"});
    EXPECT_EQ(h.last_code(late), "shutting_down");
    EXPECT_TRUE(h.is_closed(late));
    h.say(a, {{"type", "join"}, {"room", "s"}});
    EXPECT_EQ(h.last_code(a), "shutting_down");
    h.say(b, {{"type", "leave"}});
    EXPECT_TRUE(h.is_closed(b));
    EXPECT_FALSE(h.service.idle());
    h.service.begin_shutdown(h.now, 100s);  // the first word counts
    h.advance(9999ms);
    EXPECT_FALSE(h.is_closed(a));
    h.advance(1ms);
    EXPECT_TRUE(h.is_closed(a));
    EXPECT_TRUE(h.service.idle());
    EXPECT_EQ(h.service.counters().rooms, 0U);
    EXPECT_EQ(h.commands_of<ClosePeer>().size(), 3U);
    EXPECT_EQ(h.service.next_timeout(), kNever);
}

TEST(Shutdown, ASocketThatDropsMeanwhileIsGone) {
    Harness h;
    const auto [a, a_id] = h.join("r", resumable());
    h.service.begin_shutdown(h.now, 10s);
    h.drop(a);
    EXPECT_TRUE(h.service.idle());
    EXPECT_EQ(h.service.counters().detached, 0U);
}

}  // namespace
}  // namespace parley::signal
