#include "server/access.hpp"

#include <algorithm>

#include "crypto/digest.hpp"
#include "server/text.hpp"
#include "server/token.hpp"

namespace parley::server {
namespace {

constexpr Duration kWindow = 60s;

/// "host", "host:port" or "[v6]:port" without the port.
std::string_view host_of(std::string_view authority) {
    if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
    return authority.substr(0, authority.find(':'));
}

bool names_this_machine(std::string_view host) {
    const auto lower = to_lower(host);
    if (lower == "localhost" || lower.ends_with(".localhost")) return true;
    std::string_view bare = lower;
    if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
    const auto ip = net::IpAddress::parse(bare);
    return ip && ip->is_loopback();
}

/// The authority with the scheme's usual port left out, in lower case.
std::string normal_authority(std::string_view authority, bool tls) {
    auto lower = to_lower(authority);
    const std::string_view usual = tls ? ":443" : ":80";
    if (lower.ends_with(usual)) lower.resize(lower.size() - usual.size());
    return lower;
}

struct Origin {
    bool tls = false;
    std::string_view authority;
};
std::optional<Origin> parse_origin(std::string_view text) {
    if (text.starts_with("https://")) return Origin{true, text.substr(8)};
    if (text.starts_with("http://")) return Origin{false, text.substr(7)};
    return std::nullopt;  // "null" and the schemes of extensions
}

std::optional<std::string_view> bearer(const HttpRequest& request) {
    const auto field = request.header("authorization");
    if (!field || field->size() < 7 || to_lower(field->substr(0, 7)) != "bearer ") {
        return std::nullopt;
    }
    return trim(field->substr(7));
}

std::optional<std::string_view> room_token(const HttpRequest& request) {
    for (const std::string_view name : {"token", "access_token"}) {
        const auto value = request.parameter(name);
        if (value && !value->empty()) return value;
    }
    return bearer(request);
}

Refusal too_many_refused() {
    return {429, "rate_limited", "Too many wrong credentials came from your address.",
            "more of them than limits.refused_credentials_per_minute",
            "wait a minute, then try again with a valid token or key"};
}

std::expected<signal::RoomGrant, Refusal> read_token(std::string_view token,
                                                     const Settings& settings, RequestTime time) {
    const auto claims = verify_token(token, settings.access.secret, time.unix_seconds,
                                     settings.access.token_leeway);
    if (!claims && claims.error() == TokenError::kExpired) {
        return std::unexpected(Refusal{401, "token_expired", "The room token has expired.",
                                       "its time (exp) is over", "ask for a new token"});
    }
    if (!claims) {
        // Which check failed stays here: it would help only someone who forges tokens.
        return std::unexpected(
            Refusal{401, "bad_token", "The room token is not valid.",
                    "it was not made by this server's operator, is not valid yet, or was changed",
                    "use a token made by `parley token` with this server's secret"});
    }
    signal::RoomGrant grant;
    grant.room = claims->room;
    grant.identity = claims->identity;
    grant.name = claims->name;
    grant.may_publish = claims->publish;
    grant.may_subscribe = claims->subscribe;
    grant.admin = claims->admin;
    const auto left =
        std::chrono::seconds(claims->expires - time.unix_seconds) +
        std::chrono::duration_cast<std::chrono::seconds>(settings.access.token_leeway);
    constexpr auto kLongest = std::chrono::hours(24 * 365 * 100);
    grant.expires = time.now + std::min<Duration>(left, kLongest);
    return grant;
}

}  // namespace

bool is_local(const Caller& caller, const HttpRequest& request) {
    if (!caller.loopback_listener || !caller.remote.ip.is_loopback()) return false;
    for (const std::string_view name : {"forwarded", "x-forwarded-for", "x-real-ip", "via"}) {
        if (request.has_header(name)) return false;
    }
    const auto host = request.header("host");
    return host && names_this_machine(host_of(*host));
}

bool origin_allowed(const Settings& settings, const Caller& caller, const HttpRequest& request) {
    if (!request.has_header("origin")) return !settings.access.require_origin;
    const auto given = request.header("origin");
    if (!given) return false;
    for (const auto& allowed : settings.access.origins) {
        if (allowed == "*" || to_lower(allowed) == to_lower(*given)) return true;
    }
    const auto origin = parse_origin(*given);
    const auto host = request.header("host");
    if (!origin || !host) return false;
    // A proxy in front may end TLS, so the scheme is not compared, only who is named.
    if (normal_authority(origin->authority, origin->tls) == normal_authority(*host, origin->tls)) {
        return true;
    }
    // Pages that this machine serves itself, such as a development server on another port.
    return is_local(caller, request) && names_this_machine(host_of(origin->authority));
}

bool CredentialGuard::blocked(const net::IpAddress& address, Instant now) {
    const auto found = windows_.find(net::client_prefix(address));
    if (found == windows_.end()) return false;
    if (now - found->second.begin >= kWindow) {
        windows_.erase(found);
        return false;
    }
    return found->second.count >= limit_;
}

void CredentialGuard::refused(const net::IpAddress& address, Instant now) {
    ++total_;
    const auto key = net::client_prefix(address);
    if (windows_.size() >= kMostAddresses && !windows_.contains(key)) {
        std::erase_if(windows_, [&](const auto& w) { return now - w.second.begin >= kWindow; });
        if (windows_.size() >= kMostAddresses) windows_.erase(windows_.begin());
    }
    auto& window = windows_.try_emplace(key, Window{now, 0}).first->second;
    if (now - window.begin >= kWindow) window = {now, 0};
    ++window.count;
}

std::expected<std::optional<signal::RoomGrant>, Refusal> authorize_signaling(
    const Settings& settings, const Caller& caller, const HttpRequest& request, RequestTime time,
    CredentialGuard& guard) {
    if (!origin_allowed(settings, caller, request)) {
        return std::unexpected(
            Refusal{403, "origin_refused", "Pages of this site may not connect here.",
                    request.has_header("origin")
                        ? "the page's origin is neither this server's own nor in access.origins"
                        : "access.require_origin is on and the request names no origin",
                    "add the page's origin to access.origins"});
    }
    const bool open = settings.server.insecure_open ||
                      (settings.access.secret.empty() && is_local(caller, request));
    const auto token =
        settings.access.secret.empty() ? std::optional<std::string_view>{} : room_token(request);
    if (!token) {
        if (open) return std::nullopt;
        if (settings.access.secret.empty()) {
            return std::unexpected(
                Refusal{403, "not_local", "This server is open only to its own machine.",
                        "no access.secret is set, and the request came through a proxy or for "
                        "another host name",
                        "set access.secret and use tokens, or start with --insecure-open"});
        }
        return std::unexpected(Refusal{401, "token_required", "A room token is needed.",
                                       "the request carries no token",
                                       "connect to /signal?token=TOKEN; `parley token` makes one"});
    }
    if (guard.blocked(caller.remote.ip, time.now)) return std::unexpected(too_many_refused());
    auto grant = read_token(*token, settings, time);
    if (!grant) {
        guard.refused(caller.remote.ip, time.now);
        return std::unexpected(std::move(grant.error()));
    }
    return std::optional(std::move(*grant));
}

std::expected<void, Refusal> authorize_admin(const Settings& settings, const Caller& caller,
                                             const HttpRequest& request, RequestTime time,
                                             CredentialGuard& guard) {
    // A page of another site must not use the visitor's own access to a local server.
    if (request.has_header("origin") && !origin_allowed(settings, caller, request)) {
        return std::unexpected(Refusal{403, "origin_refused", "Pages of this site may not do that.",
                                       "the page's origin is neither this server's own nor in "
                                       "access.origins",
                                       "add the page's origin to access.origins"});
    }
    if (is_local(caller, request)) return {};
    const auto& key = settings.access.admin_key;
    if (key.empty()) {
        return std::unexpected(Refusal{403, "admin_key_not_set",
                                       "The API needs the administrator's key.",
                                       "the address that was called can be reached from the "
                                       "network, and no access.admin_key is set",
                                       "set PARLEY_ADMIN_KEY and send it as "
                                       "\"Authorization: Bearer KEY\""});
    }
    if (guard.blocked(caller.remote.ip, time.now)) return std::unexpected(too_many_refused());
    const auto given = bearer(request);
    // Digests have one size, so the comparison tells nothing of the key's length either.
    const bool right = given && crypto::equal_constant_time(crypto::sha256(as_bytes(*given)),
                                                            crypto::sha256(as_bytes(key)));
    if (right) return {};
    if (given) guard.refused(caller.remote.ip, time.now);
    return std::unexpected(Refusal{401, "admin_key_required", "The admin key is needed.",
                                   given ? "the key is wrong" : "the request carries no key",
                                   "send \"Authorization: Bearer KEY\""});
}

}  // namespace parley::server
