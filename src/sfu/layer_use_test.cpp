#include "sfu/layer_use.hpp"

#include <gtest/gtest.h>
#include <memory>

#include "sfu/test_media.hpp"

namespace parley::sfu {
namespace {

using test::at_ms;

TEST(LayerUse, TurnsOffWithPatienceAndOnAtOnce) {
    LayerUse use;
    EXPECT_EQ(use.update(0b111, at_ms(0)), 0);
    EXPECT_EQ(use.next_timeout(), kNever);
    EXPECT_EQ(use.update(0b001, at_ms(1000)), 0);
    EXPECT_EQ(use.next_timeout(), at_ms(1000) + LayerUse::kOffAfter);
    EXPECT_EQ(use.update(0b011, at_ms(4000)), 0);
    EXPECT_EQ(use.update(0b001, at_ms(4500)), 0) << "wanted again meanwhile: counted anew";
    EXPECT_EQ(use.update(0b001, at_ms(5000)), 0b100);
    EXPECT_FALSE(use.on(2));
    EXPECT_TRUE(use.on(1));
    EXPECT_EQ(use.update(0b001, at_ms(8500)), 0b010);
    EXPECT_EQ(use.next_timeout(), kNever);
    EXPECT_EQ(use.update(0b110, at_ms(8501)), 0b110);
    EXPECT_TRUE(use.on(2));
}

TEST(LayerUse, EverythingMayBeOff) {
    LayerUse use;
    use.update(0, at_ms(0));
    EXPECT_EQ(use.update(0, at_ms(4000)), kAllStreams);
    EXPECT_EQ(use.update(0b001, at_ms(4001)), 0b001);
}

// A layer that is off by request may still be chosen, and is dead only when it does not return.
TEST(LayerUse, ALayerThatIsOffIsNotDead) {
    Publication publication(test::vp8_config({"l", "h"}), std::make_shared<ParticipantClock>());
    test::Arrivals arrivals;
    test::Vp8Source low;
    test::Vp8Source high;
    high.ssrc = Ssrc(2);
    high.width = 640;
    high.height = 360;
    const auto send = [&](std::size_t layer, test::Vp8Source& source, bool key, int ms) {
        for (const auto& bytes : source.frame(key)) {
            (void)arrivals.on_packet(publication, layer, test::view(bytes), at_ms(ms));
        }
    };
    const auto live = [&](int ms) {
        publication.handle_timeout(at_ms(ms));
        return publication.options(at_ms(ms))[1].live;
    };
    for (int ms = 0; ms < 3000; ms += 33) {
        send(0, low, ms == 0, ms);
        send(1, high, ms == 0, ms);
    }
    publication.set_wanted(1, false, at_ms(3000));
    for (int ms = 3000; ms < 10'000; ms += 33) send(0, low, false, ms);
    EXPECT_TRUE(live(10'000)) << "choosable";
    EXPECT_FALSE(publication.live(1));

    const auto revision = publication.revision();
    publication.set_wanted(1, true, at_ms(10'000));
    EXPECT_NE(publication.revision(), revision);
    EXPECT_TRUE(live(12'900));
    for (int ms = 10'000; ms < 13'000; ms += 33) send(0, low, false, ms);
    EXPECT_EQ(publication.next_timeout(), at_ms(13'000));
    EXPECT_FALSE(live(13'000)) << "it did not return";

    publication.set_wanted(1, false, at_ms(13'000));
    publication.set_wanted(1, true, at_ms(14'000));
    send(1, high, true, 14'200);
    EXPECT_TRUE(live(14'200));
    send(0, low, false, 16'150);
    EXPECT_FALSE(live(16'250)) << "it has returned and stopped again by itself";
}

}  // namespace
}  // namespace parley::sfu
