// Sessions that outlive their socket: tokens, and handing over what was missed.

#include <utility>

#include "signal/impl.hpp"

namespace parley::signal {

namespace {

// The public part finds the session; the secret part is compared in constant time, so that timing
// tells nothing about it.
constexpr std::size_t kPublicLength = 10;  // 50 bits
constexpr std::size_t kSecretLength = 30;  // 150 bits

}  // namespace

std::string Service::Impl::fresh_token() {
    std::string token = random_.id(kPublicLength + kSecretLength);
    while (tokens_.contains(std::string_view(token).substr(0, kPublicLength))) {
        token = random_.id(kPublicLength + kSecretLength);
    }
    return token;
}

void Service::Impl::issue_token(Session& session) {
    session.token = fresh_token();
    tokens_.emplace(session.token.substr(0, kPublicLength), &session);
}

void Service::Impl::drop_token(std::string& token) {
    if (token.empty()) return;
    tokens_.erase(token.substr(0, kPublicLength));
    token.clear();
}

bool Service::Impl::matches(std::string_view kept, std::string_view presented) {
    if (kept.empty() || kept.size() != presented.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        difference |=
            static_cast<unsigned char>(kept[i]) ^ static_cast<unsigned char>(presented[i]);
    }
    return difference == 0;
}

Session* Service::Impl::find_by_token(std::string_view token) {
    const auto at = tokens_.find(token.substr(0, kPublicLength));
    if (at == tokens_.end()) return nullptr;
    auto* session = at->second;
    const bool good = matches(session->token, token) || matches(session->used_token, token);
    return good && session->numbered() ? session : nullptr;
}

/// The presented token stays good until the client speaks on its new socket: the answer with the
/// new one may be lost as well.
void Service::Impl::rotate_token(Session& session, std::string_view presented) {
    if (matches(session.token, presented)) {
        drop_token(session.used_token);
        session.used_token = std::move(session.token);
    } else {
        drop_token(session.token);
    }
    issue_token(session);
}

std::optional<ErrorCode> Service::Impl::resume(Connection& connection, std::string_view token,
                                               std::uint64_t last_seq) {
    auto* session = find_by_token(token);
    if (session == nullptr || last_seq > session->sent_seq) {
        ++totals_.resumes_failed;
        return ErrorCode::kResumeFailed;
    }
    if (auto* old = connection_of(*session)) {
        close_connection(*old, CloseCode::kReplaced, "resumed on another socket");
    } else {
        --detached_;
        timers_.clear({TimerKind::kDetached, session->serial});
    }
    const auto missed = session->missed.after(last_seq);
    if (!missed) {
        ++totals_.resumes_gap;
        leave_room(*session, "disconnected");
        destroy_session(*session);
        return ErrorCode::kResumeGap;
    }
    ++totals_.resumes_ok;
    rotate_token(*session, token);
    attach(connection, *session);
    send_raw(connection.info.id, to_text({{"type", "resumed"},
                                          {"clientId", session->id},
                                          {"resumeToken", session->token},
                                          {"room", session->room->name},
                                          {"lastSeq", session->client_seq},
                                          {"missed", missed->size()},
                                          {"iceServers", ice_servers_json(config_)}}));
    for (const auto text : *missed) send_raw(connection.info.id, std::string(text));
    session->missed.acknowledge(last_seq);
    send_room(*session->room,
              {{"type", "participant-changed"}, {"participant", participant_json(*session)}},
              session);
    return std::nullopt;
}

void Service::Impl::attach(Connection& connection, Session& session) {
    if (connection.session != nullptr) {
        connection.session->connection.reset();
        destroy_session(*connection.session);
    }
    connection.session = &session;
    connection.pinged_seq = 0;
    session.connection = connection.info.id;
    session.remote = connection.info.remote;
}

void Service::Impl::on_resume(Connection& connection, const Json& message) {
    auto& session = *connection.session;
    if (session.room != nullptr) {
        auto detail = about(message);
        detail.cause = "The client is in a room already.";
        return send_error(session, ErrorCode::kBadState, detail);
    }
    const auto last_seq = message.find("lastSeq");
    const auto refused = resume(connection, text_of(message, "token"),
                                last_seq == message.end() ? 0 : last_seq->get<std::uint64_t>());
    if (refused) send_error(session, *refused, about(message));
}

void Service::Impl::on_ping(Connection& connection, const Json& message) {
    auto& session = *connection.session;
    if (const auto seen = message.find("lastSeq"); seen != message.end()) {
        session.missed.acknowledge(std::min(seen->get<std::uint64_t>(), session.sent_seq));
    }
    Json pong{{"type", "pong"}};
    if (const auto timestamp = message.find("timestamp"); timestamp != message.end()) {
        pong["timestamp"] = *timestamp;
    }
    send_raw(connection.info.id, to_text(pong));
}

}  // namespace parley::signal
