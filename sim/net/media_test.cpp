#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "sim/net/fixed_controller_testing.hpp"
#include "sim/net/flows.hpp"

namespace parley::sim {
namespace {

/// One media flow over one link of each direction, with a controller that says what a test wants.
struct Call {
    explicit Call(MediaSenderConfig sender = {}, LinkConfig forward = way(),
                  MediaReceiverConfig receiver = {}, std::uint64_t seed = 1)
        : world(seed), there(world, std::move(forward)), back(world, way()) {
        sender.flow = 1;
        sender.make_controller = [this](const cc::Limits&) {
            auto made = std::make_unique<FixedController>(Bitrate::from_kbps(1000));
            controller = made.get();
            return made;
        };
        receiver.feedback = sender.feedback;
        flow = std::make_unique<MediaFlow>(world, std::move(sender), receiver,
                                           Ways{{&there}, {&back}});
        flow->sender().start(world.now());
    }
    static LinkConfig way() {
        LinkConfig config;
        config.delay = Duration(25ms);
        return config;
    }
    double kbps(PacketKind kind, Duration begin, Duration end) const {
        double bits = 0;
        for (const ReceivedRecord& record : flow->receiver().received()) {
            const Duration at = record.at - World::kBeginning;
            if (record.kind == kind && at >= begin && at < end) bits += record.size * 8.0;
        }
        return bits / to_seconds(end - begin) / 1000;
    }

    World world;
    Link there;
    Link back;
    FixedController* controller = nullptr;
    std::unique_ptr<MediaFlow> flow;
};

TEST(Media, TheSourcesFillTheTarget) {
    for (const VideoKind kind :
         {VideoKind::kCamera, VideoKind::kFixedSize, VideoKind::kConstantRate}) {
        MediaSenderConfig config;
        config.video.kind = kind;
        Call call(config);
        call.world.run_until(20s);
        const double audio = call.kbps(PacketKind::kAudio, 5s, 20s);
        const double video = call.kbps(PacketKind::kVideo, 5s, 20s);
        EXPECT_NEAR(audio, 46.4, 0.5);
        EXPECT_NEAR(audio + video, 1000, 40) << int(kind);
    }
}

TEST(Media, FramesOfACameraVaryAndFollowATargetWithDelay) {
    VideoConfig config;
    VideoSource source(config, Random(3));
    source.set_target(Bitrate::from_kbps(1200), World::kBeginning);
    Instant now = World::kBeginning;
    const auto mean_of = [&](int frames, double* deviation) {
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < frames; ++i, now += source.interval()) {
            const auto bytes = static_cast<double>(source.next_frame(now)->bytes);
            sum += bytes;
            squares += bytes * bytes;
        }
        if (deviation != nullptr)
            *deviation = std::sqrt(squares / frames - sum * sum / frames / frames);
        return sum / frames;
    };
    const double keyframe = mean_of(1, nullptr);
    EXPECT_NEAR(keyframe, 25'000, 10);
    mean_of(200, nullptr);
    double deviation = 0;
    EXPECT_NEAR(mean_of(300, &deviation), 5000, 150);
    EXPECT_GT(deviation, 700);
    EXPECT_LT(deviation, 1400);
    source.set_target(Bitrate::from_kbps(300), now);
    EXPECT_GT(mean_of(3, nullptr), 3000);  // 100 ms: not yet
    mean_of(10, nullptr);
    EXPECT_NEAR(mean_of(300, nullptr), 1250, 80);
}

TEST(Media, SlidesComeWhole) {
    MediaSenderConfig config;
    config.video.kind = VideoKind::kSlides;
    config.video.frames_per_second = 10;
    Call call(config);
    call.world.run_until(21s);
    const auto& shown = call.flow->receiver().shown();
    const auto slides = std::count_if(shown.begin(), shown.end(),
                                      [](const ShownFrame& frame) { return frame.keyframe; });
    EXPECT_EQ(slides, 5);
    for (const ShownFrame& frame : shown) EXPECT_LT(frame.at - frame.captured, 600ms);
}

TEST(Media, FeedbackTellsArrivalsAsTheWireRoundsThem) {
    LinkConfig link = Call::way();
    link.jitter = {30ms, true};
    Call call({}, link);
    call.world.run_until(5s);
    ASSERT_GT(call.controller->seen.size(), 400u);
    std::int64_t expected = call.controller->seen.front().packet.number;
    const auto& received = call.flow->receiver().received();
    for (std::size_t i = 0; i < call.controller->seen.size(); ++i) {
        const auto& report = call.controller->seen[i];
        EXPECT_EQ(report.packet.number, expected++);
        EXPECT_TRUE(report.received);
        EXPECT_EQ(report.ecn, cc::EcnMark::kUnknown);
        EXPECT_EQ(report.arrival % 250us, 0us);
        const Duration real = received[i].at - received[0].at;
        const Duration told = report.arrival - call.controller->seen[0].arrival;
        EXPECT_LE(std::abs((real - told).count()), Duration(250us).count());
    }
    EXPECT_GE(call.controller->round_trip, 50ms);
    EXPECT_LE(call.controller->round_trip, 200ms);  // the way, jitter, and the age of the report
}

TEST(Media, FeedbackIsReportedOnceAndLossesOfItAreRepaired) {
    Call call;
    call.world.at(2s, [&](Instant) { call.flow->receiver().set_feedback_enabled(false); });
    call.world.at(3s, [&](Instant) { call.flow->receiver().set_feedback_enabled(true); });
    call.world.run_until(6s);
    std::vector<std::int64_t> numbers;
    for (const auto& report : call.controller->seen) numbers.push_back(report.packet.number);
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
    EXPECT_EQ(std::adjacent_find(numbers.begin(), numbers.end()), numbers.end());
}

TEST(Media, MarksAreToldByRfc8888) {
    LinkConfig link = Call::way();
    link.capacity = Bitrate::from_kbps(900);
    link.queue = {.kind = QueueKind::kThreshold, .mark_above = 20ms};
    MediaSenderConfig config;
    config.feedback = FeedbackMode::kRfc8888;
    config.ecn = cc::EcnMark::kEct1;
    Call call(config, link);
    call.world.run_until(5s);
    const auto& seen = call.controller->seen;
    const auto marked = std::count_if(seen.begin(), seen.end(), [](const auto& report) {
        return report.ecn == cc::EcnMark::kCe;
    });
    EXPECT_GT(marked, 100);
    EXPECT_EQ(seen.front().ecn, cc::EcnMark::kEct1);
}

TEST(Media, LostPacketsComeAgainAndFramesAreShown) {
    LinkConfig link = Call::way();
    link.loss.ratio = 0.1;
    Call call({}, link);
    call.world.run_until(20s);
    EXPECT_GT(call.kbps(PacketKind::kRetransmission, 5s, 20s), 60);
    // The encoder leaves room for what is sent again.
    double sent = 0;
    for (const SentRecord& record : call.flow->sender().sent()) {
        if (record.at >= World::kBeginning + 5s) sent += record.size * 8.0;
    }
    EXPECT_NEAR(sent / 15 / 1000, 1000, 50);
    const auto& shown = call.flow->receiver().shown();
    EXPECT_GT(shown.size(), 560u);
    Duration longest{};
    for (std::size_t i = 1; i < shown.size(); ++i) {
        longest = std::max(longest, shown[i].at - shown[i - 1].at);
    }
    EXPECT_LT(longest, 500ms);
}

TEST(Media, APictureThatIsLostForGoodReturnsWithAKeyframe) {
    LinkConfig link = Call::way();
    link.capacity = Steps<Bitrate>{
        {0s, Bitrate::from_kbps(2000)}, {5s, Bitrate{}}, {8s, Bitrate::from_kbps(2000)}};
    Call call({}, link);
    call.world.run_until(15s);
    const auto& shown = call.flow->receiver().shown();
    const auto after = std::find_if(shown.begin(), shown.end(), [](const ShownFrame& frame) {
        return frame.at > World::kBeginning + 9s && frame.keyframe;
    });
    ASSERT_NE(after, shown.end());
    EXPECT_LT(after->at, World::kBeginning + 12s);
    EXPECT_GT(shown.back().at, World::kBeginning + 14900ms);
}

TEST(Media, WithoutMediaAProbeIsFilled) {
    MediaSenderConfig config;
    config.has_audio = false;
    config.has_video = false;
    Call call(config);
    call.world.at(1s, [&](Instant) {
        call.controller->probe = cc::ProbeRequest{.id = 1, .rate = Bitrate::from_kbps(3000)};
        call.flow->sender().on_packet(
            [] {
                Packet packet;
                packet.control = std::make_shared<const ControlMessage>();
                return packet;
            }(),
            call.world.now());
    });
    call.world.run_until(2s);
    const auto& received = call.flow->receiver().received();
    ASSERT_GE(received.size(), 5u);
    for (const auto& record : received) EXPECT_EQ(record.kind, PacketKind::kPadding);
    double bits = 0;
    for (std::size_t i = 0; i + 1 < received.size(); ++i) bits += received[i].size * 8.0;
    const double seconds = to_seconds(received.back().at - received.front().at);
    EXPECT_NEAR(bits / seconds / 1000, 3000, 300);
}

TEST(Media, ReportsAloneTellLossAndTheRoundTrip) {
    LinkConfig link = Call::way();
    link.loss.ratio = 0.2;
    MediaSenderConfig config;
    config.feedback = FeedbackMode::kReportsOnly;
    Call call(config, link);
    call.world.at(
        10s, [&](Instant now) { call.flow->receiver().set_limit(Bitrate::from_kbps(250), now); });
    call.world.run_until(30s);
    EXPECT_TRUE(call.controller->seen.empty());
    ASSERT_GT(call.controller->losses.size(), 25u);
    double sum = 0;
    for (const double loss : call.controller->losses) sum += loss;
    EXPECT_NEAR(sum / double(call.controller->losses.size()), 0.2, 0.03);
    EXPECT_EQ(call.controller->remb, Bitrate::from_kbps(250));
}

TEST(Media, ASenderWithoutFeedbackHoldsItsPicture) {
    // Blind: voice only.
    Call call;
    call.world.at(
        5s, [&](Instant) { const_cast<cc::Estimate&>(call.controller->estimate()).blind = true; });
    call.world.run_until(10s);
    EXPECT_EQ(call.kbps(PacketKind::kVideo, 5500ms, 10s), 0);
    EXPECT_NEAR(call.kbps(PacketKind::kAudio, 5500ms, 10s), 46.4, 1);
}

}  // namespace
}  // namespace parley::sim
