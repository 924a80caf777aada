// Everything that an operator can set. The defaults are here; settings_table.cpp names each field
// for files, the environment and flags. Later sources win: defaults, file, environment, flags.

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "net/address.hpp"
#include "server/log.hpp"
#include "signal/config.hpp"

namespace parley::server {

struct ListenSettings {
    std::vector<net::SocketAddress> addresses;
    std::string web;  // the app's directory; empty: the one installed beside the binary
    bool insecure_open = false;
    Duration shutdown_grace = 10s;
};
struct TlsSettings {
    std::string certificate;
    std::string key;
    bool self_signed = false;
    std::string state_dir;  // where a self-signed pair is kept between starts; empty: in memory
};
struct AccessSettings {
    std::string secret;
    std::string admin_key;
    std::vector<std::string> origins;  // "https://app.example.org", or "*"
    bool require_origin = false;       // refuse WebSockets without Origin (not browsers)
    Duration token_leeway = 10s;
};
struct MediaOptions {
    std::uint16_t port = 7882;
    unsigned threads = 0;
    bool tcp = true;
    std::vector<net::IpAddress> addresses;
    std::vector<net::IpAddress> announce;
    std::vector<std::string> video_codecs = {"VP8", "VP9", "H264", "AV1"};
    std::size_t loudest_audio = 0;
    std::size_t last_video = 0;
    std::size_t spread_above = 0;
    // Of the estimate of each participant's path, in kbit/s.
    std::int64_t min_kbps = 30;
    std::int64_t start_kbps = 600;
    std::int64_t max_kbps = 100'000;
};
struct HttpLimits {
    std::size_t header_bytes = 16 * 1024;
    std::size_t headers = 100;
    std::size_t target_bytes = 8 * 1024;
    std::size_t body_bytes = 64 * 1024;
    /// From the first octet of a request (or the connection) to its last.
    Duration request_timeout = 10s;
    /// Between requests of a kept connection.
    Duration idle_timeout = 60s;
    std::size_t websocket_fragments = 1024;
    /// What may wait for a slow reader before the connection is closed (1013). A client that
    /// resumes gets all it missed (1 MiB by default) at once, so this is larger.
    std::size_t send_queue_bytes = 2 * 1024 * 1024;
    /// Files of the web app, read into memory at start.
    std::size_t web_bytes = 64 * 1024 * 1024;
    /// Refused tokens and admin keys a minute and address, before they are refused unread.
    std::uint32_t refused_credentials_per_minute = 60;
};
struct LogSettings {
    log::Level level = log::Level::kInfo;
    log::Format format = log::Format::kText;
};

struct Settings {
    ListenSettings server;
    TlsSettings tls;
    AccessSettings access;
    MediaOptions media;
    HttpLimits http;
    LogSettings log;
    signal::Config signal;

    /// 127.0.0.1:8080 and [::1]:8080: browsers give camera and microphone to this origin, and
    /// nobody else reaches it.
    Settings();
    bool tls_enabled() const { return tls.self_signed || !tls.certificate.empty(); }
};

/// A value as a file or a command line spells it, before it is checked against its key.
using SettingValue =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// One key of the configuration.
struct SettingKey {
    std::string_view name;  // "media.port"
    std::string_view help;
    bool secret = false;
    /// The error says what is allowed, and fits after "media.port: ".
    std::function<std::expected<void, std::string>(Settings&, const SettingValue&)> set;
    /// As TOML, secrets included.
    std::function<std::string(const Settings&)> show;
};

/// All keys, grouped by section in the order in which they are shown.
const std::vector<SettingKey>& setting_keys();
const SettingKey* find_setting(std::string_view name);
/// "PARLEY_MEDIA_PORT".
std::string environment_name(std::string_view key);
/// The known key nearest to a misspelt one; empty when none is near.
std::string nearest_setting(std::string_view name);
/// Text from the environment or a flag as a value of the key: "a,b" for a list, "true", "10s".
std::expected<void, std::string> set_from_text(Settings& settings, const SettingKey& key,
                                               std::string_view text);

/// Where settings come from. `environment` finds a variable; `names` lists those that begin with
/// PARLEY_.
struct SettingSources {
    std::string file;  // empty: none
    std::function<std::optional<std::string>(const std::string&)> environment;
    std::vector<std::string> environment_names;
    std::vector<std::pair<std::string, std::string>> overrides;  // key, text: from flags
};

/// One thing that is wrong, as a person reads it: "parley.toml:3:1: ...".
using Problems = std::vector<std::string>;

/// Applies a TOML text; `origin` is the file's name for messages. Collects all problems.
Problems apply_toml(Settings& settings, std::string_view text, const std::string& origin);
/// Rules between keys, such as a certificate without its key.
Problems check_settings(const Settings& settings);

struct LoadedSettings {
    Settings settings;
    std::vector<std::string> warnings;
    /// "access.secret from PARLEY_SECRET (over parley.toml)".
    std::vector<std::string> overridden;
};
std::expected<LoadedSettings, Problems> load_settings(const SettingSources& sources);

/// The whole configuration as TOML with a comment for each key; secrets are masked.
std::string show_settings(const Settings& settings);
/// Every limit and timer as name and value, for /limits.
std::vector<std::pair<std::string, std::string>> list_limits(const Settings& settings);

/// A limit that has no setting.
struct FixedLimit {
    std::string_view name;
    std::string_view help;
    std::size_t value;
};
/// For the end of show_settings and for /limits.
std::vector<FixedLimit> fixed_limits(const Settings& settings);

}  // namespace parley::server
