#include "server/token.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/base64.hpp"
#include "crypto/digest.hpp"
#include "server/text.hpp"

namespace parley::server {
namespace {

using nlohmann::json;

/// A token travels in a URL; ours have about 250 octets.
constexpr std::size_t kLongestToken = 4096;
constexpr std::size_t kLongestClaim = 256;
/// Year 9999: larger numbers are nonsense and would overflow arithmetic.
constexpr std::int64_t kLatestTime = 253'402'300'799;

std::optional<json> parse_object(std::string_view text) {
    if (!is_utf8(text)) return std::nullopt;
    // Duplicate names could be read differently by who made and who checks the token (RFC 7519 §4).
    std::vector<std::vector<std::string>> names;
    bool clean = true;
    const auto watch = [&](int depth, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start) names.emplace_back();
        if (event == json::parse_event_t::object_end && !names.empty()) names.pop_back();
        if (event == json::parse_event_t::key && !names.empty()) {
            auto& seen = names.back();
            const auto name = value.get<std::string>();
            for (const auto& other : seen) clean = clean && other != name;
            seen.push_back(name);
        }
        constexpr int kDeepest = 8;
        if (depth > kDeepest) clean = false;
        return true;
    };
    auto parsed = json::parse(text, watch, /*allow_exceptions=*/false);
    if (!clean || parsed.is_discarded() || !parsed.is_object()) return std::nullopt;
    return parsed;
}

bool take_text(const json& object, const char* name, bool required, std::string& out) {
    const auto found = object.find(name);
    if (found == object.end()) return !required;
    if (!found->is_string()) return false;
    out = found->get<std::string>();
    return out.size() <= kLongestClaim && (!required || !out.empty());
}

bool take_flag(const json& object, const char* name, bool& out) {
    const auto found = object.find(name);
    if (found == object.end()) return true;
    if (!found->is_boolean()) return false;
    out = found->get<bool>();
    return true;
}

bool take_time(const json& object, const char* name, bool required, std::int64_t& out) {
    const auto found = object.find(name);
    if (found == object.end()) return !required;
    // Whole seconds only: a decimal or a text is not what we issue.
    if (!found->is_number_integer()) return false;
    if (found->is_number_unsigned() &&
        found->get<std::uint64_t>() > static_cast<std::uint64_t>(kLatestTime)) {
        return false;
    }
    out = found->get<std::int64_t>();
    return out >= 0;
}

bool header_is_ours(const json& header) {
    const auto algorithm = header.find("alg");
    if (algorithm == header.end() || !algorithm->is_string() || *algorithm != "HS256") return false;
    // RFC 7515 §4.1.11: who does not understand a critical field must refuse; we know none.
    if (header.contains("crit")) return false;
    const auto type = header.find("typ");
    return type == header.end() ||
           (type->is_string() && to_lower(type->get<std::string>()) == "jwt");
}

}  // namespace

std::string_view to_string(TokenError error) {
    switch (error) {
        case TokenError::kTooLong: return "too long";
        case TokenError::kMalformed: return "malformed";
        case TokenError::kAlgorithm: return "algorithm";
        case TokenError::kSignature: return "signature";
        case TokenError::kClaims: return "claims";
        case TokenError::kExpired: return "expired";
        case TokenError::kNotYetValid: return "not yet valid";
    }
    return "unknown";
}

std::string make_token(const TokenClaims& claims, std::string_view secret) {
    json payload{{"room", claims.room},       {"identity", claims.identity},
                 {"publish", claims.publish}, {"subscribe", claims.subscribe},
                 {"admin", claims.admin},     {"exp", claims.expires}};
    if (!claims.name.empty()) payload["name"] = claims.name;
    if (claims.not_before != 0) payload["nbf"] = claims.not_before;
    if (claims.issued != 0) payload["iat"] = claims.issued;
    const auto text = payload.dump(-1, ' ', false, json::error_handler_t::replace);
    const std::string signed_part = base64url_encode(as_bytes(R"({"alg":"HS256","typ":"JWT"})")) +
                                    "." + base64url_encode(as_bytes(text));
    const auto tag = crypto::hmac_sha256(as_bytes(secret), as_bytes(signed_part));
    return signed_part + "." + base64url_encode(tag);
}

Result<std::string, TokenError> verify_jws(std::string_view token, std::string_view secret) {
    if (token.size() > kLongestToken) return fail(TokenError::kTooLong);
    const auto first = token.find('.');
    const auto second = token.find('.', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
        return fail(TokenError::kMalformed);
    }
    const auto header_text = base64url_decode(token.substr(0, first));
    const auto payload = base64url_decode(token.substr(first + 1, second - first - 1));
    const auto given_tag = base64url_decode(token.substr(second + 1));
    if (!header_text || !payload || !given_tag) return fail(TokenError::kMalformed);
    const auto header = parse_object(*header_text);
    if (!header) return fail(TokenError::kMalformed);
    if (!header_is_ours(*header)) return fail(TokenError::kAlgorithm);
    const auto tag = crypto::hmac_sha256(as_bytes(secret), as_bytes(token.substr(0, second)));
    // An empty secret would be one that everybody knows.
    if (secret.empty() || given_tag->size() != tag.size() ||
        !crypto::equal_constant_time(as_bytes(*given_tag), tag)) {
        return fail(TokenError::kSignature);
    }
    return *payload;
}

Result<TokenClaims, TokenError> verify_token(std::string_view token, std::string_view secret,
                                             std::int64_t now, Duration leeway) {
    const auto payload = verify_jws(token, secret);
    if (!payload) return fail(payload.error());
    const auto object = parse_object(*payload);
    if (!object) return fail(TokenError::kMalformed);
    TokenClaims claims;
    if (!take_text(*object, "room", true, claims.room) ||
        !take_text(*object, "identity", true, claims.identity) ||
        !take_text(*object, "name", false, claims.name) ||
        !take_flag(*object, "publish", claims.publish) ||
        !take_flag(*object, "subscribe", claims.subscribe) ||
        !take_flag(*object, "admin", claims.admin) ||
        !take_time(*object, "exp", true, claims.expires) ||
        !take_time(*object, "nbf", false, claims.not_before) ||
        !take_time(*object, "iat", false, claims.issued)) {
        return fail(TokenError::kClaims);
    }
    const auto slack = to_ms(leeway) / 1000;
    if (now >= claims.expires + slack) return fail(TokenError::kExpired);
    if (claims.not_before > now + slack || claims.issued > now + slack) {
        return fail(TokenError::kNotYetValid);
    }
    return claims;
}

}  // namespace parley::server
