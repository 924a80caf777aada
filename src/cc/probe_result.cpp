#include "cc/probe_result.hpp"

#include <algorithm>

namespace parley::cc {
namespace {

constexpr Duration kForgetAfter = std::chrono::seconds(3);

std::int64_t min_bytes(const ProbeRequest& request) {
    return static_cast<std::int64_t>(static_cast<double>(request.rate.bps) / 8 *
                                     to_seconds(request.min_duration));
}

}  // namespace

ProbeResults::Probe* ProbeResults::find(ProbeId id) {
    for (Probe& probe : probes_) {
        if (probe.request.id == id) return &probe;
    }
    return nullptr;
}

void ProbeResults::on_requested(const ProbeRequest& request, Instant now) {
    // The slot of the oldest, free ones being the oldest of all.
    auto* oldest = &probes_[0];
    for (Probe& probe : probes_) {
        if (probe.request.id == kNoProbe) {
            oldest = &probe;
            break;
        }
        if (probe.request.id < oldest->request.id) oldest = &probe;
    }
    *oldest = {.request = request, .requested = now};
}

void ProbeResults::on_sent(const SentPacket& packet) {
    Probe* probe = find(packet.probe);
    if (probe == nullptr) return;
    ++probe->sent;
    probe->sent_bytes += packet.size;
    probe->last_number = packet.number;
}

void ProbeResults::on_report(const PacketReport& report) {
    const SentPacket& packet = report.packet;
    if (packet.probe == kNoProbe) {
        if (!report.received) return;
        for (Probe& probe : probes_) {
            if (probe.sent > 0 && packet.number > probe.last_number) probe.overtaken = true;
        }
        return;
    }
    Probe* probe = find(packet.probe);
    if (probe == nullptr) return;
    ++probe->reported;
    if (!report.received) return;
    ++probe->received;
    probe->bytes += packet.size;
    probe->first_sent = std::min(probe->first_sent, packet.sent);
    if (packet.sent >= probe->last_sent) {
        probe->last_sent = packet.sent;
        probe->last_sent_size = packet.size;
    }
    if (report.arrival < probe->first_arrival) {
        probe->first_arrival = report.arrival;
        probe->first_arrival_size = packet.size;
    }
    probe->last_arrival = std::max(probe->last_arrival, report.arrival);
}

std::optional<ProbeResult> ProbeResults::evaluate(const Probe& probe, double loss) {
    const double kept = 1 - std::clamp(loss, 0.0, 0.5);
    if (probe.received < kMinReceived * kept * probe.request.min_packets ||
        static_cast<double>(probe.bytes) <
            kMinReceived * kept * static_cast<double>(min_bytes(probe.request))) {
        return {};
    }
    const Duration left = probe.last_sent - probe.first_sent;
    const Duration arrived = probe.last_arrival - probe.first_arrival;
    if (left <= Duration(0) || left > kMaxInterval || arrived <= Duration(0) ||
        arrived > kMaxInterval) {
        return {};
    }
    // Neither the last packet's time to leave nor the first one's to arrive is known: each counts
    // half at both ends, so that sizes that differ do not look like a limit.
    const std::int64_t between =
        probe.bytes - (std::int64_t{probe.last_sent_size} + probe.first_arrival_size) / 2;
    const Bitrate sent_at = rate_of(between, left);
    const Bitrate received_at = rate_of(between, arrived);
    const double ratio = received_at.kbps() / std::max(sent_at.kbps(), 1.0);
    if (ratio > kMaxCompression) return {};
    ProbeResult result{probe.request.id, std::min(sent_at, received_at), sent_at,
                       ratio < kSaturated};
    if (result.saturated) result.rate = received_at * kUtilisation;
    result.rate = result.rate * (1 / kept);
    result.sent_at = result.sent_at * (1 / kept);
    return result;
}

std::optional<ProbeResult> ProbeResults::poll(double loss, Instant now) {
    for (Probe& probe : probes_) {
        if (probe.request.id == kNoProbe) continue;
        const bool sent =
            probe.sent >= probe.request.min_packets && probe.sent_bytes >= min_bytes(probe.request);
        const bool done = sent && (probe.reported >= probe.sent || probe.overtaken);
        if (!done && now - probe.requested < kForgetAfter) continue;
        const auto result = evaluate(probe, loss);
        probe = {};
        if (result) return result;
    }
    return {};
}

}  // namespace parley::cc
