// The subscribing half of a participant: an outlet for each track that it gets, the queue of what
// it is about to be sent, and what its reports say.

#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "node/allocation.hpp"
#include "node/context.hpp"
#include "node/filling.hpp"
#include "node/media_sender.hpp"
#include "node/send_path.hpp"
#include "node/told_status.hpp"
#include "node/track.hpp"
#include "rtp/rtcp.hpp"
#include "sfu/redundancy.hpp"

namespace parley::node {

class Subscriber {
 public:
    Subscriber(Context& context, Member& owner);

    // ---- tracks ----
    /// Offers the track to the participant, if it can decode it.
    void attach(Track& track, Instant now);
    void detach(Track& track, Instant now);
    /// The track is gone from the room, where it may have waited for a place.
    void forget(const Track& track);
    void detach_all(Instant now);
    /// The participant's offer may name codecs that it lacked before.
    void retry_refused(Instant now);
    void set_wish(const signal::SetLayerWish& wish, Instant now);
    /// The room's choice of microphones has changed.
    void set_heard(Outlet& outlet, bool heard, Instant now);
    /// How many cameras it wants at most; the room's limit holds beside it.
    void set_video_limit(std::optional<std::size_t> limit, Instant now);
    /// Others spoke, or a camera was turned on or off.
    void on_speech_ranks(Instant now);
    /// An answer or offer changed what the participant takes; refresh_formats() after the last.
    void on_sender_changed(const peer::SenderChanged& change, Instant now);
    /// Sections changed: ids and payload types are read anew.
    void refresh_formats(Instant now);
    /// Media may flow now: outlets start.
    void start_outlets(Instant now);
    /// Media may not flow any more: nothing is chosen or queued until it may.
    void stop_outlets(Instant now);

    /// What becomes of a track, and why, as the client is told where that is news.
    void set_status(Outlet& outlet, signal::SubscriptionStatus status,
                    std::string_view reason = {});

    // ---- media ----
    MediaSender& sender() { return sender_; }
    const MediaSender& sender() const { return sender_; }
    /// Asks for what media needs: of the object itself, of what it points to, and of what that
    /// does.
    void prefetch() const;
    void prefetch_media(Instant now) const {
        path_.prefetch();
        sender_.prefetch(now);
    }
    void prefetch_far() const { sender_.prefetch_far(); }
    Allocation& allocation() { return allocation_; }
    const Allocation& allocation() const { return allocation_; }
    /// Writes and protects the sender reports that are due.
    std::optional<net::Transmit> poll_reports(Instant now, BytesSpan out);
    /// Once no media may leave: the next piece of a probe, if one is due.
    std::optional<net::Transmit> poll_filling(Instant now, BytesSpan out);

    // ---- the machine's part ----
    void handle_timeout(Instant now);
    Instant next_timeout() const {
        return std::min(allocation_.next_timeout(), path_.next_timeout());
    }

    /// How much redundancy audio gets: reports or the path have changed.
    void review_redundancy(Instant now);

    // ---- feedback ----
    void on_report_block(const rtp::ReportBlock& block, Instant now);
    void on_nack(Ssrc media, std::uint16_t sequence_number, Instant now);
    void on_keyframe_request(Ssrc media, Instant now);
    void on_remb(Bitrate bitrate, Instant now);
    void on_transport_feedback(const rtp::TransportFeedback& feedback, Instant now);
    void on_congestion_feedback(const rtp::CongestionFeedback& feedback, Instant now);
    /// Packets go another way from now on.
    void on_path_changed(Instant now);

    // ---- questions ----
    std::vector<signal::TrackMapping> mappings() const;
    std::vector<signal::SubscriptionStats> stats(Instant now) const;
    std::optional<Duration> rtt() const { return rtt_; }
    std::size_t outlet_count() const { return outlets_.size(); }

 private:
    Outlet* find(Ssrc ssrc);
    Outlet* find(const std::string& track);
    /// True: it begins, and is to be started.
    bool open(Outlet& outlet, const peer::Section& section);
    void start(Outlet& outlet, Instant now);
    void close(Outlet& outlet);
    void remember_wish(const std::string& track, const sfu::TrackWish& wish);
    void on_refused(Outlet& outlet, peer::RefusalReason reason, Instant now);
    bool has_place() const;
    void attach_turned_away(Instant now);
    void refuse(Outlet& outlet, Instant now);
    void need_nothing(Outlet& outlet, Instant now);
    void repair_by_keyframe(Outlet& outlet, Instant now);
    sfu::RedundancyReason why_redundancy(const Outlet& outlet) const;
    void review_path(Instant now);
    void tell_estimate(Instant now);
    void tell_demand(Instant now);

    // Each turn reads these.
    Context& context_;
    Member& owner_;
    Instant next_report_check_{};
    SendPath path_;
    MediaSender sender_;
    Filling filling_;

    std::vector<std::unique_ptr<Outlet>> outlets_;
    std::unordered_map<Ssrc, Outlet*> by_ssrc_;
    std::map<std::string, sfu::TrackWish> wishes_;  // also of tracks that are not there yet
    Allocation allocation_;
    sfu::Redundancy redundancy_;
    Instant redundancy_reviewed_{};
    Bitrate demand_;                   // as the path was told
    std::vector<Track*> turned_away_;  // for lack of outlets; the oldest first
    ToldStatus told_;
    std::optional<Duration> rtt_;
};

}  // namespace parley::node
