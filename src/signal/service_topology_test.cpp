// Rooms with topology `auto`: mesh for two that can, and the move to the SFU.

#include "signal/harness_test.hpp"

namespace parley::signal {
namespace {

using Types = std::vector<std::string>;

Config auto_config() {
    Config config;
    config.topology = Topology::kAuto;
    return config;
}
Json only_mesh() {
    return {{"capabilities", {{"topology", {"mesh"}}}}};
}

TEST(Auto, TwoThatCanAreAMesh) {
    Harness h(auto_config());
    const auto [a, a_id] = h.join("r", can_mesh());
    EXPECT_EQ(h.last(a, "joined")["topology"], "mesh");
    h.advance(10s);  // alone is no reason to move
    const auto [b, b_id] = h.join("r", can_mesh());
    EXPECT_EQ(h.last(b, "joined")["peers"][0]["id"], a_id);
    EXPECT_EQ(h.last(a, "peer-joined")["clientId"], b_id);
    h.say(a, {{"type", "mesh-connected"}});
    h.advance(2s);
    h.say(b, {{"type", "mesh-connected"}});
    h.advance(60s);
    EXPECT_TRUE(h.commands.empty());
    EXPECT_TRUE(h.all(a, "topology").empty());
    EXPECT_EQ(h.service.counters().rooms_mesh, 1U);
}

TEST(Auto, AMeshThatDoesNotConnectMovesAfterThreeSeconds) {
    Harness h(auto_config());
    const auto [a, a_id] = h.join("r", can_mesh());
    const auto [b, b_id] = h.join("r", can_mesh());
    h.say(a, {{"type", "mesh-connected"}});  // one of two
    h.advance(2999ms);
    EXPECT_TRUE(h.all(a, "topology").empty());
    h.advance(1ms);
    for (const auto id : {a, b}) {
        const auto moved = h.last(id, "topology");
        EXPECT_EQ(moved["topology"], "sfu");
        EXPECT_EQ(moved["reason"], "mesh-timeout");
        EXPECT_EQ(moved["peers"][0]["id"], "sfu");
        EXPECT_TRUE(h.all(id, "peer-left").empty());
    }
    EXPECT_EQ(h.commands_of<CreatePeer>().size(), 2U);
    EXPECT_EQ(h.service.counters().topology_switches, 1U);
    h.say(a, offer_for("sfu"));
    EXPECT_EQ(h.commands_of<RemoteDescription>().size(), 1U);
}

TEST(Auto, TheOldConnectionLingers) {
    Harness h(auto_config());
    const auto [a, a_id] = h.join("r", can_mesh());
    const auto [b, b_id] = h.join("r", can_mesh());
    h.advance(3s);
    h.say(a, {{"type", "ice-candidate"}, {"to", b_id}, {"candidate", nullptr}});
    EXPECT_EQ(h.all(b, "ice-candidate").size(), 1U);
    h.advance(10s);
    h.say(a, {{"type", "ice-candidate"}, {"to", b_id}, {"candidate", nullptr}});
    EXPECT_EQ(h.last_code(a), "target_not_found");
}

TEST(Auto, TheThirdMovesTheRoom) {
    Harness h(auto_config());
    const auto [a, a_id] = h.join("r", can_mesh());
    const auto [b, b_id] = h.join("r", can_mesh());
    h.say(a, {{"type", "mesh-connected"}});
    h.say(b, {{"type", "mesh-connected"}});
    h.forget(a);
    const auto [c, c_id] = h.join("r", can_mesh());
    EXPECT_EQ(h.types(a), (Types{"topology", "participant-joined"}));
    EXPECT_EQ(h.last(a, "topology")["reason"], "third-participant");
    EXPECT_EQ(h.last(c, "joined")["topology"], "sfu");
    EXPECT_EQ(h.last(c, "joined")["peers"][0]["id"], "sfu");
    EXPECT_EQ(h.last(c, "joined")["participants"].size(), 2U);
    EXPECT_EQ(h.commands_of<CreatePeer>().size(), 3U);
    // It never returns before it is empty.
    h.say(c, {{"type", "leave"}});
    h.say(b, {{"type", "leave"}});
    const auto [d, d_id] = h.join("r", can_mesh());
    EXPECT_EQ(h.last(d, "joined")["topology"], "sfu");
    h.say(d, {{"type", "leave"}});
    h.say(a, {{"type", "leave"}});
    const auto [e, e_id] = h.join("r", can_mesh());
    EXPECT_EQ(h.last(e, "joined")["topology"], "mesh");
}

TEST(Auto, AClientThatCannotMovesTheRoom) {
    Harness h(auto_config());
    const auto [a, a_id] = h.join("r", can_mesh());
    h.forget(a);
    const auto [b, b_id] = h.join("r");
    EXPECT_EQ(h.types(a), (Types{"topology", "participant-joined"}));
    EXPECT_EQ(h.last(a, "topology")["reason"], "client-cannot-mesh");
    EXPECT_EQ(h.types(b), (Types{"welcome", "joined"}));
    EXPECT_EQ(h.last(b, "joined")["peers"][0]["id"], "sfu");
    // First one that cannot: SFU from the start, and nobody is told of a move.
    const auto [c, c_id] = h.join("s");
    EXPECT_EQ(h.types(c), (Types{"welcome", "joined"}));
    EXPECT_EQ(h.last(c, "joined")["topology"], "sfu");
    EXPECT_EQ(h.service.counters().topology_switches, 1U);
}

TEST(Auto, AClientWithoutTopologyMessagesIsMovedByOrdinaryOnes) {
    Harness h(auto_config());
    const auto [a, a_id] = h.join("r", only_mesh());
    const auto [b, b_id] = h.join("r", can_mesh());
    h.say(b, {{"type", "mesh-connected"}});
    h.advance(10s);
    EXPECT_TRUE(h.commands.empty()) << "the one that can report has reported";
    h.forget(a);
    h.forget(b);
    const auto [c, c_id] = h.join("r", can_mesh());
    EXPECT_EQ(h.types(a), (Types{"peer-left", "joined", "participant-joined"}));
    EXPECT_EQ(h.last(a, "peer-left")["clientId"], b_id);
    const auto joined = h.last(a, "joined");
    EXPECT_EQ(joined["clientId"], a_id);
    ASSERT_EQ(joined["peers"].size(), 1U);
    EXPECT_EQ(joined["peers"][0]["id"], "sfu");
    ASSERT_EQ(joined["participants"].size(), 1U);
    EXPECT_EQ(joined["participants"][0]["id"], b_id);
    EXPECT_EQ(h.types(b), (Types{"topology", "participant-joined"}));
}

TEST(Auto, TwoWithoutTopologyMessagesMoveAtTheTimer) {
    Harness h(auto_config());
    const auto [a, a_id] = h.join("r", only_mesh());
    const auto [b, b_id] = h.join("r", only_mesh());
    h.advance(3s);
    EXPECT_EQ(h.last(a, "peer-left")["clientId"], b_id);
    EXPECT_EQ(h.last(b, "peer-left")["clientId"], a_id);
    EXPECT_EQ(h.last(b, "joined")["peers"][0]["id"], "sfu");
}

TEST(Auto, AReportedFailureMovesAtOnce) {
    Harness h(auto_config());
    const auto [a, a_id] = h.join("r", can_mesh());
    h.say(a, {{"type", "mesh-failed"}});  // alone: nothing to fail
    const auto [b, b_id] = h.join("r", can_mesh());
    h.say(b, {{"type", "mesh-failed"}, {"reason", "ICE failed"}});
    EXPECT_EQ(h.last(a, "topology")["reason"], "mesh-failed");
    h.say(a, {{"type", "mesh-failed"}});  // crossed the move
    h.say(a, {{"type", "mesh-connected"}});
    EXPECT_EQ(h.all(a, "topology").size(), 1U);
    EXPECT_TRUE(h.all(a, "error").empty());
}

TEST(Auto, AnotherSecondStartsTheClockAgain) {
    Harness h(auto_config());
    const auto [a, a_id] = h.join("r", can_mesh());
    const auto [b, b_id] = h.join("r", can_mesh());
    h.say(a, {{"type", "mesh-connected"}});
    h.advance(1s);
    h.say(b, {{"type", "leave"}});
    h.advance(10s);
    EXPECT_TRUE(h.all(a, "topology").empty());
    const auto [c, c_id] = h.join("r", can_mesh());
    h.say(c, {{"type", "mesh-connected"}});  // a's old report counts no more
    h.advance(3s);
    EXPECT_EQ(h.all(a, "topology").size(), 1U);
}

TEST(Auto, AMeshRoomStaysAMesh) {
    Harness h;
    const auto [a, a_id] = h.join("r", {{"topology", "mesh"}});
    h.join("r");
    h.join("r");
    h.advance(60s);
    EXPECT_EQ(h.service.counters().rooms_mesh, 1U);
    EXPECT_TRUE(h.commands.empty());
}

}  // namespace
}  // namespace parley::signal
