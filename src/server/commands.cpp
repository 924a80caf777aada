// What the commands of the command line do.

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "crypto/secure_random.hpp"
#include "runtime/clock.hpp"
#include "server/certificates.hpp"
#include "server/cli.hpp"
#include "server/log.hpp"
#include "server/server.hpp"
#include "server/settings.hpp"

extern "C" char** environ;

namespace parley::server {
namespace {

void print(std::FILE* stream, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stream);
}

void print_problems(const Problems& problems) {
    for (const auto& problem : problems) {
        print(stderr, "parley: " + log::escape(problem) + "\n");
    }
}

SettingSources sources_of(const std::string& config) {
    SettingSources sources;
    sources.environment = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
    };
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view variable(*entry);
        if (variable.starts_with("PARLEY_")) {
            sources.environment_names.emplace_back(variable.substr(0, variable.find('=')));
        }
    }
    sources.file = config;
    if (sources.file.empty()) {
        sources.file = sources.environment("PARLEY_CONFIG").value_or(std::string());
    }
    return sources;
}

int serve(const ServeCommand& command,
          const std::function<std::unique_ptr<MediaPlane>()>& make_media) {
    auto sources = sources_of(command.config);
    sources.overrides = command.overrides;
    const auto loaded = load_settings(sources);
    if (!loaded) {
        print_problems(loaded.error());
        return kExitFailed;
    }
    const auto& settings = loaded->settings;
    log::setup(settings.log.level, settings.log.format);
    for (const auto& warning : loaded->warnings) log::warn("{}", warning);
    if (!sources.file.empty()) log::info("configuration: {}", sources.file);
    for (const auto& text : loaded->overridden) log::info("configuration: {}", text);
    const auto media = make_media();
    crypto::SystemRandom random;
    Server server(settings, *media, random);
    if (const auto started = server.start(); !started) {
        print_problems({started.error()});
        return kExitFailed;
    }
    server.run(/*handle_signals=*/true);
    return kExitOk;
}

int check(const ConfigCheckCommand& command) {
    const auto loaded = load_settings(sources_of(command.file));
    if (!loaded) {
        print_problems(loaded.error());
        return kExitFailed;
    }
    if (!loaded->settings.tls.certificate.empty()) {
        const auto certificate = load_certificate(loaded->settings);
        if (!certificate) {
            print_problems({certificate.error()});
            return kExitFailed;
        }
        for (const auto& warning : (*certificate)->warnings) {
            print(stderr, "parley: warning: " + warning + "\n");
        }
    }
    for (const auto& warning : loaded->warnings)
        print(stderr, "parley: warning: " + warning + "\n");
    print(stdout, command.file + ": ok\n");
    return kExitOk;
}

int show(const ConfigShowCommand& command) {
    const auto loaded = load_settings(sources_of(command.config));
    if (!loaded) {
        print_problems(loaded.error());
        return kExitFailed;
    }
    print(stdout, show_settings(loaded->settings));
    return kExitOk;
}

int token(const TokenCommand& command) {
    auto sources = sources_of(command.config);
    if (!command.secret.empty()) sources.overrides.emplace_back("access.secret", command.secret);
    // Only the secret is wanted: what else the file says about listeners does not matter here.
    sources.overrides.emplace_back("server.insecure_open", "true");
    const auto loaded = load_settings(sources);
    if (!loaded) {
        print_problems(loaded.error());
        return kExitFailed;
    }
    const auto& secret = loaded->settings.access.secret;
    if (secret.empty()) {
        print_problems(
            {"no secret to sign with; set PARLEY_SECRET to the server's, or give "
             "--config FILE or --secret SECRET"});
        return kExitFailed;
    }
    auto claims = command.claims;
    claims.issued = runtime::wall_now().unix_seconds();
    claims.expires = claims.issued + command.ttl_seconds;
    const auto made = make_token(claims, secret);
    // Reads it back, so that nothing is handed out that the server would refuse.
    if (!verify_token(made, secret, claims.issued, Duration::zero())) {
        print_problems({"--room, --identity and --name must be texts of 1 to 256 octets in UTF-8"});
        return kExitFailed;
    }
    print(stdout, made + "\n");
    return kExitOk;
}

}  // namespace

int run_cli(int argc, const char* const* argv,
            const std::function<std::unique_ptr<MediaPlane>()>& make_media,
            const OtherCommands& others) {
    std::vector<std::string> arguments;
    for (int i = 1; i < argc; ++i) arguments.emplace_back(argv[i]);
    for (const auto& other : others) {
        if (arguments.empty() || arguments[0] != other.name) continue;
        arguments.erase(arguments.begin());
        return other.run(arguments);
    }
    const auto command = parse_command_line(arguments, others);
    if (!command) {
        print(command.error().code == kExitOk ? stdout : stderr, command.error().text);
        return command.error().code;
    }
    if (const auto* wanted = std::get_if<ServeCommand>(&*command))
        return serve(*wanted, make_media);
    if (const auto* wanted = std::get_if<ConfigCheckCommand>(&*command)) return check(*wanted);
    if (const auto* wanted = std::get_if<ConfigShowCommand>(&*command)) return show(*wanted);
    return token(std::get<TokenCommand>(*command));
}

}  // namespace parley::server
