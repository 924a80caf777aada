#include "server/settings.hpp"

#include <algorithm>
#include <set>

#include "server/text.hpp"

namespace parley::server {

Settings::Settings() {
    constexpr std::uint16_t kPort = 8080;
    server.addresses = {*net::SocketAddress::parse("127.0.0.1:8080"),
                        {*net::IpAddress::parse("::1"), kPort}};
}

namespace {

/// RFC 7518 §3.2: a key for HS256 has at least the size of its digest.
constexpr std::size_t kSecretBytes = 32;
/// For what goes out beside a replay: welcome, joined, control frames.
constexpr std::size_t kSendQueueSlack = 64 * 1024;

void check_secret(Problems& problems, std::string_view key, std::string_view value) {
    if (value.empty()) return;
    const std::string name(key);
    const std::string remedy = "; make one with: openssl rand -hex 32";
    if (value.size() < kSecretBytes) {
        problems.push_back(name + ": is " + std::to_string(value.size()) +
                           " bytes long; at least 32 are needed, shorter ones can be guessed" +
                           remedy);
    } else if (std::set<char>(value.begin(), value.end()).size() < 8) {
        problems.push_back(name + ": repeats a few characters and can be guessed" + remedy);
    }
}

bool valid_origin(const std::string& origin) {
    if (origin == "*") return true;
    std::string_view rest = origin;
    if (rest.starts_with("https://")) {
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return false;
    }
    return !rest.empty() && rest.find_first_of("/?# *") == std::string_view::npos;
}

bool valid_ice_url(std::string_view url) {
    for (const std::string_view scheme : {"stun:", "stuns:", "turn:", "turns:"}) {
        if (url.starts_with(scheme) && url.size() > scheme.size()) return true;
    }
    return false;
}

void check_listeners(Problems& problems, const Settings& settings) {
    const auto& list = settings.server.addresses;
    if (list.empty()) {
        problems.emplace_back(
            "server.listen: is empty; give at least one address, such as "
            "127.0.0.1:8080");
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
        for (std::size_t k = i + 1; k < list.size(); ++k) {
            if (list[i] == list[k] && list[i].port != 0) {
                problems.push_back("server.listen: names " + list[i].to_string() + " twice");
            }
        }
    }
    if (settings.server.insecure_open || !settings.access.secret.empty()) return;
    for (const auto& address : list) {
        if (address.ip.is_loopback()) continue;
        problems.push_back(
            "server.listen: " + address.to_string() +
            " can be reached from the network, and no access.secret is set, so anybody could join "
            "every room. Set a secret (PARLEY_SECRET=$(openssl rand -hex 32)) and give people "
            "tokens made by `parley token`, or accept open rooms with --insecure-open");
        break;
    }
}

void check_ice_servers(Problems& problems, const Settings& settings) {
    for (const auto& server : settings.signal.ice_servers) {
        if (server.urls.empty()) problems.emplace_back("ice_servers: an entry has no urls");
        for (const auto& url : server.urls) {
            if (valid_ice_url(url)) continue;
            problems.push_back(
                "ice_servers: " + quote(url) +
                " is no STUN or TURN address; write stun:host:port or turn:host:port");
        }
    }
}

}  // namespace

Problems check_settings(const Settings& settings) {
    Problems problems;
    check_listeners(problems, settings);
    check_secret(problems, "access.secret", settings.access.secret);
    check_secret(problems, "access.admin_key", settings.access.admin_key);
    if (!settings.access.secret.empty() && settings.access.secret == settings.access.admin_key) {
        problems.emplace_back(
            "access.admin_key: equals access.secret; give each its own value, so that whoever "
            "makes "
            "tokens does not administer");
    }
    for (const auto& origin : settings.access.origins) {
        if (valid_origin(origin)) continue;
        problems.push_back("access.origins: " + quote(origin) +
                           " is no origin; write scheme and host, such as https://app.example.org, "
                           "or * for all");
    }
    const auto& tls = settings.tls;
    if (tls.certificate.empty() != tls.key.empty()) {
        problems.emplace_back("tls: certificate and key come together; one of them is missing");
    }
    if (tls.self_signed && !tls.certificate.empty()) {
        problems.emplace_back("tls: choose either self_signed or a certificate, not both");
    }
    const auto& signal = settings.signal;
    if (signal.heartbeat_dead <= signal.heartbeat_idle) {
        problems.emplace_back("signaling.heartbeat_dead: must be longer than heartbeat_idle");
    }
    const std::size_t largest = std::max(signal.limits.message_bytes, signal.limits.resume_bytes);
    if (settings.http.send_queue_bytes < largest + kSendQueueSlack) {
        problems.push_back(
            "limits.send_queue_bytes: must exceed limits.message_bytes and limits.resume_bytes by "
            "64 "
            "KiB, since a client may be sent that much at once; here at least " +
            show_size(largest + kSendQueueSlack));
    }
    check_ice_servers(problems, settings);
    return problems;
}

}  // namespace parley::server
