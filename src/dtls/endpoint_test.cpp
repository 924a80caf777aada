#include "dtls/endpoint.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "dtls/dtls_pair.hpp"
#include "dtls/record.hpp"

namespace parley::dtls {
namespace {

using testing::InFlight;
using testing::Pair;

class DtlsEndpoint : public ::testing::Test {
 protected:
    static const Pair::Contexts& contexts() {
        static const Pair::Contexts shared = Pair::default_contexts();
        return shared;
    }
    static void expect_same_keys(const Pair& pair) {
        ASSERT_NE(pair.client.connected(), nullptr);
        ASSERT_NE(pair.server.connected(), nullptr);
        const auto& a = pair.client.connected()->keys;
        const auto& b = pair.server.connected()->keys;
        EXPECT_EQ(a.profile, b.profile);
        EXPECT_EQ(a.local.key, b.remote.key);
        EXPECT_EQ(a.local.salt, b.remote.salt);
        EXPECT_EQ(a.remote.key, b.local.key);
        EXPECT_EQ(a.remote.salt, b.local.salt);
        EXPECT_NE(a.local.key, a.remote.key);
    }
    // A record of epoch 0 with one handshake fragment.
    static std::vector<std::uint8_t> fragment(std::uint8_t type, std::uint32_t length,
                                              std::uint16_t sequence, std::uint32_t offset,
                                              std::uint32_t size, std::size_t actual) {
        std::vector<std::uint8_t> bytes(kRecordHeaderSize + kMessageHeaderSize + actual);
        ByteWriter writer(bytes);
        writer.u8(22);
        writer.u16(0xFEFD);
        writer.u64(record_number_++);
        writer.u16(static_cast<std::uint16_t>(kMessageHeaderSize + actual));
        writer.u8(type);
        writer.u24(length);
        writer.u16(sequence);
        writer.u24(offset);
        writer.u24(size);
        return bytes;
    }
    static std::vector<std::uint8_t> alert(std::uint8_t level, std::uint8_t description) {
        return {21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 9, 9, 0, 2, level, description};
    }
    // A record of epoch 1 that nobody has sealed.
    static std::vector<std::uint8_t> protected_record(std::size_t size, std::uint8_t number) {
        std::vector<std::uint8_t> bytes = {23,
                                           0xFE,
                                           0xFD,
                                           0,
                                           1,
                                           255,
                                           255,
                                           255,
                                           255,
                                           255,
                                           number,
                                           0,
                                           static_cast<std::uint8_t>(size)};
        bytes.resize(bytes.size() + size, number);
        return bytes;
    }
    static std::vector<std::uint8_t> change_cipher_spec(const std::vector<std::uint8_t>& content,
                                                        std::uint8_t number) {
        std::vector<std::uint8_t> bytes = {20,
                                           0xFE,
                                           0xFD,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           1,
                                           0,
                                           number,
                                           0,
                                           static_cast<std::uint8_t>(content.size())};
        bytes.insert(bytes.end(), content.begin(), content.end());
        return bytes;
    }
    inline static std::uint64_t record_number_ = 1000;
};

TEST_F(DtlsEndpoint, ConnectsAndAgreesOnKeys) {
    Pair pair(contexts());
    pair.start();
    pair.run();
    expect_same_keys(pair);
    EXPECT_EQ(pair.client.connected()->keys.profile, crypto::SrtpProfile::kAeadAes128Gcm);
    EXPECT_EQ(pair.client.endpoint.counters().retransmissions, 0U);
    EXPECT_EQ(pair.server.endpoint.counters().retransmissions, 0U);
    EXPECT_EQ(pair.client.endpoint.next_timeout(), kNever);
    EXPECT_EQ(pair.server.endpoint.next_timeout(), kNever);
    EXPECT_LE(pair.largest, 1200U);
    EXPECT_EQ(pair.now, Instant{1s} + 4 * pair.delay) << "two round trips";
}

TEST_F(DtlsEndpoint, CarriesDataAndCloses) {
    Pair pair(contexts());
    EXPECT_FALSE(pair.client.endpoint.send(as_bytes("too early")));
    pair.start();
    pair.run();
    EXPECT_TRUE(pair.client.endpoint.send(as_bytes("from the client")));
    EXPECT_TRUE(pair.server.endpoint.send(as_bytes("from the server")));
    pair.collect();
    pair.run();
    ASSERT_NE(pair.server.find<Received>(), nullptr);
    EXPECT_EQ(as_text(pair.server.find<Received>()->data), "from the client");
    EXPECT_EQ(as_text(pair.client.find<Received>()->data), "from the server");

    pair.client.endpoint.close();
    pair.collect();
    pair.run();
    EXPECT_TRUE(pair.server.closed());
    EXPECT_EQ(pair.server.endpoint.state(), State::kClosed);
    EXPECT_FALSE(pair.server.endpoint.send(as_bytes("too late")));
}

// Every combination of losses among the first eight datagrams.
TEST_F(DtlsEndpoint, CompletesWhateverOfTheFirstEightIsLost) {
    for (unsigned pattern = 0; pattern < 256; ++pattern) {
        Pair pair(contexts());
        pair.lost = [pattern](std::size_t n, InFlight&) {
            return n < 8 && ((pattern >> n) & 1) != 0;
        };
        pair.start();
        pair.run();
        ASSERT_NE(pair.client.connected(), nullptr) << pattern;
        ASSERT_NE(pair.server.connected(), nullptr) << pattern;
        ASSERT_LT(to_ms(pair.now - Instant{1s}), 3000) << pattern;
    }
}

TEST_F(DtlsEndpoint, CompletesWithThirtyPercentLossAndReordering) {
    Random random(3);
    std::vector<std::int64_t> took;
    for (int round = 0; round < 100; ++round) {
        Pair pair(contexts());
        pair.lost = [&](std::size_t, InFlight& datagram) {
            datagram.at += Duration(random.below(30'000'000));
            return random.uniform() < 0.3;
        };
        pair.start();
        pair.run();
        ASSERT_NE(pair.client.connected(), nullptr) << round;
        ASSERT_NE(pair.server.connected(), nullptr) << round;
        took.push_back(to_ms(pair.now - Instant{1s}));
    }
    std::sort(took.begin(), took.end());
    EXPECT_LT(took[50], 600);
    EXPECT_LT(took[95], 3000);
}

TEST_F(DtlsEndpoint, RetransmitsAfterTwoRoundTripsAndBacksOff) {
    Pair pair(contexts());
    std::vector<Instant> times;
    pair.lost = [&](std::size_t, InFlight& datagram) {
        times.push_back(datagram.at - pair.delay);
        return true;
    };
    pair.start(60ms);
    pair.run();
    ASSERT_GE(times.size(), 5U);
    EXPECT_EQ(to_ms(times[1] - times[0]), 120);
    EXPECT_EQ(to_ms(times[2] - times[1]), 240);
    EXPECT_EQ(to_ms(times[3] - times[2]), 400);
    EXPECT_LE(to_ms(times.back() - times[times.size() - 2]), 2000);
    ASSERT_NE(pair.client.failed(), nullptr);
    EXPECT_EQ(pair.client.failed()->reason, FailureReason::kTimeout);
    ASSERT_NE(pair.server.failed(), nullptr);
    EXPECT_EQ(pair.server.failed()->reason, FailureReason::kTimeout);

    Pair quick(contexts());
    quick.start(1ms);
    EXPECT_EQ(quick.client.endpoint.next_timeout(), quick.now + 50ms);
}

TEST_F(DtlsEndpoint, SmallMtuFragmentsEverythingAndStillConnects) {
    Options small;
    small.mtu = 400;
    Pair pair(contexts(), small, small);
    pair.start();
    pair.run();
    expect_same_keys(pair);
    EXPECT_LE(pair.largest, 400U);
    EXPECT_GT(pair.sent, 4U) << "flights of more than one datagram";
}

// Browsers' hellos fill two datagrams (a post-quantum key share). Here the client's is cut in two,
// and its later records count on behind the additional one.
TEST_F(DtlsEndpoint, ClientHelloInTwoDatagramsIsReassembled) {
    for (const bool swapped : {false, true}) {
        Pair pair(contexts());
        pair.server.endpoint.start(Role::kServer, pair.now, 40ms);
        pair.client.endpoint.start(Role::kClient, pair.now, 40ms);
        std::array<std::uint8_t, 2048> buffer;
        const auto size = pair.client.endpoint.poll_transmit(pair.now, buffer);
        ASSERT_TRUE(size);
        const BytesView message = BytesView(buffer).first(*size).subspan(kRecordHeaderSize);
        const BytesView body = message.subspan(kMessageHeaderSize);
        const std::size_t half = body.size() / 2;
        std::vector<std::vector<std::uint8_t>> pieces;
        for (const std::size_t offset : {std::size_t{0}, half}) {
            const BytesView part = offset == 0 ? body.first(half) : body.subspan(half);
            record_number_ = pieces.size();
            auto piece = fragment(1, static_cast<std::uint32_t>(body.size()), 0,
                                  static_cast<std::uint32_t>(offset),
                                  static_cast<std::uint32_t>(part.size()), part.size());
            std::copy(part.begin(), part.end(),
                      piece.begin() + kRecordHeaderSize + kMessageHeaderSize);
            pieces.push_back(std::move(piece));
        }
        if (swapped) std::swap(pieces[0], pieces[1]);
        for (const auto& piece : pieces) {
            EXPECT_FALSE(pair.server.endpoint.poll_transmit(pair.now, buffer));
            EXPECT_TRUE(pair.server.endpoint.handle_receive(piece, pair.now).has_value());
        }
        pair.lost = [](std::size_t, InFlight& datagram) {
            BytesView rest = datagram.bytes;
            std::size_t at = 0;
            while (const auto record = next_record(rest)) {
                if (datagram.to_server && record->epoch == 0) ++datagram.bytes[at + 10];
                at += record->whole.size();
            }
            return false;
        };
        pair.collect();
        pair.run();
        expect_same_keys(pair);
    }
    record_number_ = 1000;
}

TEST_F(DtlsEndpoint, FingerprintMismatchFailsOnBothSides) {
    Pair pair(contexts());
    pair.server.endpoint.set_remote_fingerprints({contexts().second->certificate().fingerprint()});
    pair.start();
    pair.run();
    ASSERT_NE(pair.server.failed(), nullptr);
    EXPECT_EQ(pair.server.failed()->reason, FailureReason::kFingerprintMismatch);
    EXPECT_EQ(name(pair.server.failed()->reason), "fingerprint_mismatch");
    EXPECT_EQ(pair.server.connected(), nullptr);
    ASSERT_NE(pair.client.failed(), nullptr);
    EXPECT_EQ(pair.client.failed()->reason, FailureReason::kAlertReceived);
    EXPECT_NE(pair.client.failed()->text.find("bad_certificate"), std::string::npos);
    EXPECT_EQ(pair.client.connected(), nullptr);
}

TEST_F(DtlsEndpoint, ClientVerifiesTheServersFingerprintToo) {
    Pair pair(contexts());
    pair.client.endpoint.set_remote_fingerprints({contexts().first->certificate().fingerprint()});
    pair.start();
    pair.run();
    ASSERT_NE(pair.client.failed(), nullptr);
    EXPECT_EQ(pair.client.failed()->reason, FailureReason::kFingerprintMismatch);
    EXPECT_EQ(pair.server.connected(), nullptr);
}

TEST_F(DtlsEndpoint, ConnectedWaitsForTheFingerprints) {
    Pair pair(contexts());
    pair.server.endpoint.set_remote_fingerprints({});
    pair.start();
    pair.run(2s);
    EXPECT_NE(pair.client.connected(), nullptr);
    EXPECT_EQ(pair.server.connected(), nullptr);
    EXPECT_TRUE(pair.client.endpoint.send(as_bytes("early")));
    pair.collect();
    pair.run(1s);
    EXPECT_EQ(pair.server.find<Received>(), nullptr);

    auto wrong = contexts().second->certificate().fingerprint();
    Pair second(contexts());
    second.server.endpoint.set_remote_fingerprints({});
    second.start();
    second.run(2s);
    second.server.endpoint.set_remote_fingerprints({wrong});
    second.collect();
    ASSERT_NE(second.server.failed(), nullptr);
    EXPECT_EQ(second.server.failed()->reason, FailureReason::kFingerprintMismatch);

    pair.server.endpoint.set_remote_fingerprints({contexts().first->certificate().fingerprint()});
    pair.collect();
    expect_same_keys(pair);
    ASSERT_NE(pair.server.find<Received>(), nullptr);
}

// RFC 8122 §5: the strongest function decides; a match of a weaker one does not help.
TEST_F(DtlsEndpoint, StrongestFingerprintDecides) {
    Pair pair(contexts());
    crypto::Fingerprint stronger;
    stronger.hash = crypto::FingerprintHash::kSha512;
    stronger.digest.fill(7);
    pair.server.endpoint.set_remote_fingerprints(
        {contexts().first->certificate().fingerprint(), stronger});
    pair.start();
    pair.run();
    ASSERT_NE(pair.server.failed(), nullptr);
    EXPECT_EQ(pair.server.failed()->reason, FailureReason::kFingerprintMismatch);
}

TEST_F(DtlsEndpoint, OneOfTwoFingerprintsIsEnough) {
    Pair pair(contexts());
    crypto::Fingerprint other;
    other.digest.fill(7);
    pair.server.endpoint.set_remote_fingerprints(
        {other, contexts().first->certificate().fingerprint()});
    pair.start();
    pair.run();
    expect_same_keys(pair);
}

TEST_F(DtlsEndpoint, ServersPreferenceDecidesTheProfile) {
    crypto::DtlsContextOptions counter_first;
    counter_first.profiles = {crypto::SrtpProfile::kAes128CmHmacSha1_80,
                              crypto::SrtpProfile::kAeadAes256Gcm,
                              crypto::SrtpProfile::kAeadAes128Gcm};
    const auto client =
        crypto::make_openssl_dtls_context(testing::first_certificate(), counter_first);
    Pair pair({client, contexts().second});
    pair.start();
    pair.run();
    expect_same_keys(pair);
    EXPECT_EQ(pair.client.connected()->keys.profile, crypto::SrtpProfile::kAeadAes128Gcm);

    for (const auto only :
         {crypto::SrtpProfile::kAes128CmHmacSha1_80, crypto::SrtpProfile::kAeadAes256Gcm}) {
        crypto::DtlsContextOptions options;
        options.profiles = {only};
        Pair one({crypto::make_openssl_dtls_context(testing::first_certificate(), options),
                  contexts().second});
        one.start();
        one.run();
        expect_same_keys(one);
        EXPECT_EQ(one.server.connected()->keys.profile, only);
    }
}

TEST_F(DtlsEndpoint, NoCommonProfileIsAClearError) {
    crypto::DtlsContextOptions counter;
    counter.profiles = {crypto::SrtpProfile::kAes128CmHmacSha1_80};
    crypto::DtlsContextOptions gcm;
    gcm.profiles = {crypto::SrtpProfile::kAeadAes256Gcm};
    crypto::DtlsContextOptions none;
    none.profiles = {};
    for (const auto& theirs : {counter, none}) {
        Pair pair({crypto::make_openssl_dtls_context(testing::first_certificate(), theirs),
                   crypto::make_openssl_dtls_context(testing::second_certificate(), gcm)});
        pair.start();
        pair.run();
        ASSERT_NE(pair.server.failed(), nullptr);
        EXPECT_EQ(pair.server.failed()->reason, FailureReason::kNoSrtpProfile);
        EXPECT_EQ(pair.server.connected(), nullptr);
        EXPECT_EQ(pair.client.connected(), nullptr);
    }
}

TEST_F(DtlsEndpoint, NothingBeforeStart) {
    Endpoint endpoint(contexts().second);
    Pair other(contexts());
    other.start();
    ASSERT_FALSE(other.link.empty());
    const auto result = endpoint.handle_receive(other.link[0].bytes, Instant{1s});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error(), trace::Drop::kDtlsBeforeIce);
    std::array<std::uint8_t, 2048> buffer;
    EXPECT_FALSE(endpoint.poll_transmit(Instant{1s}, buffer));
    EXPECT_EQ(endpoint.next_timeout(), kNever);
}

TEST_F(DtlsEndpoint, BothActiveOrBothPassiveFail) {
    Pair pair(contexts());
    pair.client.endpoint.start(Role::kServer, pair.now, 40ms);
    pair.server.endpoint.start(Role::kServer, pair.now, 40ms);
    pair.run();
    ASSERT_NE(pair.client.failed(), nullptr);
    EXPECT_EQ(pair.client.failed()->reason, FailureReason::kTimeout);

    Pair active(contexts());
    active.client.endpoint.start(Role::kClient, active.now, 40ms);
    active.server.endpoint.start(Role::kClient, active.now, 40ms);
    active.collect();
    active.run();
    EXPECT_NE(active.client.failed(), nullptr);
    EXPECT_NE(active.server.failed(), nullptr);
}

// A hello that is no use, from the right address, while the real one is on its way (the family of
// CVE-2023-49786).
TEST_F(DtlsEndpoint, ForeignHelloDoesNotEndTheHandshake) {
    Pair pair(contexts());
    pair.start();
    // ClientHello of DTLS 1.2 that offers TLS_RSA_WITH_NULL_SHA alone.
    auto hello = fragment(1, 42, 0, 0, 42, 42);
    std::uint8_t* body = &hello[kRecordHeaderSize + kMessageHeaderSize];
    body[0] = 0xFE;
    body[1] = 0xFD;
    body[37] = 2;     // after random, session id and cookie: two octets of suites
    body[39] = 0x02;  // TLS_RSA_WITH_NULL_SHA
    body[40] = 1;     // one compression method, null
    for (int i = 0; i < 3; ++i) {
        hello[10] = static_cast<std::uint8_t>(i);
        (void)pair.server.endpoint.handle_receive(hello, pair.now);
    }
    EXPECT_EQ(pair.server.endpoint.counters().rejected_hellos, 3U);
    pair.run();
    expect_same_keys(pair);

    // Without a real one it is a clear error in the end, and the sender is told.
    Pair alone(contexts());
    alone.server.endpoint.start(Role::kServer, alone.now, 40ms);
    (void)alone.server.endpoint.handle_receive(hello, alone.now);
    alone.collect();
    EXPECT_EQ(alone.sent, 0U);
    alone.now += 1s;
    alone.step();
    ASSERT_NE(alone.server.failed(), nullptr);
    EXPECT_EQ(alone.server.failed()->reason, FailureReason::kHandshakeRejected);
    EXPECT_EQ(alone.sent, 1U);
}

TEST_F(DtlsEndpoint, ForgedAlertsInTheClearDoNotEndTheHandshake) {
    Pair pair(contexts());
    pair.start();
    (void)pair.client.endpoint.handle_receive(alert(2, 40), pair.now);
    (void)pair.server.endpoint.handle_receive(alert(1, 0), pair.now);
    pair.run();
    expect_same_keys(pair);
    (void)pair.client.endpoint.handle_receive(alert(2, 40), pair.now);
    (void)pair.server.endpoint.handle_receive(alert(1, 0), pair.now);
    EXPECT_EQ(pair.client.endpoint.state(), State::kConnected);
    EXPECT_EQ(pair.server.endpoint.state(), State::kConnected);
}

TEST_F(DtlsEndpoint, HostileFragmentsAreDropped) {
    Pair pair(contexts());
    pair.start();
    auto& server = pair.server.endpoint;
    const auto dropped = [&](const std::vector<std::uint8_t>& bytes) {
        return !server.handle_receive(bytes, pair.now).has_value();
    };
    EXPECT_TRUE(dropped(fragment(1, 0xFFFFFF, 0, 0, 10, 10))) << "a length of 2^24-1";
    EXPECT_TRUE(dropped(fragment(1, 200, 0, 0, 0, 0))) << "an empty fragment";
    EXPECT_TRUE(dropped(fragment(1, 200, 0, 190, 20, 20))) << "past its message";
    EXPECT_TRUE(dropped(fragment(1, 200, 0, 0, 100, 20))) << "past its record";
    EXPECT_TRUE(dropped(fragment(0, 0, 0, 0, 0, 0))) << "HelloRequest to a server";
    EXPECT_TRUE(dropped(fragment(2, 40, 0, 0, 40, 40))) << "a server's message to a server";
    for (std::uint16_t sequence = 16; sequence < 1000; ++sequence) {
        EXPECT_TRUE(dropped(fragment(11, 100, sequence, 0, 10, 10)));
        if (sequence > 200) break;
    }
    // Application data in the clear, a far epoch, a broken record, plain garbage.
    EXPECT_TRUE(dropped({23, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0}));
    EXPECT_TRUE(dropped({22, 0xFE, 0xFD, 0, 7, 255, 255, 255, 255, 255, 255, 0, 1, 0}));
    EXPECT_TRUE(dropped({22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 50, 0}));
    EXPECT_TRUE(dropped({22}));
    EXPECT_TRUE(dropped({}));
    pair.run();
    expect_same_keys(pair);
}

// All of it may come from anybody who writes the peer's address on his datagrams.
TEST_F(DtlsEndpoint, EarlyRecordsAndChangeCipherSpecFloodsAreSurvived) {
    Pair pair(contexts());
    pair.start();
    for (std::uint8_t i = 0; i < 200; ++i) {
        (void)pair.server.endpoint.handle_receive(protected_record(40, i), pair.now);
        (void)pair.server.endpoint.handle_receive(change_cipher_spec({1}, i), pair.now);
    }
    EXPECT_EQ(pair.server.endpoint.state(), State::kHandshaking);
    const Instant begun = pair.now;
    pair.run();
    expect_same_keys(pair);
    EXPECT_LT(to_ms(pair.now - begun), 1000);
}

TEST_F(DtlsEndpoint, ForgedRecordsAtAnyTimeDoNotEndTheHandshake) {
    for (const Duration at : {0ms, 10ms, 20ms, 30ms, 40ms, 50ms, 60ms, 70ms, 80ms}) {
        for (std::size_t size = 0; size <= 40; ++size) {
            Pair pair(contexts());
            pair.start();
            const Instant until = pair.now + at;
            for (; pair.now < until; pair.now += 10ms) pair.step();
            for (auto* side : {&pair.client, &pair.server}) {
                (void)side->endpoint.handle_receive(protected_record(size, 7), pair.now);
                (void)side->endpoint.handle_receive(change_cipher_spec({2}, 7), pair.now);
                (void)side->endpoint.handle_receive(change_cipher_spec({}, 7), pair.now);
                (void)side->endpoint.handle_receive(change_cipher_spec({1, 1}, 7), pair.now);
            }
            pair.collect();
            pair.run();
            expect_same_keys(pair);
            ASSERT_FALSE(HasFailure()) << size << " octets after " << to_ms(at) << " ms";
        }
    }
}

TEST_F(DtlsEndpoint, AFloodOfDatagramsDoesNotEndTheHandshake) {
    Pair pair(contexts());
    pair.start();
    const auto flood = change_cipher_spec({1}, 1);
    for (int i = 0; i < 600; ++i) (void)pair.server.endpoint.handle_receive(flood, pair.now);
    EXPECT_FALSE(pair.server.endpoint.handle_receive(flood, pair.now)) << "it gets no attention";
    pair.run();
    expect_same_keys(pair);
}

TEST_F(DtlsEndpoint, OnlyThePeerSaysAuthenticThings) {
    Pair pair(contexts());
    pair.start();
    pair.run();
    expect_same_keys(pair);
    auto& server = pair.server.endpoint;
    const auto before = server.authentic();
    EXPECT_EQ(before, 1U) << "the end of the handshake";
    (void)server.handle_receive(protected_record(40, 1), pair.now);
    EXPECT_EQ(server.authentic(), before);
    EXPECT_TRUE(pair.client.endpoint.send(as_bytes("hello")));
    pair.collect();
    pair.run();
    for (int i = 0; i < 5; ++i) {
        pair.now += 10ms;
        pair.step();
    }
    EXPECT_EQ(server.authentic(), before + 1);
}

// The server loses its last flight; the client asks again after the server took it for done.
TEST_F(DtlsEndpoint, LostFinishedIsSentAgain) {
    Pair pair(contexts());
    int lost = 0;
    pair.lost = [&](std::size_t, InFlight& datagram) {
        if (pair.server.endpoint.state() == State::kConnected && !datagram.to_server && lost < 3) {
            ++lost;
            return true;
        }
        return false;
    };
    pair.start();
    pair.run();
    EXPECT_EQ(lost, 3);
    expect_same_keys(pair);
}

TEST_F(DtlsEndpoint, ReplayedAndReflectedDatagramsDoNothing) {
    Pair pair(contexts());
    std::vector<InFlight> seen;
    pair.lost = [&](std::size_t, InFlight& datagram) {
        seen.push_back(datagram);
        return false;
    };
    pair.start();
    pair.run();
    const auto before = pair.sent;
    for (int round = 0; round < 3; ++round) {
        const auto copies = seen;
        for (const auto& datagram : copies) {
            (void)pair.server.endpoint.handle_receive(datagram.bytes, pair.now);
            (void)pair.client.endpoint.handle_receive(datagram.bytes, pair.now);
        }
        pair.collect();
    }
    EXPECT_EQ(pair.client.endpoint.state(), State::kConnected);
    EXPECT_EQ(pair.server.endpoint.state(), State::kConnected);
    EXPECT_EQ(pair.sent, before);
    EXPECT_TRUE(pair.client.endpoint.send(as_bytes("alive")));
}

TEST_F(DtlsEndpoint, TooSmallABufferLosesTheDatagramOnly) {
    Pair pair(contexts());
    pair.client.endpoint.start(Role::kClient, pair.now, 40ms);
    std::array<std::uint8_t, 20> tiny;
    EXPECT_FALSE(pair.client.endpoint.poll_transmit(pair.now, tiny));
    pair.server.endpoint.start(Role::kServer, pair.now, 40ms);
    pair.run();
    expect_same_keys(pair);
}

}  // namespace
}  // namespace parley::dtls
