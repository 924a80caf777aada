// Who may do what: room tokens and origins for signaling, the admin key for the API and metrics.
//
// "Local" is a caller on this machine that speaks to a loopback listener directly: not through a
// reverse proxy (no forwarding fields) and not by a page whose name was pointed at 127.0.0.1 (Host
// names this machine). Without tokens, only local callers get in, unless `insecure_open`.

#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "net/address.hpp"
#include "server/http.hpp"
#include "server/settings.hpp"
#include "signal/service.hpp"

namespace parley::server {

/// The connection that a request came by.
struct Caller {
    net::SocketAddress remote;
    bool loopback_listener = false;
    bool tls = false;
};
/// Both clocks, read once.
struct RequestTime {
    Instant now;
    std::int64_t unix_seconds = 0;
};
/// Why a request is refused, as the API's error body says it.
struct Refusal {
    unsigned status = 400;
    std::string code;
    std::string message;
    std::string cause;
    std::string remedy;
};

bool is_local(const Caller& caller, const HttpRequest& request);
/// The Origin field allows a page to open a socket or to change things by the API.
bool origin_allowed(const Settings& settings, const Caller& caller, const HttpRequest& request);

/// Wrong credentials for each address in the last minute; bounded memory.
class CredentialGuard {
 public:
    explicit CredentialGuard(std::uint32_t per_minute) : limit_(per_minute) {}

    bool blocked(const net::IpAddress& address, Instant now);
    void refused(const net::IpAddress& address, Instant now);
    std::uint64_t total() const { return total_; }

 private:
    static constexpr std::size_t kMostAddresses = 10'000;
    struct Window {
        Instant begin;
        std::uint32_t count = 0;
    };
    std::uint32_t limit_;
    std::uint64_t total_ = 0;
    std::map<net::IpAddress, Window> windows_;
};

/// The grant of a signaling request's token; none when the server is open to this caller.
std::expected<std::optional<signal::RoomGrant>, Refusal> authorize_signaling(
    const Settings& settings, const Caller& caller, const HttpRequest& request, RequestTime time,
    CredentialGuard& guard);

std::expected<void, Refusal> authorize_admin(const Settings& settings, const Caller& caller,
                                             const HttpRequest& request, RequestTime time,
                                             CredentialGuard& guard);

}  // namespace parley::server
