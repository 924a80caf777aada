// docs/signaling.md keeps up with the code: every message, error and limit stands in it.

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "base/source_dir_testing.hpp"
#include "signal/errors.hpp"
#include "signal/schema.hpp"

namespace parley::signal {
namespace {

std::string read_docs() {
    std::ifstream stream(std::string(kSourceDir) + "/docs/signaling.md");
    return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Docs, HaveEveryMessage) {
    const auto docs = read_docs();
    const Schemas schemas;
    for (const auto* side : {"client", "server"}) {
        for (const auto& type : schemas.types(side)) {
            EXPECT_NE(docs.find("`" + type + "`"), std::string::npos) << type;
        }
    }
}

TEST(Docs, HaveTheErrorTable) {
    const auto docs = read_docs();
    for (const auto& error : all_errors()) {
        const auto row = "| `" + std::string(error.name) + "` | " + std::string(error.cause) +
                         " | " + std::string(error.remedy) + " |";
        EXPECT_NE(docs.find(row), std::string::npos) << row;
    }
}

/// Every JSON example of a message is one.
TEST(Docs, ShowValidMessages) {
    const auto docs = read_docs();
    const Schemas schemas;
    std::size_t at = 0;
    int checked = 0;
    while ((at = docs.find("{\"type\": \"", at)) != std::string::npos) {
        std::size_t depth = 0;
        std::size_t end = at;
        do {
            if (docs[end] == '{') ++depth;
            if (docs[end] == '}') --depth;
            ++end;
        } while (depth > 0 && end < docs.size());
        const auto text = docs.substr(at, end - at);
        at = end;
        const auto message = Json::parse(text, nullptr, false);
        ASSERT_FALSE(message.is_discarded()) << text;
        const auto type = std::string(text_of(message, "type"));
        bool good = false;
        for (const auto* side : {"client", "server"}) {
            good = good || (schemas.knows(side, type) && !schemas.check(side, type, message));
        }
        EXPECT_TRUE(good) << text;
        ++checked;
    }
    EXPECT_GE(checked, 30);
}

}  // namespace
}  // namespace parley::signal
