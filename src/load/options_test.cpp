#include "load/options.hpp"

#include <gtest/gtest.h>

namespace parley::load {
namespace {

TEST(Options, ReadsEveryFlagOfACommandLine) {
    const auto options = parse_options({"--url",
                                        "ws://h:1/signal",
                                        "--room",
                                        "r",
                                        "--rooms",
                                        "2",
                                        "--publishers",
                                        "3",
                                        "--subscribers",
                                        "4",
                                        "--video",
                                        "1320kbps",
                                        "--codec",
                                        "h264",
                                        "--simulcast",
                                        "--audio",
                                        "--duration",
                                        "2m",
                                        "--spread",
                                        "--rfc8888",
                                        "--pin",
                                        "1",
                                        "--json",
                                        "--loss",
                                        "2%",
                                        "--delay",
                                        "40ms",
                                        "--rate",
                                        "2mbps",
                                        "--token",
                                        "t"});
    ASSERT_TRUE(options) << options.error().text;
    EXPECT_EQ(options->participants(), 14U);
    EXPECT_EQ(options->video.bps, 1'320'000);
    EXPECT_EQ(options->codec, media::Codec::kH264);
    EXPECT_EQ(options->duration, 2min);
    EXPECT_EQ(options->pin, 1U);
    EXPECT_DOUBLE_EQ(options->link.loss, 0.02);
    EXPECT_EQ(options->link.delay, 40ms);
    EXPECT_EQ(options->link.rate.bps, 2'000'000);
    EXPECT_TRUE(options->simulcast && options->audio && options->spread && options->json);
    EXPECT_TRUE(options->rfc8888);
}

TEST(Options, RefusesWhatMakesNoSenseAndSaysWhy) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"--video", "fast"}, "--video"},
        {{"--video", "1kbps"}, "--video"},
        {{"--codec", "h265"}, "--codec"},
        {{"--duration", "30"}, "--duration"},
        {{"--loss", "200%"}, "--loss"},
        {{"--loss", "100%"}, "at most 90%"},
        {{"--loss", "0.91"}, "at most 90%"},
        {{"--delay", "-1ms"}, "--delay"},
        {{"--delay", "2001ms"}, "at most 2s"},
        {{"--rate", "1.2.3mbps"}, "--rate"},
        {{"--url", "http://x"}, "--url"},
        {{"--url", "ws://x:99999/signal"}, "1 to 65535"},
        {{"--publishers", "0", "--subscribers", "0"}, "--publishers"},
        {{"--publishers", "-1", "--subscribers", "2"}, "--publishers"},
        {{"--subscribers", "18446744073709551615"}, "--subscribers"},
        {{"--rooms", "0"}, "--rooms"},
        {{"--rooms", "20000", "--subscribers", "20000"}, "20000 participants"},
        {{"--parallel", "0"}, "--parallel"},
        {{"--pin", "-2"}, "--pin"},
        {{"--svc"}, "--svc"},
        {{"--simulcast", "--svc", "--codec", "vp9"}, "--simulcast"},
        {{"--video", "0"}, "--audio"},
        {{"--nonsense"}, "--nonsense"},
    };
    for (const auto& [arguments, named] : cases) {
        const auto options = parse_options(arguments);
        ASSERT_FALSE(options) << arguments[0];
        EXPECT_EQ(options.error().code, 2);
        EXPECT_NE(options.error().text.find(named), std::string::npos) << options.error().text;
    }
}

TEST(Options, HelpIsNoError) {
    const auto options = parse_options({"--help"});
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().code, 0);
    EXPECT_NE(options.error().text.find("--subscribers"), std::string::npos);
}

}  // namespace
}  // namespace parley::load
