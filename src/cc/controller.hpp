// The face of a congestion controller: it is told what left and what came of it, and says how much
// may be sent. Google's congestion control is google_controller.hpp; another one fits behind the
// same face.
//
// Called at packet rate by one thread; nothing is allocated after warm-up.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "cc/types.hpp"

namespace parley::cc {

class Controller {
 public:
    virtual ~Controller() = default;

    // ---- facts ----
    virtual void on_sent(const SentPacket& packet) = 0;
    /// One feedback message, in order of packet numbers: transport-wide feedback or RFC 8888.
    /// `round_trip` is measured to the newest packet of the report.
    virtual void on_feedback(std::span<const PacketReport> reports, Instant now) = 0;
    /// Fall-backs for receivers that send nothing better.
    virtual void on_remb(Bitrate limit, Instant now) = 0;
    virtual void on_receiver_report(double fraction_lost, std::optional<Duration> round_trip,
                                    Instant now) = 0;
    virtual void on_round_trip(Duration round_trip, Instant now) = 0;
    /// Another path carries the packets: what was learnt does not hold.
    virtual void on_path_changed(Instant now) = 0;
    /// What all streams would take if they got all that they want: there is no use in probing far
    /// beyond, and application-limited intervals are told from congestion by it.
    virtual void on_demand(Bitrate wanted, Instant now) = 0;

    // ---- the machine's part ----
    virtual Instant next_timeout() const = 0;
    virtual void handle_timeout(Instant now) = 0;

    // ---- what it says ----
    virtual const Estimate& estimate() const = 0;
    /// A probe to send now; until empty. The sender stamps its packets with the id.
    virtual std::optional<ProbeRequest> poll_probe(Instant now) = 0;
    virtual std::string_view name() const = 0;
};

/// Google congestion control as browsers run it.
std::unique_ptr<Controller> make_google_controller(const Limits& limits);

}  // namespace parley::cc
