#include "signal/json.hpp"

#include <gtest/gtest.h>

namespace parley::signal {
namespace {

std::string problem(std::string_view text) {
    const auto parsed = parse_json(text, 64);
    return parsed ? "" : std::string(parsed.error().problem);
}

TEST(Json, ReadsWhatRfc8259Allows) {
    for (const auto* text :
         {"{}", "[]", " {\"a\":[1,-2.5e3,true,false,null,\"\\u00e9\\ud83d\\ude00\"]} ", "\"x\"",
          "0", "-0", "9007199254740991", "-9007199254740991", "1E+2", "\"\\u0000\"", "\"\\/\""}) {
        EXPECT_EQ(problem(text), "") << text;
    }
    const auto parsed = parse_json(R"({"b":[1,{"c":"d"}],"a":null})", 64);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, Json::parse(R"({"b":[1,{"c":"d"}],"a":null})"));
}

TEST(Json, RefusesWhatIsNotJson) {
    for (const auto* text : {"",
                             " ",
                             "{",
                             "}",
                             "[1,]",
                             "{\"a\":1,}",
                             "{a:1}",
                             "{'a':1}",
                             "[1 2]",
                             "nul",
                             "NaN",
                             "Infinity",
                             "01",
                             "1.",
                             ".5",
                             "+1",
                             "0x1",
                             "\"\t\"",
                             "\"\\x41\"",
                             "\"",
                             "{} {}",
                             "[1]]",
                             "// c\n1",
                             "1e400",
                             "\"\xC0\xAF\"",
                             "\"\xED\xA0\x80\"",
                             "\"\\ud800\"",
                             "\"\\udc00x\"",
                             "\"\xFF\"",
                             "[\"a\",\n4\n,1,"}) {
        EXPECT_EQ(problem(text), "not JSON") << text;
    }
    EXPECT_EQ(problem(std::string_view("{\"a\":1}\0", 8)), "not JSON");
}

TEST(Json, SaysWhereItStopped) {
    const auto parsed = parse_json("{\"a\": 1, nope}", 64);
    ASSERT_FALSE(parsed);
    EXPECT_GE(parsed.error().offset, 9U);
    EXPECT_LE(parsed.error().offset, 11U);
    const auto twice = parse_json(R"({"a":1,"a":2})", 64);
    ASSERT_FALSE(twice);
    EXPECT_GE(twice.error().offset, 10U);
    EXPECT_LE(twice.error().offset, 12U);
}

TEST(Json, RefusesDuplicateKeysAtEveryDepth) {
    EXPECT_EQ(problem(R"({"room":"a","room":"a"})"), "duplicate key");
    EXPECT_EQ(problem(R"([{"x":{"a":1,"b":2,"a":3}}])"), "duplicate key");
    EXPECT_EQ(problem(R"({"a":1,"\u0061":2})"), "duplicate key");
    EXPECT_EQ(problem(R"({"a":{"a":{"a":1}}})"), "");
}

TEST(Json, RefusesIntegersThatADoubleCannotHold) {
    for (const auto* text : {"9007199254740992", "-9007199254740992", "18446744073709551616",
                             "-9223372036854775809", "{\"seq\":9007199254740993}"}) {
        EXPECT_EQ(problem(text), "integer out of range") << text;
    }
}

TEST(Json, BoundsNesting) {
    EXPECT_EQ(problem(std::string(64, '[') + std::string(64, ']')), "");
    EXPECT_EQ(problem(std::string(65, '[') + std::string(65, ']')), "nested too deeply");
    EXPECT_EQ(problem(std::string(100'000, '[')), "nested too deeply");
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    EXPECT_EQ(problem(objects), "nested too deeply");
}

TEST(Json, WritesTextThatIsAlwaysUtf8) {
    EXPECT_EQ(to_text(Json("\xFFz")), "\"\xEF\xBF\xBDz\"");
}

TEST(Json, TextOfIsEmptyForOtherThings) {
    const Json object{{"a", "x"}, {"b", 1}};
    EXPECT_EQ(text_of(object, "a"), "x");
    EXPECT_EQ(text_of(object, "b"), "");
    EXPECT_EQ(text_of(object, "c"), "");
}

}  // namespace
}  // namespace parley::signal
