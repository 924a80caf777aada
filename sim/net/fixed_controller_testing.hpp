// A controller that says what it was told to say: tests of the simulator need no better.

#pragma once

#include <utility>
#include <vector>

#include "cc/controller.hpp"

namespace parley::sim {

class FixedController final : public cc::Controller {
 public:
    explicit FixedController(Bitrate target) { set(target); }

    void set(Bitrate target) {
        estimate_.target = target;
        estimate_.pacing_rate = target * 1.5;
    }
    void on_sent(const cc::SentPacket&) override {}
    void on_feedback(std::span<const cc::PacketReport> reports, Instant) override {
        for (const auto& report : reports) seen.push_back(report);
    }
    void on_remb(Bitrate limit, Instant) override { remb = limit; }
    void on_receiver_report(double fraction_lost, std::optional<Duration>, Instant) override {
        losses.push_back(fraction_lost);
    }
    void on_round_trip(Duration value, Instant) override { round_trip = value; }
    void on_path_changed(Instant) override {}
    void on_demand(Bitrate, Instant) override {}
    Instant next_timeout() const override { return kNever; }
    void handle_timeout(Instant) override {}
    const cc::Estimate& estimate() const override { return estimate_; }
    std::optional<cc::ProbeRequest> poll_probe(Instant) override {
        return std::exchange(probe, std::nullopt);
    }
    std::string_view name() const override { return "fixed"; }

    std::vector<cc::PacketReport> seen;
    std::vector<double> losses;
    std::optional<cc::ProbeRequest> probe;
    Bitrate remb;
    Duration round_trip{};

 private:
    cc::Estimate estimate_;
};

}  // namespace parley::sim
