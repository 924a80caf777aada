#include "crypto/fingerprint.hpp"

#include <algorithm>
#include <cctype>

namespace parley::crypto {
namespace {

std::size_t digest_size(FingerprintHash hash) {
    switch (hash) {
        case FingerprintHash::kSha256: return 32;
        case FingerprintHash::kSha384: return 48;
        case FingerprintHash::kSha512: return 64;
    }
    return 0;
}

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    return -1;
}

bool equal_without_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

}  // namespace

std::string_view name(FingerprintHash hash) {
    switch (hash) {
        case FingerprintHash::kSha256: return "sha-256";
        case FingerprintHash::kSha384: return "sha-384";
        case FingerprintHash::kSha512: return "sha-512";
    }
    return "unknown";
}

std::size_t Fingerprint::size() const {
    return digest_size(hash);
}

std::string Fingerprint::text() const {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(size() * 3);
    for (const std::uint8_t octet : bytes()) {
        if (!out.empty()) out += ':';
        out += kDigits[octet >> 4];
        out += kDigits[octet & 15];
    }
    return out;
}

std::optional<Fingerprint> Fingerprint::parse(std::string_view algorithm, std::string_view text) {
    Fingerprint result;
    bool known = false;
    for (const auto hash :
         {FingerprintHash::kSha256, FingerprintHash::kSha384, FingerprintHash::kSha512}) {
        if (!equal_without_case(algorithm, crypto::name(hash))) continue;
        result.hash = hash;
        known = true;
    }
    if (!known || text.size() != result.size() * 3 - 1) return {};
    for (std::size_t i = 0; i < result.size(); ++i) {
        const int high = hex_value(text[i * 3]);
        const int low = hex_value(text[i * 3 + 1]);
        if (high < 0 || low < 0) return {};
        if (i + 1 < result.size() && text[i * 3 + 2] != ':') return {};
        result.digest[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return result;
}

}  // namespace parley::crypto
