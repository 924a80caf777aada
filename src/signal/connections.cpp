// Sockets: admission, heartbeat, closing, and the end of the server.

#include <utility>

#include "base/assert.hpp"
#include "signal/impl.hpp"

namespace parley::signal {

Connection* Service::Impl::find(ConnectionId id) {
    const auto at = connections_.find(id);
    return at == connections_.end() ? nullptr : at->second.get();
}

Connection* Service::Impl::connection_of(Session& session) {
    return session.connection ? find(*session.connection) : nullptr;
}

Service::Impl::AddressUse& Service::Impl::use_of(const net::IpAddress& address) {
    if (addresses_.size() > 2 * config_.limits.connections) forget_idle_addresses();
    const double joins = config_.limits.joins_per_minute_per_address;
    const double messages = config_.limits.messages_per_second_per_address;
    // One client alone may use its whole burst.
    const double burst = std::max<double>(5 * messages, config_.limits.message_burst);
    return addresses_
        .try_emplace(address, AddressUse{0, TokenBucket(joins / 60, joins, now_),
                                         TokenBucket(messages, burst, now_)})
        .first->second;
}

void Service::Impl::forget_idle_addresses() {
    std::erase_if(addresses_, [](const auto& entry) { return entry.second.connections == 0; });
}

void Service::Impl::refuse(ConnectionId id, ErrorCode code, CloseCode close) {
    ++totals_.connections_refused;
    send_raw(id, to_text(error_json(code, {})));
    outputs_.push_back(Close{id, std::to_underlying(close), std::string(describe(code).name)});
}

bool Service::Impl::admit(const ConnectionInfo& info) {
    if (shutting_down_) {
        refuse(info.id, ErrorCode::kShuttingDown, CloseCode::kGoingAway);
        return false;
    }
    const auto& limits = config_.limits;
    if (connections_.size() >= limits.connections ||
        use_of(net::client_prefix(info.remote.ip)).connections >= limits.connections_per_address) {
        refuse(info.id, ErrorCode::kTooManyConnections, CloseCode::kTryAgainLater);
        return false;
    }
    return true;
}

void Service::Impl::open(const ConnectionInfo& info) {
    PARLEY_ASSERT(!connections_.contains(info.id));
    ++totals_.connections_opened;
    if (!admit(info)) return;
    const auto address = net::client_prefix(info.remote.ip);
    ++use_of(address).connections;
    const auto& limits = config_.limits;
    auto& connection =
        *connections_
             .emplace(info.id, std::make_unique<Connection>(
                                   Connection{.info = info,
                                              .address = address,
                                              .messages = TokenBucket(limits.messages_per_second,
                                                                      limits.message_burst, now_),
                                              .heard = now_}))
             .first->second;
    timers_.set({TimerKind::kHeartbeat, info.id.value}, now_ + config_.heartbeat_idle);
    if (info.resume_token.empty()) {
        create_session(connection);
        say_welcome(connection);
        return;
    }
    const auto refused = resume(connection, info.resume_token, info.resume_last_seq);
    if (!refused) return;
    create_session(connection);
    say_welcome(connection);
    send_error(*connection.session, *refused, {.in_reply_to = "resume"});
}

void Service::Impl::say_welcome(Connection& connection) {
    send(*connection.session, {{"type", "welcome"},
                               {"clientId", connection.session->id},
                               {"resumeToken", connection.session->token},
                               {"resumeWindowMs", to_ms(config_.resume_window)},
                               {"iceServers", ice_servers_json(config_)},
                               {"protocol", 1},
                               {"heartbeatMs", to_ms(config_.heartbeat_idle)},
                               {"messageBytes", config_.limits.message_bytes}});
}

void Service::Impl::forget_connection(Connection& connection) {
    if (connection.session != nullptr) connection.session->connection.reset();
    const auto use = addresses_.find(connection.address);
    if (use != addresses_.end()) {
        --use->second.connections;
        // An entry whose allowance is whole says nothing that a new one would not.
        if (use->second.connections == 0 && use->second.joins.full(now_) &&
            use->second.messages.full(now_)) {
            addresses_.erase(use);
        }
    }
    timers_.clear({TimerKind::kHeartbeat, connection.info.id.value});
    connections_.erase(connection.info.id);
}

void Service::Impl::close_connection(Connection& connection, CloseCode code,
                                     std::string_view reason) {
    static constexpr std::size_t kMaxReason = 123;  // RFC 6455 §5.5: 125 octets with the code
    outputs_.push_back(Close{connection.info.id, std::to_underlying(code),
                             std::string(reason.substr(0, kMaxReason))});
    forget_connection(connection);
}

void Service::Impl::handle_closed(ConnectionId id, std::uint16_t code) {
    auto* connection = find(id);
    if (connection == nullptr) return;
    auto& session = *connection->session;
    forget_connection(*connection);
    lose_socket(session, code == std::to_underlying(CloseCode::kNormal) ||
                             code == std::to_underlying(CloseCode::kGoingAway));
}

void Service::Impl::lose_socket(Session& session, bool for_good) {
    const bool keep = session.numbered() && !for_good && !shutting_down_ &&
                      detached_ < config_.limits.detached_sessions;
    if (!keep) {
        leave_room(session, for_good ? "left" : "disconnected");
        destroy_session(session);
        return;
    }
    ++detached_;
    timers_.set({TimerKind::kDetached, session.serial}, now_ + config_.resume_window);
    send_room(*session.room,
              {{"type", "participant-changed"}, {"participant", participant_json(session)}},
              &session);
}

void Service::Impl::handle_pong(ConnectionId id) {
    auto* connection = find(id);
    if (connection == nullptr) return;
    connection->heard = now_;
    connection->pinged = false;
    // The pong followed everything sent before its ping. The client may still lose what its socket
    // had received, so the messages stay for as long as a resume may take.
    connection->session->missed.expire(connection->pinged_seq, now_ - config_.resume_window);
}

void Service::Impl::on_heartbeat(std::uint64_t serial) {
    auto* connection = find(ConnectionId(serial));
    if (connection == nullptr) return;
    const auto silent = now_ - connection->heard;
    if (silent >= config_.heartbeat_dead) {
        ++totals_.heartbeat_timeouts;
        auto& session = *connection->session;
        close_connection(*connection, CloseCode::kHeartbeat, "nothing heard");
        lose_socket(session, false);
        return;
    }
    if (silent >= config_.heartbeat_idle && !connection->pinged) {
        connection->pinged = true;
        connection->pinged_seq = connection->session->sent_seq;
        outputs_.push_back(SendPing{connection->info.id});
    }
    const auto wait = connection->pinged ? config_.heartbeat_dead : config_.heartbeat_idle;
    timers_.set({TimerKind::kHeartbeat, serial}, connection->heard + wait);
}

void Service::Impl::handle_timeout() {
    while (const auto due = timers_.take_due(now_)) {
        switch (due->kind) {
            case TimerKind::kHeartbeat: on_heartbeat(due->serial); break;
            case TimerKind::kMesh: on_mesh_timer(due->serial); break;
            case TimerKind::kStatus: on_status_timer(due->serial); break;
            case TimerKind::kShutdown: close_all(); break;
            case TimerKind::kDetached:
                if (auto* session = session_by_serial(due->serial)) {
                    --detached_;
                    leave_room(*session, "disconnected");
                    destroy_session(*session);
                }
                break;
        }
    }
}

void Service::Impl::begin_shutdown(Duration grace) {
    if (shutting_down_) return;
    shutting_down_ = true;
    timers_.set({TimerKind::kShutdown, 0}, now_ + grace);
    std::vector<Session*> away;
    std::vector<Session*> idle;
    for (const auto& [id, session] : sessions_) {
        if (!session->connection) {
            away.push_back(session.get());
        } else if (session->room == nullptr) {
            idle.push_back(session.get());
        } else {
            send(*session, {{"type", "server-shutdown"},
                            {"reason", "The server is stopping."},
                            {"deadlineMs", to_ms(grace)}});
        }
    }
    for (auto* session : away) {  // nobody can resume any more
        leave_room(*session, "disconnected");
        destroy_session(*session);
    }
    for (auto* session : idle) {
        close_connection(*connection_of(*session), CloseCode::kGoingAway, "shutdown");
        destroy_session(*session);
    }
}

void Service::Impl::close_all() {
    while (!connections_.empty()) {
        close_connection(*connections_.begin()->second, CloseCode::kGoingAway, "shutdown");
    }
    while (!sessions_.empty()) {  // nobody hears of the others' leaving any more
        auto& session = *sessions_.begin()->second;
        leave_room(session, "disconnected");
        destroy_session(session);
    }
}

}  // namespace parley::signal
