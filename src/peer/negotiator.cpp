// The signaling state (RFC 9429 §3.2), the offer policy, and the bookkeeping of senders.

#include "peer/negotiator.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "peer/negotiation_check.hpp"

namespace parley::peer {

namespace {

constexpr std::size_t kMaxEvents = 1024;  // what nobody polls does not grow

/// An offer with media that we could receive, none of it in a format that we know.
bool lacks_common_codec(const sdp::Description& offer, const Capabilities& capabilities) {
    bool any_sending = false;
    for (const auto& media : offer.media) {
        if (!is_usable(media) || !sdp::sends(offer.direction_of(media))) continue;
        any_sending = true;
        if (!common_codecs(media, *capabilities.of(media.kind), {}).empty()) return false;
    }
    return any_sending;
}

}  // namespace

Negotiator::Negotiator(NegotiatorConfig config) : config_(std::move(config)) {}

// ---- the remote's descriptions ----

Result<OfferSummary, NegotiationError> Negotiator::set_remote_offer(std::string_view text,
                                                                    Instant now) {
    auto parsed = sdp::parse(text);
    if (!parsed) return std::unexpected(syntax_error(parsed.error()));
    if (auto verdict = check_offer_sections(*parsed, agreed_, config_.max_sections)) {
        return std::unexpected(*verdict);
    }
    if (auto verdict = check_transport_rules(*parsed)) return std::unexpected(*verdict);
    auto transport = read_transport(*parsed, config_.ice_lite);
    if (!transport) return std::unexpected(transport.error());
    if (lacks_common_codec(*parsed, config_.capabilities)) {
        return std::unexpected(
            NegotiationError{"no_common_codec", "no section offers a codec that is accepted here",
                             "offer Opus for audio, and VP8, VP9, H.264 or AV1 for video"});
    }
    auto our_role = role_.value_or(config_.role_for_actpass);
    if (*transport) {
        const auto role = role_for(**transport, true);
        if (!role) return std::unexpected(role.error());
        our_role = *role;
    }
    OfferSummary summary;
    summary.first = !negotiated_;
    summary.ice_restart = is_ice_restart(*transport);
    summary.fingerprint_changed = is_new_fingerprint(*transport);
    summary.transport = *transport;
    summary.collision = state_ == SignalingState::kHaveLocalOffer;
    if (summary.collision) forget_own_offer(now);
    remote_.learn(*parsed, true);
    remote_offer_ = RemoteOffer{std::move(*parsed), std::move(*transport), our_role};
    state_ = SignalingState::kHaveRemoteOffer;
    return summary;
}

Result<AnswerSummary, NegotiationError> Negotiator::set_remote_answer(std::string_view text,
                                                                      Instant now) {
    AnswerSummary summary;
    if (state_ != SignalingState::kHaveLocalOffer) {
        summary.ignored = true;
        return summary;
    }
    const auto parsed = sdp::parse(text);
    if (!parsed) return std::unexpected(syntax_error(parsed.error()));
    if (auto verdict = check_answer_sections(*parsed, offered_)) return std::unexpected(*verdict);
    if (auto verdict = check_transport_rules(*parsed)) return std::unexpected(*verdict);
    const auto transport = read_transport(*parsed, config_.ice_lite);
    if (!transport) return std::unexpected(transport.error());
    auto our_role = role_.value_or(config_.role_for_actpass);
    if (*transport) {
        const auto role = role_for(**transport, false);
        if (!role) return std::unexpected(role.error());
        our_role = *role;
    }
    summary.first = !negotiated_;
    summary.ice_restart = is_ice_restart(*transport);
    summary.fingerprint_changed = is_new_fingerprint(*transport);
    summary.transport = *transport;
    remote_.learn(*parsed, false);
    auto sections = std::exchange(offered_, {});
    for (std::size_t i = 0; i < sections.size(); ++i) {
        sections[i] = apply_answer(*parsed, parsed->media[i], std::move(sections[i]));
    }
    bundled_ = is_bundled(*parsed);
    offered_at_.reset();
    adopt(std::move(sections), *transport, our_role, now);
    return summary;
}

void Negotiator::rollback(Instant now) {
    if (state_ == SignalingState::kHaveLocalOffer) forget_own_offer(now);
    remote_offer_.reset();
    state_ = SignalingState::kStable;
}

/// The agreement changes hands: from proposed to in force.
void Negotiator::adopt(std::vector<Section> sections,
                       const std::optional<RemoteTransport>& transport, sdp::Setup role,
                       Instant now) {
    agreed_ = std::move(sections);
    if (transport) {
        remote_transport_ = transport;
        role_ = role;
    }
    negotiated_ = true;
    state_ = SignalingState::kStable;
    ++version_;
    if (!has_room_for_senders()) refuse_waiting(RefusalReason::kNoBundle);
    if (needs_offer()) {
        mark_changed(now);
    } else {
        changed_at_.reset();
    }
}

void Negotiator::forget_own_offer(Instant now) {
    offered_.clear();
    offered_at_.reset();
    state_ = SignalingState::kStable;
    for (auto& [id, sender] : senders_) {
        if (sender.state == SenderState::kOffered) set_sender_state(id, SenderState::kWaiting);
    }
    if (needs_offer()) mark_changed(now);
}

Result<sdp::Setup, NegotiationError> Negotiator::role_for(const RemoteTransport& transport,
                                                          bool remote_offers) const {
    using sdp::Setup;
    // RFC 8842 §5.1: an ICE restart alone makes no new DTLS association.
    const bool keeps = role_ && !is_new_fingerprint(transport);
    if (transport.setup == Setup::kActpass) {
        if (remote_offers) return keeps ? *role_ : config_.role_for_actpass;
        return std::unexpected(NegotiationError{"role_conflict", "the answer has a=setup:actpass",
                                                "answer with a=setup:active or passive"});
    }
    const auto ours = transport.setup == Setup::kPassive ? Setup::kActive : Setup::kPassive;
    if (!keeps || ours == *role_) return ours;
    return std::unexpected(
        NegotiationError{"role_conflict",
                         "a=setup:" + std::string(sdp::to_text(transport.setup)) +
                             " contradicts the DTLS role that the connection has",
                         "keep the role, or use a new certificate"});
}

bool Negotiator::is_ice_restart(const std::optional<RemoteTransport>& transport) const {
    return transport && remote_transport_ &&
           (transport->ice_ufrag != remote_transport_->ice_ufrag ||
            transport->ice_pwd != remote_transport_->ice_pwd);
}

bool Negotiator::is_new_fingerprint(const std::optional<RemoteTransport>& transport) const {
    return transport && remote_transport_ &&
           transport->fingerprints != remote_transport_->fingerprints;
}

// ---- the offer policy ----

void Negotiator::mark_changed(Instant now) {
    if (changed_at_) return;
    changed_at_ = now;
    merge_window_reported_ = false;
}

bool Negotiator::may_offer() const {
    return state_ == SignalingState::kStable && (negotiated_ || config_.may_offer_first);
}

/// Some sender has no section yet, or some section has a sender no more.
bool Negotiator::needs_offer() const {
    const bool waiting = std::ranges::any_of(
        senders_, [](const auto& item) { return item.second.state == SenderState::kWaiting; });
    return waiting || std::ranges::any_of(agreed_, [&](const Section& section) {
               return section.sender && find_sender(section.sender) == nullptr;
           });
}

/// A peer that took one section without BUNDLE has no place for a second.
bool Negotiator::has_room_for_senders() const {
    return bundled_ || !negotiated_ || std::ranges::all_of(agreed_, [](const Section& section) {
               return section.state == SectionState::kRejected;
           });
}

bool Negotiator::wants_offer(Instant now) const {
    return may_offer() && changed_at_ && now >= *changed_at_ + config_.merge_window &&
           needs_offer();
}

Instant Negotiator::next_timeout() const {
    Instant next = kNever;
    if (may_offer() && changed_at_ && !merge_window_reported_ && needs_offer()) {
        next = *changed_at_ + config_.merge_window;
    }
    if (offered_at_) next = std::min(next, *offered_at_ + config_.answer_timeout);
    return next;
}

void Negotiator::handle_timeout(Instant now) {
    const bool merged = changed_at_ && now >= *changed_at_ + config_.merge_window;
    if (merged && may_offer()) merge_window_reported_ = true;
    if (offered_at_ && now >= *offered_at_ + config_.answer_timeout) {
        events_.emplace_back(OfferUnanswered{now - *offered_at_});
        offered_at_.reset();
    }
}

std::optional<NegotiatorEvent> Negotiator::poll_event() {
    if (events_.empty()) return std::nullopt;
    auto event = events_.front();
    events_.pop_front();
    return event;
}

// ---- senders ----

SenderId Negotiator::add_sender(SenderSpec spec, Instant now) {
    PARLEY_ASSERT(config_.capabilities.of(spec.kind) != nullptr && !spec.codecs.empty());
    const SenderId id(next_sender_++);
    senders_.emplace(id, Sender{std::move(spec), SenderState::kWaiting});
    if (!has_room_for_senders()) {
        set_sender_state(id, SenderState::kRefused, RefusalReason::kNoBundle);
    } else {
        mark_changed(now);
    }
    return id;
}

void Negotiator::remove_sender(SenderId id, Instant now) {
    if (senders_.erase(id) == 0) return;
    for (auto& [other, sender] : senders_) {
        if (sender.state != SenderState::kRefused) continue;
        if (sender.reason == RefusalReason::kTooManySections) {
            set_sender_state(other, SenderState::kWaiting);
        }
    }
    if (needs_offer()) {
        mark_changed(now);
    } else {
        changed_at_.reset();
    }
}

const Negotiator::Sender* Negotiator::find_sender(std::optional<SenderId> id) const {
    if (!id) return nullptr;
    const auto found = senders_.find(*id);
    return found == senders_.end() ? nullptr : &found->second;
}

SenderState Negotiator::sender_state(SenderId id) const {
    const auto* sender = find_sender(id);
    return sender == nullptr ? SenderState::kUnknown : sender->state;
}

void Negotiator::set_sender_state(SenderId id, SenderState state, RefusalReason reason) {
    const auto found = senders_.find(id);
    if (found == senders_.end() || found->second.state == state) return;
    found->second.state = state;
    found->second.reason = reason;
    if (events_.size() < kMaxEvents) events_.emplace_back(SenderChanged{id, state, reason});
}

void Negotiator::refuse_waiting(RefusalReason reason) {
    for (auto& [id, sender] : senders_) {
        if (sender.state != SenderState::kWaiting) continue;
        set_sender_state(id, SenderState::kRefused, reason);
    }
}

CodecSupport Negotiator::codec_support(sdp::MediaKind kind, const sdp::Codec& codec) const {
    return remote_.support(kind, codec);
}

const Section* Negotiator::section_of(SenderId id) const {
    const auto found = std::ranges::find(agreed_, std::optional(id), &Section::sender);
    return found == agreed_.end() ? nullptr : &*found;
}

const Section* Negotiator::find_section(std::string_view mid) const {
    const auto found = std::ranges::find(agreed_, mid, &Section::mid);
    return found == agreed_.end() ? nullptr : &*found;
}

std::vector<const SenderSpec*> Negotiator::specs_of(const std::vector<Section>& sections) const {
    std::vector<const SenderSpec*> specs;
    for (const auto& section : sections) {
        const auto* sender = find_sender(section.sender);
        specs.push_back(sender == nullptr ? nullptr : &sender->spec);
    }
    return specs;
}

}  // namespace parley::peer
