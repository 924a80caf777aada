#include "server/certificates.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/file_descriptor.hpp"
#include "runtime/interfaces.hpp"

namespace parley::server {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestPem = 1024 * 1024;
constexpr std::int64_t kDay = 86'400;

std::expected<std::string, std::string> read_pem(const std::string& path, std::string_view key) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (error) {
        return std::unexpected(path + ": " + error.message() + "; check " + std::string(key));
    }
    if (size > kLargestPem) return std::unexpected(path + ": is too large for PEM");
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
        return std::unexpected(path + ": cannot be read; give this user the right to read it");
    }
    return std::move(text).str();
}

std::vector<std::string> own_names(const Settings& settings) {
    std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
    char host[256] = {};
    if (::gethostname(host, sizeof host - 1) == 0 && host[0] != '\0') names.emplace_back(host);
    for (const auto& ip : runtime::media_addresses()) names.push_back(ip.to_string());
    for (const auto& ip : settings.media.announce) names.push_back(ip.to_string());
    for (const auto& address : settings.server.addresses) {
        if (!address.ip.is_unspecified()) names.push_back(address.ip.to_string());
    }
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    constexpr std::size_t kMostNames = 64;
    names.resize(std::min(names.size(), kMostNames));
    return names;
}

/// Nobody but this user may read what is written.
std::expected<void, std::string> write_private(const fs::path& path, const std::string& text) {
    runtime::FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file || ::write(file.get(), text.data(), text.size()) != std::ssize(text)) {
        return std::unexpected(path.string() +
                               ": cannot be written; check the rights of tls.state_dir");
    }
    return {};
}

std::expected<crypto::PemPair, std::string> self_signed(const Settings& settings) {
    const auto& directory = settings.tls.state_dir;
    if (directory.empty()) return crypto::make_self_signed(own_names(settings));
    const auto certificate_path = fs::path(directory) / "self-signed.crt";
    const auto key_path = fs::path(directory) / "self-signed.key";
    std::error_code error;
    if (fs::exists(certificate_path, error) && fs::exists(key_path, error)) {
        auto certificate = read_pem(certificate_path.string(), "tls.state_dir");
        auto key = read_pem(key_path.string(), "tls.state_dir");
        if (certificate && key) {
            crypto::PemPair kept{std::move(*certificate), std::move(*key)};
            const auto context = crypto::TlsContext::from_pem(kept);
            if (context && context->certificate().seconds_left > 7 * kDay) return kept;
        }
    }
    auto made = crypto::make_self_signed(own_names(settings));
    if (!made) return made;
    fs::create_directories(directory, error);
    if (const auto written = write_private(key_path, made->key); !written) {
        return std::unexpected(written.error());
    }
    if (const auto written = write_private(certificate_path, made->certificate); !written) {
        return std::unexpected(written.error());
    }
    return made;
}

std::expected<crypto::PemPair, std::string> from_files(const Settings& settings,
                                                       std::vector<std::string>& warnings) {
    auto certificate = read_pem(settings.tls.certificate, "tls.certificate");
    if (!certificate) return std::unexpected(certificate.error());
    auto key = read_pem(settings.tls.key, "tls.key");
    if (!key) return std::unexpected(key.error());
    struct stat status{};
    if (::stat(settings.tls.key.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
        warnings.push_back(settings.tls.key +
                           ": every user of this machine can read the private key; chmod 640");
    }
    return crypto::PemPair{std::move(*certificate), std::move(*key)};
}

}  // namespace

std::expected<std::optional<LoadedCertificate>, std::string> load_certificate(
    const Settings& settings) {
    if (!settings.tls_enabled()) return std::nullopt;
    std::vector<std::string> warnings;
    auto pem = settings.tls.self_signed ? self_signed(settings) : from_files(settings, warnings);
    if (!pem) return std::unexpected(pem.error());
    auto context = crypto::TlsContext::from_pem(*pem);
    if (!context) {
        return std::unexpected(
            (settings.tls.self_signed ? std::string("tls.self_signed") : settings.tls.certificate) +
            ": " + context.error());
    }
    const auto& info = context->certificate();
    if (info.expired) {
        warnings.push_back("the certificate expired on " + info.not_after +
                           "; browsers will refuse it until it is renewed");
    } else if (info.seconds_left < 14 * kDay) {
        warnings.push_back("the certificate expires on " + info.not_after + "; renew it");
    }
    return LoadedCertificate{std::move(*context), std::move(warnings)};
}

}  // namespace parley::server
