// The command line of `parley`.

#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/media_plane.hpp"
#include "server/token.hpp"

namespace parley::server {

/// Exit codes.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

struct ServeCommand {
    std::string config;
    std::vector<std::pair<std::string, std::string>> overrides;
};
struct ConfigCheckCommand {
    std::string file;
};
struct ConfigShowCommand {
    std::string config;
};
struct TokenCommand {
    std::string config;
    std::string secret;
    TokenClaims claims;
    std::int64_t ttl_seconds = 3600;
};
using CliCommand = std::variant<ServeCommand, ConfigCheckCommand, ConfigShowCommand, TokenCommand>;

/// The program ends here: help and version (code 0, for standard output) or a wrong command line
/// (code 2, for standard error).
struct CliExit {
    int code = kExitOk;
    std::string text;
};

/// A command of another room: it reads its own arguments and returns the exit code.
struct OtherCommand {
    std::string name;
    std::string about;
    std::function<int(const std::vector<std::string>& arguments)> run;
};
using OtherCommands = std::vector<OtherCommand>;

/// `arguments` without the program's name. Of `others` only names and descriptions matter here.
std::expected<CliCommand, CliExit> parse_command_line(const std::vector<std::string>& arguments,
                                                      const OtherCommands& others = {});

/// Runs the program; `make_media` is called once by `serve`.
int run_cli(int argc, const char* const* argv,
            const std::function<std::unique_ptr<MediaPlane>()>& make_media,
            const OtherCommands& others = {});

}  // namespace parley::server
