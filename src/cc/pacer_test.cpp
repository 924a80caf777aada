#include "cc/pacer.hpp"

#include <gtest/gtest.h>

namespace parley::cc {
namespace {

Instant at(Duration time) {
    return Instant(1000s + time);
}

// Sends packets as early as they may leave until `end`; returns when each left.
std::vector<Instant> send_all(Pacer& pacer, Instant from, Instant end, std::uint32_t size) {
    std::vector<Instant> sent;
    for (Instant now = from; now < end;) {
        if (!pacer.may_send(now)) {
            const Instant next = pacer.next_send(now);
            EXPECT_GT(next, now);
            EXPECT_FALSE(pacer.may_send(next - Duration(1)));
            EXPECT_TRUE(pacer.may_send(next));
            now = next;
            continue;
        }
        EXPECT_EQ(pacer.next_send(now), Instant::min());
        pacer.on_sent(size, now);
        sent.push_back(now);
    }
    return sent;
}

TEST(Pacer, WithoutARateEverythingLeaves) {
    Pacer pacer;
    EXPECT_EQ(send_all(pacer, at(0ms), at(0ms), 1200).size(), 0U);
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(pacer.may_send(at(0ms)));
        pacer.on_sent(1250, at(0ms));
    }
}

TEST(Pacer, LetsOneFrameGoAndThenKeepsTheRate) {
    Pacer pacer;
    pacer.set_rate(Bitrate::from_kbps(1000), at(0ms));
    const auto sent = send_all(pacer, at(0ms), at(2s), 1250);
    EXPECT_EQ(std::count(sent.begin(), sent.end(), at(0ms)), 10);
    // 1 Mbit/s is 100 such packets a second.
    EXPECT_NEAR(static_cast<double>(sent.size()), 10 + 200, 1);
    EXPECT_NEAR(to_seconds(sent[150] - sent[100]), 0.5, 0.001);
}

TEST(Pacer, ItsDepthIsTenMillisecondsOfAHighRate) {
    Pacer pacer;
    pacer.set_rate(Bitrate::from_kbps(100'000), at(0ms));
    const auto sent = send_all(pacer, at(0ms), at(1ms), 1250);
    EXPECT_EQ(std::count(sent.begin(), sent.end(), at(0ms)), 100);
}

TEST(Pacer, SpreadItSendsOneByOneFromItsNextPacketOn) {
    Pacer pacer;
    pacer.set_rate(Bitrate::from_kbps(1000), at(0ms));
    pacer.set_spread(true, at(0ms));
    const auto sent = send_all(pacer, at(0ms), at(2s), 1250);
    EXPECT_EQ(std::count(sent.begin(), sent.end(), at(0ms)), 1);
    EXPECT_NEAR(static_cast<double>(sent.size()), 200, 2);
    pacer.set_spread(false, at(2s));
    const auto after = send_all(pacer, at(5s), at(5s) + 1ms, 1250);
    EXPECT_EQ(std::count(after.begin(), after.end(), at(5s)), 10);
}

TEST(Pacer, APauseEarnsNoMoreThanItsDepth) {
    Pacer pacer;
    pacer.set_rate(Bitrate::from_kbps(2000), at(0ms));
    send_all(pacer, at(0ms), at(1s), 1250);
    for (const Duration pause : {Duration(5s), Duration(60min)}) {
        const auto sent = send_all(pacer, at(pause), at(pause) + 10ms, 1250);
        EXPECT_EQ(std::count(sent.begin(), sent.end(), at(pause)), 10);
        EXPECT_LE(sent.size(), 13U);
    }
}

TEST(Pacer, WhatIsOwedStaysOwedInOctetsWhenTheRateChanges) {
    Pacer pacer;
    pacer.set_rate(Bitrate::from_kbps(1000), at(0ms));
    for (int i = 0; i < 20; ++i) pacer.on_sent(1250, at(0ms));  // 10 packets over the depth
    EXPECT_NEAR(to_seconds(pacer.next_send(at(0ms)) - at(0ms)), 0.1, 0.001);
    pacer.set_rate(Bitrate::from_kbps(2000), at(0ms));
    EXPECT_NEAR(to_seconds(pacer.next_send(at(0ms)) - at(0ms)), 0.05, 0.001);
    pacer.set_rate(Bitrate::from_kbps(500), at(0ms));
    EXPECT_NEAR(to_seconds(pacer.next_send(at(0ms)) - at(0ms)), 0.2, 0.001);
}

TEST(Pacer, WhatIsSentWithoutAskingBlocksForABoundedTime) {
    Pacer pacer;
    pacer.set_rate(Bitrate::from_kbps(100), at(0ms));
    for (int i = 0; i < 10'000; ++i) pacer.on_sent(1250, at(0ms));
    EXPECT_LE(pacer.next_send(at(0ms)), at(0ms) + Pacer::kMaxDebt + 1us);
}

ProbeRequest probe_at(int kbps) {
    return {.id = 7, .rate = Bitrate::from_kbps(kbps), .min_duration = 15ms, .min_packets = 5};
}

TEST(Pacer, AProbeOverridesTheRateUntilItIsComplete) {
    Pacer pacer;
    pacer.set_rate(Bitrate::from_kbps(300), at(0ms));
    for (int i = 0; i < 10; ++i) pacer.on_sent(1250, at(0ms));
    EXPECT_FALSE(pacer.may_send(at(0ms)));
    pacer.start_probe(probe_at(8000), at(1ms));
    std::vector<Instant> sent;
    Instant now = at(1ms);
    while (pacer.probe() == 7) {
        ASSERT_TRUE(pacer.may_send(now));
        pacer.on_sent(1000, now);
        sent.push_back(now);
        if (pacer.probe() == 7) now = pacer.next_send(now);
    }
    EXPECT_EQ(sent.size(), 15U);  // 15 ms of 1 packet a millisecond
    EXPECT_NEAR(to_seconds(sent.back() - sent.front()), 0.014, 0.0001);
    // Behind it the budget is empty, not in debt.
    EXPECT_FALSE(pacer.may_send(now));
    EXPECT_LE(pacer.next_send(now), now + 1us);
}

TEST(Pacer, AProbeWithoutMediaAsksForPadding) {
    Pacer pacer;
    pacer.set_rate(Bitrate::from_kbps(300), at(0ms));
    EXPECT_EQ(pacer.padding_wanted(at(0ms)), 0U);
    EXPECT_EQ(pacer.next_padding(), kNever);
    pacer.start_probe(probe_at(900), at(0ms));
    std::int64_t total = 0;
    int packets = 0;
    Instant now = at(0ms);
    while (pacer.probe() == 7) {
        now = pacer.next_padding();
        const auto wanted = pacer.padding_wanted(now);
        ASSERT_GT(wanted, 0U);
        EXPECT_EQ(pacer.padding_wanted(now - Duration(1)), 0U);
        pacer.on_sent(wanted, now);
        total += wanted;
        ++packets;
    }
    EXPECT_EQ(packets, 5);
    EXPECT_NEAR(static_cast<double>(total), 900'000 / 8 * 0.015, 5);
    EXPECT_EQ(pacer.padding_wanted(now + 1s), 0U);
}

TEST(Pacer, AProbeThatFindsNothingToSendIsGivenUp) {
    Pacer pacer;
    pacer.set_rate(Bitrate::from_kbps(300), at(0ms));
    pacer.start_probe(probe_at(3000), at(0ms));
    pacer.on_sent(1250, at(0ms));
    EXPECT_GT(pacer.padding_wanted(at(900ms)), 0U);
    EXPECT_EQ(pacer.padding_wanted(at(30s)), 0U);
    EXPECT_EQ(pacer.probe(), 7U);
    pacer.may_send(at(30s));
    EXPECT_EQ(pacer.probe(), kNoProbe);
}

TEST(Pacer, AProbeThatWasHeldUpDoesNotBurst) {
    Pacer pacer;
    pacer.set_rate(Bitrate::from_kbps(300), at(0ms));
    pacer.start_probe(probe_at(5000), at(0ms));
    pacer.on_sent(1250, at(0ms));
    int burst = 0;
    for (; pacer.probe() == 7 && pacer.may_send(at(500ms)); ++burst) {
        pacer.on_sent(1250, at(500ms));
    }
    EXPECT_LE(burst, 3);
}

TEST(Pacer, PaddingFillsUpToItsRate) {
    Pacer pacer;
    pacer.set_rate(Bitrate::from_kbps(2500), at(0ms));
    pacer.set_padding_rate(Bitrate::from_kbps(1000), at(0ms));
    std::int64_t padding = 0;
    std::int64_t media = 0;
    Instant next_media = at(0ms);
    for (Instant now = at(0ms); now < at(10s);) {
        if (now >= next_media) {  // 400 kbit/s of media
            pacer.on_sent(1000, now);
            media += 1000;
            next_media += 20ms;
        }
        if (const auto wanted = pacer.padding_wanted(now)) {
            pacer.on_sent(wanted, now);
            padding += wanted;
        }
        now = std::max(now + Duration(1), std::min(next_media, pacer.next_padding()));
    }
    EXPECT_NEAR(rate_of(media + padding, 10s).kbps(), 1000, 15);
    EXPECT_NEAR(rate_of(media, 10s).kbps(), 400, 5);
}

TEST(Pacer, NoPaddingWhileMediaTakesTheRate) {
    Pacer pacer;
    pacer.set_rate(Bitrate::from_kbps(2500), at(0ms));
    pacer.set_padding_rate(Bitrate::from_kbps(300), at(0ms));
    for (int i = 0; i < 1000; ++i) {
        pacer.on_sent(1000, at(i * 10ms));
        if (i < 2) continue;
        EXPECT_EQ(pacer.padding_wanted(at(i * 10ms + 9ms)), 0U) << i;
    }
}

}  // namespace
}  // namespace parley::cc
