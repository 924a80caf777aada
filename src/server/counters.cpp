#include "server/counters.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sstream>

namespace parley::server {
namespace {

MetricFamily single(MetricKind kind, std::string name, std::string help, double value) {
    return {std::move(name), std::move(help), kind, {{{}, value}}};
}
template <typename T>
MetricFamily counter(std::string name, std::string help, T value) {
    return single(MetricKind::kCounter, std::move(name), std::move(help),
                  static_cast<double>(value));
}
template <typename T>
MetricFamily gauge(std::string name, std::string help, T value) {
    return single(MetricKind::kGauge, std::move(name), std::move(help), static_cast<double>(value));
}

MetricFamily labelled(MetricKind kind, std::string name, std::string help, const std::string& label,
                      const std::vector<std::pair<std::string, std::uint64_t>>& values) {
    MetricFamily family{std::move(name), std::move(help), kind, {}};
    for (const auto& [value, count] : values) {
        family.samples.push_back({{{label, value}}, static_cast<double>(count)});
    }
    return family;
}

void add_http(std::vector<MetricFamily>& out, const Counters& c) {
    out.push_back(gauge("parley_connections",
                        "TCP connections that are open, those of media included.",
                        c.connections_open));
    out.push_back(
        gauge("parley_websockets", "Signaling sockets that are open.", c.websockets_open));
    out.push_back(counter("parley_connections_accepted_total", "TCP connections accepted.",
                          c.connections_accepted));
    out.push_back(counter("parley_websockets_opened_total", "Signaling sockets opened.",
                          c.websockets_opened));
    out.push_back(
        counter("parley_tls_handshakes_total", "TLS handshakes completed.", c.tls_handshakes));
    out.push_back(counter("parley_tcp_media_adopted_total",
                          "Connections handed to the media threads (ICE over TCP).",
                          c.tcp_media_adopted));
    out.push_back(counter("parley_control_received_bytes_total",
                          "Octets read by the control thread.", c.bytes_received));
    out.push_back(counter("parley_control_sent_bytes_total", "Octets sent by the control thread.",
                          c.bytes_sent));
    out.push_back(counter("parley_credentials_refused_total", "Wrong room tokens and admin keys.",
                          c.credentials_refused));
    out.push_back(counter("parley_reads_paused_total",
                          "Times that client sockets were not read because media was behind.",
                          c.reads_paused));
    std::vector<std::pair<std::string, std::uint64_t>> responses;
    for (std::size_t i = 1; i < c.responses.size(); ++i) {
        responses.emplace_back(std::to_string(i) + "xx", c.responses[i]);
    }
    out.push_back(labelled(MetricKind::kCounter, "parley_http_responses_total",
                           "HTTP responses by class of status.", "status", responses));
    std::vector<std::pair<std::string, std::uint64_t>> drops;
    for (std::size_t i = 0; i < c.drops.size(); ++i) {
        drops.emplace_back(to_string(static_cast<Drop>(i)), c.drops[i]);
    }
    out.push_back(labelled(MetricKind::kCounter, "parley_connections_dropped_total",
                           "Connections that the server ended, by reason.", "reason", drops));
}

void add_signaling(std::vector<MetricFamily>& out, const signal::Counters& c) {
    out.push_back(labelled(MetricKind::kGauge, "parley_rooms", "Rooms by topology.", "topology",
                           {{"sfu", c.rooms_sfu}, {"mesh", c.rooms_mesh}}));
    out.push_back(gauge("parley_participants", "People in rooms.", c.participants));
    out.push_back(gauge("parley_participants_detached",
                        "People whose socket is away and who may resume.", c.detached));
    out.push_back(counter("parley_joins_total", "Joins.", c.joins));
    out.push_back(counter("parley_signaling_refused_total", "Signaling sockets refused by limits.",
                          c.connections_refused));
    out.push_back(counter("parley_heartbeat_timeouts_total", "Clients that stopped answering.",
                          c.heartbeat_timeouts));
    out.push_back(labelled(MetricKind::kCounter, "parley_resumes_total", "Resumes by outcome.",
                           "outcome",
                           {{"ok", c.resumes_ok},
                            {"gap", c.resumes_gap},
                            {"failed", c.resumes_failed},
                            {"evicted", c.resume_evictions}}));
    out.push_back(
        counter("parley_rate_limited_total", "Messages over the rate limit.", c.rate_limited));
    out.push_back(counter("parley_topology_switches_total", "Rooms moved from mesh to the SFU.",
                          c.topology_switches));
    out.push_back(
        counter("parley_media_failures_total", "Peers whose media failed.", c.media_failures));
    out.push_back(
        counter("parley_messages_sent_total", "Signaling messages sent.", c.messages_out));
    out.push_back(labelled(MetricKind::kCounter, "parley_messages_received_total",
                           "Signaling messages received, by type.", "type", c.messages_in));
    out.push_back(labelled(MetricKind::kCounter, "parley_errors_total",
                           "Errors told to clients, by code.", "code", c.errors));
    out.push_back(labelled(MetricKind::kGauge, "parley_participants_by_quality",
                           "People by connection quality.", "quality", c.qualities));
}

}  // namespace

std::string_view to_string(Drop reason) {
    switch (reason) {
        case Drop::kTooManyConnections: return "too_many_connections";
        case Drop::kTooManyFromAddress: return "too_many_from_address";
        case Drop::kNotOurProtocol: return "not_our_protocol";
        case Drop::kTlsFailed: return "tls_failed";
        case Drop::kSlow: return "slow";
        case Drop::kBadRequest: return "bad_request";
        case Drop::kWebSocketViolation: return "websocket_violation";
        case Drop::kSendQueueFull: return "send_queue_full";
        case Drop::kTcpMediaRefused: return "tcp_media_refused";
        case Drop::kCount: break;
    }
    return "unknown";
}

std::vector<MetricFamily> collect_metrics(const Counters& counters,
                                          const signal::Counters& signaling,
                                          double uptime_seconds) {
    std::vector<MetricFamily> out;
    MetricFamily info{"parley_info", "The running version.", MetricKind::kGauge, {}};
    info.samples.push_back({{{"version", PARLEY_VERSION}}, 1});
    out.push_back(std::move(info));
    out.push_back(gauge("parley_uptime_seconds", "Time since the start.", uptime_seconds));
    add_http(out, counters);
    add_signaling(out, signaling);
    return out;
}

std::string serialize_metrics(const std::vector<MetricFamily>& families) {
    std::vector<prometheus::MetricFamily> converted;
    for (const auto& family : families) {
        prometheus::MetricFamily one;
        one.name = family.name;
        one.help = family.help;
        one.type = family.kind == MetricKind::kCounter ? prometheus::MetricType::Counter
                                                       : prometheus::MetricType::Gauge;
        for (const auto& sample : family.samples) {
            prometheus::ClientMetric metric;
            for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
            (family.kind == MetricKind::kCounter ? metric.counter.value : metric.gauge.value) =
                sample.value;
            one.metric.push_back(std::move(metric));
        }
        converted.push_back(std::move(one));
    }
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, converted);
    return out.str();
}

}  // namespace parley::server
