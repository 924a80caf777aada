// Descriptions and candidates, to the media server or between the peers of a mesh, and the
// application's own messages.

#include <utility>

#include "signal/impl.hpp"

namespace parley::signal {

Service::Impl::Target Service::Impl::find_target(Session& session, const Json& message) {
    const auto& room = *session.room;
    const auto to = text_of(message, "to");
    if (!room.mesh && (to.empty() || to == kSfuId)) return {.to_sfu = true};
    if (room.mesh && to.empty() && room.members.size() == 2) {
        return {.peer = room.members[room.members.front() == &session ? 1 : 0]};
    }
    const bool peers_talk = room.mesh || (room.linger && now_ < *room.linger);
    auto* peer = peers_talk && !to.empty() ? room.find(to) : nullptr;
    if (peer != nullptr && peer != &session) return {.peer = peer};
    auto detail = about(message);
    detail.target = std::string(to);
    if (to.empty()) {
        detail.target.reset();
        detail.field = "/to";
    }
    send_error(session, ErrorCode::kTargetNotFound, detail);
    return {};
}

void Service::Impl::relay(Session& from, Session& to, const Json& message) {
    Json copy = message;
    copy["from"] = from.id;
    copy.erase("seq");  // belongs to the sender's socket
    send(to, copy);
}

void Service::Impl::on_description(Session& session, SdpType type, const Json& message) {
    const auto target = find_target(session, message);
    if (target.peer != nullptr) {
        session.candidates = 0;
        return relay(session, *target.peer, message);
    }
    if (!target.to_sfu) return;
    if (type == SdpType::kAnswer && !session.server_offer_outstanding) {
        auto detail = about(message);
        detail.cause = "No offer of the server is outstanding.";
        return send_error(session, ErrorCode::kBadState, detail);
    }
    // An answer settles the server's offer; an offer that crosses it makes the server yield.
    session.server_offer_voided = type == SdpType::kOffer &&
                                  (session.server_offer_outstanding || session.server_offer_voided);
    session.server_offer_outstanding = false;
    session.candidates = 0;
    commands_.push_back(
        RemoteDescription{*session.peer, type, std::string(text_of(*message.find("sdp"), "sdp"))});
}

bool Service::Impl::count_candidate(Session& session, const Json& message) {
    if (++session.candidates <= config_.limits.candidates_per_description) return true;
    auto detail = about(message);
    detail.cause = "More candidates than a description may have.";
    send_error(session, ErrorCode::kRateLimited, detail);
    return false;
}

void Service::Impl::on_candidate(Session& session, const Json& message) {
    const auto target = find_target(session, message);
    if (target.peer == nullptr && !target.to_sfu) return;
    if (!count_candidate(session, message)) return;
    if (target.peer != nullptr) return relay(session, *target.peer, message);
    const auto& candidate = *message.find("candidate");
    const auto text = candidate.is_object() ? text_of(candidate, "candidate") : std::string_view{};
    commands_.push_back(RemoteCandidate{*session.peer, std::string(text)});
}

void Service::Impl::on_broadcast(Session& session, const Json& message) {
    Json copy = message;
    copy["from"] = session.id;
    copy.erase("seq");
    send_room(*session.room, copy, &session);
}

void Service::Impl::on_direct(Session& session, const Json& message) {
    const auto to = text_of(message, "to");
    auto* peer = session.room->find(to);
    if (peer == nullptr) {
        auto detail = about(message);
        detail.target = std::string(to);
        return send_error(session, ErrorCode::kTargetNotFound, detail);
    }
    relay(session, *peer, message);
}

}  // namespace parley::signal
