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

TEST(RoomName, SaysWhichRuleIsBroken) {
    EXPECT_EQ(room_name_problem("../a"), "begins with a dot");
    EXPECT_EQ(room_name_problem("a/b"), "has a character of paths (/, \\ or %)");
    EXPECT_EQ(room_name_problem("a\nb"), "has a control character or an invisible one");
    EXPECT_EQ(room_name_problem("nul.txt"), "is the name of a device");
    EXPECT_EQ(room_name_problem(" a"), "begins with a space");
    EXPECT_EQ(room_name_problem("a "), "ends with a space");
    EXPECT_EQ(room_name_problem(std::string(129, 'a')), "has more than 128 characters");
    EXPECT_EQ(room_name_problem(std::string(128, 'a')), "");
}

TEST(RoomName, SurvivesCutUtf8) {
    EXPECT_NO_FATAL_FAILURE(is_room_name("\xF0\x9F"));
    EXPECT_EQ(count_code_points("aé会🎉"), 4U);
}

}  // namespace
}  // namespace parley::signal
