// Removing, muting and closing, by a participant with the right or by the operator.

#include <utility>

#include "signal/impl.hpp"

namespace parley::signal {

bool Service::Impl::require_admin(Session& session, const Json& message) {
    if (session.admin()) return true;
    auto detail = about(message);
    detail.cause = "This needs the right to administer the room.";
    send_error(session, ErrorCode::kForbidden, detail);
    return false;
}

void Service::Impl::evict(Session& session, const Json& message, CloseCode code,
                          std::string_view reason) {
    send(session, message);
    if (auto* connection = connection_of(session)) close_connection(*connection, code, reason);
    leave_room(session, "removed");
    destroy_session(session);
}

void Service::Impl::evict_all(Room& room, std::string_view reason) {
    const auto members = room.members;
    const Json message{{"type", "room-closed"}, {"reason", reason}};
    for (auto* member : members) {
        send(*member, message);
        if (auto* connection = connection_of(*member)) {
            close_connection(*connection, CloseCode::kRoomClosed, "room-closed");
        }
    }
    for (auto* member : members) {  // nobody hears of the others' leaving any more
        leave_room(*member, "removed");
        destroy_session(*member);
    }
}

AdminResult Service::Impl::force_mute(Room& room, std::string_view participant,
                                      std::string_view track, bool muted) {
    auto* session = room.find(participant);
    if (session == nullptr) return AdminResult::kNotFound;
    if (track.empty() && !muted) session->force_muted_in = 0;
    if (!session->peer) return AdminResult::kUnsupported;
    if (!track.empty() && !session->tracks.contains(track)) return AdminResult::kNotFound;
    if (track.empty() && muted) session->force_muted_in = room.serial;
    commands_.push_back(ForceMute{*session->peer, std::string(track), muted});
    return AdminResult::kOk;
}

void Service::Impl::on_remove(Session& session, const Json& message) {
    if (!require_admin(session, message)) return;
    const auto id = text_of(message, "clientId");
    auto* target = session.room->find(id);
    if (target == nullptr) {
        auto detail = about(message);
        detail.target = std::string(id);
        detail.field = "/clientId";
        return send_error(session, ErrorCode::kNotFound, detail);
    }
    const auto reason = text_of(message, "reason");
    evict(*target, {{"type", "removed"}, {"reason", reason}}, CloseCode::kRemoved, "removed");
}

void Service::Impl::on_mute(Session& session, const Json& message) {
    if (!require_admin(session, message)) return;
    const auto id = text_of(message, "clientId");
    const auto wanted = message.find("muted");
    const bool muted = wanted == message.end() || *wanted == true;
    const auto result = force_mute(*session.room, id, text_of(message, "track"), muted);
    if (result == AdminResult::kOk) return;
    auto detail = about(message);
    detail.target = std::string(id);
    send_error(
        session,
        result == AdminResult::kNotFound ? ErrorCode::kNotFound : ErrorCode::kUnsupportedInMesh,
        detail);
}

void Service::Impl::on_close_room(Session& session, const Json& message) {
    if (!require_admin(session, message)) return;
    evict_all(*session.room, text_of(message, "reason"));
}

AdminResult Service::Impl::remove_participant(std::string_view room, std::string_view participant,
                                              std::string_view reason) {
    auto* there = find_room(room);
    auto* session = there == nullptr ? nullptr : there->find(participant);
    if (session == nullptr) return AdminResult::kNotFound;
    evict(*session, {{"type", "removed"}, {"reason", reason}}, CloseCode::kRemoved, "removed");
    return AdminResult::kOk;
}

AdminResult Service::Impl::mute_participant(std::string_view room, std::string_view participant,
                                            std::string_view track, bool muted) {
    auto* there = find_room(room);
    return there == nullptr ? AdminResult::kNotFound
                            : force_mute(*there, participant, track, muted);
}

AdminResult Service::Impl::close_room(std::string_view room, std::string_view reason) {
    auto* there = find_room(room);
    if (there == nullptr) return AdminResult::kNotFound;
    evict_all(*there, reason);
    return AdminResult::kOk;
}

}  // namespace parley::signal
