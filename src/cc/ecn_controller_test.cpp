#include "cc/ecn_controller.hpp"

#include <gtest/gtest.h>

namespace parley::cc {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRoundTrip = 50ms;

Instant at(Duration since) {
    return Instant{} + 1h + since;
}

/// So many packets, of which the first are marked.
void report(EcnController& controller, int packets, int marked, EcnMark sent_as,
            ProbeId probe = kNoProbe) {
    for (int i = 0; i < packets; ++i) {
        PacketReport report;
        report.packet.probe = probe;
        report.received = true;
        report.ecn = i < marked ? EcnMark::kCe : sent_as;
        controller.on_report(report);
    }
}

TEST(EcnController, AClassicMarkTakesFifteenPercent) {
    EcnController controller;
    report(controller, 20, 1, EcnMark::kEct0);
    EXPECT_EQ(controller.update(kRoundTrip, at(0ms)), EcnController::kClassic);
    EXPECT_FALSE(controller.scalable());
}

TEST(EcnController, OnAScalablePathTheShareOfMarksCounts) {
    EcnController controller;
    report(controller, 20, 2, EcnMark::kEct1);
    const auto factor = controller.update(kRoundTrip, at(0ms));
    ASSERT_TRUE(factor);
    EXPECT_TRUE(controller.scalable());
    EXPECT_NEAR(*factor, 0.95, 0.001);
}

TEST(EcnController, AnAnswerIsGivenTimeToShow) {
    EcnController controller;
    int answers = 0;
    for (Duration t = 0ms; t < 1s; t += kRoundTrip) {
        report(controller, 10, 5, EcnMark::kEct0);
        if (controller.update(kRoundTrip, at(t))) ++answers;
    }
    EXPECT_EQ(answers, 5);  // one in a round trip and the time of reaction
}

TEST(EcnController, AMarkOfWhichTheAnswerIsDueLaterIsNotForgotten) {
    EcnController controller;
    report(controller, 10, 1, EcnMark::kEct0);
    EXPECT_TRUE(controller.update(kRoundTrip, at(0ms)));
    report(controller, 10, 1, EcnMark::kEct0);
    EXPECT_FALSE(controller.update(kRoundTrip, at(50ms)));
    for (Duration t = 100ms; t < 200ms; t += kRoundTrip) {
        report(controller, 10, 0, EcnMark::kEct0);
        EXPECT_FALSE(controller.update(kRoundTrip, at(t)));
    }
    report(controller, 10, 0, EcnMark::kEct0);
    EXPECT_TRUE(controller.update(kRoundTrip, at(200ms)));
}

TEST(EcnController, MarksOfProbesAreCountedAndNotAnswered) {
    EcnController controller;
    report(controller, 10, 0, EcnMark::kEct0);
    report(controller, 10, 10, EcnMark::kEct0, 7);
    EXPECT_FALSE(controller.update(kRoundTrip, at(0ms)));
    EXPECT_EQ(controller.marked(), 10U);
}

}  // namespace
}  // namespace parley::cc
