// Base64 (RFC 4648): the URL alphabet without padding for tokens (§5), the standard one with
// padding for the WebSocket handshake (§4). Decoding is strict: one text for each octet sequence.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace parley {

std::string base64url_encode(BytesView bytes);
std::optional<std::string> base64url_decode(std::string_view text);
std::string base64_encode(BytesView bytes);
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace parley
