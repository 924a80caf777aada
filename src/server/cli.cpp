#include "server/cli.hpp"

#include <CLI/CLI.hpp>

#include "server/log.hpp"
#include "server/text.hpp"
#include "signal/names.hpp"

namespace parley::server {
namespace {

constexpr const char* kAbout =
    "Parley carries conferences: people open its page, type a room, and see and hear each other.\n"
    "\n"
    "Try it on this machine:\n"
    "  parley serve                      then open http://localhost:8080 in two tabs\n"
    "\n"
    "Let the local network in (browsers will warn of the certificate):\n"
    "  export PARLEY_SECRET=$(openssl rand -hex 32)\n"
    "  parley token --room daily --identity ada     a token for one person and room\n"
    "  parley serve --listen :8443 --tls self       runs until it is interrupted\n"
    "\n"
    "Run it for good, with a configuration:\n"
    "  parley config show > parley.toml  every setting with its meaning and default\n"
    "  parley config check parley.toml\n"
    "  parley serve --config parley.toml\n";

constexpr const char* kServeExamples =
    "Examples:\n"
    "  parley serve\n"
    "      http://localhost:8080 for this machine alone; no token is needed.\n"
    "  PARLEY_SECRET=$(openssl rand -hex 32) parley serve --listen :8443 --tls self\n"
    "      https on all addresses, with a certificate made now; people need tokens.\n"
    "  parley serve --listen 0.0.0.0:443 --tls cert.pem,key.pem --announce 203.0.113.7\n"
    "      behind a 1:1 NAT whose public address is 203.0.113.7; TCP port 443 and the UDP ports\n"
    "      from 7882 on, one for each media thread, must be let in.\n"
    "\n"
    "Flags win over the environment (PARLEY_<SECTION>_<KEY>), that over the file, that over "
    "defaults.";

struct Flags {
    std::string config;
    std::vector<std::string> listen;
    std::string media_port;
    std::vector<std::string> announce;
    std::string tls;
    std::string log;
    std::string web;
    bool insecure_open = false;
};

struct TokenFlags {
    std::string ttl = "1h";
    bool publish = true;
    bool subscribe = true;
};

void add_serve(CLI::App& serve, Flags& flags) {
    serve.add_option("--config", flags.config, "Configuration file (TOML); also PARLEY_CONFIG")
        ->type_name("FILE");
    serve
        .add_option("--listen", flags.listen,
                    "Where pages and signaling are served; may be given again. Default: "
                    "127.0.0.1:8080 and [::1]:8080, this machine alone. :8080 means all addresses")
        ->type_name("ADDR:PORT")
        ->take_all();
    serve
        .add_option("--media-port", flags.media_port,
                    "First UDP port of media (7882); each media thread takes one more")
        ->type_name("PORT");
    serve
        .add_option("--announce", flags.announce,
                    "Public address to offer when behind a 1:1 NAT; may be given again")
        ->type_name("IP")
        ->take_all();
    serve
        .add_option("--tls", flags.tls,
                    "Speak HTTPS with these PEM files, or with a certificate made at start (self)")
        ->type_name("CERT,KEY|self");
    serve.add_option("--log", flags.log, "trace, debug, info, warn, error or off")
        ->type_name("LEVEL");
    serve.add_option("--web", flags.web, "Directory of the web app, instead of the installed one")
        ->type_name("DIR");
    serve.add_flag("--insecure-open", flags.insecure_open,
                   "Let everybody who reaches the server join any room without a token");
}

void add_token(CLI::App& token, TokenCommand& command, TokenFlags& flags) {
    token.add_option("--room", command.claims.room, "The room that the token opens")
        ->type_name("ROOM")
        ->required();
    token.add_option("--identity", command.claims.identity, "Who it is for, unique in the room")
        ->type_name("ID")
        ->required();
    token.add_option("--name", command.claims.name, "The name that others see")->type_name("NAME");
    token.add_flag("--publish,!--no-publish", flags.publish,
                   "May send audio and video (the default)");
    token.add_flag("--subscribe,!--no-subscribe", flags.subscribe,
                   "May receive others (the default)");
    token.add_flag("--admin", command.claims.admin, "May mute and remove others, close the room");
    token.add_option("--ttl", flags.ttl, "How long it is valid: 90s, 30m, 1h (default), 7d")
        ->type_name("TIME");
    token.add_option("--config", command.config, "Take access.secret from this file")
        ->type_name("FILE");
    token
        .add_option("--secret", command.secret,
                    "The server's secret; better in PARLEY_SECRET, where other users do not see it")
        ->type_name("SECRET");
}

std::vector<std::pair<std::string, std::string>> overrides_of(const Flags& flags) {
    std::vector<std::pair<std::string, std::string>> out;
    const auto join = [](const std::vector<std::string>& parts) {
        std::string all;
        for (const auto& part : parts) all += (all.empty() ? "" : ",") + part;
        return all;
    };
    if (!flags.listen.empty()) out.emplace_back("server.listen", join(flags.listen));
    if (!flags.media_port.empty()) out.emplace_back("media.port", flags.media_port);
    if (!flags.announce.empty()) out.emplace_back("media.announce", join(flags.announce));
    if (!flags.log.empty()) out.emplace_back("log.level", flags.log);
    if (!flags.web.empty()) out.emplace_back("server.web", flags.web);
    if (flags.insecure_open) out.emplace_back("server.insecure_open", "true");
    if (flags.tls == "self") {
        out.emplace_back("tls.self_signed", "true");
    } else if (const auto comma = flags.tls.find(','); comma != std::string::npos) {
        out.emplace_back("tls.self_signed", "false");
        out.emplace_back("tls.certificate", flags.tls.substr(0, comma));
        out.emplace_back("tls.key", flags.tls.substr(comma + 1));
    }
    return out;
}

/// The flag that was probably meant, over all commands.
std::string nearest_flag(const CLI::App& app, const std::string& given) {
    std::vector<std::string> names;
    std::vector<const CLI::App*> apps{&app};
    for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        apps.push_back(sub);
    }
    for (const auto* one : apps) {
        for (const auto* option : one->get_options()) {
            for (const auto& name : option->get_lnames()) names.push_back("--" + name);
        }
        if (one != &app) names.push_back(one->get_name());
    }
    return nearest_word(given.substr(0, given.find('=')), names);
}

const CLI::App* chosen_command(const CLI::App& app) {
    const auto used = app.get_subcommands();
    return used.empty() ? &app : chosen_command(*used.front());
}

/// "parley config", above `parley config check`.
std::string path_above(const CLI::App& command) {
    const auto* parent = command.get_parent();
    if (parent == nullptr) return {};
    const auto above = path_above(*parent);
    return above.empty() ? parent->get_name() : above + " " + parent->get_name();
}

std::string path_of(const CLI::App& command) {
    const auto above = path_above(command);
    return above.empty() ? command.get_name() : above + " " + command.get_name();
}

std::string commands_of(const CLI::App& command) {
    std::string names;
    for (const auto* one : command.get_subcommands([](const CLI::App*) { return true; })) {
        names += (names.empty() ? "" : ", ") + one->get_name();
    }
    return names;
}

/// A flag where its value should be is a value that was forgotten.
void refuse_flags_as_values(CLI::App& command) {
    for (auto* option : command.get_options()) {
        if (option->get_expected_max() == 0) continue;
        option->check([](const std::string& value) {
            return value.starts_with("--") ? "its value is missing; " + value + " follows"
                                           : std::string();
        });
    }
}

/// What went wrong, in words of ours where the library has none that help.
std::string explain(const CLI::App& app, const std::string& said) {
    const auto& command = *chosen_command(app);
    const auto commands = commands_of(command);
    const auto extra = app.remaining(true);
    if (extra.empty()) {
        const bool missing = !commands.empty() && command.get_subcommands().empty();
        return missing ? "say what to do: " + commands : said;
    }
    const auto given = extra.front().substr(0, 100);
    const auto near = nearest_flag(app, extra.front());
    const auto hint = near.empty() ? "" : "; did you mean " + near + "?";
    if (given.starts_with("-") || commands.empty()) return "unknown argument " + given + hint;
    return "unknown command " + given +
           (near.empty() ? "; the commands are " + commands : std::string(hint));
}

CliExit usage(const std::string& what, const CLI::App& app) {
    const auto path = path_of(*chosen_command(app));
    constexpr std::size_t kLongest = 300;
    return {kExitUsage, "parley: " + log::escape(what.substr(0, kLongest)) + "\n`" + path +
                            " --help` explains the command line.\n"};
}

}  // namespace

std::expected<CliCommand, CliExit> parse_command_line(const std::vector<std::string>& arguments,
                                                      const OtherCommands& others) {
    CLI::App app{kAbout, "parley"};
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("parley ") + PARLEY_VERSION);
    Flags flags;
    TokenCommand token_command;
    TokenFlags token_flags;
    ConfigCheckCommand check_command;
    ConfigShowCommand show_command;

    auto* serve = app.add_subcommand("serve", "Serve the app, signaling, the API and media");
    serve->footer(kServeExamples);
    add_serve(*serve, flags);
    auto* config = app.add_subcommand("config", "Check or show the configuration");
    config->require_subcommand(1);
    auto* check = config->add_subcommand("check", "Say what is wrong in a file; opens no socket");
    check->add_option("FILE", check_command.file, "The configuration to check")
        ->required()
        ->type_name("");
    auto* show = config->add_subcommand(
        "show", "Print the effective configuration with every limit, secrets masked");
    show->add_option("--config", show_command.config, "Configuration file")->type_name("FILE");
    auto* token = app.add_subcommand("token", "Make a room token");
    add_token(*token, token_command, token_flags);
    for (auto* command : {serve, show, token}) refuse_flags_as_values(*command);
    // For the list of commands and misspellings; run_cli hands their arguments on unread.
    for (const auto& other : others) app.add_subcommand(other.name, other.about);

    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        // As other programs have it.
        if (arguments.size() == 1 && arguments[0] == "help") reversed = {"--help"};
        if (arguments.size() == 1 && arguments[0] == "version") reversed = {"--version"};
        app.parse(std::move(reversed));
    } catch (const CLI::CallForVersion& version) {
        return std::unexpected(CliExit{kExitOk, std::string(version.what()) + "\n"});
    } catch (const CLI::CallForHelp&) {
        const auto& command = *chosen_command(app);
        return std::unexpected(CliExit{kExitOk, command.help(path_above(command))});
    } catch (const CLI::CallForAllHelp&) {
        return std::unexpected(CliExit{kExitOk, app.help("", CLI::AppFormatMode::All)});
    } catch (const CLI::ParseError& error) {
        return std::unexpected(usage(explain(app, error.what()), app));
    }
    if (serve->parsed()) {
        if (!flags.tls.empty() && flags.tls != "self" && flags.tls.find(',') == std::string::npos) {
            return std::unexpected(
                usage("--tls wants CERT,KEY (two PEM files) or self, not " + flags.tls, app));
        }
        return ServeCommand{flags.config, overrides_of(flags)};
    }
    if (check->parsed()) return check_command;
    if (show->parsed()) return show_command;
    const auto ttl = parse_duration(token_flags.ttl);
    constexpr Duration kLongestTtl = std::chrono::hours(24 * 365);
    if (!ttl || *ttl < 1s || *ttl > kLongestTtl) {
        return std::unexpected(
            usage("--ttl must be from 1s to 365d, such as 90s, 30m, 1h, 7d", app));
    }
    const auto& room = token_command.claims.room;
    if (const auto problem = signal::room_name_problem(room); !problem.empty()) {
        return std::unexpected(usage("--room " + quote(room.substr(0, 100)) + " " +
                                         std::string(problem) + "; a room's name has " +
                                         std::string(signal::kRoomNameRule),
                                     app));
    }
    token_command.ttl_seconds = to_ms(*ttl) / 1000;
    token_command.claims.publish = token_flags.publish;
    token_command.claims.subscribe = token_flags.subscribe;
    return token_command;
}

}  // namespace parley::server
