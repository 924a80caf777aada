// Against libsrtp2: each side opens what the other protected, and their octets are the same.

#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include "srtp/srtp_testing.hpp"

namespace parley::srtp {
namespace {

using testing::Bytes;

struct Profile {
    crypto::SrtpProfile profile;
    crypto::CipherPreference engine;
};

class Oracle {
 public:
    Oracle(crypto::SrtpProfile profile, const crypto::SrtpMaster& master, bool outbound) {
        static const bool ready = srtp_init() == srtp_err_status_ok;
        EXPECT_TRUE(ready);
        Bytes key(master.key.begin(),
                  master.key.begin() + static_cast<std::ptrdiff_t>(key_size(profile)));
        key.insert(key.end(), master.salt.begin(),
                   master.salt.begin() + static_cast<std::ptrdiff_t>(salt_size(profile)));
        srtp_policy_t policy;
        std::memset(&policy, 0, sizeof policy);
        for (auto* part : {&policy.rtp, &policy.rtcp}) {
            switch (profile) {
                case crypto::SrtpProfile::kAeadAes128Gcm:
                    srtp_crypto_policy_set_aes_gcm_128_16_auth(part);
                    break;
                case crypto::SrtpProfile::kAeadAes256Gcm:
                    srtp_crypto_policy_set_aes_gcm_256_16_auth(part);
                    break;
                case crypto::SrtpProfile::kAes128CmHmacSha1_80:
                    srtp_crypto_policy_set_rtp_default(part);
                    break;
            }
        }
        policy.ssrc.type = outbound ? ssrc_any_outbound : ssrc_any_inbound;
        policy.key = key.data();
        policy.window_size = 128;
        EXPECT_EQ(srtp_create(&session_, &policy), srtp_err_status_ok);
    }
    ~Oracle() { srtp_dealloc(session_); }
    Oracle(const Oracle&) = delete;
    Oracle& operator=(const Oracle&) = delete;

    using Function = srtp_err_status_t (*)(srtp_t, void*, int*);
    /// The packet after libsrtp's function; empty when it refused.
    Bytes apply(Function function, Bytes packet) {
        int size = static_cast<int>(packet.size());
        packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
        const auto status = function(session_, packet.data(), &size);
        packet.resize(status == srtp_err_status_ok ? static_cast<std::size_t>(size) : 0);
        return packet;
    }

 private:
    srtp_t session_ = nullptr;
};

class AgainstLibsrtp : public ::testing::TestWithParam<Profile> {
 protected:
    void SetUp() override {
        engine_ = crypto::make_cipher_engine(GetParam().engine);
        if (!engine_) GTEST_SKIP() << "no such cipher engine on this machine";
        keys_ = testing::random_keys(GetParam().profile, random_);
        session_.emplace(keys_, *engine_);
        out_.emplace(GetParam().profile, keys_.local, true);
        in_.emplace(GetParam().profile, keys_.remote, true);
        opener_.emplace(GetParam().profile, keys_.local, false);
    }

    Random random_{11};
    crypto::SrtpKeys keys_;
    std::unique_ptr<crypto::CipherEngine> engine_;
    std::optional<Session> session_;
    std::optional<Oracle> out_;     // protects as our session does
    std::optional<Oracle> in_;      // the peer
    std::optional<Oracle> opener_;  // opens what our session protects
};

// Three sources that run through three roll-overs each, with jumps of up to 200 in the sequence.
TEST_P(AgainstLibsrtp, RtpBothWaysThroughRollovers) {
    const std::array<std::uint32_t, 3> sources = {1, 0xDEADBEEF, 0xFFFFFFFF};
    std::array<std::uint32_t, 3> index = {1, 30'000, 60'000};
    for (int round = 0; round < 6000; ++round) {
        const std::size_t which = random_.below(3);
        index[which] += 1 + static_cast<std::uint32_t>(random_.below(200));
        const auto sequence = static_cast<std::uint16_t>(index[which]);
        const Bytes plain = testing::random_rtp_packet(sources[which], sequence, random_);
        const Bytes ours = testing::protect_rtp(*session_, plain);
        ASSERT_EQ(ours, out_->apply(srtp_protect, plain)) << round;
        ASSERT_EQ(opener_->apply(srtp_unprotect, ours), plain) << round;
        Bytes theirs = in_->apply(srtp_protect, plain);
        const auto size = session_->unprotect_rtp(theirs);
        ASSERT_TRUE(size.has_value()) << round << name(size.error());
        theirs.resize(*size);
        ASSERT_EQ(theirs, plain) << round;
    }
}

TEST_P(AgainstLibsrtp, RtcpBothWays) {
    for (int round = 0; round < 500; ++round) {
        const auto ssrc = static_cast<std::uint32_t>(1 + random_.below(5));
        const Bytes plain = testing::rtcp_packet(ssrc, 8 + 4 * random_.below(100));
        const Bytes ours = testing::protect_rtcp(*session_, plain);
        ASSERT_EQ(ours, out_->apply(srtp_protect_rtcp, plain)) << round;
        ASSERT_EQ(opener_->apply(srtp_unprotect_rtcp, ours), plain) << round;
        Bytes theirs = in_->apply(srtp_protect_rtcp, plain);
        const auto size = session_->unprotect_rtcp(theirs);
        ASSERT_TRUE(size.has_value()) << round << name(size.error());
        theirs.resize(*size);
        ASSERT_EQ(theirs, plain) << round;
    }
}

// Losses, reordering and repetitions: what libsrtp accepts we accept, and nothing else.
TEST_P(AgainstLibsrtp, SameVerdictUnderLossAndReordering) {
    Oracle peer(GetParam().profile, keys_.remote, true);
    Oracle judge(GetParam().profile, keys_.remote, false);
    std::vector<Bytes> sent;
    std::uint32_t index = 65'000;
    int accepted = 0;
    for (int round = 0; round < 4000; ++round) {
        index += random_.below(40) == 0 ? static_cast<std::uint32_t>(random_.below(300)) : 1;
        const auto plain = testing::rtp_packet(7, static_cast<std::uint16_t>(index), 20);
        sent.push_back(peer.apply(srtp_protect, plain));
        ASSERT_FALSE(sent.back().empty());
        const std::size_t back = std::min<std::size_t>(
            sent.size(), 1 + random_.below(random_.below(10) == 0 ? 300 : 10));
        Bytes packet = sent[sent.size() - back];
        if (random_.below(50) == 0) packet[random_.below(packet.size())] ^= 1;
        const bool theirs = !judge.apply(srtp_unprotect, packet).empty();
        const bool ours = session_->unprotect_rtp(packet).has_value();
        ASSERT_EQ(ours, theirs) << round;
        accepted += ours ? 1 : 0;
    }
    EXPECT_GT(accepted, 1000);
}

INSTANTIATE_TEST_SUITE_P(
    Profiles, AgainstLibsrtp,
    ::testing::Values(
        Profile{crypto::SrtpProfile::kAeadAes128Gcm, crypto::CipherPreference::kOpenssl},
        Profile{crypto::SrtpProfile::kAeadAes256Gcm, crypto::CipherPreference::kOpenssl},
        Profile{crypto::SrtpProfile::kAes128CmHmacSha1_80, crypto::CipherPreference::kOpenssl},
        Profile{crypto::SrtpProfile::kAeadAes128Gcm, crypto::CipherPreference::kMultiBuffer},
        Profile{crypto::SrtpProfile::kAeadAes256Gcm, crypto::CipherPreference::kMultiBuffer}),
    [](const auto& tested) {
        return std::string(crypto::name(tested.param.profile)) +
               (tested.param.engine == crypto::CipherPreference::kOpenssl ? "_openssl"
                                                                          : "_multibuffer");
    });

}  // namespace
}  // namespace parley::srtp
