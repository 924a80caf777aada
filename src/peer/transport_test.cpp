// Two transports joined in virtual time: real ICE, DTLS and SRTP, and the order in which they may
// speak.

#include "peer/transport.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypto/certificate.hpp"
#include "rtp/packet.hpp"

namespace parley::peer {
namespace {

const net::SocketAddress kServerAddress{net::IpAddress::v4(192, 0, 2, 1), 7882};
const net::SocketAddress kClientAddress{net::IpAddress::v4(198, 51, 100, 7), 5000};
const WallTime kWall{1'700'000'000'000'000};

ice::Config ice_config(bool server) {
    ice::Config config;
    config.controlling = !server;
    config.answer_only = server;
    return config;
}

ice::Candidate host(const net::SocketAddress& address) {
    ice::Candidate candidate;
    candidate.address = address;
    candidate.base = address;
    return candidate;
}

RemoteTransport remote_of(const Transport& transport) {
    const auto parameters = transport.parameters();
    RemoteTransport remote;
    remote.ice_ufrag = parameters.ice_ufrag;
    remote.ice_pwd = parameters.ice_pwd;
    remote.fingerprints = {parameters.fingerprint};
    remote.candidates = parameters.candidates;
    return remote;
}

std::vector<std::uint8_t> rtp_packet(std::uint16_t number) {
    std::vector<std::uint8_t> out(200);
    rtp::HeaderWriter writer(out, {false, 96, number, 9000, Ssrc(42)});
    out.resize(writer.finish());
    out.resize(out.size() + 50, 0x33);
    return out;
}

class TransportTest : public ::testing::Test {
 protected:
    TransportTest()
        : client_({context(), ciphers_.get(), &secret_, &random_}, ice_config(false)),
          server_({context(), ciphers_.get(), &secret_, &random_}, ice_config(true)) {
        client_.add_local_candidate(host(kClientAddress), now_);
        server_.add_local_candidate(host(kServerAddress), now_);
    }
    static std::shared_ptr<const crypto::DtlsContext> context() {
        return crypto::make_openssl_dtls_context(*crypto::Certificate::generate(kWall));
    }

    void describe() {
        server_.set_remote(remote_of(client_), dtls::Role::kServer, now_);
        client_.set_remote(remote_of(server_), dtls::Role::kClient, now_);
    }
    void run(Duration duration) {
        for (const Instant end = now_ + duration; now_ < end; now_ += 1ms) step();
    }
    bool connect() {
        describe();
        run(1s);
        return server_.state() == ConnectionState::kConnected &&
               client_.state() == ConnectionState::kConnected;
    }

    void step() {
        while (!wire_.empty() && wire_.begin()->first <= now_) {
            Flight flight = std::move(wire_.begin()->second);
            wire_.erase(wire_.begin());
            net::Datagram datagram{
                {net::Protocol::kUdp, flight.to, flight.from, 0}, flight.bytes, net::Ecn::kNotEct};
            (void)(flight.to == kServerAddress ? server_ : client_).handle_receive(datagram, now_);
        }
        drive(client_, client_address_, client_states_);
        drive(server_, kServerAddress, server_states_);
    }
    void drive(Transport& transport, const net::SocketAddress& from,
               std::vector<ConnectionChanged>& states) {
        if (transport.next_timeout() <= now_) transport.handle_timeout(now_);
        std::array<std::uint8_t, 2000> out{};
        while (const auto transmit = transport.poll_transmit(now_, out)) {
            const auto bytes = BytesView(out).first(transmit->size);
            if (&transport == &server_ && net::classify(bytes) == net::PacketClass::kDtls) {
                ++server_dtls_;
            }
            if (blocked_ && blocked_(from, bytes)) continue;
            wire_.emplace(now_ + 5ms,
                          Flight{from, transmit->path.remote, {bytes.begin(), bytes.end()}});
        }
        while (auto event = transport.poll_event()) {
            if (auto* changed = std::get_if<ConnectionChanged>(&*event)) states.push_back(*changed);
            if (&transport != &server_) continue;
            if (auto* added = std::get_if<PathAdded>(&*event)) paths_.push_back(added->path);
            if (auto* removed = std::get_if<PathRemoved>(&*event))
                std::erase(paths_, removed->path);
        }
    }
    /// Media from the client, as it arrives at the server.
    Result<Transport::Plain, trace::Drop> media_from(const net::SocketAddress& from,
                                                     std::uint16_t number) {
        protect(number);
        net::Datagram datagram{{net::Protocol::kUdp, kServerAddress, from, 0}, bytes_, {}};
        return server_.handle_receive(datagram, now_);
    }
    void protect(std::uint16_t number) {
        bytes_ = rtp_packet(number);
        const std::size_t size = bytes_.size();
        bytes_.resize(size + 64);
        const auto protected_size = client_.srtp()->protect_rtp(bytes_, size);
        ASSERT_TRUE(protected_size.has_value());
        bytes_.resize(*protected_size);
    }

    struct Flight {
        net::SocketAddress from;
        net::SocketAddress to;
        std::vector<std::uint8_t> bytes;
    };
    SeededSecret secret_{7};
    Random random_{8};
    std::unique_ptr<crypto::CipherEngine> ciphers_ =
        crypto::make_cipher_engine(crypto::CipherPreference::kFastest);
    Transport client_;
    Transport server_;
    net::SocketAddress client_address_ = kClientAddress;
    Instant now_{3600s};
    std::multimap<Instant, Flight> wire_;
    std::vector<ConnectionChanged> client_states_;
    std::vector<ConnectionChanged> server_states_;
    std::vector<net::Path> paths_;  // of the server
    std::function<bool(const net::SocketAddress&, BytesView)> blocked_;
    std::uint64_t server_dtls_ = 0;
    std::vector<std::uint8_t> bytes_;
};

TEST_F(TransportTest, GoesFromIceOverDtlsToMedia) {
    EXPECT_EQ(server_.state(), ConnectionState::kNew);
    ASSERT_TRUE(connect());
    ASSERT_EQ(server_states_.size(), 2U);
    EXPECT_EQ(server_states_[0].state, ConnectionState::kConnecting);
    EXPECT_EQ(server_states_[1].state, ConnectionState::kConnected);
    EXPECT_FALSE(server_.srtp_profile().empty());
    EXPECT_EQ(paths_.size(), 1U);
    ASSERT_TRUE(server_.media_path().has_value());
    EXPECT_EQ(server_.media_path()->remote, kClientAddress);
    const auto plain = media_from(kClientAddress, 1);
    ASSERT_TRUE(plain.has_value());
    EXPECT_EQ(plain->kind, net::PacketClass::kRtp);
    const auto expected = rtp_packet(1);
    EXPECT_TRUE(
        std::equal(plain->bytes.begin(), plain->bytes.end(), expected.begin(), expected.end()));
    const auto replayed = [&] {
        protect(2);
        auto copy = bytes_;
        net::Datagram first{{net::Protocol::kUdp, kServerAddress, kClientAddress, 0}, bytes_, {}};
        net::Datagram second{{net::Protocol::kUdp, kServerAddress, kClientAddress, 0}, copy, {}};
        EXPECT_TRUE(server_.handle_receive(first, now_).has_value());
        return server_.handle_receive(second, now_);
    }();
    ASSERT_FALSE(replayed.has_value());
    EXPECT_EQ(replayed.error(), trace::Drop::kSrtpReplay);
}

TEST_F(TransportTest, NoDtlsBeforeIceHasProvenTheAddress) {
    describe();
    std::vector<std::uint8_t> hello{22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1};
    net::Datagram datagram{{net::Protocol::kUdp, kServerAddress, kClientAddress, 0}, hello, {}};
    const auto handled = server_.handle_receive(datagram, now_);
    ASSERT_FALSE(handled.has_value());
    EXPECT_EQ(handled.error(), trace::Drop::kDtlsBeforeIce);
    // Nor from another address afterwards.
    run(1s);
    ASSERT_EQ(server_.state(), ConnectionState::kConnected);
    const net::SocketAddress stranger{net::IpAddress::v4(203, 0, 113, 9), 9};
    net::Datagram other{{net::Protocol::kUdp, kServerAddress, stranger, 0}, hello, {}};
    const auto refused = server_.handle_receive(other, now_);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error(), trace::Drop::kDtlsBeforeIce);
    EXPECT_EQ(server_.state(), ConnectionState::kConnected);
}

TEST_F(TransportTest, NoDtlsIsSentWithoutIce) {
    blocked_ = [](const auto&, BytesView) { return true; };
    describe();
    run(3s);
    EXPECT_EQ(server_dtls_, 0U);
    EXPECT_EQ(server_.srtp(), nullptr);
}

TEST_F(TransportTest, MediaBeforeKeysIsDropped) {
    describe();
    auto packet = rtp_packet(1);
    net::Datagram datagram{{net::Protocol::kUdp, kServerAddress, kClientAddress, 0}, packet, {}};
    const auto handled = server_.handle_receive(datagram, now_);
    ASSERT_FALSE(handled.has_value());
    EXPECT_EQ(handled.error(), trace::Drop::kBeforeKeys);
    EXPECT_FALSE(server_.media_path().has_value());
}

TEST_F(TransportTest, AnotherCertificateThanAnnouncedFailsWithAReason) {
    auto forged = remote_of(client_);
    forged.fingerprints[0].value[0] = forged.fingerprints[0].value[0] == 'A' ? 'B' : 'A';
    server_.set_remote(forged, dtls::Role::kServer, now_);
    client_.set_remote(remote_of(server_), dtls::Role::kClient, now_);
    run(3s);
    EXPECT_EQ(server_.state(), ConnectionState::kFailed);
    ASSERT_FALSE(server_states_.empty());
    EXPECT_NE(server_states_.back().reason.find("fingerprint_mismatch"), std::string::npos)
        << server_states_.back().reason;
    EXPECT_FALSE(server_.media_path().has_value());
    // A description that names the true certificate is another association.
    server_.set_remote(remote_of(client_), dtls::Role::kServer, now_);
    EXPECT_EQ(server_.state(), ConnectionState::kConnecting);
}

TEST_F(TransportTest, RecognisesMediaFromAnAddressThatNobodyKnows) {
    ASSERT_TRUE(connect());
    const net::SocketAddress moved{kClientAddress.ip, 6001};
    protect(10);
    auto forged = bytes_;
    forged[20] ^= 1;
    net::Datagram bad{{net::Protocol::kUdp, kServerAddress, moved, 0}, forged, {}};
    EXPECT_FALSE(server_.recognise(bad, now_));
    EXPECT_EQ(server_.ice().stats().media_checks, 0U);
    net::Datagram good{{net::Protocol::kUdp, kServerAddress, moved, 0}, bytes_, {}};
    EXPECT_TRUE(server_.recognise(good, now_));
    EXPECT_EQ(server_.ice().stats().media_checks, 1U) << "ICE asks the address";
    EXPECT_EQ(server_.media_path()->remote, kClientAddress) << "and moves only when it answers";
}

TEST_F(TransportTest, MediaFromAnotherProvenPathMovesOursAtOnce) {
    ASSERT_TRUE(connect());
    client_address_ = {kClientAddress.ip, 6001};
    run(7s);
    ASSERT_EQ(server_.media_path()->remote, client_address_) << "its checks came from there";
    // Back again, and no check says so.
    now_ += 200ms;
    ASSERT_TRUE(media_from(kClientAddress, 10).has_value());
    EXPECT_EQ(server_.media_path()->remote, kClientAddress);
}

TEST_F(TransportTest, MediaThatComesAgainReconnectsAtOnce) {
    ASSERT_TRUE(connect());
    blocked_ = [](const auto&, BytesView) { return true; };
    run(10s);
    ASSERT_EQ(server_.state(), ConnectionState::kDisconnected);
    ASSERT_TRUE(media_from(kClientAddress, 10).has_value());
    EXPECT_EQ(server_.state(), ConnectionState::kConnected);
}

// Whoever writes the peer's address on his datagrams can write such records.
TEST_F(TransportTest, RecordsThatNobodySealedDoNotReconnect) {
    ASSERT_TRUE(connect());
    blocked_ = [](const auto&, BytesView) { return true; };
    run(10s);
    ASSERT_EQ(server_.state(), ConnectionState::kDisconnected);
    std::vector<std::uint8_t> forged = {23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 1, 0, 0, 0, 40};
    forged.resize(forged.size() + 40, 0x5A);
    for (std::uint8_t epoch = 0; epoch <= 2; ++epoch) {
        forged[4] = epoch;
        auto copy = forged;
        net::Datagram datagram{{net::Protocol::kUdp, kServerAddress, kClientAddress, 0}, copy, {}};
        (void)server_.handle_receive(datagram, now_);
    }
    run(100ms);
    EXPECT_EQ(server_.state(), ConnectionState::kDisconnected);
}

TEST_F(TransportTest, AnAnswerToNothingIsNotMalformed) {
    ASSERT_TRUE(connect());
    std::vector<std::uint8_t> answer;
    blocked_ = [&](const auto& from, BytesView bytes) {
        const bool is_answer = bytes.size() > 20 && bytes[0] == 1 && bytes[1] == 1;
        if (from == kClientAddress && is_answer) answer.assign(bytes.begin(), bytes.end());
        return false;
    };
    run(20s);
    ASSERT_FALSE(answer.empty());
    net::Datagram again{{net::Protocol::kUdp, kServerAddress, kClientAddress, 0}, answer, {}};
    const auto handled = server_.handle_receive(again, now_);
    ASSERT_FALSE(handled.has_value());
    EXPECT_EQ(handled.error(), trace::Drop::kStunUnexpected);
}

TEST_F(TransportTest, CloseTellsTheOtherSide) {
    ASSERT_TRUE(connect());
    server_.close(now_);
    EXPECT_EQ(server_.state(), ConnectionState::kClosed);
    EXPECT_FALSE(server_.media_path().has_value());
    run(50ms);
    EXPECT_EQ(client_.state(), ConnectionState::kClosed);
    EXPECT_FALSE(client_.media_path().has_value());
    EXPECT_TRUE(paths_.empty()) << "a closed transport owns no path";
    EXPECT_EQ(server_.next_timeout(), kNever);
    const auto late = media_from(kClientAddress, 7);
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error(), trace::Drop::kUnknownPeer);
}

TEST_F(TransportTest, LostConsentStopsMediaAndEndsInFailure) {
    ASSERT_TRUE(connect());
    blocked_ = [](const auto& from, BytesView) { return from == kClientAddress; };
    run(10s);
    EXPECT_EQ(server_.state(), ConnectionState::kDisconnected);
    run(30s);
    EXPECT_FALSE(server_.media_path().has_value());
    run(30s);
    EXPECT_EQ(server_.state(), ConnectionState::kFailed);
    EXPECT_FALSE(server_states_.back().reason.empty());
}

TEST_F(TransportTest, AnIceRestartKeepsKeysAndMedia) {
    ASSERT_TRUE(connect());
    const auto* before = server_.srtp();
    const std::string old_ufrag = server_.parameters().ice_ufrag;
    server_states_.clear();
    client_.restart_ice(now_);
    server_.restart_ice(now_);
    EXPECT_NE(server_.parameters().ice_ufrag, old_ufrag);
    EXPECT_TRUE(server_.media_path().has_value()) << "the old path works until there is a new one";
    describe();
    run(2s);
    EXPECT_EQ(server_.srtp(), before);
    EXPECT_TRUE(server_.media_path().has_value());
    EXPECT_EQ(server_.state(), ConnectionState::kConnected);
    EXPECT_EQ(server_.ice().previous_local_credentials(), nullptr);
    EXPECT_TRUE(server_states_.empty()) << "nobody noticed";
    EXPECT_EQ(paths_.size(), 1U);
    EXPECT_TRUE(media_from(kClientAddress, 3).has_value());
}

}  // namespace
}  // namespace parley::peer
