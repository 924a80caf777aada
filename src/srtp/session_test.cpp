#include "srtp/session.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <set>

#include "srtp/srtp_testing.hpp"

namespace parley::srtp {
namespace {

using testing::Bytes;
using testing::protect_rtcp;
using testing::protect_rtp;
using testing::rtcp_packet;
using testing::rtp_packet;

class SrtpSession : public ::testing::TestWithParam<crypto::SrtpProfile> {
 protected:
    SrtpSession() { rekey({}); }

    void rekey(const Limits& limits) {
        keys_ = testing::random_keys(GetParam(), random_);
        a_.emplace(keys_, *engine_, limits);
        b_.emplace(testing::swapped(keys_), *engine_, limits);
    }
    Result<std::size_t, Error> open(Bytes packet) { return b_->unprotect_rtp(packet); }
    Result<std::size_t, Error> open_rtcp(Bytes packet) { return b_->unprotect_rtcp(packet); }

    Random random_{5};
    std::unique_ptr<crypto::CipherEngine> engine_ =
        crypto::make_cipher_engine(crypto::CipherPreference::kFastest);
    crypto::SrtpKeys keys_;
    std::optional<Session> a_;
    std::optional<Session> b_;
};

TEST_P(SrtpSession, RoundTrip) {
    for (std::uint16_t i = 0; i < 300; ++i) {
        const Bytes plain = testing::random_rtp_packet(42, i, random_);
        Bytes packet = protect_rtp(*a_, plain);
        ASSERT_EQ(packet.size(), plain.size() + tag_size(GetParam()));
        const auto size = b_->unprotect_rtp(packet);
        ASSERT_TRUE(size.has_value());
        packet.resize(*size);
        ASSERT_EQ(packet, plain);

        const Bytes report = rtcp_packet(42, 8 + 4 * random_.below(50));
        Bytes control = protect_rtcp(*a_, report);
        const auto control_size = b_->unprotect_rtcp(control);
        ASSERT_TRUE(control_size.has_value());
        control.resize(*control_size);
        ASSERT_EQ(control, report);
    }
}

TEST_P(SrtpSession, HeadersStayClearAndPayloadsDoNot) {
    const Bytes plain = rtp_packet(1, 1, 40);
    const Bytes packet = protect_rtp(*a_, plain);
    EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + 12, packet.begin()));
    EXPECT_FALSE(std::equal(plain.begin() + 12, plain.end(), packet.begin() + 12));
    const Bytes report = rtcp_packet(1, 28);
    const Bytes control = protect_rtcp(*a_, report);
    EXPECT_TRUE(std::equal(report.begin(), report.begin() + 8, control.begin()));
    EXPECT_FALSE(std::equal(report.begin() + 8, report.end(), control.begin() + 8));
}

TEST_P(SrtpSession, WrongDirectionOrKeysDoNotOpen) {
    Bytes packet = protect_rtp(*a_, rtp_packet(1, 1));
    EXPECT_EQ(a_->unprotect_rtp(packet).error(), Error::kAuthentication);
    EXPECT_EQ(a_->inbound_ssrcs(), 0U) << "a forged packet leaves no trace";
}

// P01, P02, P08, P09: everything short or broken, of every length.
TEST_P(SrtpSession, ShortAndMalformedPacketsAreRefused) {
    for (std::size_t size = 0; size < 64; ++size) {
        for (const std::uint8_t first : Bytes{0x80, 0x90, 0xBF, 0x8F, 0x00, 0xFF}) {
            Bytes packet(size, 0x7F);
            if (size > 0) packet[0] = first;
            EXPECT_FALSE(b_->unprotect_rtp(packet).has_value());
            std::fill(packet.begin(), packet.end(), std::uint8_t{0xFF});
            if (size > 0) packet[0] = first;
            EXPECT_FALSE(b_->unprotect_rtcp(packet).has_value());
        }
    }
    const std::size_t tag = tag_size(GetParam());
    EXPECT_EQ(open(Bytes(12 + tag - 1, 0x80)).error(), Error::kTooShort);
    EXPECT_EQ(open_rtcp(Bytes(8 + 4 + tag - 1, 0x80)).error(), Error::kTooShort);
    EXPECT_EQ(open(Bytes(12 + tag, 0x00)).error(), Error::kMalformed);
    Bytes many_csrcs = rtp_packet(1, 1, tag + 8);
    many_csrcs[0] = 0x8F;  // fifteen CSRCs in a packet that ends before them
    EXPECT_EQ(open(many_csrcs).error(), Error::kMalformed);
    Bytes long_extension = rtp_packet(1, 1, tag + 8);
    long_extension[0] = 0x90;
    EXPECT_EQ(open(long_extension).error(), Error::kMalformed);
    EXPECT_EQ(open(rtp_packet(1, 1, 100)).error(), Error::kAuthentication) << "plain RTP";
    EXPECT_EQ(b_->inbound_ssrcs(), 0U);
}

TEST_P(SrtpSession, OwnMistakesAreErrorsToo) {
    Bytes packet = rtp_packet(1, 1);
    EXPECT_EQ(a_->protect_rtp(packet, packet.size()).error(), Error::kNoRoom);
    EXPECT_EQ(a_->protect_rtp(packet, packet.size() + 1).error(), Error::kNoRoom);
    EXPECT_EQ(a_->protect_rtcp(packet, packet.size()).error(), Error::kNoRoom);
    Bytes tiny(64, 0x80);
    EXPECT_EQ(a_->protect_rtp(tiny, 11).error(), Error::kMalformed);
    EXPECT_EQ(a_->protect_rtcp(tiny, 7).error(), Error::kMalformed);
}

// P03.
TEST_P(SrtpSession, ForgeriesChangeNothing) {
    ASSERT_TRUE(open(protect_rtp(*a_, rtp_packet(1, 100))).has_value());
    const Bytes genuine = protect_rtp(*a_, rtp_packet(1, 101));
    for (int i = 0; i < 50'000; ++i) {
        Bytes forged = genuine;
        store_be16(&forged[2], static_cast<std::uint16_t>(random_()));
        forged[12 + random_.below(forged.size() - 12)] ^=
            static_cast<std::uint8_t>(1 + random_.below(255));
        ASSERT_FALSE(b_->unprotect_rtp(forged).has_value());
    }
    EXPECT_TRUE(open(genuine).has_value());
}

TEST_P(SrtpSession, EveryBitIsAuthenticated) {
    const Bytes rtp = protect_rtp(*a_, rtp_packet(1, 1, 20));
    const Bytes rtcp = protect_rtcp(*a_, rtcp_packet(1));
    for (std::size_t bit = 0; bit < rtp.size() * 8; ++bit) {
        Bytes bad = rtp;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(b_->unprotect_rtp(bad).has_value()) << bit;
    }
    for (std::size_t bit = 0; bit < rtcp.size() * 8; ++bit) {
        Bytes bad = rtcp;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(b_->unprotect_rtcp(bad).has_value()) << bit;
    }
    EXPECT_TRUE(open(rtp).has_value());
    EXPECT_TRUE(open_rtcp(rtcp).has_value());
}

// P04: inside, at the edge of 128, outside.
TEST_P(SrtpSession, ReplayWindow) {
    std::vector<Bytes> sent;
    for (std::uint16_t i = 0; i < 300; ++i) sent.push_back(protect_rtp(*a_, rtp_packet(1, i)));
    ASSERT_TRUE(open(sent[299]).has_value());
    EXPECT_EQ(open(sent[299]).error(), Error::kReplay);
    EXPECT_TRUE(open(sent[299 - 127]).has_value());
    EXPECT_EQ(open(sent[299 - 127]).error(), Error::kReplay);
    EXPECT_EQ(open(sent[299 - 128]).error(), Error::kReplay);
    EXPECT_TRUE(open(sent[299 - 64]).has_value());
    EXPECT_TRUE(open(sent[299 - 63]).has_value());
    EXPECT_EQ(open(sent[299 - 64]).error(), Error::kReplay);
    EXPECT_EQ(open(sent[0]).error(), Error::kReplay);

    std::vector<Bytes> reports;
    for (int i = 0; i < 200; ++i) reports.push_back(protect_rtcp(*a_, rtcp_packet(1)));
    ASSERT_TRUE(open_rtcp(reports[199]).has_value());
    EXPECT_EQ(open_rtcp(reports[199]).error(), Error::kReplay);
    EXPECT_TRUE(open_rtcp(reports[199 - 127]).has_value());
    EXPECT_EQ(open_rtcp(reports[199 - 128]).error(), Error::kReplay);
    EXPECT_EQ(open_rtcp(reports[199 - 127]).error(), Error::kReplay);
}

// P05: 1 to 300 packets lost around the wrap, at every place of it, and late ones from before it.
TEST_P(SrtpSession, LossAroundTheRollover) {
    for (std::uint32_t lost = 1; lost <= 300; lost += lost < 5 ? 1 : 59) {
        for (std::uint32_t first = 65'536 - lost - 1; first <= 65'537; first += 1 + lost / 4) {
            rekey({});
            std::optional<Bytes> late;
            for (std::uint32_t i = 65'000; i < 66'200; ++i) {
                Bytes packet = protect_rtp(*a_, rtp_packet(1, static_cast<std::uint16_t>(i), 4));
                if (i >= first && i < first + lost) {
                    late = std::move(packet);
                    continue;
                }
                ASSERT_TRUE(b_->unprotect_rtp(packet).has_value()) << lost << " at " << first;
                if (late && i == first + lost + 20) {
                    EXPECT_TRUE(open(*late).has_value()) << "a late one from around the wrap";
                }
            }
        }
    }
}

TEST_P(SrtpSession, SecondAndThirdRollover) {
    for (std::uint32_t i = 0; i < 3 * 65'536 + 10; i += 40) {
        ASSERT_TRUE(
            open(protect_rtp(*a_, rtp_packet(1, static_cast<std::uint16_t>(i), 4))).has_value())
            << i;
    }
}

// P06.
TEST_P(SrtpSession, SourcesAreLimited) {
    const auto most = static_cast<std::uint32_t>(Limits().inbound_ssrcs);
    for (std::uint32_t ssrc = 1; ssrc <= most; ++ssrc) {
        ASSERT_TRUE(open(protect_rtp(*a_, rtp_packet(ssrc, 1))).has_value());
    }
    for (std::uint32_t ssrc = most + 1; ssrc < 2000; ++ssrc) {
        ASSERT_EQ(open(protect_rtp(*a_, rtp_packet(ssrc, 1))).error(), Error::kTooManySsrcs);
    }
    EXPECT_EQ(open_rtcp(protect_rtcp(*a_, rtcp_packet(most + 1))).error(), Error::kTooManySsrcs);
    EXPECT_EQ(b_->inbound_ssrcs(), most);
    EXPECT_TRUE(open(protect_rtp(*a_, rtp_packet(64, 2))).has_value()) << "known ones go on";
    EXPECT_TRUE(open_rtcp(protect_rtcp(*a_, rtcp_packet(64))).has_value());

    Limits small;
    small.outbound_ssrcs = 2;
    rekey(small);
    EXPECT_FALSE(protect_rtp(*a_, rtp_packet(1, 1)).empty());
    EXPECT_FALSE(protect_rtp(*a_, rtp_packet(2, 1)).empty());
    Bytes third = rtp_packet(3, 1);
    third.resize(100);
    EXPECT_EQ(a_->protect_rtp(third, 52).error(), Error::kTooManySsrcs);
}

TEST_P(SrtpSession, ThousandsOfOutboundSources) {
    Limits limits;
    limits.inbound_ssrcs = 5000;
    rekey(limits);
    for (std::uint16_t sequence = 1; sequence < 3; ++sequence) {
        for (std::uint32_t i = 0; i < 4000; ++i) {
            const std::uint32_t ssrc = i * 0x10001;  // a pattern that a weak hash would crowd
            ASSERT_TRUE(open(protect_rtp(*a_, rtp_packet(ssrc, sequence, 4))).has_value());
        }
    }
    EXPECT_EQ(a_->outbound_ssrcs(), 4000U);
    EXPECT_EQ(b_->inbound_ssrcs(), 4000U);
}

// P07: the same SSRC in two sessions shares nothing.
TEST_P(SrtpSession, SameSourceInTwoSessions) {
    const auto keys = testing::random_keys(GetParam(), random_);
    Session other(keys, *engine_);
    Bytes mine = protect_rtp(*a_, rtp_packet(1, 1));
    const Bytes theirs = protect_rtp(other, rtp_packet(1, 1));
    EXPECT_NE(mine, theirs);
    EXPECT_EQ(open(theirs).error(), Error::kAuthentication);
    EXPECT_TRUE(open(mine).has_value());
}

// P10. The packet is authentic in counter mode only when made by hand; the bit decides before that.
TEST_P(SrtpSession, UnencryptedSrtcpIsRefused) {
    Bytes packet = protect_rtcp(*a_, rtcp_packet(1));
    const bool counter = GetParam() == crypto::SrtpProfile::kAes128CmHmacSha1_80;
    packet[packet.size() - (counter ? 10 + 4 : 4)] &= 0x7F;
    EXPECT_EQ(open_rtcp(packet).error(), Error::kNotEncrypted);
}

// P11.
TEST_P(SrtpSession, KeysEndBeforeAnIndexIsUsedTwice) {
    Limits limits;
    limits.rtp_packets = 10;
    limits.rtcp_packets = 10;
    rekey(limits);
    for (std::uint16_t i = 0; i < 10; ++i) {
        EXPECT_FALSE(protect_rtp(*a_, rtp_packet(1, i)).empty());
        EXPECT_FALSE(protect_rtcp(*a_, rtcp_packet(1)).empty());
    }
    Bytes packet = rtp_packet(1, 10);
    packet.resize(100);
    EXPECT_EQ(a_->protect_rtp(packet, 52).error(), Error::kKeyExhausted);
    Bytes report = rtcp_packet(1);
    report.resize(100);
    EXPECT_EQ(a_->protect_rtcp(report, 28).error(), Error::kKeyExhausted);
}

TEST_P(SrtpSession, AnIndexIsProtectedOnce) {
    EXPECT_FALSE(protect_rtp(*a_, rtp_packet(1, 5)).empty());
    Bytes again = rtp_packet(1, 5);
    again.resize(100);
    EXPECT_EQ(a_->protect_rtp(again, 52).error(), Error::kReplay);
    EXPECT_FALSE(protect_rtp(*a_, rtp_packet(1, 4)).empty()) << "out of order is no repetition";
}

TEST_P(SrtpSession, EnginesGiveTheSameOctets) {
    const auto other_engine = crypto::make_cipher_engine(crypto::CipherPreference::kOpenssl);
    Session other(keys_, *other_engine);
    for (std::uint16_t i = 0; i < 200; ++i) {
        const Bytes plain = testing::random_rtp_packet(9, i, random_);
        ASSERT_EQ(protect_rtp(*a_, plain), protect_rtp(other, plain));
        const Bytes report = rtcp_packet(9, 8 + 4 * random_.below(60));
        ASSERT_EQ(protect_rtcp(*a_, report), protect_rtcp(other, report));
    }
}

INSTANTIATE_TEST_SUITE_P(Profiles, SrtpSession, ::testing::ValuesIn(testing::kProfiles),
                         [](const auto& tested) {
                             return std::string(crypto::name(tested.param));
                         });

TEST(ReplayWindow, AgreesWithASetOfAllThatWasSeen) {
    Random random(9);
    ReplayWindow window;
    std::set<std::uint64_t> seen;
    std::uint64_t base = 1000;
    for (int i = 0; i < 50'000; ++i) {
        base += random.below(3);
        if (random.below(200) == 0) base += random.below(200);
        const std::uint64_t index = base - random.below(200);
        const bool fresh =
            window.empty() || index > window.highest() ||
            (window.highest() - index < ReplayWindow::kSize && !seen.contains(index));
        ASSERT_EQ(window.test(index), fresh) << i;
        if (!fresh) continue;
        window.accept(index);
        seen.insert(index);
    }
}

TEST(ReplayWindow, LastIndexOfAll) {
    ReplayWindow window;
    const std::uint64_t last = (std::uint64_t{1} << 48) - 1;
    window.accept(last);
    EXPECT_EQ(estimate_index(window, 0xFFFF), last);
    // The next would be 2^48, which sessions refuse (RFC 3711 §9.2).
    EXPECT_EQ(estimate_index(window, 0), last + 1);
}

TEST(SrtpErrors, EachHasANameAndACounter) {
    for (const auto error :
         {Error::kTooShort, Error::kMalformed, Error::kAuthentication, Error::kReplay,
          Error::kTooManySsrcs, Error::kNotEncrypted, Error::kKeyExhausted, Error::kNoRoom}) {
        EXPECT_NE(name(error), "unknown");
    }
    EXPECT_EQ(to_drop(Error::kReplay), trace::Drop::kSrtpReplay);
    EXPECT_EQ(to_drop(Error::kAuthentication), trace::Drop::kSrtpAuthentication);
    EXPECT_EQ(to_drop(Error::kTooManySsrcs), trace::Drop::kTooManySsrcs);
    EXPECT_EQ(to_drop(Error::kTooShort), trace::Drop::kMalformed);
}

}  // namespace
}  // namespace parley::srtp
