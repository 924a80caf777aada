// One subscriber's way out: numbers and logs each RTP packet that leaves, says when the next may
// leave, turns feedback into an estimate of what the path carries, and probes for more. Joins the
// parts of cc/ for one transport.
//
// A packet is first granted its part of the budget (take()), then written with next_number(), then
// told with on_sent(). Packets of sections without feedback on each packet take budget and have no
// number: nobody could report them. Numbers are on the wire where feedback is transport-wide; where
// it is that of RFC 8888, packets are told with note_stream_number() as well.

#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/prefetch.hpp"
#include "base/time.hpp"
#include "base/token_bucket.hpp"
#include "base/units.hpp"
#include "base/unwrap.hpp"
#include "cc/controller.hpp"
#include "cc/pacer.hpp"
#include "cc/sent_log.hpp"
#include "node/stream_numbers.hpp"
#include "rtp/congestion_feedback.hpp"
#include "rtp/transport_feedback.hpp"

namespace parley::node {

class SendPath {
 public:
    /// What waits for the budget is looked at again after so long, so that it leaves in trains and
    /// not with a timer for each packet.
    static constexpr Duration kQuantum = 3ms;
    /// No timer of ours is due sooner than this.
    static constexpr Duration kLeastWait = 500us;
    /// The pacer's rate without an estimate, as a multiple of what may be sent.
    static constexpr double kPacingFactor = 2.5;

    /// Statuses of packets in transport-wide feedback, of which a few octets can claim thousands,
    /// that are read in a second, and at once: several times what a transport sends.
    static constexpr double kStatusRate = 50'000;
    static constexpr double kStatuses = 4.0 * cc::SentLog::kMaxPackets;

    explicit SendPath(const cc::Limits& limits);

    // ---- what is negotiated ----
    /// Whether packets are reported one by one. Until then, and for remotes that never do, what
    /// may be sent is `on_fallback()`.
    void set_feedback(bool reported, Instant now);
    bool has_feedback() const { return reported_; }
    /// No packets are reported by their streams' numbers (RFC 8888), or not any more.
    void forget_stream(Ssrc ssrc) { streams_.forget(ssrc); }
    void forget_stream_numbers() { streams_.clear(); }
    /// Whether there is a stream in which a probe can be filled up.
    void set_fillable(bool fillable) { fillable_ = fillable; }

    // ---- what leaves ----
    bool may_send(Instant now) { return pacer_.may_send(now); }
    /// A packet of about this size leaves now; the probe that it belongs to.
    cc::ProbeId take(std::size_t size, Instant now) {
        const cc::ProbeId probe = pacer_.probe();
        pacer_.on_sent(static_cast<std::uint32_t>(size), now);
        return probe;
    }
    /// The transport sequence number of the next packet that has one.
    std::uint16_t next_number() const { return log_.next_number(); }
    /// What leaves next, header first, is reported by its stream's numbers.
    void note_stream_number(BytesView rtp) { streams_.note(rtp, next_number()); }
    /// The packet with next_number() left as a datagram of `size` octets.
    void on_sent(std::size_t size, cc::ProbeId probe, Instant now) {
        controller_->on_sent(log_.on_sent(static_cast<std::uint32_t>(size), probe, now));
    }
    /// Octets that shall be sent now though there is no media for them.
    std::uint32_t filling_wanted(Instant now) const {
        return fillable_ && reported_ ? pacer_.padding_wanted(now) : 0;
    }
    /// Nothing more leaves at `now`; `waiting`: for want of budget.
    void rest(bool waiting, Instant now);

    /// Asks for what sending needs of the object itself...
    void prefetch_near() const { prefetch_until(*this, fallback_); }
    /// ...and of what it points to.
    void prefetch() const {
        constexpr std::size_t kHotController = 256;
        parley::prefetch(controller_.get(), kHotController);
        log_.prefetch();
    }

    // ---- what comes back ----
    void on_transport_feedback(const rtp::TransportFeedback& feedback, Instant now);
    void on_congestion_feedback(const rtp::CongestionFeedback& feedback, Instant now);
    void on_remb(Bitrate limit, Instant now);
    void on_report(double fraction_lost, std::optional<Duration> round_trip, Instant now);
    void on_path_changed(Instant now);
    /// What all streams would take if they got all that they want.
    void on_demand(Bitrate wanted, Instant now);
    /// Where nobody reports packets: what may be sent, as far as it is known.
    void on_fallback(Bitrate rate, Instant now);

    // ---- the machine's part ----
    Instant next_timeout() const { return std::min(send_due_, control_due_); }
    bool control_due(Instant now) const { return control_due_ <= now; }
    void handle_timeout(Instant now);

    // ---- what it says ----
    const cc::Estimate& estimate() const { return controller_->estimate(); }
    /// True once after the estimate has changed.
    bool take_news() { return std::exchange(news_, false); }

 private:
    void end_feedback(Instant now);
    void begin_probe(Instant now);
    void settle(Instant now);

    cc::SentLog log_;
    std::unique_ptr<cc::Controller> controller_;
    cc::Pacer pacer_;
    bool reported_ = false;
    bool fillable_ = false;
    bool news_ = false;
    Instant send_due_ = kNever;     // when what waits may leave, or a probe goes on
    Instant control_due_ = kNever;  // the controller's
    Bitrate fallback_;
    // What was said last.
    Bitrate lasting_;
    cc::EstimateReason reason_ = cc::EstimateReason::kStart;
    bool blind_ = false;
    // The receiver's clock wraps after 12 days.
    std::optional<std::int32_t> reference_;
    std::int64_t clock_turns_ = 0;
    // RFC 8888: its clock wraps after 18 hours.
    StreamNumbers streams_;
    Unwrapper<std::uint32_t> report_clock_;
    TokenBucket statuses_{kStatusRate, kStatuses, Instant{}};
};

}  // namespace parley::node
