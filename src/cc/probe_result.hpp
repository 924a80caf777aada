// What probes measured: the rate at which a cluster of packets left, and at which it arrived.

#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/units.hpp"
#include "cc/types.hpp"

namespace parley::cc {

struct ProbeResult {
    ProbeId id = kNoProbe;
    Bitrate rate;     // what the path carried
    Bitrate sent_at;  // what was tried
    /// It arrived slower than it left: `rate` is what the path has, not just what was tried.
    bool saturated = false;
};

class ProbeResults {
 public:
    static constexpr std::size_t kMaxProbes = 8;
    /// Arriving at less than this share of the rate it left with, a probe met the path's limit
    /// (and the queue it made must drain).
    static constexpr double kSaturated = 0.9;
    static constexpr double kUtilisation = 0.95;
    /// Arriving so much faster than it left, it was held up and let go: it says nothing.
    static constexpr double kMaxCompression = 2.0;
    static constexpr double kMinReceived = 0.8;  // of what must be sent at least
    static constexpr Duration kMaxInterval = std::chrono::seconds(1);

    void on_requested(const ProbeRequest& request, Instant now);
    void on_sent(const SentPacket& packet);
    void on_report(const PacketReport& report);
    /// Results of probes that are complete; call until empty after each feedback message.
    /// `loss`: what is lost whatever the rate.
    std::optional<ProbeResult> poll(double loss, Instant now);
    void reset() { probes_ = {}; }

 private:
    struct Probe {
        ProbeRequest request;
        Instant requested{};
        std::uint32_t sent = 0;
        std::int64_t sent_bytes = 0;
        std::int64_t last_number = 0;
        std::uint32_t reported = 0;
        std::uint32_t received = 0;
        std::int64_t bytes = 0;
        Instant first_sent = kNever;
        Instant last_sent = Instant::min();
        std::uint32_t last_sent_size = 0;
        Duration first_arrival = Duration::max();
        Duration last_arrival = Duration::min();
        std::uint32_t first_arrival_size = 0;
        bool overtaken = false;  // a later packet was reported
    };
    Probe* find(ProbeId id);
    static std::optional<ProbeResult> evaluate(const Probe& probe, double loss);

    std::array<Probe, kMaxProbes> probes_{};
};

}  // namespace parley::cc
