// Sockets that drop, and sessions that go on.

#include "signal/harness_test.hpp"

namespace parley::signal {
namespace {

using Types = std::vector<std::string>;

std::string token_of(const Harness& h, ConnectionId id) {
    const auto resumed = h.last(id, "resumed");
    return std::string(text_of(resumed.is_null() ? h.last(id, "welcome") : resumed, "resumeToken"));
}
std::uint64_t last_seq(const Harness& h, ConnectionId id) {
    std::uint64_t seq = 0;
    for (const auto& message : h.clients.at(id).inbox) {
        if (message.contains("seq")) seq = std::max(seq, message["seq"].get<std::uint64_t>());
    }
    return seq;
}
Json resume_with(std::string_view token, std::uint64_t seq) {
    return {{"type", "resume"}, {"token", token}, {"lastSeq", seq}};
}
ConnectionInfo returning(std::string_view token, std::uint64_t seq) {
    ConnectionInfo info;
    info.resume_token = token;
    info.resume_last_seq = seq;
    return info;
}

struct Resume : testing::Test {
    Harness h;
    ConnectionId a, b;
    std::string a_id, b_id;

    void SetUp() override {
        std::tie(a, a_id) = h.join("r", resumable());
        std::tie(b, b_id) = h.join("r");
    }
    void chat(int count, std::size_t size = 1) {
        for (int i = 0; i < count; ++i) {
            h.advance(50ms);
            h.say(b, {{"type", "broadcast"}, {"n", i}, {"text", std::string(size, 'x')}});
        }
    }
};

TEST_F(Resume, MessagesAreNumberedFromJoined) {
    EXPECT_FALSE(h.last(a, "welcome").contains("seq"));
    EXPECT_EQ(h.last(a, "joined")["seq"], 1);
    EXPECT_EQ(h.last(a, "joined")["resumable"], true);
    EXPECT_EQ(h.last(a, "participant-joined")["seq"], 2);
    EXPECT_FALSE(h.last(b, "joined").contains("seq"));
    EXPECT_GE(token_of(h, a).size() * 5, 128U);
}

TEST_F(Resume, ByMessageGivesWhatWasMissedInOrder) {
    const auto seq = last_seq(h, a);
    const auto token = token_of(h, a);
    h.drop(a);
    EXPECT_EQ(h.last(b, "participant-changed")["participant"]["connection"], "reconnecting");
    chat(3);
    h.event(LocalDescription{h.commands_of<CreatePeer>()[0].peer, SdpType::kOffer, "v=0", {}});
    const auto c = h.open();
    EXPECT_NE(text_of(h.last(c, "welcome"), "clientId"), a_id);
    h.say(c, resume_with(token, seq));
    EXPECT_EQ(h.types(c),
              (Types{"welcome", "resumed", "broadcast", "broadcast", "broadcast", "offer"}));
    const auto resumed = h.last(c, "resumed");
    EXPECT_EQ(resumed["clientId"], a_id);
    EXPECT_EQ(resumed["room"], "r");
    EXPECT_EQ(resumed["missed"], 4);
    EXPECT_NE(resumed["resumeToken"], token);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(h.all(c, "broadcast")[static_cast<std::size_t>(i)]["n"], i);
    EXPECT_EQ(h.last(b, "participant-changed")["participant"]["connection"], "connected");
    // Its media was never touched, and it goes on.
    EXPECT_TRUE(h.commands_of<ClosePeer>().empty());
    h.say(c, answer_for("sfu"));
    EXPECT_EQ(h.commands_of<RemoteDescription>().size(), 1U);
    EXPECT_EQ(h.service.counters().resumes_ok, 1U);
    EXPECT_EQ(h.service.counters().participants, 2U);
    EXPECT_EQ(h.service.counters().detached, 0U);
}

TEST_F(Resume, ByQueryNeedsNoWelcome) {
    const auto token = token_of(h, a);
    const auto seq = last_seq(h, a);
    h.drop(a);
    chat(1);
    const auto c = h.open(returning(token, seq));
    EXPECT_EQ(h.types(c), (Types{"resumed", "broadcast"}));
    EXPECT_EQ(h.last(c, "broadcast")["seq"], seq + 1);
}

TEST_F(Resume, FromTheVeryBeginning) {
    const auto token = token_of(h, a);
    h.drop(a);
    const auto c = h.open(returning(token, 0));
    EXPECT_EQ(h.types(c), (Types{"resumed", "joined", "participant-joined"}));
}

TEST_F(Resume, EndsAfterThirtySeconds) {
    const auto token = token_of(h, a);
    h.drop(a);
    h.advance(29'999ms);
    EXPECT_TRUE(h.all(b, "participant-left").empty());
    h.advance(1ms);
    EXPECT_EQ(h.last(b, "participant-left")["reason"], "disconnected");
    EXPECT_EQ(h.commands_of<ClosePeer>().size(), 1U);
    const auto c = h.open(returning(token, 2));
    EXPECT_EQ(h.types(c), (Types{"welcome", "error"}));
    EXPECT_EQ(h.last_code(c), "resume_failed");
    h.say(c, {{"type", "join"}, {"room", "r"}});
    EXPECT_EQ(h.all(c, "joined").size(), 1U);
}

TEST_F(Resume, WithinTheLastMoment) {
    const auto token = token_of(h, a);
    h.drop(a);
    h.advance(29'999ms);
    const auto c = h.open(returning(token, 2));
    EXPECT_EQ(h.types(c), Types{"resumed"});
    h.advance(60s);
    EXPECT_TRUE(h.all(b, "participant-left").empty());
}

TEST_F(Resume, RefusesWrongTokensAllAlike) {
    const auto token = token_of(h, a);
    auto forged = token;
    forged.back() = forged.back() == 'a' ? 'b' : 'a';
    std::vector<std::string> wrong = {forged,      token.substr(0, token.size() - 1),
                                      token + "a", std::string(40, 'z'),
                                      "x",         token_of(h, b)};
    Json first;
    for (const auto& one : wrong) {
        const auto c = h.open();
        h.say(c, resume_with(one, 1));
        const auto error = h.last(c, "error");
        EXPECT_EQ(error["code"], "resume_failed") << one;
        if (first.is_null()) first = error;
        EXPECT_EQ(error, first) << "nothing tells which tokens exist";
        EXPECT_FALSE(h.is_closed(c));
    }
    EXPECT_FALSE(h.is_closed(a));
    EXPECT_EQ(h.service.counters().resumes_failed, wrong.size());
}

TEST_F(Resume, RefusesAClaimToHaveSeenTheFuture) {
    const auto token = token_of(h, a);
    h.drop(a);
    const auto c = h.open(returning(token, 999));
    EXPECT_EQ(h.last_code(c), "resume_failed");
    const auto d = h.open(returning(token, 2));
    EXPECT_EQ(h.types(d), Types{"resumed"});
}

TEST_F(Resume, TokensRotate) {
    const auto first = token_of(h, a);
    h.drop(a);
    const auto c = h.open(returning(first, 2));
    const auto second = token_of(h, c);
    h.say(c, {{"type", "ping"}});  // has the new one
    h.drop(c);
    const auto d = h.open(returning(first, 2));
    EXPECT_EQ(h.last_code(d), "resume_failed");
    const auto e = h.open(returning(second, 2));
    EXPECT_EQ(h.types(e), Types{"resumed"});
}

TEST_F(Resume, AnAnswerThatWasLostTooCostsNothing) {
    const auto first = token_of(h, a);
    h.drop(a);
    const auto c = h.open(returning(first, 2));
    const auto never_seen = token_of(h, c);
    h.drop(c);
    chat(1);
    const auto d = h.open(returning(first, 2));
    EXPECT_EQ(h.types(d), (Types{"resumed", "broadcast"}));
    h.drop(d);
    const auto e = h.open(returning(never_seen, 2));
    EXPECT_EQ(h.last_code(e), "resume_failed") << "superseded before it was seen";
}

TEST_F(Resume, TakesOverAHalfOpenSocket) {
    const auto token = token_of(h, a);
    const auto seq = last_seq(h, a);
    const auto c = h.open(returning(token, seq));
    EXPECT_EQ(h.types(c), Types{"resumed"});
    ASSERT_TRUE(h.is_closed(a));
    EXPECT_EQ(h.clients[a].closed->code, 4000);
    h.drop(a);  // the server notices late
    h.say_text(a, R"({"type":"leave"})");
    EXPECT_EQ(h.service.counters().participants, 2U);
    chat(1);
    EXPECT_EQ(h.types(c), (Types{"resumed", "broadcast"}));
}

TEST_F(Resume, AThousandMessagesAreKeptAndOneMoreIsAGap) {
    for (const int count : {1000, 1001}) {
        Harness w;
        const auto [x, x_id] = w.join("r", resumable());
        const auto [y, y_id] = w.join("r");
        const auto token = token_of(w, x);
        const auto seq = last_seq(w, x);
        w.drop(x);
        for (int i = 0; i < count; ++i) {
            w.advance(20ms);
            w.say(y, {{"type", "broadcast"}, {"n", i}});
        }
        const auto z = w.open();
        w.say(z, resume_with(token, seq));
        if (count == 1000) {
            EXPECT_EQ(w.all(z, "broadcast").size(), 1000U);
            continue;
        }
        EXPECT_EQ(w.last_code(z), "resume_gap");
        EXPECT_EQ(w.last(y, "participant-left")["clientId"], x_id);
        EXPECT_EQ(w.service.counters().resumes_gap, 1U);
        w.say(z, {{"type", "join"}, {"room", "r"}});
        EXPECT_EQ(w.all(z, "joined").size(), 1U);
    }
}

TEST_F(Resume, AMegabyteIsKeptAndMoreIsAGap) {
    const auto token = token_of(h, a);
    const auto seq = last_seq(h, a);
    h.drop(a);
    chat(6, 100'000);
    h.advance(4s);
    chat(5, 100'000);
    const auto c = h.open(returning(token, seq));
    EXPECT_EQ(h.last_code(c), "resume_gap");
}

TEST_F(Resume, AcknowledgedMessagesAreNoGap) {
    for (int i = 0; i < 1500; ++i) {
        h.advance(20ms);
        h.say(b, {{"type", "broadcast"}, {"n", i}});
    }
    const auto seq = last_seq(h, a);
    h.say(a, {{"type", "ping"}, {"lastSeq", seq}});
    const auto token = token_of(h, a);
    h.drop(a);
    chat(2);
    const auto c = h.open(returning(token, seq));
    EXPECT_EQ(h.types(c), (Types{"resumed", "broadcast", "broadcast"}));
}

TEST_F(Resume, OnlyTheNewestStateIsKept) {
    const auto token = token_of(h, a);
    const auto seq = last_seq(h, a);
    h.drop(a);
    for (int i = 0; i < 5000; ++i) {
        h.event(ActiveSpeakers{"r", {{b_id, i / 5000.0}}});
    }
    const auto c = h.open(returning(token, seq));
    EXPECT_EQ(h.types(c), (Types{"resumed", "active-speakers"}));
    EXPECT_EQ(h.last(c, "active-speakers")["speakers"][0]["level"], 4999 / 5000.0);
}

TEST_F(Resume, TheClientsOwnMessagesHappenOnce) {
    h.say(a, {{"type", "broadcast"}, {"n", 1}, {"seq", 1}});
    h.say(a, {{"type", "broadcast"}, {"n", 2}, {"seq", 2}});
    const auto token = token_of(h, a);
    h.drop(a);
    const auto c = h.open(returning(token, last_seq(h, a)));
    EXPECT_EQ(h.last(c, "resumed")["lastSeq"], 2);
    h.say(c, {{"type", "broadcast"}, {"n", 2}, {"seq", 2}});  // sent again all the same
    h.say(c, {{"type", "broadcast"}, {"n", 3}, {"seq", 3}});
    const auto heard = h.all(b, "broadcast");
    ASSERT_EQ(heard.size(), 3U);
    EXPECT_EQ(heard[2]["n"], 3);
    EXPECT_FALSE(heard[2].contains("seq"));
}

TEST_F(Resume, NumberingStartsAnewWithAJoin) {
    h.say(a, {{"type", "leave"}, {"seq", 9}});
    h.say(a, {{"type", "join"}, {"room", "s"}, {"capabilities", {{"resume", true}}}});
    EXPECT_EQ(h.last(a, "joined")["seq"], 1);
    h.say(a, {{"type", "offer"}, {"seq", 1}, {"sdp", {{"type", "offer"}, {"sdp", "v"}}}});
    EXPECT_EQ(h.commands_of<RemoteDescription>().size(), 1U);
}

TEST_F(Resume, LeavingIsForGood) {
    const auto token = token_of(h, a);
    h.say(a, {{"type", "leave"}});
    h.drop(a);
    const auto c = h.open(returning(token, 0));
    EXPECT_EQ(h.last_code(c), "resume_failed");
    // So is a page that goes away.
    const auto [d, d_id] = h.join("r", resumable());
    const auto other = token_of(h, d);
    h.drop(d, 1001);
    EXPECT_EQ(h.last(b, "participant-left")["clientId"], d_id);
    const auto e = h.open(returning(other, 0));
    EXPECT_EQ(h.last_code(e), "resume_failed");
}

TEST_F(Resume, AClientThatDidNotAskIsGoneAtOnce) {
    h.drop(b);
    EXPECT_EQ(h.last(a, "participant-left")["reason"], "disconnected");
    EXPECT_EQ(h.service.counters().detached, 0U);
}

TEST(Heartbeat, AsksTheSilentAndGivesUpAfterTenSeconds) {
    Harness h;
    const auto [a, a_id] = h.join("r", resumable());
    h.advance(4999ms, false);
    EXPECT_EQ(h.clients[a].pings, 0);
    h.advance(1ms, false);
    EXPECT_EQ(h.clients[a].pings, 1);
    h.advance(4999ms, false);
    EXPECT_FALSE(h.is_closed(a));
    h.advance(1ms, false);
    ASSERT_TRUE(h.is_closed(a));
    EXPECT_EQ(h.clients[a].closed->code, 4001);
    EXPECT_EQ(h.service.counters().detached, 1U) << "and may resume";
    EXPECT_EQ(h.service.counters().heartbeat_timeouts, 1U);
}

TEST(Heartbeat, LeavesTalkersAndAnswerersAlone) {
    Harness h;
    const auto [a, a_id] = h.join("r");
    const auto [b, b_id] = h.join("r");
    for (int i = 0; i < 100; ++i) {
        h.advance(3s);
        h.say(a, {{"type", "ping"}, {"timestamp", i + 0.5}});
        EXPECT_EQ(h.last(a, "pong")["timestamp"], i + 0.5);
    }
    EXPECT_EQ(h.clients[a].pings, 0);
    EXPECT_GE(h.clients[b].pings, 50);
    EXPECT_FALSE(h.is_closed(a));
    EXPECT_FALSE(h.is_closed(b));
}

}  // namespace
}  // namespace parley::signal
