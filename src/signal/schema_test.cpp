#include "signal/schema.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <set>

#include "base/source_dir_testing.hpp"

namespace parley::signal {
namespace {

std::string violation(std::string_view side, std::string_view type, const Json& value) {
    static const Schemas schemas;
    const auto found = schemas.check(side, type, value);
    return found ? found->field + " " + found->problem : "";
}

/// Keywords that schema.cpp obeys, and annotations.
const std::set<std::string> kKnown{"$schema",     "$id",       "$defs",    "$ref",       "title",
                                   "description", "type",      "required", "enum",       "const",
                                   "minLength",   "maxLength", "format",   "properties", "items",
                                   "minItems",    "maxItems",  "minimum",  "maximum"};

void check_keywords(const Json& schema, const std::string& where) {
    for (const auto& [key, value] : schema.items()) {
        EXPECT_TRUE(kKnown.contains(key)) << where << ": " << key;
        if (key == "properties" || key == "$defs") {
            for (const auto& [name, part] : value.items()) check_keywords(part, where + "/" + name);
        }
        if (key == "items") check_keywords(value, where + "/items");
    }
}

TEST(Schemas, UseOnlyKeywordsThatAreObeyed) {
    for (const auto& file : schema_files()) {
        check_keywords(Json::parse(file.text), std::string(file.path));
    }
}

TEST(Schemas, AreTheFilesOfTheFolder) {
    std::size_t count = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(kSourceDir) + "/schema")) {
        if (entry.path().extension() == ".json") ++count;
    }
    EXPECT_EQ(schema_files().size(), count);
    for (const auto& file : schema_files()) {
        std::ifstream stream(std::string(kSourceDir) + "/schema/" + std::string(file.path));
        const std::string text(std::istreambuf_iterator<char>(stream), {});
        EXPECT_EQ(text, file.text) << file.path;
    }
}

TEST(Schemas, NameTheirOwnType) {
    const Schemas schemas;
    for (const auto* side : {"client", "server"}) {
        for (const auto& type : schemas.types(side)) {
            // With the right type, the first thing wrong is never the type.
            const auto found = schemas.check(side, type, {{"type", type}});
            if (found) {
                EXPECT_NE(found->field, "/type") << type;
            }
            EXPECT_TRUE(schemas.check(side, type, {{"type", type + "x"}})) << type;
            EXPECT_TRUE(schemas.check(side, type, Json::object())) << type;
            EXPECT_TRUE(schemas.check(side, type, Json::array())) << type;
        }
    }
    EXPECT_EQ(schemas.types("client").size(), 18U);
    EXPECT_FALSE(schemas.knows("client", "welcome"));
    EXPECT_FALSE(schemas.knows("client", "../common"));
    EXPECT_FALSE(schemas.knows("client", "../server/welcome"));
}

TEST(Schemas, NameTheWrongField) {
    EXPECT_EQ(violation("client", "join", {{"type", "join"}}), "/room is missing");
    EXPECT_EQ(violation("client", "join", {{"type", "join"}, {"room", 7}}),
              "/room must be of type string");
    EXPECT_EQ(violation("client", "join", {{"type", "join"}, {"room", "a/b"}}),
              "/room has a character of paths (/, \\ or %)");
    EXPECT_EQ(violation("client", "join", {{"type", "join"}, {"room", std::string(129, 'a')}}),
              "/room must have at most 128 characters");
    EXPECT_EQ(violation("client", "join", {{"type", "join"}, {"room", "a"}, {"metadata", "x"}}),
              "/metadata must be of type object");
    EXPECT_EQ(
        violation("client", "join",
                  {{"type", "join"}, {"room", "a"}, {"capabilities", {{"topology", {"mesh", 1}}}}}),
        "/capabilities/topology/1 must be of type string");
    EXPECT_EQ(violation("client", "offer",
                        {{"type", "offer"}, {"sdp", {{"type", "answer"}, {"sdp", "v"}}}}),
              "/sdp/type must be \"offer\"");
    EXPECT_EQ(violation("client", "offer", {{"type", "offer"}, {"sdp", "v=0"}}),
              "/sdp must be of type object");
    EXPECT_EQ(violation("client", "ice-candidate", {{"type", "ice-candidate"}, {"candidate", 1}}),
              "/candidate must be of type object or null");
    EXPECT_EQ(violation("client", "layer-wish",
                        {{"type", "layer-wish"}, {"track", "a.0"}, {"layer", "best"}}),
              R"(/layer must be one of ["auto","low","medium","high","off"])");
    EXPECT_EQ(violation("client", "leave", {{"type", "leave"}, {"seq", 0}}),
              "/seq must be at least 1");
    EXPECT_EQ(violation("client", "leave", {{"type", "leave"}, {"seq", -1}}),
              "/seq must be at least 1");
    EXPECT_EQ(violation("client", "leave", {{"type", "leave"}, {"seq", 1.5}}),
              "/seq must be of type integer");
}

TEST(Schemas, CountCharactersNotOctets) {
    std::string name;
    for (int i = 0; i < 128; ++i) name += "é";
    EXPECT_EQ(violation("client", "join", {{"type", "join"}, {"room", name}}), "");
}

TEST(Schemas, EscapePointers) {
    static constexpr SchemaFile kFiles[] = {
        {"x/y.json", R"({"type":"object","properties":{"a/b~c":{"type":"null"}}})"}};
    const Schemas schemas(kFiles);
    const auto found = schemas.check("x", "y", {{"a/b~c", 1}});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->field, "/a~1b~0c");
}

}  // namespace
}  // namespace parley::signal
