// Figures on their way to /metrics, as plain values: whoever counts needs no metrics library.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace parley::server {

enum class MetricKind : std::uint8_t { kCounter, kGauge };

struct MetricSample {
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
};

/// One Prometheus family: "parley_media_packets_received_total", its help text and its samples.
/// Labels are few and bounded: never a room, a participant or an address.
struct MetricFamily {
    std::string name;
    std::string help;
    MetricKind kind = MetricKind::kCounter;
    std::vector<MetricSample> samples;
};

}  // namespace parley::server
