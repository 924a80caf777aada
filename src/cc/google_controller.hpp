// Google congestion control on the sending side (draft-ietf-rmcat-gcc-02, and what browsers made of
// it since): the delay's trend steers a rate, probes lift it, losses and marks bound it, what is in
// flight pushes back, and the receiver's own words are the fall-back. Each idea is a file of its
// own; here they meet.

#pragma once

#include "cc/alr.hpp"
#include "cc/busy_rate.hpp"
#include "cc/competition.hpp"
#include "cc/controller.hpp"
#include "cc/ecn_controller.hpp"
#include "cc/in_flight.hpp"
#include "cc/loss_controller.hpp"
#include "cc/packet_groups.hpp"
#include "cc/probe_controller.hpp"
#include "cc/probe_result.hpp"
#include "cc/queue_monitor.hpp"
#include "cc/rate_control.hpp"
#include "cc/receiver_report_rate.hpp"
#include "cc/throughput_estimator.hpp"
#include "cc/trendline_estimator.hpp"

namespace parley::cc {

class GoogleController final : public Controller {
 public:
    static constexpr Duration kTick = std::chrono::milliseconds(100);
    static constexpr double kPacingFactor = 2.5;
    /// What waited while a queue drained would fill it again: for a while it leaves no faster.
    static constexpr double kCarefulPacing = 1.5;
    static constexpr Duration kCarefulFor = std::chrono::seconds(3);
    /// Without feedback for so long nothing but audio is safe.
    static constexpr Duration kBlindAfter = std::chrono::seconds(3);
    static constexpr Bitrate kBlindRate = Bitrate::from_kbps(50);
    /// Then a probe of this rate looks now and then whether there is feedback again.
    static constexpr Bitrate kBlindProbe = Bitrate::from_kbps(100);
    static constexpr Duration kBlindProbeInterval = std::chrono::seconds(2);
    /// What the last feedback said of the queue holds for so long.
    static constexpr Duration kQueueSeenFor = std::chrono::seconds(2);
    /// Reports of packets older than this are not of today's path.
    static constexpr Duration kTooLate = std::chrono::seconds(5);
    /// What may be on the way beyond a round trip: feedback's interval, and a queue.
    static constexpr Duration kInFlightMargin = std::chrono::milliseconds(350);
    /// Pushing back leaves this share of the target.
    static constexpr double kMinPushback = 0.35;
    /// A queue that stands for longer than it may is drained: by so much less in a second of it,
    /// down to this share.
    static constexpr double kMinDrain = 0.5;

    explicit GoogleController(const Limits& limits);

    void on_sent(const SentPacket& packet) override;
    void on_feedback(std::span<const PacketReport> reports, Instant now) override;
    void on_remb(Bitrate limit, Instant now) override;
    void on_receiver_report(double fraction_lost, std::optional<Duration> round_trip,
                            Instant now) override;
    void on_round_trip(Duration round_trip, Instant now) override;
    void on_path_changed(Instant now) override;
    void on_demand(Bitrate wanted, Instant now) override;
    Instant next_timeout() const override;
    void handle_timeout(Instant now) override;
    const Estimate& estimate() const override { return estimate_; }
    std::optional<ProbeRequest> poll_probe(Instant now) override;
    std::string_view name() const override { return "google"; }

    /// For timelines and tests.
    double queue_ms() const { return queue_.standing(); }
    std::optional<Bitrate> throughput() const { return throughput_.rate(); }
    const LossController& losses() const { return losses_; }
    const EcnController& marks() const { return marks_; }
    const TrendlineEstimator& trend() const { return trend_; }

 private:
    bool is_stale(const SentPacket& packet, Instant now) const;
    void take_reports(std::span<const PacketReport> reports, Instant now);
    void take_received(const PacketReport& report);
    void take_probe_results(Instant now);
    void update_rate(Instant now);
    void end_blindness(Instant now);
    void set_round_trip(Duration round_trip, Instant now);
    void settle(Instant now);
    Bitrate bounded(Bitrate rate) const;
    Bitrate pushed_back(Bitrate rate, Instant now) const;
    bool sees_queue(Instant now) const;
    double drained(Instant now) const;
    double pacing_factor(Instant now) const;
    ProbeController::State probe_state(Instant now) const;

    // What each packet sent needs stands in front, where a prefetch of the object reaches it.
    std::int64_t unaccounted_ = 0;  // octets sent since alr_ was told
    Instant now_{};                 // of the last call: on_sent() brings none but the packet's
    std::optional<Instant> waiting_since_;  // the first packet that left after the last feedback
    InFlight in_flight_;

    Limits limits_;
    Estimate estimate_;

    PacketGroups groups_;
    TrendlineEstimator trend_;
    QueueMonitor queue_;
    Competition competition_;
    ThroughputEstimator throughput_;
    BusyRate busy_;
    RateControl rate_;
    ProbeController prober_;
    ProbeResults probes_;
    AlrDetector alr_;
    LossController losses_;
    EcnController marks_;
    ReceiverReportRate receiver_rate_;

    Instant path_began_ = Instant::min();
    std::int64_t next_number_ = 0;  // the next that a report is expected of
    Duration round_trip_ = std::chrono::milliseconds(200);
    std::optional<Duration> round_trip_min_;
    Instant round_trip_min_since_{};
    std::optional<Bitrate> remb_;
    std::optional<Instant> feedback_at_;
    std::optional<Instant> report_at_;  // receiver report
    std::optional<Instant> blind_probe_at_;
    bool lost_ = false;          // since the rate was updated
    bool received_any_ = false;  // a feedback message ever came
    EstimateReason reason_ = EstimateReason::kStart;
    Instant ticked_at_{};
};

}  // namespace parley::cc
