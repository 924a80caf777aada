// How a room's members are connected, and the move of an `auto` room from mesh to the SFU.

#include <algorithm>
#include <utility>

#include "signal/impl.hpp"

namespace parley::signal {

void Service::Impl::connect_to_sfu(Session& session) {
    session.peer = PeerId(++last_peer_);
    session.state = PeerState::kNew;
    session.server_offer_outstanding = false;
    session.server_offer_voided = false;
    session.candidates = 0;
    peers_.emplace(*session.peer, &session);
    commands_.push_back(CreatePeer{*session.peer, session.room->name, session.id,
                                   session.may_publish(), session.may_subscribe()});
    // Joining anew does not lift what a moderator decided.
    if (session.force_muted_in == session.room->serial) {
        commands_.push_back(ForceMute{*session.peer, {}, true});
    }
}

/// `newcomer` is a member already, but knows and is known to nobody yet.
void Service::Impl::settle_topology(Room& room, Session& newcomer) {
    if (!room.mesh) return connect_to_sfu(newcomer);
    if (room.wanted != Topology::kAuto) return;
    if (!newcomer.can.mesh) return move_to_sfu(room, "client-cannot-mesh", &newcomer);
    if (room.members.size() > 2) return move_to_sfu(room, "third-participant", &newcomer);
    for (auto* member : room.members) member->mesh_connected = false;
    if (room.members.size() == 2) {
        timers_.set({TimerKind::kMesh, room.serial}, now_ + config_.mesh_connect);
    }
}

void Service::Impl::move_to_sfu(Room& room, std::string_view reason, const Session* newcomer) {
    timers_.clear({TimerKind::kMesh, room.serial});
    room.mesh = false;
    for (auto* member : room.members) connect_to_sfu(*member);
    const std::size_t known = room.members.size() - (newcomer != nullptr ? 1 : 0);
    if (known == 0) return;
    ++totals_.topology_switches;
    room.linger = now_ + config_.mesh_linger;
    for (auto* member : room.members) {
        if (member != newcomer) tell_moved(*member, reason, newcomer);
    }
}

void Service::Impl::tell_moved(Session& member, std::string_view reason, const Session* newcomer) {
    if (member.can.topology_messages) {
        send(member, {{"type", "topology"},
                      {"topology", "sfu"},
                      {"peers", Json::array({sfu_peer_json()})},
                      {"reason", reason}});
        return;
    }
    for (const auto* other : member.room->members) {
        if (other == &member || other == newcomer) continue;
        send(member, {{"type", "peer-left"}, {"clientId", other->id}});
    }
    // The newcomer is told apart, by participant-joined.
    send_text(member, joined_text(member, Json::array({sfu_peer_json()}), newcomer),
              StateKind::kNone);
}

void Service::Impl::on_mesh_connected(Session& session) {
    auto& room = *session.room;
    // A report may cross the move; it is then late, not wrong.
    if (!room.is_auto_mesh() || room.members.size() < 2) return;
    session.mesh_connected = true;
    const bool missing = std::ranges::any_of(room.members, [](const Session* member) {
        return member->can.topology_messages && !member->mesh_connected;
    });
    if (!missing) timers_.clear({TimerKind::kMesh, room.serial});
}

void Service::Impl::on_mesh_failed(Session& session, const Json&) {
    if (!session.room->is_auto_mesh() || session.room->members.size() < 2) return;
    move_to_sfu(*session.room, "mesh-failed", nullptr);
}

void Service::Impl::on_mesh_timer(std::uint64_t serial) {
    auto* room = room_by_serial(serial);
    if (room == nullptr || !room->is_auto_mesh()) return;
    move_to_sfu(*room, "mesh-timeout", nullptr);
}

}  // namespace parley::signal
