// A packet costs no allocation once its source is known: operator new is counted here, and the
// crypto library's own allocations are counted in crypto/allocation_test.cpp.

#include <gtest/gtest.h>

#include "base/allocation_counter_testing.hpp"
#include "srtp/srtp_testing.hpp"

namespace parley::srtp {
namespace {

TEST(SrtpAllocation, NonePerPacketAfterWarmUp) {
    for (const auto preference :
         {crypto::CipherPreference::kFastest, crypto::CipherPreference::kOpenssl}) {
        const auto engine = crypto::make_cipher_engine(preference);
        for (const auto profile : testing::kProfiles) {
            Random random(1);
            const auto keys = testing::random_keys(profile, random);
            Session a(keys, *engine);
            Session b(testing::swapped(keys), *engine);
            testing::Bytes packet = testing::rtp_packet(1, 0, 1000);
            const std::size_t size = packet.size();
            packet.resize(size + kMaxOverhead);
            std::size_t before = 0;
            bool ok = true;
            for (std::uint16_t i = 0; i < 100; ++i) {
                if (i == 1) before = parley::testing::allocations;
                store_be16(&packet[2], i);
                const auto sealed = a.protect_rtp(packet, size);
                ok = ok && sealed && b.unprotect_rtp(BytesSpan(packet).first(*sealed));
                const auto control = a.protect_rtcp(packet, size);
                ok = ok && control && b.unprotect_rtcp(BytesSpan(packet).first(*control));
            }
            EXPECT_TRUE(ok);
            EXPECT_EQ(parley::testing::allocations - before, 0U)
                << crypto::name(profile) << engine->name();
        }
    }
}

}  // namespace
}  // namespace parley::srtp
