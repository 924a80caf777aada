#include "sfu/last_n.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace parley::sfu {
namespace {

TEST(LastNTable, WhichVideosAreSent) {
    constexpr VideoCandidate kScreen{.rank = 9, .exempt = true};
    struct Case {
        std::string name;
        std::size_t places;
        std::vector<VideoCandidate> videos;
        std::string sent;  // a letter for each: s or -
    };
    const std::vector<Case> cases{
        {"nothing", 2, {}, ""},
        {"fewer than places", 3, {{.rank = 4}, {.rank = 1}}, "ss"},
        {"those who spoke last", 2, {{.rank = 3}, {.rank = 0}, {.rank = 2}, {.rank = 1}}, "-s-s"},
        {"no places", 0, {{.rank = 0}, kScreen}, "-s"},
        {"screens come on top", 1, {kScreen, {.rank = 1}, {.rank = 0}}, "s-s"},
        {"so does what is wanted most, which leaves its place to another",
         1,
         {{.rank = 0, .exempt = true}, {.rank = 1}, {.rank = 2}},
         "ss-"},
        {"cameras that are off take no place",
         2,
         {{.rank = 0, .idle = true}, {.rank = 1}, {.rank = 2}, {.rank = 3}},
         "sss-"},
        {"and have none to begin with where others have them all",
         2,
         {{.rank = 0}, {.rank = 1}, {.rank = 2, .idle = true}},
         "ss-"},
        {"of one publisher the first video", 1, {{.rank = 2}, {.rank = 0}, {.rank = 0}}, "-s-"},
    };
    LastN last_n;
    for (Case one : cases) {
        last_n.choose(one.videos, one.places);
        std::string sent;
        for (const VideoCandidate& video : one.videos) sent += video.sent ? 's' : '-';
        EXPECT_EQ(sent, one.sent) << one.name;
    }
}

}  // namespace
}  // namespace parley::sfu
