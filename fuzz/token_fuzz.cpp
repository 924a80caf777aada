// Any text as a room token, and any claims under a right signature: only whole ones pass.

#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "base/base64.hpp"
#include "crypto/digest.hpp"
#include "server/token.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace parley;
    constexpr std::string_view kSecret = "a secret of at least thirty-two bytes";
    constexpr std::int64_t kNow = 1'900'000'000;
    const auto text = as_text({data, size});
    (void)server::verify_token(text, kSecret, kNow, 10s);
    const auto body = parley::base64url_encode(as_bytes(R"({"alg":"HS256"})")) + "." +
                      parley::base64url_encode({data, size});
    const auto token =
        body + "." +
        parley::base64url_encode(crypto::hmac_sha256(as_bytes(kSecret), as_bytes(body)));
    const auto claims = server::verify_token(token, kSecret, kNow, 10s);
    if (!claims) return 0;
    PARLEY_ASSERT(!claims->room.empty() && !claims->identity.empty());
    PARLEY_ASSERT(claims->expires > kNow - 10);
    // What was accepted can be signed again and says the same.
    const auto again =
        server::verify_token(server::make_token(*claims, kSecret), kSecret, kNow, 10s);
    PARLEY_ASSERT(again && again->room == claims->room && again->admin == claims->admin);
    return 0;
}
