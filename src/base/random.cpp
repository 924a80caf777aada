#include "base/random.hpp"

namespace parley {
namespace {

std::string spell(SecretRandom& random, std::size_t length, std::string_view alphabet) {
    std::string text(length, '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    // Both alphabets have a power of two of letters, so the remainder is unbiased.
    for (auto& c : text) c = alphabet[static_cast<std::uint8_t>(c) % alphabet.size()];
    return text;
}

}  // namespace

std::string SecretRandom::ice_chars(std::size_t length) {
    return spell(*this, length, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
}

std::string SecretRandom::id(std::size_t length) {
    return spell(*this, length, "0123456789abcdefghijklmnopqrstuv");
}

}  // namespace parley
