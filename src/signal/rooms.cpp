// Sessions and rooms: join, leave, and what members know of each other.

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "signal/impl.hpp"

namespace parley::signal {

Session* Room::find(std::string_view id) const {
    const auto at =
        std::ranges::find_if(members, [id](const Session* member) { return member->id == id; });
    return at == members.end() ? nullptr : *at;
}

Room* Service::Impl::find_room(std::string_view name) {
    const auto at = rooms_.find(name);
    return at == rooms_.end() ? nullptr : at->second.get();
}

Room* Service::Impl::room_by_serial(std::uint64_t serial) {
    const auto at = rooms_by_serial_.find(serial);
    return at == rooms_by_serial_.end() ? nullptr : at->second;
}

Session* Service::Impl::session_by_serial(std::uint64_t serial) {
    const auto at = sessions_by_serial_.find(serial);
    return at == sessions_by_serial_.end() ? nullptr : at->second;
}

std::string Service::Impl::fresh_client_id() {
    static constexpr std::size_t kLength = 16;  // 80 bits
    std::string id = random_.id(kLength);
    while (sessions_.contains(id)) id = random_.id(kLength);
    return id;
}

Session& Service::Impl::create_session(Connection& connection) {
    auto owned = std::make_unique<Session>(fresh_client_id(), ++last_serial_, config_.limits, now_);
    auto& session = *owned;
    sessions_.emplace(session.id, std::move(owned));
    sessions_by_serial_.emplace(session.serial, &session);
    session.connection = connection.info.id;
    session.remote = connection.info.remote;
    session.grant = connection.info.grant;
    connection.session = &session;
    issue_token(session);
    return session;
}

void Service::Impl::destroy_session(Session& session) {
    PARLEY_ASSERT(session.room == nullptr);
    drop_token(session.token);
    drop_token(session.used_token);
    if (timers_.is_set({TimerKind::kDetached, session.serial})) --detached_;
    timers_.clear({TimerKind::kDetached, session.serial});
    sessions_by_serial_.erase(session.serial);
    sessions_.erase(session.id);
}

bool Service::Impl::metadata_fits(const Json& message) const {
    const auto metadata = message.find("metadata");
    return metadata == message.end() || to_text(*metadata).size() <= config_.limits.metadata_bytes;
}

std::optional<Topology> Service::Impl::wanted_topology(const Connection& connection,
                                                       const Json& message, ErrorDetail& detail) {
    const bool in_message = message.contains("topology");
    const auto text = in_message ? text_of(message, "topology") : connection.info.topology;
    if (text.empty()) return config_.topology;
    const auto topology = topology_from(text);
    if (!topology) detail.field = in_message ? "/topology" : "?topology";
    return topology;
}

std::optional<ErrorCode> Service::Impl::check_join(Connection& connection, const Json& message,
                                                   Topology wanted, ErrorDetail& detail) {
    const auto& limits = config_.limits;
    const auto name = text_of(message, "room");
    const auto& grant = connection.session->grant;
    if (shutting_down_) return ErrorCode::kShuttingDown;
    if (!use_of(connection.address).joins.take(now_)) return ErrorCode::kJoinRateLimited;
    if (!grant && config_.grant_required) return ErrorCode::kTokenRequired;
    if (grant && grant->expires <= now_) return ErrorCode::kTokenExpired;
    detail.field = "/room";
    if (grant && !grant->room.empty() && grant->room != name) return ErrorCode::kTokenWrongRoom;
    if (const auto* room = find_room(name)) {
        const auto others = std::ranges::count_if(
            room->members, [&](const Session* member) { return member != connection.session; });
        const auto most = room->wanted == Topology::kMesh ? limits.participants_per_mesh
                                                          : limits.participants_per_room;
        if (static_cast<std::size_t>(others) >= most) return ErrorCode::kRoomFull;
    } else if (rooms_.size() >= limits.rooms) {
        return ErrorCode::kRoomsExhausted;
    } else if (const auto most = wanted == Topology::kMesh ? limits.participants_per_mesh
                                                           : limits.participants_per_room;
               most == 0) {
        return ErrorCode::kRoomFull;
    }
    detail.field = "/metadata";
    if (!metadata_fits(message)) return ErrorCode::kMetadataTooLarge;
    return std::nullopt;
}

namespace {

Capabilities read_capabilities(const Json& message) {
    Capabilities can;
    const auto at = message.find("capabilities");
    if (at == message.end()) return can;
    const auto resume = at->find("resume");
    can.resume = resume != at->end() && *resume == true;
    const auto list = at->find("topology");
    if (list == at->end()) return can;
    const auto has = [&list](std::string_view name) {
        return std::ranges::find(*list, Json(name)) != list->end();
    };
    can.mesh = has("mesh");
    can.topology_messages = can.mesh && has("sfu");
    return can;
}

}  // namespace

void Service::Impl::on_join(Connection& connection, const Json& message) {
    auto& session = *connection.session;
    auto detail = about(message);
    const auto wanted = wanted_topology(connection, message, detail);
    if (!wanted) return send_error(session, ErrorCode::kTopologyUnsupported, detail);
    if (const auto refused = check_join(connection, message, *wanted, detail)) {
        return send_error(session, *refused, detail);
    }
    ++totals_.joins;
    leave_room(session, "moved");
    auto& room = enter_room(text_of(message, "room"), *wanted);
    const auto metadata = message.find("metadata");
    session.metadata = metadata == message.end() ? Json::object() : *metadata;
    session.can = read_capabilities(message);
    session.sent_seq = 0;
    session.client_seq = 0;
    session.missed.clear();
    connection.pinged_seq = 0;
    session.joined = now_;
    session.room = &room;
    room.members.push_back(&session);
    settle_topology(room, session);
    say_joined(session);
    if (room.mesh) {
        send_room(
            room,
            {{"type", "peer-joined"}, {"clientId", session.id}, {"metadata", session.metadata}},
            &session);
    }
    send_room(room, {{"type", "participant-joined"}, {"participant", participant_json(session)}},
              &session);
}

Room& Service::Impl::enter_room(std::string_view name, Topology wanted) {
    if (auto* room = find_room(name)) return *room;
    auto owned = std::make_unique<Room>();
    auto& room = *owned;
    room.name = name;
    room.serial = ++last_serial_;
    room.wanted = wanted;
    room.mesh = wanted != Topology::kSfu;
    room.created = now_;
    rooms_by_serial_.emplace(room.serial, &room);
    rooms_.emplace(room.name, std::move(owned));
    return room;
}

std::string Service::Impl::joined_text(const Session& session, Json peers,
                                       const Session* without) const {
    const auto& room = *session.room;
    Json joined{{"type", "joined"},
                {"room", room.name},
                {"clientId", session.id},
                {"topology", room.mesh ? "mesh" : "sfu"},
                {"rights", rights_json(session)},
                {"iceServers", ice_servers_json(config_)},
                {"metadata", session.metadata},
                {"resumable", session.can.resume}};
    if (session.force_muted_in == room.serial) joined["forceMuted"] = true;
    // In braces they would be copied.
    joined["peers"] = std::move(peers);
    std::string text = to_text(joined);
    text.back() = ',';
    text += R"("participants":[)";
    for (const auto* member : room.members) {
        if (member == &session || member == without) continue;
        if (text.back() == '}') text += ',';
        text += participant_text(*member);
    }
    return text + "]}";
}

void Service::Impl::say_joined(Session& session) {
    Json peers = Json::array();
    if (session.room->mesh) {
        for (const auto* member : session.room->members) {
            if (member != &session) peers.push_back(peer_json(*member));
        }
    } else {
        peers.push_back(sfu_peer_json());
    }
    send_text(session, joined_text(session, std::move(peers)), StateKind::kNone);
}

void Service::Impl::leave_room(Session& session, std::string_view reason) {
    if (session.room == nullptr) return;
    auto& room = *session.room;
    std::erase(room.members, &session);
    if (session.peer) {
        commands_.push_back(ClosePeer{*session.peer, std::string(reason)});
        peers_.erase(*session.peer);
    }
    forget_membership(session);
    if (room.members.empty()) return remove_room(room);
    if (room.mesh) {
        send_room(room, {{"type", "peer-left"}, {"clientId", session.id}});
        timers_.clear({TimerKind::kMesh, room.serial});
        for (auto* member : room.members) member->mesh_connected = false;
    }
    send_room(room, {{"type", "participant-left"}, {"clientId", session.id}, {"reason", reason}});
}

void Service::Impl::forget_membership(Session& session) {
    session.room = nullptr;
    session.can = {};
    session.mesh_connected = false;
    session.peer.reset();
    session.state = PeerState::kNew;
    session.server_offer_outstanding = false;
    session.server_offer_voided = false;
    session.candidates = 0;
    session.tracks.clear();
    session.described.clear();
    session.wishes.clear();
    session.stats.reset();
    session.timeline = {};
    session.quality.reset();
    session.layers = Json::array();
    session.layers_changed = false;
    session.missed.clear();
}

void Service::Impl::remove_room(Room& room) {
    timers_.clear({TimerKind::kMesh, room.serial});
    timers_.clear({TimerKind::kStatus, room.serial});
    rooms_by_serial_.erase(room.serial);
    rooms_.erase(room.name);
}

void Service::Impl::on_set_metadata(Session& session, const Json& message) {
    if (!metadata_fits(message)) {
        auto detail = about(message);
        detail.field = "/metadata";
        return send_error(session, ErrorCode::kMetadataTooLarge, detail);
    }
    session.metadata = *message.find("metadata");
    send_room(*session.room,
              {{"type", "participant-changed"}, {"participant", participant_json(session)}},
              &session);
}

}  // namespace parley::signal
