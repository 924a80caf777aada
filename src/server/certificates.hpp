// Where the listeners' certificate comes from: files, or one made here for a try.

#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "crypto/tls.hpp"
#include "server/settings.hpp"

namespace parley::server {

struct LoadedCertificate {
    crypto::TlsContext context;
    std::vector<std::string> warnings;
};

/// Nothing when TLS is off. The error names the cause and the fix.
std::expected<std::optional<LoadedCertificate>, std::string> load_certificate(
    const Settings& settings);

}  // namespace parley::server
