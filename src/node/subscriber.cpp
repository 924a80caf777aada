#include "node/subscriber.hpp"

#include <algorithm>

#include "base/prefetch.hpp"
#include "node/member.hpp"
#include "node/room.hpp"
#include "rtp/rtcp_writer.hpp"
#include "rtp/sender_statistics.hpp"

namespace parley::node {
namespace {

// Sender reports are looked for this often while media flows.
constexpr Duration kReportCheck = 50ms;
// A report has a block for each stream; redundancy is decided about once for all of them.
constexpr Duration kRedundancyInterval = 100ms;
// What a microphone sent so long before the packet that made it heard goes along: words begin
// softly.
constexpr Duration kBeforeLoud = 60ms;
// How often a lost packet that cannot be sent again brings a keyframe.
constexpr Duration kRepairInterval = 2s;
// Why a track waits, as the client is told.
constexpr std::string_view kTooManyTracks = "too_many_tracks";
// By so much the demand must change to be news.
constexpr double kDemandStep = 0.1;

sfu::Wish to_sfu(signal::LayerWish wish) {
    switch (wish) {
        case signal::LayerWish::kAuto: return sfu::Wish::kAuto;
        case signal::LayerWish::kLow: return sfu::Wish::kLow;
        case signal::LayerWish::kMedium: return sfu::Wish::kMedium;
        case signal::LayerWish::kHigh: return sfu::Wish::kHigh;
        case signal::LayerWish::kOff: return sfu::Wish::kOff;
    }
    return sfu::Wish::kAuto;
}

signal::LayerWish to_signal(sfu::Wish wish) {
    switch (wish) {
        case sfu::Wish::kAuto: return signal::LayerWish::kAuto;
        case sfu::Wish::kLow: return signal::LayerWish::kLow;
        case sfu::Wish::kMedium: return signal::LayerWish::kMedium;
        case sfu::Wish::kHigh: return signal::LayerWish::kHigh;
        case sfu::Wish::kOff: return signal::LayerWish::kOff;
    }
    return signal::LayerWish::kAuto;
}

/// Camera and microphone of a participant share a stream, so that a client plays them in step; the
/// screen and its sound are another (docs/signaling.md).
std::string stream_id(const signal::TrackInfo& info) {
    return is_screen(info.source) ? info.participant + ".screen" : info.participant;
}

sdp::MediaKind kind_of(const Track& track) {
    return track.video() ? sdp::MediaKind::kVideo : sdp::MediaKind::kAudio;
}

}  // namespace

Subscriber::Subscriber(Context& context, Member& owner)
    : context_(context),
      owner_(owner),
      path_(context.config.estimate),
      sender_(context, owner, path_),
      filling_(owner, outlets_, path_),
      allocation_(context, owner, outlets_),
      told_(context, owner.id()) {}

void Subscriber::prefetch() const {
    prefetch_until(*this, path_);
    path_.prefetch_near();
    prefetch_until(sender_, outlets_);
}

void Subscriber::attach(Track& track, Instant now) {
    if (find(track.info.track) != nullptr) return;
    if (!has_place()) {
        turned_away_.push_back(&track);
        return told_.tell(track.info, signal::SubscriptionStatus::kPaused, kTooManyTracks);
    }
    sfu::SubscriptionConfig config;
    config.retransmit = track.video();
    auto& outlet =
        *outlets_.emplace_back(std::make_unique<Outlet>(track, owner_, config, context_.random()));
    track.outlets.push_back(&outlet);
    if (const auto wish = wishes_.find(track.info.track); wish != wishes_.end()) {
        outlet.wish = wish->second;
    }
    if (!track.heard) outlet.subscription.withhold(sfu::Reason::kLoudestN);
    auto& negotiator = owner_.peer().negotiator();
    if (negotiator.codec_support(kind_of(track), track.codec) == peer::CodecSupport::kNo) {
        return refuse(outlet, now);
    }
    const auto taken = [&](Ssrc ssrc) { return by_ssrc_.contains(ssrc); };
    outlet.ssrc = context_.fresh_ssrc(taken);
    by_ssrc_[outlet.ssrc] = &outlet;
    outlet.rtx_ssrc = context_.fresh_ssrc(taken);
    peer::SenderSpec spec;
    spec.kind = kind_of(track);
    spec.codecs = {track.codec};
    spec.rtx = track.video();
    spec.red = !track.video();
    spec.stream_id = stream_id(track.info);
    spec.track_id = track.info.track;
    spec.cname = track.info.participant;
    spec.ssrc = outlet.ssrc;
    spec.rtx_ssrc = outlet.rtx_ssrc;
    outlet.sender = negotiator.add_sender(std::move(spec), now);
    // The publisher may have stopped sending what nobody watched.
    track.upstream->review_layers(track, now);
    context_.wake(owner_);
}

void Subscriber::detach(Track& track, Instant now) {
    const auto found = std::find_if(outlets_.begin(), outlets_.end(),
                                    [&](const auto& o) { return o->track == &track; });
    if (found == outlets_.end()) return;
    Outlet& outlet = **found;
    sender_.forget(outlet);
    for (const Ssrc ssrc : {outlet.ssrc, outlet.rtx_ssrc}) path_.forget_stream(ssrc);
    by_ssrc_.erase(outlet.ssrc);
    if (outlet.sender) owner_.peer().negotiator().remove_sender(*outlet.sender, now);
    std::erase(track.outlets, &outlet);
    outlets_.erase(found);
    track.upstream->review_layers(track, now);
    allocation_.touch(now);
    context_.wake(owner_);
}

void Subscriber::forget(const Track& track) {
    std::erase(turned_away_, &track);
    told_.forget(track.info.track);
}

bool Subscriber::has_place() const {
    return outlets_.size() < context_.config.max_outlets_per_member;
}

void Subscriber::attach_turned_away(Instant now) {
    while (!turned_away_.empty() && has_place()) {
        Track& track = *turned_away_.front();
        turned_away_.erase(turned_away_.begin());
        attach(track, now);
    }
}

void Subscriber::detach_all(Instant now) {
    turned_away_.clear();
    for (const auto& outlet : outlets_) {
        Track& track = *outlet->track;
        sender_.forget(*outlet);
        std::erase(track.outlets, outlet.get());
        track.upstream->review_layers(track, now);
    }
    by_ssrc_.clear();
    outlets_.clear();
}

void Subscriber::retry_refused(Instant now) {
    std::vector<Track*> tracks;
    for (const auto& outlet : outlets_) {
        if (outlet->status != signal::SubscriptionStatus::kCodecUnsupported) continue;
        Track& track = *outlet->track;
        const auto support = owner_.peer().negotiator().codec_support(kind_of(track), track.codec);
        if (support == peer::CodecSupport::kYes) tracks.push_back(&track);
    }
    for (Track* track : tracks) {
        detach(*track, now);
        attach(*track, now);
        told_.tell(track->info, signal::SubscriptionStatus::kActive);
    }
}

// Its publisher need not send for it.
void Subscriber::need_nothing(Outlet& outlet, Instant now) {
    outlet.needs = 0;
    outlet.track->upstream->review_layers(*outlet.track, now);
}

void Subscriber::refuse(Outlet& outlet, Instant now) {
    need_nothing(outlet, now);
    set_status(outlet, signal::SubscriptionStatus::kCodecUnsupported);
}

void Subscriber::set_status(Outlet& outlet, signal::SubscriptionStatus status,
                            std::string_view reason) {
    outlet.status = status;
    told_.tell(outlet.track->info, status, reason);
}

void Subscriber::set_wish(const signal::SetLayerWish& wish, Instant now) {
    const sfu::TrackWish wanted{to_sfu(wish.wish), {wish.width, wish.height}, wish.priority};
    remember_wish(wish.track, wanted);
    Outlet* outlet = find(wish.track);
    if (outlet == nullptr || outlet->wish == wanted) return;
    outlet->wish = wanted;
    if (outlet->open) allocation_.touch(now);
}

void Subscriber::set_heard(Outlet& outlet, bool heard, Instant now) {
    if (!heard) return outlet.subscription.withhold(sfu::Reason::kLoudestN);
    outlet.subscription.withhold({});
    const sfu::PacketRing& ring = outlet.track->publication.ring();
    sfu::SlotId first = ring.next();
    while (first > outlet.next && first > ring.oldest()) {
        const auto* before = ring.find(first - 1);
        if (before == nullptr || now - before->arrival > kBeforeLoud) break;
        --first;
    }
    outlet.next = first;
    sender_.on_news(outlet);
}

void Subscriber::set_video_limit(std::optional<std::size_t> limit, Instant now) {
    if (allocation_.set_video_limit(limit)) allocation_.touch(now);
}

void Subscriber::on_speech_ranks(Instant now) {
    if (allocation_.video_limit()) allocation_.touch(now);
}

void Subscriber::remember_wish(const std::string& track, const sfu::TrackWish& wish) {
    if (wishes_.size() >= kMaxWishes && !wishes_.contains(track)) {
        // Tracks come and go in a room that never ends: those that are not there make room.
        std::erase_if(wishes_, [&](const auto& known) { return find(known.first) == nullptr; });
    }
    if (wishes_.size() < kMaxWishes || wishes_.contains(track)) wishes_[track] = wish;
}

Outlet* Subscriber::find(Ssrc ssrc) {
    const auto found = by_ssrc_.find(ssrc);
    return found == by_ssrc_.end() ? nullptr : found->second;
}

Outlet* Subscriber::find(const std::string& track) {
    const auto found = std::find_if(outlets_.begin(), outlets_.end(),
                                    [&](const auto& o) { return o->track->info.track == track; });
    return found == outlets_.end() ? nullptr : found->get();
}

void Subscriber::on_sender_changed(const peer::SenderChanged& change, Instant now) {
    const auto found = std::find_if(outlets_.begin(), outlets_.end(),
                                    [&](const auto& o) { return o->sender == change.sender; });
    if (found == outlets_.end()) return;
    if (change.state == peer::SenderState::kRefused) on_refused(**found, change.reason, now);
}

void Subscriber::on_refused(Outlet& outlet, peer::RefusalReason reason, Instant now) {
    close(outlet);
    if (reason == peer::RefusalReason::kTooManySections) {  // its turn comes when another goes
        need_nothing(outlet, now);
        return set_status(outlet, signal::SubscriptionStatus::kPaused, kTooManyTracks);
    }
    by_ssrc_.erase(outlet.ssrc);
    // Firefox rejects the whole section where it lacks the one codec.
    if (reason != peer::RefusalReason::kNoBundle) refuse(outlet, now);
}

void Subscriber::refresh_formats(Instant now) {
    std::vector<Outlet*> begun;
    for (const auto& outlet : outlets_) {
        if (!outlet->sender) continue;
        const auto& negotiator = owner_.peer().negotiator();
        const peer::Section* section = negotiator.section_of(*outlet->sender);
        const bool agreed = section != nullptr &&
                            negotiator.sender_state(*outlet->sender) == peer::SenderState::kActive;
        if (!agreed) {
            close(*outlet);
        } else if (open(*outlet, *section)) {
            begun.push_back(outlet.get());
        }
    }
    review_path(now);
    if (begun.empty()) return;
    allocation_.review(now);  // before anything is sent, so that nothing begins with too much
    tell_demand(now);
    for (Outlet* outlet : begun) start(*outlet, now);
}

void Subscriber::close(Outlet& outlet) {
    if (!outlet.open) return;
    outlet.open = false;
    outlet.assigned = false;
    outlet.subscription.interrupt();
    sender_.forget(outlet);
}

void Subscriber::stop_outlets(Instant now) {
    for (const auto& outlet : outlets_) close(*outlet);
    review_path(now);
}

// What the open outlets let the path know and do.
void Subscriber::review_path(Instant now) {
    bool reported = false;
    bool marked = false;
    bool fillable = false;
    for (const auto& outlet : outlets_) {
        reported |= outlet->open && outlet->numbered;
        marked |= outlet->open && outlet->marked;
        fillable |= Filling::usable(*outlet);
    }
    path_.set_fillable(fillable);
    if (!marked) path_.forget_stream_numbers();
    path_.set_feedback(reported, now);
    tell_estimate(now);
}

void Subscriber::tell_estimate(Instant now) {
    if (!path_.take_news() || !path_.has_feedback()) return;
    allocation_.on_estimate(path_.estimate(), now);
}

// Rates waver; a probe for every waver would be too many.
void Subscriber::tell_demand(Instant now) {
    if (!path_.has_feedback()) {
        const Bitrate least = context_.config.estimate.start;
        path_.on_fallback(
            std::max({allocation_.limit().value_or(Bitrate{}), allocation_.used(), least}), now);
    }
    const Bitrate demand = allocation_.demand();
    const bool same = demand > demand_ * (1 - kDemandStep) && demand < demand_ * (1 + kDemandStep);
    if (same || demand == demand_) return;
    demand_ = demand;
    path_.on_demand(demand, now);
    tell_estimate(now);
}

void Subscriber::handle_timeout(Instant now) {
    path_.handle_timeout(now);
    tell_estimate(now);
    attach_turned_away(now);
    if (allocation_.next_timeout() > now) return;
    allocation_.handle_timeout(now);
    tell_demand(now);
}

std::optional<net::Transmit> Subscriber::poll_filling(Instant now, BytesSpan out) {
    if (auto transmit = filling_.poll(now, out)) return transmit;
    path_.rest(sender_.has_media(), now);
    return {};
}

bool Subscriber::open(Outlet& outlet, const peer::Section& section) {
    sfu::OutboundFormat& format = outlet.format;
    format.ssrc = outlet.ssrc;
    format.payload_type = section.payload_type;
    format.red_payload_type = section.red_payload_type;
    format.rtx_payload_type = section.rtx_payload_type;
    format.rtx_ssrc = outlet.rtx_ssrc;
    format.extensions = {section.extension_map(),
                         section.mid_on_wire ? section.mid : std::string_view()};
    outlet.mid = section.mid;
    outlet.marked = section.has_feedback(section.payload_type, peer::kCongestionFeedback);
    outlet.numbered =
        outlet.marked || (format.extensions.has(rtp::ExtensionType::kTransportSequenceNumber) &&
                          section.has_feedback(section.payload_type, peer::kTransportWideFeedback));
    const bool may_send = owner_.peer().transport().media_path().has_value();
    if (outlet.open || !may_send) return false;
    outlet.open = true;
    return true;
}

void Subscriber::start(Outlet& outlet, Instant now) {
    // Of video the allocation has said already what becomes of it.
    if (!outlet.track->video()) set_status(outlet, signal::SubscriptionStatus::kActive);
    outlet.subscription.start(outlet.track->publication, now);
    outlet.next = outlet.track->publication.ring().next();
    sender_.on_news(outlet);
    outlet.track->upstream->pump_keyframe_requests(*outlet.track, now);
}

void Subscriber::start_outlets(Instant now) {
    refresh_formats(now);
}

std::optional<net::Transmit> Subscriber::poll_reports(Instant now, BytesSpan out) {
    if (now < next_report_check_ || !owner_.peer().transport().media_path()) return {};
    rtp::RtcpWriter writer(out.first(std::min<std::size_t>(out.size(), 1200)));
    bool more = false;
    for (const auto& outlet : outlets_) {
        if (!outlet->open || !outlet->subscription.sender_report_due(now)) continue;
        if (writer.remaining() < 300) {  // a report and the longest CNAME
            more = true;
            break;
        }
        const auto values = outlet->subscription.make_sender_report(outlet->track->publication,
                                                                    context_.config.wall, now);
        if (!values) continue;
        writer.sender_report(outlet->ssrc,
                             {values->ntp, values->timestamp, values->packets, values->octets});
        writer.cname(outlet->ssrc, outlet->track->info.participant);
    }
    if (!more) next_report_check_ = now + kReportCheck;
    if (writer.empty()) return {};
    return owner_.peer().send_rtcp(out, writer.size());
}

void Subscriber::on_report_block(const rtp::ReportBlock& block, Instant now) {
    Outlet* outlet = find(block.ssrc);
    if (outlet == nullptr) return;
    outlet->subscription.on_receiver_report(block.fraction_lost);
    redundancy_.on_report(outlet->reported.on_block(block, outlet->subscription.packets()), now);
    if (now - redundancy_reviewed_ >= kRedundancyInterval) review_redundancy(now);
    const double lost = block.fraction_lost / 256.0;
    if (const auto rtt = rtp::round_trip_time(block, context_.config.wall.at(now).ntp())) {
        rtt_ = *rtt;
    }
    if (!outlet->track->video()) return;
    allocation_.on_loss(lost, now);
    path_.on_report(lost, rtt_, now);
    tell_estimate(now);
}

void Subscriber::review_redundancy(Instant now) {
    redundancy_reviewed_ = now;
    Bitrate audio;
    for (const auto& outlet : outlets_) {
        if (outlet->open && !outlet->track->video())
            audio = audio + outlet->subscription.plain_bitrate(now);
    }
    redundancy_.review(audio, allocation_.cut_path(), now);
    for (const auto& outlet : outlets_) {
        if (outlet->track->video()) continue;
        const bool may = outlet->open && outlet->format.red_payload_type;
        outlet->subscription.set_redundancy(may ? redundancy_.copies() : 0);
    }
}

sfu::RedundancyReason Subscriber::why_redundancy(const Outlet& outlet) const {
    if (!outlet.format.red_payload_type) return sfu::RedundancyReason::kNotNegotiated;
    if (outlet.track->publication.opaque()) return sfu::RedundancyReason::kOpaque;
    return redundancy_.reason();
}

void Subscriber::on_nack(Ssrc media, std::uint16_t sequence_number, Instant now) {
    Outlet* outlet = find(media);
    if (outlet == nullptr || !outlet->open || !outlet->track->video()) return;
    if (!outlet->format.rtx_payload_type) return repair_by_keyframe(*outlet, now);
    const auto rtt = owner_.round_trip_time();
    const auto again =
        outlet->subscription.on_nack(sequence_number, outlet->track->publication, now, rtt);
    if (again) sender_.send_again(*outlet, *again);
}

// Without a stream for retransmissions a keyframe is what repairs a picture. Not after each loss,
// for everybody who watches pays for it.
void Subscriber::repair_by_keyframe(Outlet& outlet, Instant now) {
    if (now < outlet.next_repair) return;
    outlet.next_repair = now + kRepairInterval;
    on_keyframe_request(outlet.ssrc, now);
}

void Subscriber::on_keyframe_request(Ssrc media, Instant now) {
    Outlet* outlet = find(media);
    if (outlet == nullptr || !outlet->open) return;
    outlet->subscription.on_keyframe_request(outlet->track->publication);
    outlet->track->upstream->pump_keyframe_requests(*outlet->track, now);
}

void Subscriber::on_remb(Bitrate bitrate, Instant now) {
    path_.on_remb(bitrate, now);
    if (!path_.has_feedback()) return allocation_.on_receiver_estimate(bitrate, now);
    tell_estimate(now);
}

void Subscriber::on_transport_feedback(const rtp::TransportFeedback& feedback, Instant now) {
    path_.on_transport_feedback(feedback, now);
    tell_estimate(now);
}

void Subscriber::on_congestion_feedback(const rtp::CongestionFeedback& feedback, Instant now) {
    path_.on_congestion_feedback(feedback, now);
    tell_estimate(now);
}

void Subscriber::on_path_changed(Instant now) {
    allocation_.on_path_changed(now);
    path_.on_path_changed(now);
    tell_estimate(now);
    // What the old path lost is not worth sending again, and the viewer's own request would come
    // only once its decoder has stalled.
    for (const auto& outlet : outlets_) {
        if (!outlet->open || !outlet->track->video()) continue;
        outlet->subscription.refresh(outlet->track->publication);
        outlet->track->upstream->pump_keyframe_requests(*outlet->track, now);
    }
}

std::vector<signal::TrackMapping> Subscriber::mappings() const {
    std::vector<signal::TrackMapping> all;
    const auto& negotiator = owner_.peer().negotiator();
    for (const auto& outlet : outlets_) {
        if (!outlet->sender) continue;
        const auto mid = negotiator.mid_of(*outlet->sender);
        if (mid) {
            all.push_back({*mid, outlet->track->info.participant, outlet->track->info.track});
        }
    }
    return all;
}

std::vector<signal::SubscriptionStats> Subscriber::stats(Instant now) const {
    std::vector<signal::SubscriptionStats> all;
    for (const auto& outlet : outlets_) {
        const Track& track = *outlet->track;
        const auto from = outlet->subscription.stats(track.publication, now);
        signal::SubscriptionStats& out = all.emplace_back();
        out.track = track.info.track;
        out.participant = track.info.participant;
        out.mid = outlet->mid;
        out.status = outlet->status;
        out.wanted = to_signal(outlet->wish.layer);
        out.view_width = outlet->wish.view.width;
        out.view_height = outlet->wish.view.height;
        out.priority = sfu::priority_of(outlet->wish, is_screen(track.info.source));
        out.layer_sent = layer_name(track, from.layer);
        if (from.layer) {
            out.spatial = layer_number(from.layer->spatial);
            out.temporal = layer_number(from.layer->temporal);
        }
        out.share_bps = outlet->open ? outlet->assignment.share.bps : 0;
        out.reason = sfu::text(from.reason);
        out.bitrate_bps = from.bitrate.bps;
        out.packets = from.packets;
        out.bytes = from.bytes;
        out.loss = from.loss;
        out.nacks_received = from.nacks;
        out.retransmissions_sent = from.retransmissions;
        out.keyframe_requests_received = from.keyframe_requests;
        out.layer_switches = from.layer_switches;
        if (track.video()) continue;
        out.redundancy = outlet->subscription.redundancy();
        out.redundancy_reason = sfu::text(why_redundancy(*outlet));
        out.frames_copied = from.copies;
    }
    return all;
}

}  // namespace parley::node
