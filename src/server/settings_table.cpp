// The table of keys: one row a key, with its type, range, help and place in Settings. Files, the
// environment, flags, `config show` and /limits all come from these rows.

#include <algorithm>
#include <charconv>
#include <limits>

#include "node/limits.hpp"
#include "server/settings.hpp"
#include "server/text.hpp"

namespace parley::server {
namespace {

using Set = std::expected<void, std::string>;
using Place = std::string_view;

std::unexpected<std::string> refuse(std::string text) {
    return std::unexpected(std::move(text));
}

std::string type_of(const SettingValue& value) {
    constexpr const char* kNames[] = {"true or false", "an integer", "a decimal number", "a text",
                                      "a list"};
    return kNames[value.index()];
}

std::unexpected<std::string> wrong_type(std::string_view wanted, const SettingValue& value) {
    return refuse("must be " + std::string(wanted) + ", but is " + type_of(value));
}

// ---- one kind of value each -----------------------------------------------------------------

template <typename Get>
SettingKey flag(Place name, std::string_view help, Get get) {
    return {name, help, false,
            [get](Settings& s, const SettingValue& value) -> Set {
                const auto* given = std::get_if<bool>(&value);
                if (given == nullptr) return wrong_type("true or false", value);
                get(s) = *given;
                return {};
            },
            [get](const Settings& s) -> std::string { return get(s) ? "true" : "false"; }};
}

template <typename Get>
SettingKey number(Place name, std::string_view help, std::int64_t low, std::int64_t high, Get get) {
    return {name, help, false,
            [=](Settings& s, const SettingValue& value) -> Set {
                const auto* given = std::get_if<std::int64_t>(&value);
                if (given == nullptr) return wrong_type("an integer", value);
                if (*given < low || *given > high) {
                    return refuse("must be from " + std::to_string(low) + " to " +
                                  std::to_string(high) + ", but is " + std::to_string(*given));
                }
                auto& place = get(s);
                place = static_cast<std::remove_reference_t<decltype(place)>>(*given);
                return {};
            },
            [get](const Settings& s) { return std::to_string(get(s)); }};
}

template <typename Get>
SettingKey size(Place name, std::string_view help, std::uint64_t low, std::uint64_t high, Get get) {
    return {name, help, false,
            [=](Settings& s, const SettingValue& value) -> Set {
                std::optional<std::uint64_t> given;
                if (const auto* n = std::get_if<std::int64_t>(&value); n != nullptr && *n >= 0) {
                    given = static_cast<std::uint64_t>(*n);
                } else if (const auto* text = std::get_if<std::string>(&value)) {
                    given = parse_size(*text);
                }
                if (!given || *given < low || *given > high) {
                    return refuse("must be a size from " + show_size(low) + " to " +
                                  show_size(high) + R"(, written as 65536 or "64KiB")");
                }
                get(s) = static_cast<std::size_t>(*given);
                return {};
            },
            [get](const Settings& s) { return quote(show_size(get(s))); }};
}

template <typename Get>
SettingKey duration(Place name, std::string_view help, Duration low, Duration high, Get get) {
    return {name, help, false,
            [=](Settings& s, const SettingValue& value) -> Set {
                const auto* text = std::get_if<std::string>(&value);
                const auto given = text != nullptr ? parse_duration(*text) : std::nullopt;
                if (!given || *given < low || *given > high) {
                    return refuse("must be a time from " + show_duration(low) + " to " +
                                  show_duration(high) + R"(, written as "10s", "500ms" or "5m")");
                }
                get(s) = *given;
                return {};
            },
            [get](const Settings& s) { return quote(show_duration(get(s))); }};
}

template <typename Get>
SettingKey text(Place name, std::string_view help, Get get, bool secret = false) {
    return {name, help, secret,
            [=](Settings& s, const SettingValue& value) -> Set {
                const auto* given = std::get_if<std::string>(&value);
                if (given == nullptr) return wrong_type("a text", value);
                if (given->find_first_of(std::string_view("\0\n\r", 3)) != std::string::npos) {
                    return refuse("must be one line without control characters");
                }
                get(s) = *given;
                return {};
            },
            [get](const Settings& s) { return quote(get(s)); }};
}

/// A list whose items convert one by one; `parse` returns an optional, `show` a text.
template <typename Get, typename Parse, typename Show>
SettingKey list(Place name, std::string_view help, std::string_view item, Get get, Parse parse,
                Show show) {
    return {name, help, false,
            [=](Settings& s, const SettingValue& value) -> Set {
                constexpr std::size_t kMostItems = 64;
                std::vector<std::string> items;
                if (const auto* one = std::get_if<std::string>(&value)) {
                    items.push_back(*one);
                } else if (const auto* many = std::get_if<std::vector<std::string>>(&value)) {
                    items = *many;
                } else {
                    return wrong_type("a list of texts", value);
                }
                if (items.size() > kMostItems) return refuse("has more than 64 entries");
                std::remove_reference_t<decltype(get(s))> parsed;
                for (const auto& entry : items) {
                    auto one = parse(entry);
                    if (!one) return refuse(quote(entry) + " is not " + std::string(item));
                    parsed.push_back(*one);
                }
                get(s) = std::move(parsed);
                return {};
            },
            [=](const Settings& s) {
                std::string out = "[";
                for (const auto& entry : get(s)) {
                    out += (out.size() > 1 ? ", " : "") + quote(show(entry));
                }
                return out + "]";
            }};
}

template <typename Get, typename Parse, typename Show>
SettingKey choice(Place name, std::string_view help, std::string_view words, Get get, Parse parse,
                  Show show) {
    return {name, help, false,
            [=](Settings& s, const SettingValue& value) -> Set {
                const auto* given = std::get_if<std::string>(&value);
                const auto parsed = given != nullptr ? parse(*given) : std::nullopt;
                if (!parsed) return refuse("must be one of " + std::string(words));
                get(s) = *parsed;
                return {};
            },
            [=](const Settings& s) { return quote(std::string(show(get(s)))); }};
}

// ---- items ------------------------------------------------------------------------------------

/// "127.0.0.1:8080", "[::1]:8080", ":8080" (all addresses), "localhost:8080".
std::optional<net::SocketAddress> parse_listen(const std::string& text) {
    std::string spelled = text;
    if (spelled.starts_with(':')) spelled = "[::]" + spelled;
    if (spelled.starts_with("localhost:")) spelled.replace(0, 9, "127.0.0.1");
    const auto address = net::SocketAddress::parse(spelled);
    if (!address || address->port == 0) return std::nullopt;
    return address;
}

std::optional<net::IpAddress> parse_host(const std::string& text) {
    const auto ip = net::IpAddress::parse(text);
    if (!ip || ip->is_unspecified() || ip->is_multicast()) return std::nullopt;
    return ip;
}

std::optional<std::string> parse_codec(const std::string& name) {
    for (const std::string_view known : {"VP8", "VP9", "H264", "AV1"}) {
        if (to_lower(name) == to_lower(known)) return std::string(known);
    }
    return std::nullopt;
}

std::optional<std::string> parse_any(const std::string& value) {
    return value;
}
std::string show_text(const std::string& value) {
    return value;
}

std::optional<log::Format> parse_format(const std::string& name) {
    if (name == "text") return log::Format::kText;
    if (name == "json") return log::Format::kJson;
    return std::nullopt;
}

constexpr std::int64_t kMillion = 1'000'000;
constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;

// A row's place in Settings, for reading and writing alike.
#define AT(member) [](auto& s) -> auto& { return s.member; }

void add_server_keys(std::vector<SettingKey>& keys) {
    keys.push_back(list(
        "server.listen",
        "Addresses of the pages, signaling, the API and ICE over TCP. The default is this machine "
        "alone.",
        "an address with a port from 1 to 65535, such as 127.0.0.1:8080, [::1]:8080 or :8080",
        AT(server.addresses), parse_listen, [](const auto& a) { return a.to_string(); }));
    keys.push_back(text("server.web",
                        "Directory of the web app. Empty: the one installed with the program.",
                        AT(server.web)));
    keys.push_back(flag("server.insecure_open",
                        "Let everybody who reaches the listeners join any room without a token.",
                        AT(server.insecure_open)));
    keys.push_back(duration("server.shutdown_grace",
                            "How long the first interrupt waits for clients to leave.", 0s, 3600s,
                            AT(server.shutdown_grace)));
    keys.push_back(text("tls.certificate", "Certificate chain in PEM, the server's own first.",
                        AT(tls.certificate)));
    keys.push_back(
        text("tls.key", "Its private key in PEM, unencrypted, readable by few.", AT(tls.key)));
    keys.push_back(flag("tls.self_signed",
                        "Make a certificate for a try on the local network; browsers will warn.",
                        AT(tls.self_signed)));
    keys.push_back(text("tls.state_dir",
                        "Directory that keeps the self-signed pair between starts. Empty: memory.",
                        AT(tls.state_dir)));
    keys.push_back(text("access.secret",
                        "Signs room tokens (HS256), at least 32 bytes. Empty: no tokens, rooms are "
                        "open on loopback. Better set as PARLEY_SECRET than in a file.",
                        AT(access.secret), true));
    keys.push_back(text("access.admin_key",
                        "Opens the API and /metrics off loopback, at least 32 bytes. Better set as "
                        "PARLEY_ADMIN_KEY.",
                        AT(access.admin_key), true));
    keys.push_back(list("access.origins",
                        "Sites whose pages may open the signaling socket, besides this server's "
                        "own. \"*\" allows all.",
                        "an origin", AT(access.origins), parse_any, show_text));
    keys.push_back(flag("access.require_origin",
                        "Refuse signaling sockets without an Origin, that is all but browsers.",
                        AT(access.require_origin)));
    keys.push_back(duration("access.token_leeway",
                            "How far clocks may differ when a token's times are judged.", 0s, 300s,
                            AT(access.token_leeway)));
}

void add_media_keys(std::vector<SettingKey>& keys) {
    keys.push_back(number("media.port",
                          "First UDP port of media; each media thread takes one more.", 1, 65535,
                          AT(media.port)));
    keys.push_back(number("media.threads", "Media threads; 0 means one for each processor.", 0, 256,
                          AT(media.threads)));
    keys.push_back(flag("media.tcp",
                        "Accept media over TCP on the listeners, for networks without "
                        "UDP.",
                        AT(media.tcp)));
    keys.push_back(list("media.addresses",
                        "Local addresses that carry media. Empty: all but loopback.",
                        "an IP address of this machine", AT(media.addresses), parse_host,
                        [](const auto& ip) { return ip.to_string(); }));
    keys.push_back(
        list("media.announce", "Public addresses to offer when this machine is behind a 1:1 NAT.",
             "an IP address such as 203.0.113.7 (names are not resolved)", AT(media.announce),
             parse_host, [](const auto& ip) { return ip.to_string(); }));
    keys.push_back(list("media.video_codecs", "Video codecs in answers, most wanted first.",
                        "one of VP8, VP9, H264, AV1", AT(media.video_codecs), parse_codec,
                        show_text));
    keys.push_back(number("media.loudest_audio",
                          "Forward only so many microphones of a room, the loudest; 0: all.", 0,
                          1000, AT(media.loudest_audio)));
    keys.push_back(number("media.last_video",
                          "Send everybody only so many cameras, of those who spoke last; 0: all.",
                          0, 1000, AT(media.last_video)));
    keys.push_back(number("media.spread_above",
                          "Members of a room on one media thread before others get some; 0: all.",
                          0, 10'000, AT(media.spread_above)));
    keys.push_back(number("media.start_kbps",
                          "What a new participant's path is taken to carry, until feedback tells.",
                          30, kMillion, AT(media.start_kbps)));
    keys.push_back(number("media.min_kbps", "A path's estimate never falls below.", 5, 10'000,
                          AT(media.min_kbps)));
    keys.push_back(number("media.max_kbps", "No participant is sent more than this.", 100, kMillion,
                          AT(media.max_kbps)));
    keys.push_back(choice(
        "signaling.topology", "How people in a new room are connected: sfu, mesh or auto.",
        "sfu, mesh, auto", AT(signal.topology),
        [](const std::string& name) { return signal::topology_from(name); },
        [](signal::Topology topology) { return signal::to_string(topology); }));
    keys.push_back(duration("signaling.heartbeat_idle", "Silence after which a client is asked.",
                            100ms, 60s, AT(signal.heartbeat_idle)));
    keys.push_back(duration("signaling.heartbeat_dead", "Silence after which it counts as gone.",
                            200ms, 300s, AT(signal.heartbeat_dead)));
    keys.push_back(duration("signaling.resume_window",
                            "How long a client whose socket dropped keeps its place and media.", 0s,
                            600s, AT(signal.resume_window)));
    keys.push_back(duration("signaling.mesh_connect",
                            "An auto room of two moves to the SFU when its mesh takes longer.",
                            500ms, 60s, AT(signal.mesh_connect)));
    keys.push_back(
        duration("signaling.mesh_linger",
                 "How long messages between old mesh peers pass after a move to the SFU.", 0s, 60s,
                 AT(signal.mesh_linger)));
    keys.push_back(duration("signaling.status_interval",
                            "Shortest time between two quality messages to a client.", 100ms, 60s,
                            AT(signal.status_interval)));
}

void add_signal_limits(std::vector<SettingKey>& keys) {
    keys.push_back(
        number("limits.rooms", "Rooms at one time.", 1, kMillion, AT(signal.limits.rooms)));
    keys.push_back(number("limits.participants_per_room", "People in one SFU room.", 1, 10'000,
                          AT(signal.limits.participants_per_room)));
    keys.push_back(number("limits.participants_per_mesh", "People in one mesh room.", 2, 32,
                          AT(signal.limits.participants_per_mesh)));
    keys.push_back(number("limits.connections", "TCP connections at one time, media included.", 1,
                          kMillion, AT(signal.limits.connections)));
    keys.push_back(
        number("limits.connections_per_address",
               "TCP connections of one address, media included (an IPv6 /64 counts as one).", 1,
               kMillion, AT(signal.limits.connections_per_address)));
    keys.push_back(number("limits.detached_sessions",
                          "Clients away from their socket that may "
                          "still resume.",
                          0, kMillion, AT(signal.limits.detached_sessions)));
    keys.push_back(number("limits.joins_per_minute_per_address", "Joins a minute of one address.",
                          1, kMillion, AT(signal.limits.joins_per_minute_per_address)));
    keys.push_back(size("limits.message_bytes", "Longest signaling message.", kKiB, 16 * kMiB,
                        AT(signal.limits.message_bytes)));
    keys.push_back(size("limits.relayed_bytes", "Longest message that others get as it is.", kKiB,
                        16 * kMiB, AT(signal.limits.relayed_bytes)));
    keys.push_back(size("limits.relayed_bytes_per_second",
                        "Octets a second that one client may send to others in such messages; four "
                        "seconds' worth at once.",
                        kKiB, 1024 * kMiB, AT(signal.limits.relayed_bytes_per_second)));
    keys.push_back(number("limits.messages_per_second",
                          "Signaling messages a second of one client.", 1, 10'000,
                          AT(signal.limits.messages_per_second)));
    keys.push_back(number("limits.message_burst", "Messages it may send at once on top.", 1,
                          100'000, AT(signal.limits.message_burst)));
    keys.push_back(number("limits.messages_per_second_per_address",
                          "Signaling messages a second of all clients of one address.", 1, kMillion,
                          AT(signal.limits.messages_per_second_per_address)));
    keys.push_back(number("limits.rate_limited_messages",
                          "Messages over the rate in a row that close the connection.", 1, 100'000,
                          AT(signal.limits.rate_limited_messages)));
    keys.push_back(number("limits.bad_json_messages",
                          "Messages that are no JSON that close the connection.", 1, 1'000,
                          AT(signal.limits.bad_json_messages)));
    keys.push_back(number("limits.json_depth", "Deepest nesting of a message.", 8, 256,
                          AT(signal.limits.json_depth)));
    keys.push_back(size("limits.metadata_bytes", "Metadata that a client joins with.", 64, kMiB,
                        AT(signal.limits.metadata_bytes)));
    keys.push_back(number("limits.candidates_per_description",
                          "ICE candidates for one offer or answer.", 1, 10'000,
                          AT(signal.limits.candidates_per_description)));
    // A media node keeps no more.
    keys.push_back(number("limits.layer_wishes", "Layer wishes of one client.", 1, node::kMaxWishes,
                          AT(signal.limits.layer_wishes)));
    keys.push_back(number("limits.resume_messages", "Messages kept for a client that may resume.",
                          0, 100'000, AT(signal.limits.resume_messages)));
    keys.push_back(size("limits.resume_bytes", "Octets kept for it.", 0, 64 * kMiB,
                        AT(signal.limits.resume_bytes)));
}

void add_http_limits(std::vector<SettingKey>& keys) {
    keys.push_back(
        size("limits.header_bytes", "Head of an HTTP request.", kKiB, kMiB, AT(http.header_bytes)));
    keys.push_back(
        number("limits.headers", "Header lines of an HTTP request.", 16, 1'000, AT(http.headers)));
    keys.push_back(size("limits.target_bytes", "Target (path and query) of an HTTP request.", 256,
                        64 * kKiB, AT(http.target_bytes)));
    keys.push_back(
        size("limits.body_bytes", "Body of an HTTP request.", 256, 16 * kMiB, AT(http.body_bytes)));
    keys.push_back(duration("limits.request_timeout",
                            "Time to send one whole HTTP request, or to "
                            "finish TLS.",
                            100ms, 300s, AT(http.request_timeout)));
    keys.push_back(duration("limits.idle_timeout", "Silence between requests of one connection.",
                            100ms, 3600s, AT(http.idle_timeout)));
    keys.push_back(number("limits.websocket_fragments", "Frames that one message may come in.", 1,
                          100'000, AT(http.websocket_fragments)));
    keys.push_back(size("limits.send_queue_bytes", "What may wait for a slow client.", 64 * kKiB,
                        64 * kMiB, AT(http.send_queue_bytes)));
    keys.push_back(size("limits.web_bytes", "All files of the web app, held in memory.", kKiB,
                        1024 * kMiB, AT(http.web_bytes)));
    keys.push_back(number("limits.refused_credentials_per_minute",
                          "Wrong tokens and admin keys a minute of one address.", 1, 100'000,
                          AT(http.refused_credentials_per_minute)));
    keys.push_back(choice(
        "log.level", "trace, debug, info, warn, error or off.",
        "trace, debug, info, warn, error, off", AT(log.level),
        [](const std::string& name) { return log::parse_level(name); },
        [](log::Level level) { return log::level_name(level); }));
    keys.push_back(choice("log.format", "text for people, json for machines.", "text, json",
                          AT(log.format), parse_format, [](log::Format format) -> std::string_view {
                              return format == log::Format::kJson ? "json" : "text";
                          }));
}

#undef AT

}  // namespace

const std::vector<SettingKey>& setting_keys() {
    static const std::vector<SettingKey> keys = [] {
        std::vector<SettingKey> all;
        add_server_keys(all);
        add_media_keys(all);
        add_signal_limits(all);
        add_http_limits(all);
        return all;
    }();
    return keys;
}

const SettingKey* find_setting(std::string_view name) {
    const auto& keys = setting_keys();
    const auto found = std::ranges::find(keys, name, &SettingKey::name);
    return found == keys.end() ? nullptr : &*found;
}

std::string environment_name(std::string_view key) {
    std::string name = "PARLEY_";
    for (const char c : key) {
        name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return name;
}

std::string nearest_setting(std::string_view name) {
    std::vector<std::string> names;
    for (const auto& key : setting_keys()) names.emplace_back(key.name);
    // A right key in a wrong section is nearer than any misspelling.
    const auto leaf =
        name.substr(name.rfind('.') == std::string_view::npos ? 0 : name.rfind('.') + 1);
    for (const auto& known : names) {
        if (known.substr(known.find('.') + 1) == leaf) return known;
    }
    return nearest_word(name, names);
}

std::expected<void, std::string> set_from_text(Settings& settings, const SettingKey& key,
                                               std::string_view text) {
    // The kind shows in how the key spells its default; each kind is tried in turn.
    const std::string shown = key.show(settings);
    if (shown == "true" || shown == "false") {
        const auto word = to_lower(text);
        if (word == "true" || word == "1" || word == "yes") return key.set(settings, true);
        if (word == "false" || word == "0" || word == "no") return key.set(settings, false);
        return std::unexpected("must be true or false, but is " + quote(text));
    }
    if (shown.starts_with('[')) return key.set(settings, split(text, ','));
    if (shown.starts_with('"')) return key.set(settings, std::string(text));
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end) {
        return std::unexpected("must be an integer, but is " + quote(text));
    }
    return key.set(settings, value);
}

}  // namespace parley::server
