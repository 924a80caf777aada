// One subscriber's view of a publication: which layer it gets and why, and how each packet is
// renumbered so that its decoder notices neither layers nor what was left out.
//
// The parts: layer_choice.hpp chooses, sequence_map.hpp and timeline.hpp renumber, sent_history.hpp
// remembers. The publication is an argument of every call; the owner of both keeps them together.
//
// How a driver uses it, for a packet that Publication::on_packet returned:
//     if (auto decision = subscription.decide(publication, packet, now); decision.forward)
//         queue(Forward{packet.id, decision});
//     while (auto forward = subscription.next_backlog(publication, now)) queue(*forward);

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/prefetch.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "base/units.hpp"
#include "sfu/decision.hpp"
#include "sfu/layer_choice.hpp"
#include "sfu/publication.hpp"
#include "sfu/rate_meter.hpp"
#include "sfu/red_copies.hpp"
#include "sfu/sent_history.hpp"
#include "sfu/sequence_map.hpp"
#include "sfu/target_step.hpp"
#include "sfu/timeline.hpp"
#include "sfu/types.hpp"

namespace parley::sfu {

/// A sender report is due this often (libwebrtc's interval for video).
inline constexpr Duration kSenderReportInterval = 1s;

struct SubscriptionConfig {
    bool retransmit = false;  // NACK and RTX were negotiated
    Wish wish = Wish::kAuto;
};

/// The sender's part of a report (RFC 3550 §6.4.1).
struct SenderReportValues {
    NtpTime ntp;
    std::uint32_t timestamp = 0;
    std::uint32_t packets = 0;
    std::uint32_t octets = 0;
};

struct SubscriptionStats {
    Wish wish = Wish::kAuto;
    std::optional<LayerId> layer;   // sent now
    std::optional<LayerId> target;  // chosen
    Reason reason = Reason::kNothingArrives;
    Bitrate bitrate;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;  // of payload
    double loss = 0;          // 0 to 1, of the last receiver report
    std::uint64_t nacks = 0;  // packets asked for again
    std::uint64_t retransmissions = 0;
    std::uint64_t keyframe_requests = 0;
    std::uint64_t layer_switches = 0;
    std::uint64_t copies = 0;  // frames that went along with later ones
};

class Subscription {
 public:
    Subscription(const SubscriptionConfig& config, Random& random);

    // ---- the subscriber
    /// It can receive now: asks for a keyframe, or begins with a recent one from the ring (then
    /// next_backlog has it).
    void start(Publication& publication, Instant now);
    /// It cannot receive for now: what is sent later begins anew, with start().
    void interrupt();
    void set_wish(Wish wish, Publication& publication, Instant now);
    /// An allocator says what to send from now on, instead of the subscription's own choice; empty
    /// pauses. As soon as the stream lets it: what was sent before goes on until then. After a
    /// pause it may begin with a recent keyframe from the ring (then next_backlog has it).
    void assign(std::optional<LayerId> target, Reason why, Publication& publication, Instant now);
    /// While there is a reason, nothing is sent, whatever is chosen. After it the next packet that
    /// is looked at begins anew.
    void withhold(std::optional<Reason> why);
    /// How many earlier frames of audio go along with each (RFC 2198), at most kMaxCopies.
    void set_redundancy(std::uint8_t copies) { redundancy_ = std::min(copies, kMaxCopies); }
    std::uint8_t redundancy() const { return redundancy_; }
    /// `fraction_lost` as in a report block (RFC 3550 §6.4.1): 256ths.
    void on_receiver_report(std::uint8_t fraction_lost) { loss_ = fraction_lost / 256.0; }
    void on_keyframe_request(Publication& publication);
    /// Asks the publisher for a keyframe of what is sent here.
    void refresh(Publication& publication);
    /// One packet of a NACK. Empty when it is unknown, gone, was just sent again or exceeds the
    /// budget.
    std::optional<Retransmission> on_nack(std::uint16_t sequence_number,
                                          const Publication& publication, Instant now,
                                          std::optional<Duration> rtt);

    /// A packet to fill a probe with, which the receiver has or has lost; empty before any.
    std::optional<Retransmission> filling(std::size_t size, const Publication& publication) {
        return history_.filling(size, publication.ring());
    }
    /// For a packet of padding alone on the retransmission stream, or one that comes late.
    std::uint16_t take_rtx_number() { return history_.take_rtx_number(); }
    /// So far behind the newest that it may be refused in its place, by ourselves or the receiver
    /// (RFC 3711 §3.3.2: a replay list has 64 places at least). As a retransmission it is taken.
    static constexpr std::int64_t kMaxLateInPlace = 64;
    bool is_late(const Decision& decision) const {
        const auto highest = static_cast<std::uint16_t>(sequence_.highest());
        return static_cast<std::int16_t>(highest - decision.sequence_number) >= kMaxLateInPlace;
    }

    // ---- media
    /// What came is too old to be sent any more: what is sent next is a keyframe that has not been,
    /// of the ring or still to come. Everything in the ring counts as looked at.
    void fall_behind(Publication& publication, Instant now);
    Decision decide(Publication& publication, const StoredPacket& packet, Instant now);
    /// Packets that arrived before their place was known; until empty.
    std::optional<Forward> next_backlog(Publication& publication, Instant now);

    // ---- reports
    bool sender_report_due(Instant now) const;
    /// Empty before the first packet. Counts as sent.
    std::optional<SenderReportValues> make_sender_report(const Publication& publication,
                                                         const WallAnchor& wall, Instant now);
    SubscriptionStats stats(const Publication& publication, Instant now) const;
    Wish wish() const { return wish_; }
    /// Asks for what the next packets need: of the object itself, and, once that is near, of the
    /// rest.
    void prefetch(Instant now) const;
    void prefetch_far() const;

    std::uint64_t packets() const { return packets_; }
    Bitrate bitrate(Instant now) const { return rate_.bitrate(now); }
    /// Without what goes along.
    Bitrate plain_bitrate(Instant now) const {
        return rate_.bitrate(now) - copies_rate_.bitrate(now);
    }
    /// What is sent now.
    std::optional<LayerId> layer(const Publication& publication) const;
    std::optional<LayerId> target() const { return choice_.layer; }
    Reason reason(const Publication& publication) const;

 private:
    void review(Publication& publication, Instant now);
    void choose(const Publication& publication, Instant now);
    void pause();
    void resume(Publication& publication, Instant now);
    bool follows_target(const Publication& publication) const;
    bool may_begin(const Publication& publication, const StoredPacket& packet) const;
    void begin(const Publication& publication, const StoredPacket& packet);
    std::uint8_t target_in(const media::LayerStructure& structure) const;
    void aim(Publication& publication, Instant now);
    void step(const Publication& publication, const StoredPacket& packet);
    Decision decide_while_paused(const Publication& publication, const StoredPacket& packet,
                                 Instant now);
    Decision place(const Publication& publication, const StoredPacket& packet, Instant now);
    void announce_targets(const Publication& publication, const StoredPacket& packet,
                          std::uint8_t target, Decision& decision);
    std::size_t take_copies(const Publication& publication, const StoredPacket& packet,
                            const SequenceMap::Place& place, Decision& decision, Instant now);
    trace::Drop why_no_place(const StoredPacket& packet) const;

    // What each packet needs stands together, for prefetch().
    Wish wish_;
    LayerChoice choice_;
    bool assigned_ = false;  // by an allocator
    std::optional<Reason> withheld_;
    bool spurt_begins_ = false;  // the next packet is the first after silence
    std::uint32_t seen_revision_ = ~0U;
    Instant next_review_ = Instant::min();
    bool started_ = false;

    std::uint8_t aim_ = 0;  // the target inside the stream that is wanted
    bool off_aim_ = false;  // another one is sent until the stream lets it
    Instant off_aim_since_{};
    bool targets_changed_ = false;  // the dependency descriptor has yet to say it

    Timeline timeline_;
    SentHistory history_;
    std::optional<std::uint8_t> last_layer_;  // of the newest packet sent
    std::uint32_t last_epoch_ = 0;

    SlotId looked_to_ = 0;     // packets before this one were decided about, or came before start()
    SlotId backlog_next_ = 0;  // packets from here
    SlotId backlog_end_ = 0;   // up to here are looked at again

    std::uint8_t redundancy_ = 0;
    std::uint64_t copies_ = 0;
    std::uint64_t packets_ = 0;
    std::uint64_t bytes_ = 0;
    Instant last_report_{};
    bool report_wanted_ = false;
    RecentFrames recent_;

    // Of these a part.
    RateMeter rate_;
    RateMeter copies_rate_;
    SequenceMap sequence_;

    double loss_ = 0;
    std::uint64_t keyframe_requests_ = 0;
    std::uint64_t switches_ = 0;
};

}  // namespace parley::sfu
