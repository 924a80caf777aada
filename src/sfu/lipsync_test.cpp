// Lips stay in step: audio and video of one participant, related by nothing but the sender reports
// that a subscriber gets, across more than a hundred layer switches.

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>

#include "sfu/subscription.hpp"
#include "sfu/test_media.hpp"

namespace parley::sfu {
namespace {

constexpr double kLimit = 0.080;

// What a receiver knows: the newest report maps its timestamps to the common clock.
struct ReceiverSide {
    std::optional<SenderReportValues> report;
    double rate = 90'000;

    std::optional<double> when(std::uint32_t timestamp) const {
        if (!report) return {};
        const double ntp =
            static_cast<double>(report->ntp.value - 0xE000'0000'0000'0000ULL) / 4294967296.0;
        return ntp + static_cast<std::int32_t>(timestamp - report->timestamp) / rate;
    }
};

class Lips {
 public:
    explicit Lips(std::uint64_t seed, bool reports) : random_(seed), with_reports_(reports) {
        hears_.rate = 48'000;
        for (std::size_t i = 0; i < 3; ++i) {
            sources_[i].ssrc = Ssrc(10 + static_cast<std::uint32_t>(i));
            sources_[i].width = static_cast<std::uint16_t>(160 << i);
            sources_[i].height = static_cast<std::uint16_t>(90 << i);
            base_[i] = random_.next_u32();
        }
        audio_base_ = random_.next_u32();
        audio_.start(audio_publication_, at(0));
        video_.start(video_publication_, at(0));
    }

    // Time in milliseconds; each has a frame of video every 40 ms and of audio every 20 ms.
    void run(std::int64_t seconds) {
        for (std::int64_t ms = 0; ms < seconds * 1000; ms += 20) {
            send_audio(ms);
            if (ms % 40 == 0) send_video(ms);
            if (with_reports_ && ms % 1000 == 500) report_video(ms);
            if (with_reports_ && ms % 5000 == 2500) report_audio(ms);
            if (ms % 400 == 0) {
                static constexpr Wish kWishes[] = {Wish::kLow, Wish::kMedium, Wish::kHigh};
                video_.set_wish(kWishes[random_.below(3)], video_publication_, at(ms));
            }
            make_reports(ms);
            compare(ms);
        }
    }
    double worst() const { return worst_; }
    std::uint64_t switches() const {
        return video_.stats(video_publication_, at(0)).layer_switches;
    }

 private:
    Instant at(std::int64_t ms) const { return test::at_ms(10'000 + ms); }
    Duration trip() { return 20ms + std::chrono::microseconds(random_.below(40'000)); }
    // The publisher's clock: another epoch, 200 ppm fast; its media clocks drift apart too.
    NtpTime publisher_ntp(std::int64_t ms) const {
        return WallTime{1'234'567'000'000 +
                        static_cast<std::int64_t>(static_cast<double>(ms) * 1000.2)}
            .ntp();
    }
    std::uint32_t audio_timestamp(std::int64_t ms) const {
        return audio_base_ +
               static_cast<std::uint32_t>(std::llround(static_cast<double>(ms) * 48.0 * 1.0001));
    }
    std::uint32_t video_timestamp(std::size_t layer, std::int64_t ms) const {
        return base_[layer] + static_cast<std::uint32_t>(ms * 90);
    }

    void send_audio(std::int64_t ms) {
        const std::uint8_t payload[3] = {0x78, 1, 2};
        const auto bytes =
            test::make_rtp({false, 111, audio_number_++, audio_timestamp(ms), Ssrc(1)}, payload);
        const Instant now = at(ms) + trip();
        const auto stored = audio_publication_.on_packet(0, test::view(bytes), {}, now);
        if (!stored) return;
        const Decision decision = audio_.decide(audio_publication_, **stored, now);
        if (decision.forward) heard_[ms] = decision.timestamp;
    }

    void send_video(std::int64_t ms) {
        for (std::size_t layer = 0; layer < 3; ++layer) {
            sources_[layer].timestamp = video_timestamp(layer, ms);
            const auto frame =
                sources_[layer].frame(std::exchange(wanted_[layer], false), 1, 100, 0);
            const Instant now = at(ms) + trip() + 10ms * static_cast<int>(layer);
            const auto stored =
                arrivals_.on_packet(video_publication_, layer, test::view(frame[0]), now);
            if (!stored) continue;
            const Decision decision = video_.decide(video_publication_, **stored, now);
            if (decision.forward) seen_[ms] = decision.timestamp;
            while (const auto asked = video_publication_.poll_keyframe_request(now))
                wanted_[*asked] = true;
        }
    }

    void report_video(std::int64_t ms) {
        for (std::size_t layer = 0; layer < 3; ++layer) {
            video_publication_.on_sender_report(layer, publisher_ntp(ms),
                                                video_timestamp(layer, ms), at(ms) + trip());
        }
    }
    void report_audio(std::int64_t ms) {
        audio_publication_.on_sender_report(0, publisher_ntp(ms), audio_timestamp(ms),
                                            at(ms) + trip());
    }

    void make_reports(std::int64_t ms) {
        const Instant now = at(ms) + 70ms;
        const WallAnchor wall{at(0), WallTime{1'700'000'000'000'000}};
        if (audio_.sender_report_due(now)) {
            if (auto r = audio_.make_sender_report(audio_publication_, wall, now))
                hears_.report = r;
        }
        if (video_.sender_report_due(now)) {
            if (auto r = video_.make_sender_report(video_publication_, wall, now)) sees_.report = r;
        }
    }

    // Sound and picture of the same instant, by what the receiver knows.
    void compare(std::int64_t ms) {
        if (!seen_.contains(ms) || !heard_.contains(ms)) return;
        const auto sound = hears_.when(heard_[ms]);
        const auto picture = sees_.when(seen_[ms]);
        if (sound && picture) worst_ = std::max(worst_, std::abs(*sound - *picture));
    }

    Random random_;
    bool with_reports_;
    std::shared_ptr<ParticipantClock> clock_ = std::make_shared<ParticipantClock>();
    Publication audio_publication_{test::opus_config(), clock_};
    test::Arrivals arrivals_;
    Publication video_publication_{test::vp8_config({"a", "b", "c"}), clock_};
    Subscription audio_{{}, random_};
    Subscription video_{{.wish = Wish::kHigh}, random_};
    std::array<test::Vp8Source, 3> sources_;
    std::array<std::uint32_t, 3> base_{};
    std::array<bool, 3> wanted_{true, true, true};
    std::uint32_t audio_base_ = 0;
    std::uint16_t audio_number_ = 0;
    ReceiverSide hears_;
    ReceiverSide sees_;
    std::map<std::int64_t, std::uint32_t> heard_;
    std::map<std::int64_t, std::uint32_t> seen_;
    double worst_ = 0;
};

TEST(LipSync, HoldsAcrossAHundredSwitchesWithReports) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        Lips lips(seed, true);
        lips.run(180);
        EXPECT_GE(lips.switches(), 100U);
        EXPECT_LT(lips.worst(), kLimit) << "seed " << seed;
    }
}

TEST(LipSync, HoldsAcrossAHundredSwitchesByArrivalAlone) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        Lips lips(seed, false);
        lips.run(180);
        EXPECT_GE(lips.switches(), 100U);
        EXPECT_LT(lips.worst(), kLimit) << "seed " << seed;
    }
}

}  // namespace
}  // namespace parley::sfu
