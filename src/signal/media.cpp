// What media nodes say, told to clients; and what clients say about tracks, told to nodes.

#include <utility>

#include "signal/impl.hpp"

namespace parley::signal {

namespace {

bool same(const TrackInfo& a, const TrackInfo& b) {
    return a.kind == b.kind && a.source == b.source && a.codec == b.codec && a.muted == b.muted &&
           a.force_muted == b.force_muted && a.simulcast == b.simulcast && a.mid == b.mid;
}

bool room_has_track(const Room& room, const Session& not_of, std::string_view track) {
    for (const auto* member : room.members) {
        if (member != &not_of && member->tracks.contains(track)) return true;
    }
    return false;
}

}  // namespace

Session* Service::Impl::session_of(PeerId peer) {
    const auto at = peers_.find(peer);
    return at == peers_.end() ? nullptr : at->second;
}

void Service::Impl::handle_media_event(const MediaEvent& event) {
    std::visit([this](const auto& one) { on_event(one); }, event);
}

void Service::Impl::on_event(const LocalDescription& event) {
    auto* session = session_of(event.peer);
    if (session == nullptr) return;
    session->server_offer_outstanding = event.type == SdpType::kOffer;
    session->server_offer_voided = false;
    send(*session, description_json(event));
}

void Service::Impl::on_event(const DescriptionRefused& event) {
    auto* session = session_of(event.peer);
    if (session == nullptr) return;
    // What was refused did not happen: the server's offer before it may still be answered.
    if (event.type == SdpType::kAnswer || session->server_offer_voided) {
        session->server_offer_outstanding = true;
    }
    session->server_offer_voided = false;
    const std::string code = event.code.empty() ? "description_refused" : event.code;
    ++description_errors_[code];
    send(*session, {{"type", "error"},
                    {"message", "The " + std::string(to_string(event.type)) + " was refused."},
                    {"code", code},
                    {"cause", event.cause},
                    {"remedy", event.remedy},
                    {"field", "/sdp/sdp"},
                    {"inReplyTo", to_string(event.type)}});
}

void Service::Impl::on_event(const PeerStateChanged& event) {
    auto* session = session_of(event.peer);
    if (session == nullptr || session->state == event.state) return;
    session->state = event.state;
    send(*session,
         {{"type", "media-state"}, {"state", to_string(event.state)}, {"reason", event.reason}},
         StateKind::kMedia);
    if (event.state == PeerState::kFailed) {
        ++totals_.media_failures;
        send_error(*session, ErrorCode::kMediaFailed, {.cause = event.reason});
    }
    if (session->stats) {
        session->stats->state = event.state;
        update_quality(*session);
    }
}

void Service::Impl::on_event(const MediaKeysUsedUp& event) {
    if (auto* session = session_of(event.peer)) {
        send_error(*session, ErrorCode::kMediaKeysUsedUp, {});
    }
}

void Service::Impl::on_event(const TrackPublished& event) {
    auto* session = session_of(event.peer);
    if (session == nullptr) return;
    const auto [at, fresh] = session->tracks.try_emplace(event.info.track, event.info);
    if (!fresh && same(at->second, event.info)) return;
    at->second = event.info;
    at->second.participant = session->id;
    send_room(*session->room, {{"type", fresh ? "track-published" : "track-changed"},
                               {"track", track_json(at->second)}});
}

void Service::Impl::on_event(const TrackUnpublished& event) {
    auto* session = session_of(event.peer);
    if (session == nullptr || session->tracks.erase(event.track) == 0) return;
    for (auto* member : session->room->members) member->wishes.erase(event.track);
    send_room(
        *session->room,
        {{"type", "track-unpublished"}, {"track", event.track}, {"participant", session->id}});
}

void Service::Impl::on_event(const SubscriptionChanged& event) {
    auto* session = session_of(event.subscriber);
    if (session == nullptr) return;
    Json message{{"type", "subscription-status"},
                 {"track", event.track},
                 {"status", to_string(event.status)},
                 {"codec", event.codec}};
    if (!event.reason.empty()) message["reason"] = event.reason;
    send(*session, message);
}

void Service::Impl::on_event(const TrackLayers& event) {
    if (auto* session = session_of(event.peer)) send(*session, track_layers_json(event));
}

void Service::Impl::on_event(const ActiveSpeakers& event) {
    auto* room = find_room(event.room);
    if (room == nullptr) return;
    room->speakers = event.speakers;
    send_room(*room, {{"type", "active-speakers"}, {"speakers", speakers_json(event.speakers)}},
              nullptr, StateKind::kSpeakers);
}

void Service::Impl::on_event(const PeerStats& event) {
    auto* session = session_of(event.peer);
    if (session == nullptr) return;
    session->stats = event;
    session->stats->changes.clear();  // the timeline has them
    session->timeline.add(event, now_);
    update_quality(*session);
    update_layers(*session);
}

void Service::Impl::on_describe_track(Session& session, const Json& message) {
    auto detail = about(message);
    if (!session.peer) return send_error(session, ErrorCode::kUnsupportedInMesh, detail);
    if (!session.may_publish()) return send_error(session, ErrorCode::kForbidden, detail);
    std::string mid(text_of(message, "mid"));
    if (!session.described.contains(mid) &&
        session.described.size() >= config_.limits.described_sections) {
        detail.cause = "More sections than a session may describe.";
        return send_error(session, ErrorCode::kRateLimited, detail);
    }
    session.described.insert(mid);
    DescribeTrack command{*session.peer, std::move(mid), std::nullopt, std::nullopt};
    if (message.contains("source")) command.source = source_from(text_of(message, "source"));
    if (const auto muted = message.find("muted"); muted != message.end())
        command.muted = *muted == true;
    commands_.push_back(std::move(command));
}

void Service::Impl::on_layer_wish(Session& session, const Json& message) {
    auto detail = about(message);
    if (!session.peer) return send_error(session, ErrorCode::kUnsupportedInMesh, detail);
    const auto track = text_of(message, "track");
    if (!room_has_track(*session.room, session, track)) {
        detail.field = "/track";
        return send_error(session, ErrorCode::kNotFound, detail);
    }
    if (!session.wishes.contains(track) && session.wishes.size() >= config_.limits.layer_wishes) {
        detail.cause = "More layer wishes than a participant may have.";
        return send_error(session, ErrorCode::kRateLimited, detail);
    }
    session.wishes.emplace(track);
    SetLayerWish command{*session.peer, std::string(track), LayerWish::kAuto, 0, 0, {}};
    command.wish = wish_from(text_of(message, "layer")).value_or(LayerWish::kAuto);
    // The schema has bounded them.
    command.width = message.value("width", std::uint16_t{0});
    command.height = message.value("height", std::uint16_t{0});
    if (message.contains("priority")) command.priority = message["priority"].get<std::uint8_t>();
    commands_.push_back(std::move(command));
}

void Service::Impl::on_video_limit(Session& session, const Json& message) {
    if (!session.peer) return send_error(session, ErrorCode::kUnsupportedInMesh, about(message));
    SetVideoLimit command{*session.peer, {}};
    if (message.contains("count")) command.count = message["count"].get<std::uint16_t>();
    commands_.push_back(command);
}

}  // namespace parley::signal
