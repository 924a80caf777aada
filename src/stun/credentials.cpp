#include "stun/credentials.hpp"

#include <string>

#include "crypto/digest.hpp"

namespace parley::stun {
namespace {

std::string joined(std::string_view a, std::string_view b) {
    std::string text;
    text.reserve(a.size() + 1 + b.size());
    text.append(a).append(1, ':').append(b);
    return text;
}

}  // namespace

std::array<std::uint8_t, 16> long_term_key(std::string_view username, std::string_view realm,
                                           std::string_view password) {
    return crypto::md5(as_bytes(joined(joined(username, realm), password)));
}

std::array<std::uint8_t, 32> long_term_key_sha256(std::string_view username, std::string_view realm,
                                                  std::string_view password) {
    return crypto::sha256(as_bytes(joined(joined(username, realm), password)));
}

std::array<std::uint8_t, 32> userhash(std::string_view username, std::string_view realm) {
    return crypto::sha256(as_bytes(joined(username, realm)));
}

}  // namespace parley::stun
