// ICE user name fragment and password (RFC 8445 §5.3, RFC 8839 §5.4).

#pragma once

#include <string>

#include "base/random.hpp"

namespace parley::ice {

struct Credentials {
    std::string ufrag;  // 4 to 256 ice-chars
    std::string pwd;    // 22 to 256 ice-chars

    /// 48 and 144 bits of randomness (RFC 8445 §5.3 asks for 24 and 128).
    static Credentials generate(SecretRandom& secret) {
        return {secret.ice_chars(8), secret.ice_chars(24)};
    }
    /// Lengths and alphabet of RFC 8839 §5.4.
    bool valid() const;
    friend bool operator==(const Credentials&, const Credentials&) = default;
};

}  // namespace parley::ice
