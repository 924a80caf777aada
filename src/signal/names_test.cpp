#include "signal/names.hpp"

#include <gtest/gtest.h>

namespace parley::signal {
namespace {

TEST(RoomName, AllowsNamesOfPeople) {
    for (const auto* name : {"a", "standup", "Team 7", "büro", "会議", "a.b-c_d:e", "🎉", "console",
                             "com10", "daily@9", "<b>"}) {
        EXPECT_TRUE(is_room_name(name)) << name;
    }
}

TEST(RoomName, RefusesWhatLooksLikeAPathOrHides) {
    for (const std::string_view name :
         {"",         ".",         "..",       "../x",    "a/b",     "a\\b",   "/etc/passwd",
          "%2e%2e",   "C:\\x",     ".hidden",  "CON",     "nul",     "Com1",   "lpt9.txt",
          "aux.",     "con .txt",  " a",       "a ",      "a\nb",    "a\x7f",  "a\x1b[31m",
          "a\u200Bb", "\u202Eabc", "a\u2028b", "\uFEFFa", "a\u00A0", "a\u0085"}) {
        EXPECT_FALSE(is_room_name(name)) << name;
    }
    EXPECT_FALSE(is_room_name(std::string_view("a\0b", 3)));
}

TEST(RoomName, SurvivesCutUtf8) {
    EXPECT_NO_FATAL_FAILURE(is_room_name("\xF0\x9F"));
    EXPECT_EQ(count_code_points("aé会🎉"), 4U);
}

}  // namespace
}  // namespace parley::signal
