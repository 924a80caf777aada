// One agent against a scripted peer: what particular clients do, and what attackers do.

#include "ice/agent.hpp"

#include <functional>
#include <gtest/gtest.h>

#include "base/allocation_counter_testing.hpp"
#include "ice/virtual_link.hpp"
#include "stun/builder.hpp"
#include "stun/credentials.hpp"

namespace parley::ice {

namespace {

using testing::at;
using testing::host_candidate;

const auto kLocal = at("198.51.100.1:7000");
const auto kRemote = at("192.0.2.1:5000");
const Credentials kTheirs{"them", "ThePasswordOfTheScriptedPeer"};

using Bytes = std::vector<std::uint8_t>;

struct Check {
    std::optional<std::uint32_t> priority = 0x6E0001FF;
    std::optional<std::uint64_t> controlling = 1;
    std::optional<std::uint64_t> controlled;
    bool use_candidate = false;
    std::optional<std::string> password;
    std::optional<std::string> username;
    std::optional<stun::Attribute> extra;
    bool integrity = true;
};

/// A server's agent and a peer that the test plays by hand.
class IceAgentTest : public ::testing::Test {
 protected:
    IceAgentTest() { make({.answer_only = true, .credentials = kOurs}); }

    void make(Config config) {
        agent.emplace(std::move(config), secret, random);
        agent->add_local_candidate(host_candidate(kLocal), now);
    }
    void know_peer() { agent->set_remote_credentials(kTheirs, now); }

    static net::Path path_from(const net::SocketAddress& remote) {
        return {net::Protocol::kUdp, kLocal, remote, 0};
    }
    static net::SocketAddress source(std::size_t i) {
        return {net::IpAddress::v4(static_cast<std::uint32_t>(0xC0000200 + i / 1000)),
                static_cast<std::uint16_t>(10000 + i % 1000)};
    }

    Bytes write(const Check& check) {
        Bytes out(1024);
        stun::TransactionId id;
        script.fill(id);
        stun::Builder b(out, stun::Class::kRequest, stun::Method::kBinding, id);
        b.text(stun::Attribute::kUsername,
               check.username.value_or(kOurs.ufrag + ":" + kTheirs.ufrag));
        if (check.priority) b.u32(stun::Attribute::kPriority, *check.priority);
        if (check.controlling) b.u64(stun::Attribute::kIceControlling, *check.controlling);
        if (check.controlled) b.u64(stun::Attribute::kIceControlled, *check.controlled);
        if (check.use_candidate) b.flag(stun::Attribute::kUseCandidate);
        if (check.extra) b.flag(*check.extra);
        if (check.integrity) {
            b.integrity(stun::short_term_key(check.password.value_or(kOurs.pwd)));
        }
        b.fingerprint();
        out.resize(b.finish());
        return out;
    }
    Result<Handled, Error> receive(Bytes bytes, const net::SocketAddress& from = kRemote) {
        net::Datagram datagram{path_from(from), bytes};
        return agent->handle_receive(datagram, now);
    }
    Result<Handled, Error> receive(const Check& check, const net::SocketAddress& from = kRemote) {
        return receive(write(check), from);
    }

    struct Sent {
        net::Path path;
        Bytes bytes;
        stun::Message message() const { return *stun::Message::parse(bytes); }
        bool is(stun::Class c) const { return message().is(c, stun::Method::kBinding); }
    };
    std::vector<Sent> sent() {
        std::vector<Sent> list;
        std::array<std::uint8_t, net::kMaxDatagram> out{};
        while (const auto transmit = agent->poll_transmit(now, out)) {
            list.push_back({transmit->path, {out.begin(), out.begin() + transmit->size}});
        }
        return list;
    }
    Bytes answer(const Sent& request, std::string_view password = kTheirs.pwd) {
        Bytes out(512);
        stun::Builder b(out, stun::Class::kSuccess, stun::Method::kBinding,
                        request.message().transaction_id());
        b.xor_address(stun::Attribute::kXorMappedAddress, request.path.local)
            .integrity(stun::short_term_key(password))
            .fingerprint();
        out.resize(b.finish());
        return out;
    }
    /// Answers every check of the agent that is on its way; gives their number.
    std::size_t answer_all() {
        std::size_t count = 0;
        for (const auto& request : sent()) {
            if (!request.is(stun::Class::kRequest)) continue;
            EXPECT_TRUE(receive(answer(request), request.path.remote));
            ++count;
        }
        return count;
    }
    /// Lets time pass; timers fire on the way. What is sent is lost.
    void pass(Duration duration) {
        const auto end = now + duration;
        while (agent->next_timeout() <= end) {
            now = std::max(now, agent->next_timeout());
            agent->handle_timeout(now);
            (void)sent();
        }
        now = end;
    }
    std::vector<Event> events() {
        std::vector<Event> list;
        while (auto event = agent->poll_event()) list.push_back(std::move(*event));
        return list;
    }
    template <typename T>
    std::size_t count_events() {
        std::size_t count = 0;
        for (const auto& event : events()) count += std::holds_alternative<T>(event) ? 1 : 0;
        return count;
    }
    void connect(const net::SocketAddress& from = kRemote) {
        know_peer();
        ASSERT_TRUE(receive(Check{.use_candidate = true}, from));
        ASSERT_EQ(answer_all(), 1U);
        ASSERT_EQ(agent->selected_path(), path_from(from));
    }

    static inline const Credentials kOurs{"ours", "ThePasswordOfOurOwnAgent"};
    SeededSecret secret{1};
    SeededSecret script{2};
    Random random{3};
    Instant now{1000s};
    std::optional<Agent> agent;
};

// ---- particular clients ----

TEST_F(IceAgentTest, AnswersWithTheAddressItSawAndChecksBackAtOnce) {
    know_peer();
    ASSERT_EQ(receive(Check{}), Handled::kRequest);
    const auto messages = sent();
    ASSERT_EQ(messages.size(), 2U);
    ASSERT_TRUE(messages[0].is(stun::Class::kSuccess));
    EXPECT_EQ(messages[0].message().xor_address(stun::Attribute::kXorMappedAddress), kRemote);
    EXPECT_TRUE(messages[0].message().verify_integrity(stun::short_term_key(kOurs.pwd)));
    EXPECT_TRUE(messages[0].message().has_fingerprint());
    const auto check = messages[1].message();
    EXPECT_EQ(check.username(), "them:ours");
    EXPECT_TRUE(check.verify_integrity(stun::short_term_key(kTheirs.pwd)));
    EXPECT_TRUE(check.has(stun::Attribute::kIceControlled));
    EXPECT_FALSE(check.has(stun::Attribute::kUseCandidate));
    // RFC 8445 §7.1.1: peer-reflexive type, our local preference.
    EXPECT_EQ(*check.u32(stun::Attribute::kPriority) >> 24, 110U);
}

TEST_F(IceAgentTest, TakesChecksWithoutPriorityAndRole) {
    know_peer();
    const Check ffmpeg{.priority = {}, .controlling = {}, .use_candidate = true};
    ASSERT_TRUE(receive(ffmpeg));
    EXPECT_TRUE(agent->proven(path_from(kRemote)));
    EXPECT_EQ(answer_all(), 1U);
    EXPECT_EQ(agent->selected_path(), path_from(kRemote));
    EXPECT_EQ(agent->state(), State::kConnected);
}

TEST_F(IceAgentTest, APeerThatAnswersNoChecksIsSelectedByItsHandshake) {
    know_peer();
    ASSERT_TRUE(receive(Check{.priority = {}, .controlling = {}, .use_candidate = true}));
    (void)sent();
    EXPECT_FALSE(agent->selected_path());
    EXPECT_EQ(agent->handshake_path(), path_from(kRemote));
    now += 100ms;
    agent->on_handshake_completed(path_from(kRemote), now);
    EXPECT_EQ(agent->selected_path(), path_from(kRemote));
    // It counts as consent once.
    for (int i = 0; i < 31; ++i) {
        pass(1s);
        agent->on_media(path_from(kRemote), now);
    }
    EXPECT_FALSE(agent->selected_path());
    EXPECT_EQ(agent->state(), State::kConnected);
    EXPECT_EQ(count_events<ConsentLost>(), 1U);
}

// As FFmpeg's publisher does.
TEST_F(IceAgentTest, APeerThatAnswersUntilItsHandshakeIsDoneMayPublishForEver) {
    know_peer();
    ASSERT_TRUE(receive(Check{.priority = {}, .controlling = {}, .use_candidate = true}));
    ASSERT_EQ(answer_all(), 1U);
    agent->on_handshake_completed(path_from(kRemote), now);
    (void)sent();
    for (int i = 0; i < 120; ++i) {
        pass(1s);
        agent->on_media(path_from(kRemote), now);
        (void)sent();
    }
    EXPECT_FALSE(agent->selected_path());
    EXPECT_EQ(agent->state(), State::kConnected);
}

// The peer's checks of its second path are answered, and find it; nothing goes to and fro.
TEST_F(IceAgentTest, WhereConsentWasLostAnotherPathOfThePeerTakesOver) {
    const auto other = at("192.0.2.77:7000");
    know_peer();
    ASSERT_TRUE(receive(Check{.use_candidate = true}));
    ASSERT_EQ(answer_all(), 1U);
    for (int i = 0; i < 20; ++i) {  // consent is renewed
        now += 500ms;
        agent->handle_timeout(now);
        (void)answer_all();
    }
    for (int i = 0; i < 35; ++i) {  // and then is not
        pass(1s);
        agent->on_media(path_from(kRemote), now);
    }
    EXPECT_EQ(agent->state(), State::kFailed);
    EXPECT_EQ(count_events<ConsentLost>(), 1U);
    ASSERT_TRUE(receive(Check{.use_candidate = false}, other));
    EXPECT_EQ(answer_all(), 1U);
    EXPECT_EQ(agent->state(), State::kConnected);
    EXPECT_EQ(agent->selected_path(), path_from(other));
}

TEST_F(IceAgentTest, AHandshakeOnAnUnprovenPathProvesNothing) {
    know_peer();
    agent->on_handshake_completed(path_from(kRemote), now);
    EXPECT_FALSE(agent->selected_path());
    EXPECT_FALSE(agent->handshake_path());
}

TEST_F(IceAgentTest, AnAggressiveNominatorEndsOnTheBetterPair) {
    know_peer();
    const auto better = at("192.0.2.1:5000");
    const auto worse = at("192.0.2.2:5000");
    const auto nominate = [&](const auto& from, std::uint32_t priority) {
        EXPECT_TRUE(receive(Check{.priority = priority, .use_candidate = true}, from));
        for (int i = 0; i < 3; ++i) {
            answer_all();
            pass(50ms);
        }
    };
    nominate(worse, 100);
    EXPECT_EQ(agent->selected_path()->remote, worse);
    nominate(better, 200);
    EXPECT_EQ(agent->selected_path()->remote, better) << "the latest valid nomination";
    nominate(worse, 100);
    EXPECT_EQ(agent->selected_path()->remote, better) << "a repetition for a worse pair";
    nominate(better, 200);
    EXPECT_EQ(agent->selected_path()->remote, better);
    EXPECT_EQ(agent->stats().path_changes, 1U);
}

TEST_F(IceAgentTest, ALaterNominationOfAWorsePairIsFollowed) {
    connect(at("192.0.2.1:5000"));
    const auto worse = at("192.0.2.2:5000");
    ASSERT_TRUE(receive(Check{.priority = 5}, worse));
    now += 50ms;
    agent->handle_timeout(now);
    ASSERT_EQ(answer_all(), 1U);
    EXPECT_EQ(agent->selected_path()->remote, kRemote) << "valid, but not nominated";
    ASSERT_TRUE(receive(Check{.priority = 5, .use_candidate = true}, worse));
    EXPECT_EQ(agent->selected_path()->remote, worse);
}

TEST_F(IceAgentTest, APeerThatGoesBackToAPairIsFollowed) {
    const auto first = at("192.0.2.1:5000");
    const auto second = at("192.0.2.2:5000");
    connect(first);
    ASSERT_TRUE(receive(Check{.priority = 5, .use_candidate = true}, second));
    now += 50ms;
    agent->handle_timeout(now);
    answer_all();
    ASSERT_EQ(agent->selected_path()->remote, second);
    now += 1s;
    ASSERT_TRUE(receive(Check{.use_candidate = true}, first));
    EXPECT_EQ(agent->selected_path()->remote, first);
}

TEST_F(IceAgentTest, FollowsANominationFromANewAddressInOneRoundTrip) {
    connect();
    now += 3s;
    const auto moved = at("192.0.2.1:6000");
    ASSERT_TRUE(receive(Check{.use_candidate = true}, moved));
    EXPECT_EQ(agent->selected_path()->remote, kRemote) << "not before our check is answered";
    ASSERT_GE(answer_all(), 1U);
    EXPECT_EQ(agent->selected_path()->remote, moved);
}

TEST_F(IceAgentTest, APairThatWasLongUnusedIsCheckedAgainBeforeMediaGoesThere) {
    const auto other = at("192.0.2.2:5000");
    connect(other);
    now += 50ms;
    ASSERT_TRUE(receive(Check{.use_candidate = true}));
    answer_all();
    ASSERT_EQ(agent->selected_path()->remote, kRemote);
    const auto start = now;
    while (now < start + 40s) {
        now = agent->next_timeout();
        agent->handle_timeout(now);
        answer_all();
    }
    ASSERT_TRUE(receive(Check{.use_candidate = true}, other));
    EXPECT_EQ(agent->selected_path()->remote, kRemote);
    EXPECT_EQ(answer_all(), 1U);
    EXPECT_EQ(agent->selected_path()->remote, other);
}

TEST_F(IceAgentTest, ACheckThatIsLostIsRepeatedWithBackOff) {
    know_peer();
    ASSERT_TRUE(receive(Check{}));
    (void)sent();
    std::vector<std::int64_t> copies;
    const auto start = now;
    while (agent->next_timeout() < start + 39s) {
        now = agent->next_timeout();
        agent->handle_timeout(now);
        if (!sent().empty()) copies.push_back(to_ms(now - start));
    }
    // RFC 8489 §6.2.1: 500 ms, doubled each time, seven copies in all.
    EXPECT_EQ(copies, (std::vector<std::int64_t>{500, 1500, 3500, 7500, 15500, 31500}));
    pass(10s);
    EXPECT_EQ(agent->state(), State::kFailed);
    EXPECT_EQ(agent->next_timeout(), kNever);
}

TEST_F(IceAgentTest, ChecksArePaced) {
    know_peer();
    for (std::size_t i = 0; i < 10; ++i) ASSERT_TRUE(receive(Check{}, source(i)));
    const auto checks = [&] {
        std::size_t count = 0;
        for (const auto& message : sent()) count += message.is(stun::Class::kRequest) ? 1 : 0;
        return count;
    };
    EXPECT_EQ(checks(), 1U);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(agent->next_timeout(), now + 50ms);
        now += 50ms;
        agent->handle_timeout(now);
        EXPECT_EQ(checks(), 1U);
    }
}

TEST_F(IceAgentTest, AnIceLitePeerIsLedByTheServer) {
    agent->set_controlling(true);
    know_peer();
    EXPECT_TRUE(agent->controlling());
    ASSERT_TRUE(receive(Check{.controlling = {}, .controlled = 1}));
    ASSERT_EQ(answer_all(), 1U);
    const auto messages = [&] {
        now += 50ms;
        agent->handle_timeout(now);
        return sent();
    }();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_TRUE(messages[0].message().has(stun::Attribute::kUseCandidate));
    EXPECT_TRUE(receive(answer(messages[0])));
    EXPECT_EQ(agent->selected_path(), path_from(kRemote));
}

TEST_F(IceAgentTest, CloseIsFinal) {
    connect();
    agent->close(now);
    EXPECT_EQ(agent->state(), State::kClosed);
    EXPECT_FALSE(agent->selected_path());
    EXPECT_EQ(agent->next_timeout(), kNever);
    EXPECT_EQ(receive(Check{}).error(), Error::kClosed);
    EXPECT_TRUE(sent().empty());
    agent->restart(now);
    agent->on_media(path_from(kRemote), now);
    know_peer();
    EXPECT_EQ(agent->state(), State::kClosed);
}

// ---- media from elsewhere ----

TEST_F(IceAgentTest, MediaFromAnUnprovenPathTriggersFewChecks) {
    connect();
    (void)events();
    for (int i = 0; i < 100; ++i) {
        agent->on_media_from_unproven_path(path_from(source(static_cast<std::size_t>(i))), now);
        agent->on_media(path_from(kRemote), now);
        pass(10ms);
    }
    EXPECT_LE(agent->stats().media_checks, 4U);
    EXPECT_GT(agent->stats().dropped_limit, 0U);
    EXPECT_EQ(agent->selected_path()->remote, kRemote);
    EXPECT_EQ(count_events<PathProven>(), 0U);
    pass(45s);
    EXPECT_LE(agent->check_list().pairs().size(), 1U) << "strangers' addresses are let go";
}

TEST_F(IceAgentTest, MediaMovesOnlyWhenTheOldPathIsSilent) {
    connect();
    const auto moved = at("192.0.2.1:6000");
    agent->on_media(path_from(kRemote), now);
    agent->on_media_from_unproven_path(path_from(moved), now);
    agent->on_media(path_from(kRemote), now);
    now += 50ms;
    agent->handle_timeout(now);
    ASSERT_EQ(answer_all(), 1U);
    EXPECT_TRUE(agent->proven(path_from(moved)));
    for (int i = 0; i < 10; ++i) {
        now += 20ms;
        agent->on_media(path_from(kRemote), now);
        agent->on_media(path_from(moved), now);
        EXPECT_EQ(agent->selected_path()->remote, kRemote);
    }
    for (int i = 0; i < 6; ++i) {
        now += 20ms;
        agent->on_media(path_from(moved), now);
    }
    EXPECT_EQ(agent->selected_path()->remote, moved);
}

// ---- attackers ----

TEST_F(IceAgentTest, MalformedIsRefused) {
    auto bytes = write({});
    bytes.back() ^= 1;
    EXPECT_EQ(receive(bytes).error(), Error::kMalformed);
    EXPECT_EQ(receive(Bytes{}).error(), Error::kMalformed);
    Bytes allocate(64);
    stun::Builder b(allocate, stun::Class::kRequest, stun::Method::kAllocate, {});
    allocate.resize(b.finish());
    EXPECT_EQ(receive(allocate).error(), Error::kUnsupported);
    EXPECT_TRUE(sent().empty());
}

// S07, S08, S11.
TEST_F(IceAgentTest, UnauthenticatedRequestsAreDroppedWithoutATrace) {
    know_peer();
    const auto unmoved = [&](const Check& check) {
        EXPECT_EQ(receive(check).error(), Error::kUnauthenticated);
        EXPECT_TRUE(sent().empty());
        EXPECT_FALSE(agent->proven(path_from(kRemote)));
        EXPECT_TRUE(agent->check_list().pairs().empty());
    };
    unmoved({.use_candidate = true, .password = "a wrong password, as long"});
    unmoved({.use_candidate = true, .username = "none:them"});
    unmoved({.use_candidate = true, .username = "ours"});
    unmoved({.use_candidate = true, .username = ""});
    unmoved({.use_candidate = true, .username = "oursandmore:them"});
    unmoved(
        {.use_candidate = true, .extra = static_cast<stun::Attribute>(0x7777), .integrity = false});
    unmoved({.controlling = {}, .controlled = 0, .password = "wrong"});
    EXPECT_EQ(agent->stats().dropped_unauthenticated, 7U);
    EXPECT_FALSE(agent->controlling());
    for (int i = 0; i < 10'000; ++i) EXPECT_FALSE(receive(Check{.password = "x"}));
    EXPECT_TRUE(sent().empty());
    EXPECT_EQ(count_events<PathProven>(), 0U);
}

// S06.
TEST_F(IceAgentTest, UnknownRequiredAttributesGet420WhenAuthenticated) {
    know_peer();
    EXPECT_EQ(receive(Check{.use_candidate = true, .extra = static_cast<stun::Attribute>(0x7777)})
                  .error(),
              Error::kUnknownAttribute);
    const auto messages = sent();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_TRUE(messages[0].is(stun::Class::kError));
    EXPECT_EQ(messages[0].message().error_code()->code, 420);
    EXPECT_EQ(messages[0].message().unknown_attributes()[0], static_cast<stun::Attribute>(0x7777));
    EXPECT_TRUE(agent->check_list().pairs().empty());
}

TEST_F(IceAgentTest, ImpossibleAttributesGet400WhenAuthenticated) {
    know_peer();
    EXPECT_EQ(receive(Check{.controlling = 1, .controlled = 1}).error(), Error::kBadRequest);
    const auto messages = sent();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].message().error_code()->code, 400);
    EXPECT_TRUE(agent->check_list().pairs().empty());
}

// S09.
TEST_F(IceAgentTest, AnswersThatBelongToNothingAreDropped) {
    know_peer();
    ASSERT_TRUE(receive(Check{.use_candidate = true}));
    const auto messages = sent();
    ASSERT_EQ(messages.size(), 2U);
    const auto good = answer(messages[1]);

    EXPECT_EQ(receive(good, at("192.0.2.66:5000")).error(), Error::kWrongPath);
    EXPECT_FALSE(agent->selected_path());
    EXPECT_EQ(receive(answer(messages[1], "not their password")).error(), Error::kUnauthenticated);
    auto other = messages[1];
    other.bytes[12] ^= 1;
    stun::TransactionId id{9};
    Bytes stranger(256);
    stun::Builder b(stranger, stun::Class::kSuccess, stun::Method::kBinding, id);
    b.xor_address(stun::Attribute::kXorMappedAddress, kLocal)
        .integrity(stun::short_term_key(kTheirs.pwd));
    stranger.resize(b.finish());
    EXPECT_EQ(receive(stranger).error(), Error::kUnknownTransaction);
    EXPECT_FALSE(agent->selected_path());

    EXPECT_TRUE(receive(good));
    EXPECT_TRUE(agent->selected_path());
    EXPECT_EQ(receive(good).error(), Error::kUnknownTransaction) << "the second copy";
}

TEST_F(IceAgentTest, ALateAnswerIsDropped) {
    know_peer();
    ASSERT_TRUE(receive(Check{.use_candidate = true}));
    const auto messages = sent();
    pass(60s);
    EXPECT_EQ(receive(answer(messages[1])).error(), Error::kUnknownTransaction);
    EXPECT_FALSE(agent->selected_path());
}

// S12.
TEST_F(IceAgentTest, AThousandSourcesAreCapped) {
    connect();
    for (std::size_t i = 0; i < 1000; ++i) {
        EXPECT_TRUE(receive(Check{.use_candidate = true}, source(i)));
        (void)sent();
        (void)events();
        now += 1ms;
        EXPECT_LE(agent->check_list().pairs().size(), 100U);
    }
    EXPECT_LE(agent->check_list().peer_reflexive(), 32U);
    EXPECT_TRUE(agent->proven(path_from(kRemote))) << "the path in use stays";
    EXPECT_EQ(agent->selected_path()->remote, kRemote);
    EXPECT_TRUE(agent->proven(path_from(source(999))));
    EXPECT_FALSE(agent->proven(path_from(source(1)))) << "the oldest goes";
    EXPECT_GE(agent->stats().pairs_pruned, 900U);
}

TEST_F(IceAgentTest, AThousandCandidatesAreCapped) {
    make({.credentials = kOurs});
    know_peer();
    for (std::size_t i = 0; i < 5; ++i) {
        agent->add_local_candidate(host_candidate(source(5000 + i)), now);
    }
    for (std::size_t i = 0; i < 1000; ++i) {
        auto candidate = host_candidate(source(i));
        candidate.foundation = std::to_string(i);
        agent->add_remote_candidate(candidate, now);
    }
    EXPECT_EQ(agent->stats().remote_candidates, 64U);
    EXPECT_LE(agent->check_list().pairs().size(), 100U);
    EXPECT_GT(agent->stats().dropped_limit, 900U);
}

TEST_F(IceAgentTest, QueuesAreBoundedWhenNobodyPolls) {
    know_peer();
    for (std::size_t i = 0; i < 2000; ++i) {
        (void)receive(Check{.use_candidate = true}, source(i));
        now += 10ms;
        agent->handle_timeout(now);
    }
    EXPECT_LE(sent().size(), 16U + 128U);
    EXPECT_LE(events().size(), 600U);
    EXPECT_GT(agent->stats().dropped_limit, 0U);
}

TEST_F(IceAgentTest, ConsentNeedsTheRightPassword) {
    connect();
    const auto start = now;
    while (now < start + 35s) {
        now = std::min(agent->next_timeout(), start + 35s);
        agent->handle_timeout(now);
        for (const auto& request : sent()) (void)receive(answer(request, "guessed password"));
    }
    EXPECT_FALSE(agent->selected_path());
    EXPECT_EQ(agent->state(), State::kFailed);
}

TEST_F(IceAgentTest, ADeadConsentIsNotRevivedOnTheSamePath) {
    connect();
    pass(31s);
    ASSERT_EQ(agent->state(), State::kFailed);
    EXPECT_TRUE(receive(Check{.use_candidate = true}));
    const auto messages = sent();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_TRUE(messages[0].is(stun::Class::kSuccess)) << "answered, but not checked";
    // A new address may, and so may a restart.
    ASSERT_TRUE(receive(Check{.use_candidate = true}, at("192.0.2.1:6000")));
    EXPECT_EQ(answer_all(), 1U);
    EXPECT_EQ(agent->selected_path()->remote, at("192.0.2.1:6000"));
}

TEST_F(IceAgentTest, AConnectedAgentAllocatesNothing) {
    connect();
    (void)events();
    std::array<std::uint8_t, net::kMaxDatagram> out{};
    const auto round = [&] {
        now = std::min(agent->next_timeout(), now + 100ms);
        agent->handle_timeout(now);
        agent->on_media(path_from(kRemote), now);
        while (const auto transmit = agent->poll_transmit(now, out)) {
            const auto message = stun::Message::parse(BytesView(out).first(transmit->size));
            if (message->message_class() != stun::Class::kRequest) continue;
            std::array<std::uint8_t, 256> reply{};
            stun::Builder b(reply, stun::Class::kSuccess, stun::Method::kBinding,
                            message->transaction_id());
            b.xor_address(stun::Attribute::kXorMappedAddress, kLocal)
                .integrity(stun::short_term_key(kTheirs.pwd))
                .fingerprint();
            net::Datagram datagram{path_from(kRemote), BytesSpan(reply).first(b.finish())};
            (void)agent->handle_receive(datagram, now);
        }
        while (agent->poll_event()) {
        }
    };
    for (int i = 0; i < 500; ++i) round();
    const auto check = write(Check{.use_candidate = true});
    auto copy = check;
    const std::uint64_t before = parley::testing::allocations;
    for (int i = 0; i < 5000; ++i) {
        round();
        if (i % 25 != 0) continue;
        std::ranges::copy(check, copy.begin());
        net::Datagram datagram{path_from(kRemote), copy};
        (void)agent->handle_receive(datagram, now);
    }
    EXPECT_GT(before, 0U) << "the counter counts";
    EXPECT_EQ(parley::testing::allocations, before);
    EXPECT_GT(agent->stats().consent_received, 50U);
    EXPECT_TRUE(agent->selected_path());
}

}  // namespace
}  // namespace parley::ice
