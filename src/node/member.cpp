#include "node/member.hpp"

#include <algorithm>
#include <utility>

#include "base/prefetch.hpp"
#include "node/room.hpp"

namespace parley::node {
namespace {

signal::PeerState to_signal(peer::ConnectionState state) {
    switch (state) {
        case peer::ConnectionState::kNew: return signal::PeerState::kNew;
        case peer::ConnectionState::kConnecting: return signal::PeerState::kConnecting;
        case peer::ConnectionState::kConnected: return signal::PeerState::kConnected;
        case peer::ConnectionState::kDisconnected: return signal::PeerState::kDisconnected;
        case peer::ConnectionState::kFailed: return signal::PeerState::kFailed;
        case peer::ConnectionState::kClosed: return signal::PeerState::kClosed;
    }
    return signal::PeerState::kNew;
}

}  // namespace

void Context::wake(Member& member) {
    member.has_control_work = true;
    member.timers_moved = true;
    wake_for_media(member);
}

void Context::wake_for_media(Member& member) {
    if (member.has_work) return;
    member.has_work = true;
    work.push_back(&member);
}

Member::Member(Context& context, Room& room, const signal::CreatePeer& command,
               peer::PeerConfig config, Instant now)
    : context_(context),
      room_(room),
      who_{command.peer, command.participant},
      may_publish_(command.may_publish),
      may_subscribe_(command.may_subscribe),
      peer_(context.services, std::move(config), now),
      publisher_(context, *this, now),
      subscriber_(context, *this),
      next_stats_(now + context.config.stats_interval) {}

void Member::on_remote_description(const signal::RemoteDescription& description, Instant now) {
    if (description.type == signal::SdpType::kOffer) {
        auto answer = peer_.accept_offer(description.sdp, now);
        if (!answer) return refuse(description.type, answer.error());
        subscriber_.retry_refused(now);
        after_negotiation(now);
        emit_description(signal::SdpType::kAnswer, std::move(*answer));
    } else {
        const auto answered = peer_.accept_answer(description.sdp, now);
        if (!answered) return refuse(description.type, answered.error());
        after_negotiation(now);
    }
    context_.wake(*this);
}

void Member::after_negotiation(Instant now) {
    publisher_.on_sections_changed(now);
    if (!joined_tracks_ && may_subscribe_) {
        joined_tracks_ = true;
        room_.attach_tracks(*this, now);
    }
    subscriber_.refresh_formats(now);
}

void Member::refuse(signal::SdpType type, const peer::NegotiationError& error) {
    context_.emit(signal::DescriptionRefused{who_.id, type, error.code, error.cause, error.remedy});
}

void Member::emit_description(signal::SdpType type, std::string sdp) {
    context_.emit(signal::LocalDescription{who_.id, type, std::move(sdp), subscriber_.mappings()});
}

void Member::offer_if_wanted(Instant now) {
    if (!peer_.wants_offer(now)) return;
    std::string offer = peer_.create_offer(now);
    emit_description(signal::SdpType::kOffer, std::move(offer));
}

// Counted, and no more: the server sends nothing to addresses that a client merely lists
// (ARCHITECTURE.md, "What the server never does").
void Member::on_remote_candidate(const signal::RemoteCandidate& candidate, Instant now) {
    peer_.transport().add_remote_candidate(candidate.candidate, now);
}

void Member::close(Instant now) {
    publisher_.unpublish_all(now);
    subscriber_.detach_all(now);
    peer_.close(now);
}

Result<void, trace::Drop> Member::handle_receive(net::Datagram& datagram, Instant now) {
    received_.on_bytes(datagram.bytes.size(), now);
    const auto handled = peer_.handle_receive(datagram, *this, now);
    if (!handled) drops_.add(handled.error());
    context_.wake(*this);
    return handled;
}

void Member::handle_timeout(Instant now) {
    peer_.handle_timeout(now);
    publisher_.handle_timeout(now);
    subscriber_.handle_timeout(now);
    if (next_stats_ <= now) {
        next_stats_ = now + context_.config.stats_interval;
        emit_stats(now);
    }
    context_.wake(*this);
}

Instant Member::next_timeout() {
    if (timers_moved) {
        timers_moved = false;
        control_due_ = std::min({peer_.next_timeout(), publisher_.next_timeout(), next_stats_});
    }
    return std::min(control_due_, subscriber_.next_timeout());
}

void Member::prefetch() const {
    parley::prefetch(this, kCacheLine);
    subscriber_.prefetch();
    parley::prefetch(&control_due_, sizeof control_due_);
    parley::prefetch(sent_);
    peer_.transport().prefetch();
}

void Member::prefetch_news() const {
    parley::prefetch(this, kCacheLine);
    parley::prefetch(subscriber_.sender());
}

void Member::prefetch_media(Instant now) const {
    subscriber_.prefetch_media(now);
    if (const auto* srtp = peer_.transport().srtp()) srtp->prefetch();
}

void Member::prefetch_far() const {
    subscriber_.prefetch_far();
}

void Member::settle(Instant now) {
    while (auto event = peer_.transport().poll_event()) {
        if (const auto* changed = std::get_if<peer::ConnectionChanged>(&*event)) {
            context_.emit(
                signal::PeerStateChanged{who_.id, to_signal(changed->state), changed->reason});
        } else {
            path_events_.push_back(std::move(*event));
        }
    }
    bool changed_any = false;
    while (const auto event = peer_.negotiator().poll_event()) {
        if (const auto* changed = std::get_if<peer::SenderChanged>(&*event)) {
            subscriber_.on_sender_changed(*changed, now);
            changed_any = true;
        }
    }
    if (changed_any) subscriber_.refresh_formats(now);
    const bool may_send = peer_.transport().media_path().has_value();
    if (may_send != may_send_) {
        may_send_ = may_send;
        may_send ? subscriber_.start_outlets(now) : subscriber_.stop_outlets(now);
    }
    note_path(now);
    offer_if_wanted(now);
}

void Member::note_path(Instant now) {
    const auto& path = peer_.transport().media_path();
    if (!path || path == media_path_) return;
    if (media_path_) subscriber_.on_path_changed(now);
    media_path_ = path;
}

std::optional<peer::TransportEvent> Member::poll_path_event() {
    if (path_events_.empty()) return {};
    auto event = std::move(path_events_.front());
    path_events_.pop_front();
    return event;
}

std::optional<net::Transmit> Member::poll_transmit(Instant now, BytesSpan out) {
    if (has_control_work) {
        if (auto transmit = peer_.poll_transmit(now, out)) return transmit;
        has_control_work = false;
    }
    MediaSender& media = subscriber_.sender();
    if (media.has_media()) {
        if (auto transmit = subscriber_.poll_reports(now, out)) return transmit;
        if (auto transmit = media.poll_train(now, out)) return transmit;
    }
    return subscriber_.poll_filling(now, out);
}

std::optional<Duration> Member::round_trip_time() const {
    if (const auto rtt = peer_.transport().round_trip_time()) return rtt;
    return subscriber_.rtt();
}

void Member::on_media(peer::IncomingPacket& incoming, Instant now) {
    publisher_.on_media(incoming, now);
}
void Member::on_sender_report(peer::ReceiveStream& stream, Instant now) {
    publisher_.on_sender_report(stream, now);
}
void Member::on_report_block(const rtp::ReportBlock& block, Instant now) {
    subscriber_.on_report_block(block, now);
}
void Member::on_nack(Ssrc media, std::uint16_t sequence_number, Instant now) {
    subscriber_.on_nack(media, sequence_number, now);
}
void Member::on_keyframe_request(Ssrc media, Instant now) {
    subscriber_.on_keyframe_request(media, now);
}
void Member::on_remb(Bitrate bitrate, Instant now) {
    subscriber_.on_remb(bitrate, now);
}
void Member::on_transport_feedback(const rtp::TransportFeedback& feedback, Instant now) {
    subscriber_.on_transport_feedback(feedback, now);
}
void Member::on_congestion_feedback(const rtp::CongestionFeedback& feedback, Instant now) {
    subscriber_.on_congestion_feedback(feedback, now);
}

void Member::emit_stats(Instant now) {
    if (peer_.keys_used_up() && !std::exchange(keys_told_, true)) {
        context_.emit(signal::MediaKeysUsedUp{who_.id});
    }
    signal::PeerStats stats;
    stats.peer = who_.id;
    stats.state = to_signal(peer_.transport().state());
    if (const auto& path = peer_.transport().media_path()) {
        stats.transport = path->protocol == net::Protocol::kUdp ? "udp" : "tcp";
        stats.local_address = path->local.to_string();
        stats.remote_address = path->remote.to_string();
    }
    stats.srtp_profile = peer_.transport().srtp_profile();
    if (const auto rtt = round_trip_time()) stats.rtt_ms = to_seconds(*rtt) * 1000;
    stats.bitrate_up_bps = received_.rate(now).bps;
    stats.bitrate_down_bps = sent_.rate(now).bps;
    Allocation& allocation = subscriber_.allocation();
    if (const auto estimate = allocation.estimate()) stats.estimate_down_bps = estimate->bps;
    stats.estimate_reason = allocation.estimate_reason();
    stats.demand_down_bps = allocation.demand().bps;
    stats.changes = allocation.take_changes(now);
    stats.published = publisher_.stats(now);
    stats.subscriptions = subscriber_.stats(now);
    for (std::size_t i = 0; i < static_cast<std::size_t>(trace::Drop::kCount); ++i) {
        const auto reason = static_cast<trace::Drop>(i);
        if (drops_.of(reason) > 0) stats.drops.emplace_back(trace::name(reason), drops_.of(reason));
    }
    stats.loss_up = publisher_.take_loss();
    for (const auto& subscription : stats.subscriptions) {
        stats.loss_down = std::max(stats.loss_down, subscription.loss);
    }
    context_.emit(std::move(stats));
}

}  // namespace parley::node
