#include "server/settings.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace parley::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef0123";

Problems apply(std::string_view text) {
    Settings settings;
    return apply_toml(settings, text, "p.toml");
}

SettingSources sources_of(std::map<std::string, std::string> environment = {}) {
    SettingSources sources;
    for (const auto& [name, value] : environment) sources.environment_names.push_back(name);
    sources.environment = [environment](const std::string& name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        if (found == environment.end()) return std::nullopt;
        return found->second;
    };
    return sources;
}

struct BadFile {
    std::string_view text;
    std::string_view problem;
};

TEST(Settings, ExplainsBadFiles) {
    const BadFile cases[] = {
        {"[server]\nlisen = [\"127.0.0.1:1\"]",
         "p.toml:2:1: unknown key \"server.lisen\"; did you "
         "mean \"server.listen\"?"},
        {"[sever]\nlisten = []", "p.toml:1:2: unknown section [sever]; did you mean [server]?"},
        {"port = 1", "p.toml:1:1: unknown key \"port\"; did you mean \"media.port\"?"},
        {"[media]\nport = \"x\"", "p.toml:2:8: media.port: must be an integer, but is a text"},
        {"[media]\nport = 0", "must be from 1 to 65535, but is 0"},
        {"[media]\nport = 65536", "must be from 1 to 65535, but is 65536"},
        {"[media]\nport = 1\nport = 2", "p.toml:3:"},
        {"[media]\nport = 1.5", "but is a decimal number"},
        {"[media]\nannounce = \"example.org\"", "(names are not resolved)"},
        {"[media]\nvideo_codecs = [\"VP8\", \"H265\"]", "\"H265\" is not one of VP8"},
        {"[server]\nlisten = [\"127.0.0.1:0\"]", "is not an address with a port from 1 to 65535"},
        {"[server]\nlisten = [1]", "has a type that no key takes"},
        {"[server]\nshutdown_grace = 10", "written as \"10s\""},
        {"[server]\ninsecure_open = \"yes\"", "must be true or false, but is a text"},
        {"[limits]\nbody_bytes = \"1PB\"", "must be a size from 256 to 16MiB"},
        {"[log]\nlevel = \"loud\"", "must be one of trace, debug"},
        {"[signaling]\ntopology = \"mcu\"", "must be one of sfu, mesh, auto"},
        {"[access]\nsecret = \"a\\nb\"", "must be one line"},
        {"[[ice_servers]]\nurl = \"stun:a\"", "did you mean \"urls\"?"},
        {"ice_servers = 3", "must be at most 16 tables"},
        {"[log]\nlevel = \"info\"\n[media]\n\"\" . = 1\n", "p.toml:4:"},
        {"[server\nx", "p.toml:1:"},
        {std::string_view("\x7f"
                          "ELF\0\1\2",
                          7),
         "p.toml:1:"},
    };
    for (const auto& bad : cases) {
        const auto problems = apply(bad.text);
        ASSERT_FALSE(problems.empty()) << bad.text;
        EXPECT_THAT(problems.front(), HasSubstr(std::string(bad.problem))) << bad.text;
    }
}

TEST(Settings, AcceptsWhatEditorsWrite) {
    EXPECT_THAT(apply(""), IsEmpty());
    EXPECT_THAT(apply("\xEF\xBB\xBF[media]\r\n\tport = 5000\r\n"), IsEmpty());
}

TEST(Settings, DeepNestingIsRefusedNotFollowed) {
    EXPECT_FALSE(apply("x = " + std::string(100'000, '[')).empty());
}

TEST(Settings, LaterSourcesWin) {
    const std::string path = ::testing::TempDir() + "parley_settings_test.toml";
    std::ofstream(path) << "[media]\nport = 5000\nthreads = 3\n[log]\nlevel = \"warn\"\n";
    auto sources = sources_of({{"PARLEY_MEDIA_PORT", "6000"}, {"PARLEY_MEDIA_PROT", "1"}});
    sources.file = path;
    sources.overrides = {{"log.level", "debug"}};
    const auto loaded = load_settings(sources);
    ASSERT_TRUE(loaded.has_value()) << loaded.error().front();
    EXPECT_EQ(loaded->settings.media.port, 6000);
    EXPECT_EQ(loaded->settings.media.threads, 3U);
    EXPECT_EQ(loaded->settings.log.level, log::Level::kDebug);
    EXPECT_THAT(loaded->overridden, ElementsAre("media.port from PARLEY_MEDIA_PORT"));
    EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr("did you mean PARLEY_MEDIA_PORT?")));
}

TEST(Settings, BadVariablesAndFlagsAreNamed) {
    auto sources = sources_of({{"PARLEY_SECRET", "short"}, {"PARLEY_MEDIA_TCP", "maybe"}});
    sources.overrides = {{"media.port", "99999"}};
    const auto loaded = load_settings(sources);
    ASSERT_FALSE(loaded.has_value());
    EXPECT_THAT(loaded.error(),
                ::testing::UnorderedElementsAre(
                    HasSubstr("access.secret: is 5 bytes long; at least 32"),
                    HasSubstr("PARLEY_MEDIA_TCP (media.tcp): must be true or false"),
                    HasSubstr("media.port (from a flag): must be from 1 to 65535")));
}

TEST(Settings, MissingAndUnusableFilesAreNamed) {
    auto sources = sources_of();
    sources.file = "/nonexistent/parley.toml";
    EXPECT_THAT(load_settings(sources).error().front(), HasSubstr("there is no such file"));
    sources.file = ::testing::TempDir();
    EXPECT_THAT(load_settings(sources).error().front(), HasSubstr("is a directory"));
    const std::string path = ::testing::TempDir() + "parley_settings_large.toml";
    std::ofstream(path) << std::string(2 * 1024 * 1024, '#');
    sources.file = path;
    EXPECT_THAT(load_settings(sources).error().front(), HasSubstr("larger than 1 MiB"));
}

TEST(Settings, ChecksRulesBetweenKeys) {
    Settings settings;
    EXPECT_THAT(check_settings(settings), IsEmpty());

    settings.server.addresses = {*net::SocketAddress::parse("0.0.0.0:8080")};
    EXPECT_THAT(check_settings(settings), ElementsAre(HasSubstr("--insecure-open")));
    settings.server.insecure_open = true;
    EXPECT_THAT(check_settings(settings), IsEmpty());
    settings.server.insecure_open = false;
    settings.access.secret = kSecret;
    EXPECT_THAT(check_settings(settings), IsEmpty());

    settings.access.admin_key = kSecret;
    EXPECT_THAT(check_settings(settings), ElementsAre(HasSubstr("equals access.secret")));
    settings.access.admin_key = std::string(40, 'a');
    EXPECT_THAT(check_settings(settings), ElementsAre(HasSubstr("can be guessed")));
    settings.access.admin_key.clear();

    settings.tls.certificate = "c.pem";
    EXPECT_THAT(check_settings(settings), ElementsAre(HasSubstr("come together")));
    settings.tls.key = "k.pem";
    settings.tls.self_signed = true;
    EXPECT_THAT(check_settings(settings), ElementsAre(HasSubstr("not both")));
    settings.tls = {};

    settings.access.origins = {"https://ok.example", "*", "app.example.org", "https://x/path"};
    EXPECT_THAT(check_settings(settings),
                ElementsAre(HasSubstr("\"app.example.org\""), HasSubstr("\"https://x/path\"")));
    settings.access.origins.clear();
    settings.http.send_queue_bytes = 64 * 1024;
    EXPECT_THAT(check_settings(settings), ElementsAre(HasSubstr("limits.send_queue_bytes")));
}

TEST(Settings, ShowsEverythingMaskedAndReadsItBack) {
    Settings settings;
    settings.access.secret = kSecret;
    settings.media.port = 4000;
    settings.signal.limits.rooms = 7;
    settings.signal.ice_servers = {{{"turn:turn.example:3478"}, "user", "hunter2hunter2"}};
    const auto shown = show_settings(settings);
    EXPECT_THAT(shown, Not(HasSubstr(std::string(kSecret))));
    EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
    for (const auto& key : setting_keys()) {
        const std::string line = "\n" + std::string(key.name == "access.secret" ? "# " : "") +
                                 std::string(key.name.substr(key.name.find('.') + 1)) + " = ";
        EXPECT_THAT(shown, HasSubstr(line));
    }
    for (const auto& fixed : fixed_limits(settings)) {
        EXPECT_THAT(shown, HasSubstr("\n#   " + std::string(fixed.name) + " = " +
                                     std::to_string(fixed.value) + "  "));
    }
    Settings again;
    EXPECT_THAT(apply_toml(again, shown, "shown"), IsEmpty());
    EXPECT_EQ(again.media.port, 4000);
    EXPECT_EQ(again.signal.limits.rooms, 7U);
    // The masked secret is a comment: it stays in the environment.
    EXPECT_THAT(check_settings(again), IsEmpty());
    EXPECT_TRUE(again.access.secret.empty());
}

TEST(Settings, EveryLimitIsFiniteAndListed) {
    const auto limits = list_limits(Settings{});
    EXPECT_GE(limits.size(), 30U);
    for (const auto& [name, value] : limits) {
        EXPECT_NE(value, "0") << name;
        EXPECT_NE(value, "\"0s\"") << name;
    }
    Settings settings;
    const auto* wishes = find_setting("limits.layer_wishes");
    EXPECT_TRUE(set_from_text(settings, *wishes, "1024").has_value());
    EXPECT_FALSE(set_from_text(settings, *wishes, "1025").has_value()) << "a node keeps 1,024";
    const auto* messages = find_setting("limits.messages_per_second_per_address");
    EXPECT_FALSE(set_from_text(settings, *messages, "0").has_value());
    EXPECT_FALSE(set_from_text(settings, *messages, "1000001").has_value());
}

TEST(Settings, ListensWhereTold) {
    Settings settings;
    EXPECT_TRUE(settings.server.addresses[0].ip.is_loopback());
    EXPECT_TRUE(settings.server.addresses[1].ip.is_loopback());
    const auto* listen = find_setting("server.listen");
    ASSERT_TRUE(set_from_text(settings, *listen, ":9000, localhost:9001").has_value());
    ASSERT_EQ(settings.server.addresses.size(), 2U);
    EXPECT_EQ(settings.server.addresses[0].to_string(), "[::]:9000");
    EXPECT_EQ(settings.server.addresses[1].to_string(), "127.0.0.1:9001");
}

}  // namespace
}  // namespace parley::server
