// Two agents and the network between them, in virtual time.

#include <gtest/gtest.h>

#include "ice/virtual_link.hpp"

namespace parley::ice {
namespace {

using testing::at;
using testing::Host;
using testing::host_candidate;
using testing::World;

constexpr const char* kClient = "192.0.2.1:5000";
constexpr const char* kServer = "198.51.100.1:7000";

Config controlling() {
    Config config;
    config.controlling = true;
    return config;
}
Config server() {
    Config config;
    config.answer_only = true;
    return config;
}
bool both_connected(const Host& a, const Host& b) {
    return a.connected() && b.connected();
}

TEST(IcePair, TwoFullAgentsConnect) {
    World world;
    auto& a = world.add(controlling(), {kClient});
    auto& b = world.add({}, {kServer});
    world.join(a, b);
    const auto start = world.now;
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(a, b); }));
    EXPECT_LE(world.now - start, 250ms);
    EXPECT_EQ(a.agent.selected_path()->remote, at(kServer));
    EXPECT_EQ(b.agent.selected_path()->remote, at(kClient));
    EXPECT_EQ(a.agent.state(), State::kCompleted);
    EXPECT_EQ(a.agent.round_trip_time(), 40ms);
    EXPECT_EQ(a.states(), (std::vector{State::kChecking, State::kCompleted}));
    EXPECT_TRUE(a.agent.proven(*a.agent.selected_path()));
    EXPECT_EQ(a.count<PathSelected>(), 1U);
}

TEST(IcePair, ConnectsOverIpv6AndPrefersTheBetterPair) {
    World world;
    auto& a = world.add(controlling(), {"[2001:db8::1]:5000", kClient});
    auto& b = world.add({}, {"[2001:db8::2]:7000", kServer});
    world.join(a, b);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(a, b); }));
    EXPECT_EQ(a.agent.selected_path()->remote, at("[2001:db8::2]:7000"));
    EXPECT_EQ(b.agent.selected_path()->remote, at("[2001:db8::1]:5000"));
}

TEST(IcePair, FallsBackWhenTheBetterPairIsDead) {
    World world;
    auto& a = world.add(controlling(), {"[2001:db8::1]:5000", kClient});
    auto& b = world.add({}, {"[2001:db8::2]:7000", kServer});
    world.lose = [](const auto& from, const auto&, auto) { return from.ip.is_v6(); };
    world.join(a, b);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(a, b); }));
    EXPECT_EQ(a.agent.selected_path()->remote, at(kServer));
}

TEST(IcePair, TrickledCandidatesConnect) {
    World world;
    auto& a = world.add(controlling(), {kClient});
    auto& b = world.add({}, {kServer});
    world.exchange_credentials(a, b);
    world.run_for(3s);
    EXPECT_EQ(a.agent.state(), State::kChecking);
    world.list_candidates(b, a);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(a, b); }));
}

TEST(IcePair, AServerConnectsAPeerThatListedNothing) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    world.exchange_credentials(client, sfu);
    world.list_candidates(sfu, client);
    const auto start = world.now;
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    EXPECT_LE(world.now - start, 250ms);
    EXPECT_EQ(sfu.agent.selected_path()->remote, at(kClient));
    EXPECT_EQ(sfu.count<PathProven>(), 1U);
}

TEST(IcePair, AServerMayAnswerADtlsHandshakeOneRoundTripAfterTheFirstCheck) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    world.exchange_credentials(client, sfu);
    world.list_candidates(sfu, client);
    const auto start = world.now;
    ASSERT_TRUE(world.run_within(2s, [&] { return sfu.agent.handshake_path().has_value(); }));
    EXPECT_EQ(world.now - start, 20ms) << "as soon as the first check arrived";
    EXPECT_FALSE(sfu.agent.selected_path()) << "media waits for the answer to our check";
    EXPECT_TRUE(sfu.agent.proven(*sfu.agent.handshake_path()));
}

TEST(IcePair, AServerSendsNothingToListedCandidates) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    world.exchange_credentials(client, sfu);
    client.mute.insert(at(kClient));
    world.list_candidates(client, sfu);
    auto inside = host_candidate(at("10.0.0.7:22"));
    sfu.agent.add_remote_candidate(inside, world.now);
    inside.host_name = "abc.local";
    sfu.agent.add_remote_candidate(inside, world.now);
    world.run_for(60s);
    EXPECT_EQ(sfu.stun_sent, 0U);
    EXPECT_EQ(sfu.agent.stats().ignored_candidates, 2U);
    EXPECT_EQ(sfu.agent.stats().named_candidates, 1U);
    EXPECT_EQ(sfu.agent.state(), State::kFailed);
}

TEST(IcePair, ChecksBeforeTheRemoteDescriptionAreAnsweredAndUsedLater) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    client.agent.set_remote_credentials(sfu.agent.local_credentials(), world.now);
    world.list_candidates(sfu, client);
    world.run_for(1s);
    EXPECT_TRUE(client.connected()) << "our answers need only our own password";
    EXPECT_FALSE(sfu.agent.selected_path());
    EXPECT_EQ(sfu.agent.stats().checks_sent, 0U);
    sfu.agent.set_remote_credentials(client.agent.local_credentials(), world.now);
    const auto start = world.now;
    ASSERT_TRUE(world.run_within(1s, [&] { return sfu.connected(); }));
    EXPECT_EQ(world.now - start, 40ms);
}

TEST(IcePair, EarlyChecksOfAnotherSessionAreForgotten) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    client.agent.set_remote_credentials(sfu.agent.local_credentials(), world.now);
    world.list_candidates(sfu, client);
    world.run_for(100ms);
    ASSERT_EQ(sfu.count<PathProven>(), 1U);
    SeededSecret other(99);
    sfu.agent.set_remote_credentials(Credentials::generate(other), world.now);
    world.run_for(10ms);
    EXPECT_EQ(sfu.count<PathForgotten>(), 1U);
}

TEST(IcePair, ConnectsThroughANat) {
    World world;
    auto& client = world.add(controlling(), {"10.0.0.2:5000"});
    auto& sfu = world.add(server(), {kServer});
    world.rebind(client, at("10.0.0.2:5000"), "203.0.113.1:40000");
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    EXPECT_EQ(sfu.agent.selected_path()->remote, at("203.0.113.1:40000"));
}

TEST(IcePair, ConnectsUnderThirtyPercentLoss) {
    std::size_t late = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        World world(seed);
        world.loss = 0.3;
        world.jitter = 30ms;
        auto& client = world.add(controlling(), {kClient});
        auto& sfu = world.add(server(), {kServer});
        world.join(client, sfu);
        ASSERT_TRUE(world.run_within(30s, [&] { return both_connected(client, sfu); })) << seed;
        late += world.now - Instant(1000s) > 4s ? 1 : 0;
        world.run_for(120s);
        EXPECT_TRUE(both_connected(client, sfu) || world.run_within(10s, [&] {
            return both_connected(client, sfu);
        })) << seed;
        EXPECT_EQ(client.count<ConsentLost>(), 0U) << seed;
        EXPECT_EQ(sfu.count<ConsentLost>(), 0U) << seed;
    }
    EXPECT_LE(late, 8U);
}

TEST(IcePair, MediaIsBackSoonAfterANatRebinding) {
    for (const auto delay : {5ms, 20ms, 80ms}) {
        World world;
        world.delay = delay;
        auto& client = world.add(controlling(), {"10.0.0.2:5000"});
        auto& sfu = world.add(server(), {kServer});
        world.rebind(client, at("10.0.0.2:5000"), "203.0.113.1:40000");
        world.join(client, sfu);
        ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
        world.start_media(client);
        world.start_media(sfu);
        world.run_for(3s);
        world.rebind(client, at("10.0.0.2:5000"), "203.0.113.1:40001");
        const auto rebound = world.now;
        client.media_received.clear();
        sfu.media_received.clear();
        // What was on its way to the old port is lost; the first packet after that is the measure.
        const auto in_flight = rebound + delay;
        ASSERT_TRUE(world.run_within(2s, [&] {
            return !client.media_received.empty() && client.media_received.back() > in_flight &&
                   sfu.agent.selected_path()->remote == at("203.0.113.1:40001");
        })) << to_ms(delay);
        const auto gap = world.now - rebound;
        RecordProperty("gap_ms_" + std::to_string(to_ms(delay)), static_cast<int>(to_ms(gap)));
        EXPECT_LE(gap, 500ms) << to_ms(delay);
        EXPECT_LE(sfu.media_received.front() - rebound, 500ms);
        EXPECT_TRUE(both_connected(client, sfu));
        EXPECT_EQ(sfu.agent.stats().path_changes, 1U);
    }
}

TEST(IcePair, ANatRebindingWithoutMediaIsFollowedByTheNextCheck) {
    World world;
    auto& client = world.add(controlling(), {"10.0.0.2:5000"});
    auto& sfu = world.add(server(), {kServer});
    world.rebind(client, at("10.0.0.2:5000"), "203.0.113.1:40000");
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    world.run_for(3s);
    world.rebind(client, at("10.0.0.2:5000"), "203.0.113.1:40001");
    ASSERT_TRUE(world.run_within(
        7s, [&] { return sfu.agent.selected_path()->remote == at("203.0.113.1:40001"); }));
}

TEST(IcePair, AControllingAgentFollowsItsPeersRebinding) {
    World world;
    auto& a = world.add(controlling(), {kClient});
    auto& b = world.add({}, {"10.0.0.2:5000"});
    world.rebind(b, at("10.0.0.2:5000"), "203.0.113.1:40000");
    world.join(a, b);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(a, b); }));
    world.start_media(a);
    world.start_media(b);
    world.run_for(1s);
    world.rebind(b, at("10.0.0.2:5000"), "203.0.113.1:40001");
    ASSERT_TRUE(world.run_within(
        500ms, [&] { return a.agent.selected_path()->remote == at("203.0.113.1:40001"); }));
}

TEST(IcePair, ARestartKeepsTheOldPathUntilTheNewOneIsSelected) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    const auto old_ufrag = sfu.agent.local_credentials().ufrag;
    world.start_media(client);
    world.start_media(sfu);
    world.run_for(1s);

    // The client offers a restart; the answer needs ten seconds (a slow signaling path).
    client.agent.restart(world.now);
    sfu.agent.restart(world.now);
    ASSERT_NE(sfu.agent.previous_local_credentials(), nullptr);
    EXPECT_EQ(sfu.agent.previous_local_credentials()->ufrag, old_ufrag);
    sfu.agent.set_remote_credentials(client.agent.local_credentials(), world.now);
    client.media_received.clear();
    sfu.media_received.clear();
    world.run_for(10s);
    EXPECT_TRUE(both_connected(client, sfu));
    EXPECT_GE(client.media_received.size(), 495U);
    EXPECT_GE(sfu.media_received.size(), 495U);
    EXPECT_EQ(client.count<PathSelected>(), 1U);

    client.agent.set_remote_credentials(sfu.agent.local_credentials(), world.now);
    world.list_candidates(sfu, client);
    ASSERT_TRUE(world.run_within(
        1s, [&] { return client.count<PathSelected>() == 2 && sfu.count<PathSelected>() == 2; }));
    world.run_for(60s);
    EXPECT_EQ(sfu.agent.previous_local_credentials(), nullptr);
    EXPECT_TRUE(both_connected(client, sfu));
    EXPECT_EQ(sfu.media_refused + client.media_refused, 0U);
    EXPECT_TRUE(sfu.agent.proven(*sfu.agent.selected_path()));
    EXPECT_EQ(sfu.count<PathForgotten>(), 0U) << "the same five-tuple lives on";
}

// Chromium leaves a dead path for a pair of the new session, sends media there, and names the pair
// only with its next check, 2.5 s later.
TEST(IcePair, MediaOfARestartedSessionIsFollowedWhenTheOldPathIsSilent) {
    World world;
    auto& client = world.add(controlling(), {kClient, "192.0.2.2:5000"});
    auto& sfu = world.add(server(), {kServer});
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    const auto old_path = *sfu.agent.selected_path();
    world.lose = [&](const auto& from, const auto& to, BytesView bytes) {
        const auto message = stun::Message::parse(bytes);
        const bool names = message && message->has(stun::Attribute::kUseCandidate);
        return names || from == old_path.remote || to == old_path.remote;
    };
    client.agent.restart(world.now);
    sfu.agent.restart(world.now);
    world.join(client, sfu);
    world.run_for(2s);
    ASSERT_EQ(*sfu.agent.selected_path(), old_path);
    auto path = old_path;
    path.remote = old_path.remote == at(kClient) ? at("192.0.2.2:5000") : at(kClient);
    sfu.agent.on_media(path, world.now);
    EXPECT_EQ(*sfu.agent.selected_path(), path);
    EXPECT_EQ(sfu.agent.previous_local_credentials(), nullptr) << "the old session is over";
}

TEST(IcePair, ARestartToANewAddressForgetsTheOldOne) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    client.locals.push_back(at("192.0.2.9:5001"));
    client.mute.insert(at(kClient));
    client.agent.restart(world.now);
    client.agent.remove_local_candidate(at(kClient), world.now);
    client.agent.add_local_candidate(host_candidate(at("192.0.2.9:5001")), world.now);
    sfu.agent.restart(world.now);
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(1s, [&] {
        return sfu.agent.selected_path() &&
               sfu.agent.selected_path()->remote == at("192.0.2.9:5001");
    }));
    EXPECT_EQ(sfu.count<PathForgotten>(), 1U);
}

TEST(IcePair, RestartsInARowLeaveTheOldPathAlone) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    for (int i = 0; i < 5; ++i) {
        client.agent.restart(world.now);
        sfu.agent.restart(world.now);
        world.run_for(12s);
        ASSERT_TRUE(both_connected(client, sfu)) << i;
    }
    EXPECT_EQ(sfu.count<ConsentLost>(), 0U);
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(1s, [&] { return sfu.count<PathSelected>() == 2; }));
}

TEST(IcePair, RoleConflictsResolve) {
    for (const bool both_lead : {true, false}) {
        World world;
        Config config;
        config.controlling = both_lead;
        auto& a = world.add(config, {kClient});
        auto& b = world.add(config, {kServer});
        world.join(a, b);
        ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(a, b); })) << both_lead;
        EXPECT_NE(a.agent.controlling(), b.agent.controlling());
        EXPECT_LE(a.agent.stats().role_conflicts + b.agent.stats().role_conflicts, 3U);
        EXPECT_EQ(a.count<RoleChanged>() + b.count<RoleChanged>(), 1U);
    }
}

// S10.
TEST(IcePair, EqualTieBreakersResolveInThreeExchanges) {
    for (const bool both_lead : {true, false}) {
        World world;
        Config config;
        config.controlling = both_lead;
        // The same seed gives the same tie-breaker, and other seeds afterwards tell them apart.
        SeededSecret secret_a(5);
        SeededSecret secret_b(5);
        Random random(1);
        Agent a(config, secret_a, random);
        Agent b(config, secret_b, random);
        (void)secret_b.next_u64();
        a.add_local_candidate(host_candidate(at(kClient)), world.now);
        b.add_local_candidate(host_candidate(at(kServer)), world.now);
        b.restart(world.now);
        a.set_remote_credentials(b.local_credentials(), world.now);
        b.set_remote_credentials(a.local_credentials(), world.now);
        a.add_remote_candidate(host_candidate(at(kServer)), world.now);
        b.add_remote_candidate(host_candidate(at(kClient)), world.now);
        int exchanges = 0;
        std::array<std::uint8_t, net::kMaxDatagram> out{};
        const auto carry = [&](Agent& from, Agent& to) {
            std::vector<std::vector<std::uint8_t>> messages;
            while (const auto sent = from.poll_transmit(world.now, out)) {
                messages.emplace_back(out.begin(), out.begin() + sent->size);
            }
            return [&to, &world, messages, back = &from == &a]() mutable {
                for (auto& message : messages) {
                    const net::Path path{net::Protocol::kUdp, at(back ? kServer : kClient),
                                         at(back ? kClient : kServer), 0};
                    net::Datagram datagram{path, message};
                    (void)to.handle_receive(datagram, world.now);
                }
            };
        };
        while (a.controlling() == b.controlling() && exchanges < 10) {
            ++exchanges;
            // Requests cross, then answers cross.
            for (int leg = 0; leg < 2; ++leg) {
                auto to_b = carry(a, b);
                auto to_a = carry(b, a);
                to_b();
                to_a();
            }
            world.now += 50ms;
            a.handle_timeout(world.now);
            b.handle_timeout(world.now);
        }
        EXPECT_LE(exchanges, 3) << both_lead;
    }
}

TEST(IcePair, ConsentExpiresAfterThirtySeconds) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    world.run_for(20s);
    world.loss = 1;
    const auto cut = world.now;
    ASSERT_TRUE(world.run_within(20s, [&] { return sfu.agent.state() == State::kDisconnected; }));
    EXPECT_LE(world.now - cut, 5s + 40ms);
    EXPECT_GE(world.now - cut, 2s);
    ASSERT_TRUE(world.run_within(60s, [&] { return sfu.agent.state() == State::kFailed; }));
    EXPECT_LE(world.now - cut, 30s + 40ms);
    EXPECT_GE(world.now - cut, 24s);
    EXPECT_FALSE(sfu.agent.selected_path());
    world.run_for(5s);
    const auto sent = sfu.stun_sent;
    world.run_for(60s);
    EXPECT_EQ(sfu.stun_sent, sent) << "nothing is sent without consent";
}

TEST(IcePair, AQuietPathComesBack) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    world.loss = 1;
    world.run_for(15s);
    EXPECT_EQ(sfu.agent.state(), State::kDisconnected);
    world.loss = 0;
    ASSERT_TRUE(world.run_within(1100ms, [&] { return both_connected(client, sfu); }));
    EXPECT_EQ(sfu.agent.stats().path_changes, 0U);
}

// One way is dead: the server hears the client, and the client hears nothing.
TEST(IcePair, OneWayLossIsNoticedByTheDeafSideAndStopsTheOther) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    world.start_media(client);
    world.start_media(sfu);
    world.run_for(1s);
    world.lose = [](const auto& from, const auto&, auto) { return from == at(kServer); };
    const auto cut = world.now;
    ASSERT_TRUE(world.run_within(6s, [&] { return client.agent.state() == State::kDisconnected; }));
    ASSERT_TRUE(world.run_within(40s, [&] { return !sfu.agent.selected_path(); }));
    EXPECT_LE(world.now - cut, 31s) << "never longer without consent";
    EXPECT_EQ(sfu.count<ConsentLost>(), 1U);
}

TEST(IcePair, TheSessionBeforeARestartIsForgottenWithItsPath) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    const net::Path old = *sfu.agent.selected_path();
    world.loss = 1;
    for (int i = 0; i < 3; ++i) {
        sfu.agent.restart(world.now);
        sfu.agent.set_remote_credentials(Credentials::generate(client.secret), world.now);
        world.run_for(90s);
        EXPECT_FALSE(sfu.agent.proven(old)) << i;
        EXPECT_EQ(sfu.count<PathForgotten>(), 1U);
    }
}

// It gets nothing any more, so its owner is to know; what it sends is as good as before.
TEST(IcePair, APeerThatStopsAnsweringFailsButMayStillPublish) {
    World world;
    auto& client = world.add(controlling(), {kClient});
    auto& sfu = world.add(server(), {kServer});
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    world.run_for(10s);  // it has renewed its consent
    client.answers_checks = false;
    world.start_media(client);
    world.run_for(120s);
    EXPECT_EQ(sfu.agent.state(), State::kFailed);
    EXPECT_FALSE(sfu.agent.selected_path()) << "receiving needs no consent, sending does";
    EXPECT_EQ(sfu.media_refused, 0U);
}

// Consent ends a little before the path is taken for dead: who is heard again meanwhile is not
// connected, for nothing may be sent to it.
TEST(IcePair, AnOutageOfNearlyTheLifeOfConsentIsToldAndARestartEndsIt) {
    for (int phase = 0; phase < 6; ++phase) {
        for (int seconds = 25; seconds <= 31; ++seconds) {
            World world(static_cast<std::uint64_t>(phase) + 1);
            Config patient = controlling();
            patient.timings.consent_expiry = 3600s;  // as a browser that slept meanwhile
            auto& client = world.add(patient, {kClient});
            auto& sfu = world.add(server(), {kServer});
            world.join(client, sfu);
            ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
            world.start_media(client);
            world.start_media(sfu);
            world.run_for(20s + phase * 500ms);
            world.lose = [](const auto&, const auto&, auto) { return true; };
            world.run_for(Duration(1s) * seconds);
            world.lose = nullptr;
            client.media_received.clear();
            sfu.events.clear();
            world.run_for(120s);
            SCOPED_TRACE(std::to_string(seconds) + " s, phase " + std::to_string(phase));
            EXPECT_EQ(sfu.connected(), sfu.agent.selected_path().has_value());
            EXPECT_LE(sfu.count<StateChanged>(), 2U) << "it does not go to and fro";
            if (sfu.connected()) {
                EXPECT_GT(client.media_received.size(), 100U);
                continue;
            }
            EXPECT_EQ(sfu.agent.state(), State::kFailed);
            client.agent.restart(world.now);
            sfu.agent.restart(world.now);
            world.exchange_credentials(client, sfu);
            world.list_candidates(client, sfu);
            EXPECT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
        }
    }
}

TEST(IcePair, AnAgentWithTwoPathsSurvivesTheLossOfOne) {
    World world;
    auto& a = world.add(controlling(), {kClient, "203.0.113.1:5000"});
    auto& b = world.add({}, {kServer});
    world.join(a, b);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(a, b); }));
    world.run_for(1s);
    const auto lost = a.agent.selected_path()->local;
    world.lose = [lost](const auto& from, const auto& to, auto) {
        return from == lost || to == lost;
    };
    ASSERT_TRUE(world.run_within(
        8s, [&] { return both_connected(a, b) && a.agent.selected_path()->local != lost; }));
    ASSERT_TRUE(world.run_within(1s, [&] { return b.agent.selected_path()->remote != lost; }));
}

TEST(IcePair, PassiveTcpOnTheServerConnects) {
    World world;
    auto& client = world.add(controlling(), {});
    auto& sfu = world.add(server(), {});
    client.locals.push_back(at(kClient));
    sfu.locals.push_back(at(kServer));
    client.agent.add_local_candidate(
        host_candidate(at(kClient), net::Protocol::kTcp, TcpType::kActive), world.now);
    sfu.agent.add_local_candidate(
        host_candidate(at(kServer), net::Protocol::kTcp, TcpType::kPassive), world.now);
    world.join(client, sfu);
    ASSERT_TRUE(world.run_within(2s, [&] { return both_connected(client, sfu); }));
    const auto path = *sfu.agent.selected_path();
    EXPECT_EQ(path.protocol, net::Protocol::kTcp);
    EXPECT_NE(path.connection, 0U);
    world.run_for(60s);
    EXPECT_TRUE(both_connected(client, sfu));
    EXPECT_EQ(sfu.agent.stats().checks_resent, 0U) << "TCP repeats by itself";

    // The connection breaks; the client opens another.
    sfu.agent.on_tcp_closed(path, world.now);
    EXPECT_FALSE(sfu.agent.selected_path());
    EXPECT_FALSE(sfu.agent.proven(path));
    EXPECT_EQ(sfu.agent.state(), State::kDisconnected);
    client.agent.on_tcp_closed(*client.agent.selected_path(), world.now);
    EXPECT_EQ(client.agent.state(), State::kDisconnected);
    ASSERT_TRUE(world.run_within(1s, [&] { return both_connected(client, sfu); }));
    EXPECT_NE(sfu.agent.selected_path()->connection, path.connection);

    // And for good.
    client.mute.insert(at(kClient));
    sfu.agent.on_tcp_closed(*sfu.agent.selected_path(), world.now);
    ASSERT_TRUE(world.run_within(31s, [&] { return sfu.agent.state() == State::kFailed; }));
}

}  // namespace
}  // namespace parley::ice
