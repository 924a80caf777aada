#include "server/cli.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

CliExit exit_of(const std::vector<std::string>& arguments) {
    const auto parsed = parse_command_line(arguments);
    EXPECT_FALSE(parsed.has_value());
    return parsed ? CliExit{-1, ""} : parsed.error();
}

TEST(Cli, HelpSpeaksToNewcomers) {
    const auto help = exit_of({"--help"});
    EXPECT_EQ(help.code, kExitOk);
    EXPECT_THAT(help.text, HasSubstr("open http://localhost:8080"));
    EXPECT_THAT(help.text, HasSubstr("parley token --room"));
    EXPECT_LT(help.text.find("parley token --room"), help.text.find("parley serve --listen"))
        << "serve does not return";
    const auto serve = exit_of({"serve", "--help"});
    EXPECT_EQ(serve.code, kExitOk);
    for (const char* flag : {"--config", "--listen", "--media-port", "--announce", "--tls", "--log",
                             "--insecure-open", "--web"}) {
        EXPECT_THAT(serve.text, HasSubstr(flag));
    }
    EXPECT_EQ(exit_of({"--version"}).text, "parley 0.1.0\n");
}

TEST(Cli, WrongCommandLinesGetAHint) {
    EXPECT_THAT(exit_of({"serve", "--lisen", "x"}).text, HasSubstr("did you mean --listen?"));
    EXPECT_THAT(exit_of({"sevre"}).text, HasSubstr("did you mean serve?"));
    EXPECT_THAT(exit_of({"diagnose"}).text, HasSubstr("the commands are serve, config, token"));
    EXPECT_THAT(exit_of({"config"}).text, HasSubstr("say what to do: check, show"));
    EXPECT_THAT(exit_of({"config", "check"}).text, HasSubstr("`parley config check --help`"));
    EXPECT_THAT(exit_of({"config", "check", "--help"}).text,
                HasSubstr("Usage: parley config check"));
    EXPECT_THAT(exit_of({"serve", "--announce", "--listen", ":1"}).text,
                HasSubstr("its value is missing; --listen follows"));
    EXPECT_EQ(exit_of({"help"}).text, exit_of({"--help"}).text);
    EXPECT_THAT(exit_of({"serve", "--tls", "self2"}).text, HasSubstr("--tls wants CERT,KEY"));
    for (const std::vector<std::string>& bad : std::vector<std::vector<std::string>>{
             {},
             {"serve", "--config"},
             {"serve", "--log", "info", "--log", "debug"},
             {"config"},
             {"config", "check"},
             {"token", "--room", "r"},
             {"token", "--room", "r", "--identity", "i", "--ttl", "soon"},
             {"serve", std::string(1'000'000, 'x')}}) {
        const auto exit = exit_of(bad);
        EXPECT_EQ(exit.code, kExitUsage);
        EXPECT_THAT(exit.text, HasSubstr("--help"));
        EXPECT_LT(exit.text.size(), 1000U);
    }
}

TEST(Cli, TokensAreOnlyForRoomsThatCanBeJoined) {
    const auto exit = exit_of({"token", "--room", "../a", "--identity", "i"});
    EXPECT_EQ(exit.code, kExitUsage);
    EXPECT_THAT(exit.text, HasSubstr("--room \"../a\" begins with a dot"));
    EXPECT_THAT(exit.text, HasSubstr("1 to 128 characters"));
    EXPECT_EQ(exit_of({"token", "--room", std::string(129, 'a'), "--identity", "i"}).code,
              kExitUsage);
}

TEST(Cli, FlagsBecomeSettings) {
    const auto parsed =
        parse_command_line({"serve", "--config", "p.toml", "--listen", ":1", "--listen", "[::1]:2",
                            "--media-port", "9", "--announce", "203.0.113.7", "--tls",
                            "c.pem,k.pem", "--log", "debug", "--insecure-open"});
    ASSERT_TRUE(parsed.has_value()) << parsed.error().text;
    const auto& serve = std::get<ServeCommand>(*parsed);
    EXPECT_EQ(serve.config, "p.toml");
    EXPECT_THAT(serve.overrides,
                ElementsAre(Pair("server.listen", ":1,[::1]:2"), Pair("media.port", "9"),
                            Pair("media.announce", "203.0.113.7"), Pair("log.level", "debug"),
                            Pair("server.insecure_open", "true"), Pair("tls.self_signed", "false"),
                            Pair("tls.certificate", "c.pem"), Pair("tls.key", "k.pem")));
}

TEST(Cli, TokensHaveRights) {
    const auto parsed = parse_command_line(
        {"token", "--room", "r", "--identity", "i", "--no-publish", "--admin", "--ttl", "30m"});
    ASSERT_TRUE(parsed.has_value()) << parsed.error().text;
    const auto& token = std::get<TokenCommand>(*parsed);
    EXPECT_FALSE(token.claims.publish);
    EXPECT_TRUE(token.claims.subscribe);
    EXPECT_TRUE(token.claims.admin);
    EXPECT_EQ(token.ttl_seconds, 1800);
}

}  // namespace
}  // namespace parley::server
