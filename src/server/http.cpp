#include "server/http.hpp"

#include <algorithm>

#include "server/text.hpp"

namespace parley::server {

std::optional<std::string_view> HttpRequest::header(std::string_view lower_name) const {
    std::optional<std::string_view> found;
    for (const auto& [name, value] : headers) {
        if (name != lower_name) continue;
        if (found) return std::nullopt;
        found = value;
    }
    return found;
}

bool HttpRequest::has_header(std::string_view lower_name) const {
    return std::ranges::any_of(headers, [&](const auto& h) { return h.first == lower_name; });
}

bool HttpRequest::header_has_token(std::string_view lower_name, std::string_view word) const {
    for (const auto& [name, value] : headers) {
        if (name != lower_name) continue;
        for (const auto& part : split(value, ',')) {
            if (to_lower(part) == word) return true;
        }
    }
    return false;
}

std::optional<std::string_view> HttpRequest::parameter(std::string_view name) const {
    for (const auto& [key, value] : query) {
        if (key == name) return value;
    }
    return std::nullopt;
}

bool parse_target(HttpRequest& request) {
    std::string_view target = request.target;
    if (!target.starts_with('/')) return false;
    target = target.substr(0, target.find('#'));
    const auto mark = target.find('?');
    const auto path = percent_decode(target.substr(0, mark));
    if (!path || !is_utf8(*path)) return false;
    request.path = *path;
    if (mark == std::string_view::npos) return true;
    constexpr std::size_t kMostParameters = 64;
    for (const auto& part : split(target.substr(mark + 1), '&')) {
        if (request.query.size() == kMostParameters) return false;
        const auto equals = std::min(part.find('='), part.size());
        const auto name = percent_decode(std::string_view(part).substr(0, equals), true);
        const auto value =
            percent_decode(std::string_view(part).substr(std::min(equals + 1, part.size())), true);
        if (!name || !value || !is_utf8(*name) || !is_utf8(*value)) return false;
        request.query.emplace_back(*name, *value);
    }
    return true;
}

std::string_view status_text(unsigned status) {
    switch (status) {
        case 100: return "Continue";
        case 101: return "Switching Protocols";
        case 200: return "OK";
        case 204: return "No Content";
        case 304: return "Not Modified";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 426: return "Upgrade Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 505: return "HTTP Version Not Supported";
        default: return "Error";
    }
}

std::string write_head(const HttpResponse& response, bool keep_alive) {
    std::string out = "HTTP/1.1 " + std::to_string(response.status) + " " +
                      std::string(status_text(response.status)) + "\r\n";
    for (const auto& [name, value] : response.headers) {
        out += name;
        out += ": ";
        out += std::string_view(value).substr(0, value.find_first_of("\r\n"));
        out += "\r\n";
    }
    // RFC 9110 §8.6: 1xx and 204 carry no Content-Length; of a 304 it would be the file's.
    if (response.status >= 200 && response.status != 204 && response.status != 304) {
        out += "Content-Length: " + std::to_string(response.body_size()) + "\r\n";
    }
    if (response.status != 101) {
        out += keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
    }
    return out + "\r\n";
}

}  // namespace parley::server
