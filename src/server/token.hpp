// Room tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA256 and nothing else. The algorithm
// is ours to choose, never the token's; header fields that point to keys (kid, jku, x5u) are
// ignored.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace parley::server {

/// What a token says. Times are seconds since 1970.
struct TokenClaims {
    std::string room;
    std::string identity;
    std::string name;
    bool publish = true;
    bool subscribe = true;
    bool admin = false;
    std::int64_t expires = 0;
    std::int64_t not_before = 0;
    std::int64_t issued = 0;
};

enum class TokenError : std::uint8_t {
    kTooLong,
    kMalformed,
    kAlgorithm,
    kSignature,
    kClaims,  // a claim is missing or has another type
    kExpired,
    kNotYetValid,
};
/// For the log and the counters; clients learn only `bad_token` or `token_expired`.
std::string_view to_string(TokenError error);

std::string make_token(const TokenClaims& claims, std::string_view secret);

/// `now` in seconds since 1970; `leeway` allows for clocks that differ.
Result<TokenClaims, TokenError> verify_token(std::string_view token, std::string_view secret,
                                             std::int64_t now, Duration leeway);

/// The payload of a compact JWS (RFC 7515 §3.1) whose HS256 signature is right.
Result<std::string, TokenError> verify_jws(std::string_view token, std::string_view secret);

}  // namespace parley::server
