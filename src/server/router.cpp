#include "server/router.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "server/text.hpp"
#include "server/websocket.hpp"

namespace parley::server {
namespace {

using nlohmann::json;

std::string dump(const json& body) {
    return body.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

HttpResponse json_response(const json& body, unsigned status = 200) {
    HttpResponse response;
    response.status = status;
    response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
    response.body = dump(body);
    return response;
}

HttpResponse not_found(std::string what) {
    return Router::refuse({404, "not_found", "There is no such " + what + ".",
                           "it never was, or it is gone",
                           "GET /api/v1/rooms lists the rooms that are open"});
}

HttpResponse unknown_address() {
    return Router::refuse({404, "not_found", "The API has no such address.",
                           "its addresses begin with /api/v1/rooms, and this is none of them",
                           "use an address that docs/operating.md lists, such as /api/v1/rooms"});
}

HttpResponse wrong_method(const std::string& allowed) {
    auto response =
        Router::refuse({405, "method_not_allowed", "The address exists, this method does not.",
                        "the request's method", "use " + allowed});
    response.headers.emplace_back("Allow", allowed);
    return response;
}

HttpResponse answer_of(signal::AdminResult result, const std::string& what) {
    switch (result) {
        case signal::AdminResult::kOk: {
            HttpResponse response;
            response.status = 204;
            return response;
        }
        case signal::AdminResult::kNotFound: return not_found(what);
        case signal::AdminResult::kUnsupported: break;
    }
    return Router::refuse({409, "unsupported_in_topology", "That is not possible in this room.",
                           "media of a mesh room does not pass the server",
                           "remove the participant instead, or use an SFU room"});
}

/// Segments of the undecoded path, each decoded for itself: a name may hold an encoded slash.
std::vector<std::string> segments(std::string_view target) {
    std::vector<std::string> out;
    auto path = target.substr(0, target.find_first_of("?#"));
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        out.push_back(percent_decode(path.substr(0, end)).value_or(std::string()));
        path.remove_prefix(end);
    }
    return out;
}

/// A host that may stand in a header of ours.
bool harmless_host(std::string_view host) {
    return !host.empty() && host.size() < 256 &&
           std::ranges::all_of(
               host,
               [](char c) {
                   return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '.' || c == ':' || c == '-' || c == '[' ||
                          c == ']';
               });
}

/// What pages of this server may load and do: only what comes from here, and this server's socket
/// by its ws: name, which not every browser counts as 'self'.
std::string content_policy(const HttpRequest& request) {
    std::string connect = "'self'";
    const auto host = request.header("host");
    if (host && harmless_host(*host)) {
        connect += " ws://" + std::string(*host) + " wss://" + std::string(*host);
    }
    return "default-src 'self'; connect-src " + connect +
           "; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; "
           "style-src 'self' 'unsafe-inline'; script-src 'self' 'wasm-unsafe-eval'; "
           "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
           "frame-ancestors 'none'";
}

void add_security_headers(HttpResponse& response, const HttpRequest& request) {
    auto& headers = response.headers;
    headers.emplace_back("X-Content-Type-Options", "nosniff");
    headers.emplace_back("Referrer-Policy", "no-referrer");
    headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
    headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
    headers.emplace_back("Content-Security-Policy", content_policy(request));
    headers.emplace_back("Permissions-Policy",
                         "camera=(self), microphone=(self), display-capture=(self), "
                         "fullscreen=(self), geolocation=(), payment=(), usb=()");
}

std::uint64_t number_or_zero(std::string_view text) {
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    return parsed.ec == std::errc() && parsed.ptr == end ? value : 0;
}

}  // namespace

Router::Router(const Settings& settings, signal::Service& service, MediaPlane& media,
               const StaticFiles& files, Counters& counters, RequestTime started)
    : settings_(settings),
      service_(service),
      media_(media),
      files_(files),
      counters_(counters),
      guard_(settings.http.refused_credentials_per_minute),
      started_(started) {}

HttpResponse Router::refuse(const Refusal& refusal) {
    auto response = json_response({{"error",
                                    {{"code", refusal.code},
                                     {"message", refusal.message},
                                     {"cause", refusal.cause},
                                     {"remedy", refusal.remedy}}}},
                                  refusal.status);
    if (refusal.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    if (refusal.status == 429) response.headers.emplace_back("Retry-After", "60");
    return response;
}

Routed Router::route(HttpRequest request, const Caller& caller, RequestTime time) {
    Routed routed;
    if (parse_target(request)) {
        routed = dispatch(request, caller, time);
    } else {
        routed.response = refuse({400, "bad_request", "The request's address cannot be read.",
                                  "it is not a path, or its %XX sequences are broken",
                                  "send a path that begins with / and is encoded as UTF-8"});
    }
    counters_.credentials_refused = guard_.total();
    if (routed.response.status != 101) add_security_headers(routed.response, request);
    return routed;
}

Routed Router::dispatch(const HttpRequest& request, const Caller& caller, RequestTime time) {
    const auto& path = request.path;
    const bool reading = request.method == "GET" || request.method == "HEAD";
    if (path == "/signal" || (path == "/" && is_websocket_request(request))) {
        return signaling(request, caller, time);
    }
    if (path == "/healthz") return {reading ? health(time) : wrong_method("GET, HEAD"), {}};
    const bool protected_path =
        path == "/metrics" || path == "/limits" || path == "/api" || path.starts_with("/api/");
    if (!protected_path) return {files_.serve(request), {}};
    if (const auto allowed = authorize_admin(settings_, caller, request, time, guard_); !allowed) {
        return {refuse(allowed.error()), {}};
    }
    if (path == "/metrics") return {reading ? metrics(time) : wrong_method("GET, HEAD"), {}};
    if (path == "/limits") return {reading ? limits() : wrong_method("GET, HEAD"), {}};
    return {api(request, time), {}};
}

Routed Router::signaling(const HttpRequest& request, const Caller& caller, RequestTime time) {
    auto grant = authorize_signaling(settings_, caller, request, time, guard_);
    if (!grant) return {refuse(grant.error()), {}};
    if (!is_websocket_request(request)) {
        // Also how a page learns why its socket was refused, which browsers do not tell.
        auto response = refuse({426, "upgrade_required", "This address speaks WebSocket.",
                                "the request is a plain one",
                                "open it as ws:// or wss://; docs/signaling.md has the messages"});
        response.headers.emplace_back("Upgrade", "websocket");
        return {std::move(response), {}};
    }
    if (service_.shutting_down()) {
        return {refuse({503, "shutting_down", "The server is stopping.",
                        "an operator stopped or restarts it", "try again in a few seconds"}),
                {}};
    }
    Routed routed{answer_websocket(request), {}};
    if (routed.response.status != 101) return routed;
    const auto text_of = [&](std::string_view name) {
        return std::string(request.parameter(name).value_or(std::string_view{}));
    };
    signal::ConnectionInfo info;
    info.remote = caller.remote;
    info.origin = std::string(request.header("origin").value_or(std::string_view{}));
    info.grant = std::move(*grant);
    info.topology = text_of("topology");
    info.resume_token = text_of("resume");
    info.resume_last_seq = number_or_zero(text_of("lastSeq"));
    routed.upgrade = std::move(info);
    return routed;
}

HttpResponse Router::health(RequestTime time) const {
    const auto media_problem = media_.problem();
    const bool draining = service_.shutting_down();
    const bool well = media_problem.empty() && !draining;
    json body{{"status", draining ? "draining"
                         : well   ? "ok"
                                  : "degraded"},
              {"version", PARLEY_VERSION},
              {"uptimeSeconds", std::int64_t(to_seconds(time.now - started_.now))},
              {"checks",
               {{"signaling", draining ? "shutting down" : "ok"},
                {"media", media_problem.empty() ? "ok" : media_problem},
                {"app", files_.empty() ? "not installed" : "ok"}}}};
    return json_response(body, well ? 200 : 503);
}

HttpResponse Router::metrics(RequestTime time) {
    HttpResponse response;
    response.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"},
                        {"Cache-Control", "no-store"}};
    auto families =
        collect_metrics(counters_, service_.counters(), to_seconds(time.now - started_.now));
    for (auto& family : media_.metrics()) families.push_back(std::move(family));
    response.body = serialize_metrics(families);
    return response;
}

HttpResponse Router::limits() const {
    json body = json::object();
    for (const auto& [name, value] : list_limits(settings_)) {
        body[name] = json::parse(value, nullptr, /*allow_exceptions=*/false);
    }
    json fixed = json::object();
    for (const auto& limit : fixed_limits(settings_)) fixed[std::string(limit.name)] = limit.value;
    return json_response({{"limits", std::move(body)}, {"fixed", std::move(fixed)}});
}

HttpResponse Router::api(const HttpRequest& request, RequestTime time) {
    const auto parts = segments(request.target);
    if (parts.size() < 3 || parts[1] != "v1" || parts[2] != "rooms") return unknown_address();
    switch (parts.size()) {
        case 3:
            if (request.method != "GET" && request.method != "HEAD")
                return wrong_method("GET, HEAD");
            return json_response(service_.list_rooms(time.now));
        case 4: return api_room(request, parts[3], time);
        case 6:
            if (parts[4] == "participants") {
                return api_participant(request, parts[3], parts[5], time);
            }
            break;
        case 7:
            if (parts[4] == "participants" && parts[6] == "mute") {
                return api_mute(request, parts[3], parts[5], time);
            }
            if (parts[4] == "participants" && parts[6] == "timeline") {
                return api_timeline(request, parts[3], parts[5], time);
            }
            break;
        default: break;
    }
    return unknown_address();
}

HttpResponse Router::api_room(const HttpRequest& request, const std::string& room,
                              RequestTime time) {
    if (request.method == "DELETE") {
        return answer_of(service_.close_room(room, {}, time.now), "room");
    }
    if (request.method != "GET" && request.method != "HEAD") {
        return wrong_method("GET, HEAD, DELETE");
    }
    const auto detail = service_.room_detail(room, time.now);
    return detail ? json_response(*detail) : not_found("room");
}

HttpResponse Router::api_participant(const HttpRequest& request, const std::string& room,
                                     const std::string& participant, RequestTime time) {
    if (request.method != "DELETE") return wrong_method("DELETE");
    return answer_of(service_.remove_participant(room, participant, {}, time.now),
                     "room or participant");
}

HttpResponse Router::api_timeline(const HttpRequest& request, const std::string& room,
                                  const std::string& participant, RequestTime time) const {
    if (request.method != "GET" && request.method != "HEAD") return wrong_method("GET, HEAD");
    const auto timeline = service_.timeline(room, participant, time.now);
    return timeline ? json_response(*timeline) : not_found("room or participant");
}

HttpResponse Router::api_mute(const HttpRequest& request, const std::string& room,
                              const std::string& participant, RequestTime time) {
    if (request.method != "POST") return wrong_method("POST");
    // Forms of other sites cannot send this type without being asked about first.
    const auto type = request.header("content-type").value_or(std::string_view{});
    if (to_lower(trim(type.substr(0, type.find(';')))) != "application/json") {
        return refuse({415, "unsupported_media_type", "The body must be JSON.",
                       "Content-Type is not application/json",
                       R"(send Content-Type: application/json and {"muted": true})"});
    }
    const auto body = json::parse(request.body, nullptr, /*allow_exceptions=*/false);
    const bool has_flag = body.is_object() && body.contains("muted") && body["muted"].is_boolean();
    const bool track_fits =
        body.is_object() && (!body.contains("track") || body["track"].is_string());
    if (!has_flag || !track_fits) {
        return refuse({400, "bad_request", "The body does not say what to mute.",
                       !has_flag ? "\"muted\" must be true or false" : "\"track\" must be a text",
                       R"(send {"muted": true}, with "track" for one track alone)"});
    }
    const auto track = body.value("track", std::string());
    return answer_of(
        service_.mute_participant(room, participant, track, body["muted"].get<bool>(), time.now),
        "room, participant or track");
}

}  // namespace parley::server
