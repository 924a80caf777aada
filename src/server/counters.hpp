// What the control thread counts about connections and requests.

#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "server/metric_family.hpp"
#include "signal/service.hpp"

namespace parley::server {

/// Why a connection ended or was refused by the server.
enum class Drop : std::uint8_t {
    kTooManyConnections,
    kTooManyFromAddress,
    kNotOurProtocol,
    kTlsFailed,
    kSlow,
    kBadRequest,
    kWebSocketViolation,
    kSendQueueFull,
    kTcpMediaRefused,
    kCount,
};
std::string_view to_string(Drop reason);

struct Counters {
    std::uint64_t connections_open = 0;
    std::uint64_t websockets_open = 0;
    std::uint64_t connections_accepted = 0;
    std::uint64_t websockets_opened = 0;
    std::uint64_t tls_handshakes = 0;
    std::uint64_t tcp_media_adopted = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t credentials_refused = 0;
    std::uint64_t reads_paused = 0;            // because media mailboxes were full
    std::array<std::uint64_t, 6> responses{};  // by status class: [2] is 2xx
    std::array<std::uint64_t, static_cast<std::size_t>(Drop::kCount)> drops{};

    void drop(Drop reason) { ++drops[static_cast<std::size_t>(reason)]; }
};

/// All families of the control thread: its own and the signaling service's.
std::vector<MetricFamily> collect_metrics(const Counters& counters,
                                          const signal::Counters& signaling, double uptime_seconds);
/// The text of GET /metrics (Prometheus exposition format 0.0.4).
std::string serialize_metrics(const std::vector<MetricFamily>& families);

}  // namespace parley::server
