// Settings from a TOML file, the environment and flags, and back to TOML.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <toml++/toml.h>

#include "server/settings.hpp"
#include "server/text.hpp"

namespace parley::server {
namespace {

constexpr std::uintmax_t kLargestFile = 1024 * 1024;
constexpr std::size_t kMostProblems = 50;
constexpr std::size_t kMostIceServers = 16;
constexpr std::string_view kIceServers = "ice_servers";

std::string where(const std::string& origin, const toml::source_region& source) {
    return origin + ":" + std::to_string(source.begin.line) + ":" +
           std::to_string(source.begin.column) + ": ";
}

std::optional<SettingValue> to_value(const toml::node& node) {
    if (const auto* value = node.as_boolean()) return SettingValue(value->get());
    if (const auto* value = node.as_integer()) return SettingValue(value->get());
    if (const auto* value = node.as_floating_point()) return SettingValue(value->get());
    if (const auto* value = node.as_string()) return SettingValue(value->get());
    if (const auto* array = node.as_array()) {
        std::vector<std::string> items;
        for (const auto& item : *array) {
            const auto* text = item.as_string();
            if (text == nullptr) return std::nullopt;
            items.push_back(text->get());
        }
        return SettingValue(std::move(items));
    }
    return std::nullopt;
}

class Reader {
 public:
    Reader(Settings& settings, const std::string& origin) : settings_(settings), origin_(origin) {}

    Problems read(const toml::table& root) {
        for (const auto& [key, node] : root) {
            const std::string name(key.str());
            if (name == kIceServers) {
                read_ice_servers(node);
            } else if (const auto* section = node.as_table()) {
                read_section(name, *section, key.source());
            } else {
                unknown(name, key.source());
            }
        }
        return std::move(problems_);
    }

 private:
    void problem(const toml::source_region& source, const std::string& text) {
        if (problems_.size() < kMostProblems) problems_.push_back(where(origin_, source) + text);
    }

    void unknown(const std::string& name, const toml::source_region& source) {
        const auto near = nearest_setting(name);
        problem(source, "unknown key " + quote(name) +
                            (near.empty() ? "; `parley config show` lists all keys"
                                          : "; did you mean " + quote(near) + "?"));
    }

    static bool is_section(const std::string& name) {
        for (const auto& key : setting_keys()) {
            if (key.name.starts_with(name + ".")) return true;
        }
        return false;
    }

    void read_section(const std::string& name, const toml::table& section,
                      const toml::source_region& source) {
        if (!is_section(name)) {
            std::vector<std::string> sections{std::string(kIceServers)};
            for (const auto& key : setting_keys()) {
                sections.emplace_back(key.name.substr(0, key.name.find('.')));
            }
            const auto near = nearest_word(name, sections);
            problem(source, "unknown section [" + name + "]" +
                                (near.empty() ? "; `parley config show` lists all sections"
                                              : "; did you mean [" + near + "]?"));
            return;
        }
        for (const auto& [key, node] : section) {
            const std::string full = name + "." + std::string(key.str());
            const auto* known = find_setting(full);
            if (known == nullptr) {
                unknown(full, key.source());
                continue;
            }
            const auto value = to_value(node);
            if (!value) {
                problem(node.source(), full + ": has a type that no key takes");
                continue;
            }
            const auto set = known->set(settings_, *value);
            if (!set) problem(node.source(), full + ": " + set.error());
        }
    }

    void read_ice_servers(const toml::node& node) {
        const auto* list = node.as_array();
        if (list == nullptr || list->size() > kMostIceServers) {
            problem(node.source(), "ice_servers: must be at most 16 tables [[ice_servers]]");
            return;
        }
        settings_.signal.ice_servers.clear();
        for (const auto& item : *list) {
            const auto* table = item.as_table();
            if (table == nullptr) {
                problem(item.source(), "ice_servers: must be tables [[ice_servers]]");
                continue;
            }
            read_ice_server(*table);
        }
    }

    void read_ice_server(const toml::table& table) {
        signal::IceServer server;
        for (const auto& [key, node] : table) {
            const std::string name(key.str());
            const auto value = to_value(node);
            const auto* one = value ? std::get_if<std::string>(&*value) : nullptr;
            const auto* many = value ? std::get_if<std::vector<std::string>>(&*value) : nullptr;
            if (name == "urls" && (one != nullptr || many != nullptr)) {
                server.urls = many != nullptr ? *many : std::vector<std::string>{*one};
            } else if (name == "username" && one != nullptr) {
                server.username = *one;
            } else if (name == "credential" && one != nullptr) {
                server.credential = *one;
            } else if (name == "urls" || name == "username" || name == "credential") {
                problem(node.source(), "ice_servers." + name + ": must be a text");
            } else {
                const auto near = nearest_word(name, {"urls", "username", "credential"});
                problem(key.source(), "unknown key " + quote("ice_servers." + name) +
                                          (near.empty() ? "; known are urls, username, credential"
                                                        : "; did you mean " + quote(near) + "?"));
            }
        }
        settings_.signal.ice_servers.push_back(std::move(server));
    }

    Settings& settings_;
    const std::string& origin_;
    Problems problems_;
};

std::expected<std::string, std::string> read_file(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found) {
        return std::unexpected(path + ": there is no such file; check the path after --config");
    }
    if (std::filesystem::is_directory(status)) {
        return std::unexpected(path + ": is a directory; --config wants a file");
    }
    if (std::filesystem::is_regular_file(status) &&
        std::filesystem::file_size(path, error) > kLargestFile) {
        return std::unexpected(path + ": is larger than 1 MiB, which no configuration is");
    }
    std::ifstream file(path, std::ios::binary);
    std::string text;
    char buffer[16 * 1024];
    while (file.read(buffer, sizeof buffer) || file.gcount() > 0) {
        text.append(buffer, static_cast<std::size_t>(file.gcount()));
        if (text.size() > kLargestFile) break;
    }
    if (text.empty() && !file.eof()) {
        return std::unexpected(path + ": cannot be read; check its permissions");
    }
    return text;
}

/// The variable that sets a key, the short names included.
std::optional<std::pair<std::string, std::string>> from_environment(const SettingSources& sources,
                                                                    std::string_view key) {
    std::vector<std::string> names{environment_name(key)};
    if (key == "access.secret") names.emplace_back("PARLEY_SECRET");
    if (key == "access.admin_key") names.emplace_back("PARLEY_ADMIN_KEY");
    if (key == "log.level") names.emplace_back("PARLEY_LOG");
    for (const auto& name : names) {
        if (auto value = sources.environment(name)) return std::pair{name, *value};
    }
    return std::nullopt;
}

void warn_of_unknown_variables(const SettingSources& sources, LoadedSettings& loaded) {
    std::vector<std::string> known{"PARLEY_SECRET", "PARLEY_ADMIN_KEY", "PARLEY_LOG",
                                   "PARLEY_CONFIG"};
    for (const auto& key : setting_keys()) known.push_back(environment_name(key.name));
    for (const auto& name : sources.environment_names) {
        if (std::ranges::find(known, name) != known.end()) continue;
        const auto near = nearest_word(name, known);
        // Container platforms set PARLEY_* for services of that name: only near misses matter.
        if (!near.empty()) {
            loaded.warnings.push_back("the environment sets " + name +
                                      ", which means nothing; did you mean " + near + "?");
        }
    }
}

bool is_limit(std::string_view name) {
    return name.starts_with("limits.") || name.starts_with("signaling.heartbeat") ||
           name == "signaling.resume_window" || name == "server.shutdown_grace" ||
           name == "access.token_leeway" || name == "signaling.mesh_connect" ||
           name == "signaling.mesh_linger" || name == "signaling.status_interval";
}

}  // namespace

Problems apply_toml(Settings& settings, std::string_view text, const std::string& origin) {
    try {
        return Reader(settings, origin).read(toml::parse(text, origin));
    } catch (const toml::parse_error& error) {
        return {where(origin, error.source()) + std::string(error.description())};
    } catch (const std::exception& error) {
        return {origin + ": cannot be read as TOML: " + error.what()};
    }
}

std::expected<LoadedSettings, Problems> load_settings(const SettingSources& sources) {
    LoadedSettings loaded;
    Problems problems;
    if (!sources.file.empty()) {
        const auto text = read_file(sources.file);
        if (!text) return std::unexpected(Problems{text.error()});
        problems = apply_toml(loaded.settings, *text, sources.file);
    }
    const Settings after_file = loaded.settings;
    for (const auto& key : setting_keys()) {
        const auto variable = from_environment(sources, key.name);
        if (!variable) continue;
        const auto set = set_from_text(loaded.settings, key, variable->second);
        if (!set) {
            problems.push_back(variable->first + " (" + std::string(key.name) +
                               "): " + set.error());
        } else if (key.show(after_file) != key.show(loaded.settings)) {
            loaded.overridden.push_back(std::string(key.name) + " from " + variable->first);
        }
    }
    warn_of_unknown_variables(sources, loaded);
    for (const auto& [name, text] : sources.overrides) {
        const auto* key = find_setting(name);
        if (key == nullptr) continue;
        const auto set = set_from_text(loaded.settings, *key, text);
        if (!set) problems.push_back(name + " (from a flag): " + set.error());
    }
    for (auto& problem : check_settings(loaded.settings)) problems.push_back(std::move(problem));
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return loaded;
}

std::string show_settings(const Settings& settings) {
    std::ostringstream out;
    out << "# Parley's whole configuration. Later sources win: defaults, this file, environment\n"
           "# (PARLEY_<SECTION>_<KEY>; also PARLEY_SECRET, PARLEY_ADMIN_KEY, PARLEY_LOG), flags.\n"
           "# Sizes: 65536 or \"64KiB\". Times: \"500ms\", \"10s\", \"5m\", \"1h\".\n";
    std::string_view section;
    for (const auto& key : setting_keys()) {
        const auto dot = key.name.find('.');
        if (key.name.substr(0, dot) != section) {
            section = key.name.substr(0, dot);
            out << "\n[" << section << "]\n";
        }
        const std::string value = key.show(settings);
        out << "# " << key.help << "\n"
            << key.name.substr(dot + 1) << " = "
            << (key.secret && value != "\"\"" ? "\"********\"" : value) << "\n";
    }
    for (const auto& server : settings.signal.ice_servers) {
        out << "\n[[ice_servers]]\nurls = [";
        for (std::size_t i = 0; i < server.urls.size(); ++i) {
            out << (i > 0 ? ", " : "") << quote(server.urls[i]);
        }
        out << "]\n";
        if (!server.username.empty()) out << "username = " << quote(server.username) << "\n";
        if (!server.credential.empty()) out << "credential = \"********\"\n";
    }
    return out.str();
}

std::vector<std::pair<std::string, std::string>> list_limits(const Settings& settings) {
    std::vector<std::pair<std::string, std::string>> limits;
    for (const auto& key : setting_keys()) {
        if (is_limit(key.name)) limits.emplace_back(key.name, key.show(settings));
    }
    return limits;
}

}  // namespace parley::server
