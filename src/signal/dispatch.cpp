// From a text frame to its handler: length, rate, JSON, schema, repetition, state.

#include <utility>

#include "signal/impl.hpp"
#include "signal/names.hpp"

namespace parley::signal {

namespace {

// In a mesh, descriptions and candidates go to others as well.
bool is_passed_on(std::string_view type, const Json& message) {
    if (type == "broadcast" || type == "direct" || type == "set-metadata") return true;
    const bool negotiation = type == "offer" || type == "answer" || type == "ice-candidate";
    const auto to = text_of(message, "to");
    return negotiation && !to.empty() && to != "sfu";
}

}  // namespace

bool Service::Impl::within_rate(Connection& connection) {
    if (connection.messages.full(now_)) connection.rate_limited = 0;
    // What a client's own limit refuses does not use up the allowance of its neighbours.
    const bool own = connection.messages.take(now_);
    if (own && use_of(connection.address).messages.take(now_)) return true;
    ++totals_.rate_limited;
    auto& session = *connection.session;
    if (++connection.rate_limited > config_.limits.rate_limited_messages) {
        close_connection(connection, CloseCode::kPolicy, "rate_limited");
        lose_socket(session, true);
        return false;
    }
    if (now_ >= connection.rate_error_at) {
        connection.rate_error_at = now_ + 1s;  // the complaint itself must not become a flood
        ErrorDetail detail;
        if (own) detail.cause = "The connections of this address said more than its limit allows.";
        send_error(session, ErrorCode::kRateLimited, detail);
    }
    return false;
}

// What others get as it is. They keep so much of it, and lose their connection where it is more.
bool Service::Impl::may_pass_on(Connection& connection, const Json& message, std::size_t size) {
    const auto& limits = config_.limits;
    const auto type = text_of(message, "type");
    const bool application = type == "broadcast" || type == "direct";
    auto detail = about(message);
    if (application && size > limits.relayed_bytes) {
        detail.cause = "A message to others may have " + std::to_string(limits.relayed_bytes) +
                       " octets; this one has " + std::to_string(size) + ".";
        detail.remedy = "Split it, or send it by a data channel.";
        send_error(*connection.session, ErrorCode::kMessageTooLarge, detail);
        return false;
    }
    if (connection.session->relayed.take(now_, static_cast<double>(size))) return true;
    ++totals_.rate_limited;
    // Who says something of itself is to know that the others do not: it may say it again.
    if (type != "set-metadata" && now_ < connection.rate_error_at) return false;
    connection.rate_error_at = now_ + 1s;
    detail.cause = "The client had more octets passed on to others than its limit allows.";
    send_error(*connection.session, ErrorCode::kRateLimited, detail);
    return false;
}

void Service::Impl::refuse_json(Connection& connection, const JsonError& error) {
    auto& session = *connection.session;
    send_error(
        session, ErrorCode::kBadJson,
        {.cause = "Reading stopped: " + std::string(error.problem) + ".", .offset = error.offset});
    if (++connection.bad_json < config_.limits.bad_json_messages) return;
    close_connection(connection, CloseCode::kInvalidData, "bad_json");
    lose_socket(session, true);
}

bool Service::Impl::is_repeated(Session& session, std::string_view type, const Json& message) {
    if (!session.numbered() || type == "join" || type == "ping" || type == "resume") return false;
    const auto at = message.find("seq");
    if (at == message.end() || !at->is_number_unsigned() || *at == 0) return false;
    const auto seq = at->get<std::uint64_t>();
    if (seq <= session.client_seq) return true;
    session.client_seq = seq;
    return false;
}

void Service::Impl::handle_text(ConnectionId id, std::string_view text) {
    auto* connection = find(id);
    if (connection == nullptr) return;
    connection->heard = now_;
    connection->pinged = false;
    auto& session = *connection->session;
    if (text.size() > config_.limits.message_bytes) {
        send_error(session, ErrorCode::kMessageTooLarge, {});
        close_connection(*connection, CloseCode::kTooBig, "message_too_large");
        lose_socket(session, true);
        return;
    }
    if (!within_rate(*connection)) return;
    const auto parsed = parse_json(text, config_.limits.json_depth);
    if (!parsed) return refuse_json(*connection, parsed.error());
    connection->bad_json = 0;
    drop_token(session.used_token);

    const Json& message = *parsed;
    if (!message.is_object() || text_of(message, "type").empty()) {
        return send_error(session, ErrorCode::kInvalidMessage,
                          {.field = message.is_object() ? "/type" : "",
                           .cause = "A message is a JSON object with a text `type`."});
    }
    const auto type = text_of(message, "type");
    if (!schemas_->knows("client", type)) {
        return send_error(session, ErrorCode::kUnknownType, {.field = "/type"});
    }
    ++messages_in_.find(type)->second;
    if (const auto violation = schemas_->check("client", type, message)) {
        auto detail = about(message);
        detail.field = violation->field;
        detail.cause = "`" + violation->field + "` " + violation->problem + ".";
        if (type == "join" && violation->field == "/room") detail.remedy = kRoomNameRemedy;
        return send_error(session, ErrorCode::kInvalidMessage, detail);
    }
    if (is_repeated(session, type, message)) return;
    if (is_passed_on(type, message) && !may_pass_on(*connection, message, text.size())) return;
    dispatch(*connection, type, message);
}

void Service::Impl::dispatch(Connection& connection, std::string_view type, const Json& message) {
    auto& session = *connection.session;
    if (type == "join") return on_join(connection, message);
    if (type == "ping") return on_ping(connection, message);
    if (type == "resume") return on_resume(connection, message);
    if (type == "leave") {
        leave_room(session, "left");
        if (shutting_down_) {
            close_connection(connection, CloseCode::kGoingAway, "shutdown");
            destroy_session(session);
        }
        return;
    }
    if (session.room == nullptr) {
        auto detail = about(message);
        detail.cause = "The client is in no room.";
        return send_error(session, ErrorCode::kBadState, detail);
    }
    dispatch_in_room(session, type, message);
}

void Service::Impl::dispatch_in_room(Session& session, std::string_view type, const Json& message) {
    if (type == "ice-candidate") return on_candidate(session, message);
    if (type == "offer") return on_description(session, SdpType::kOffer, message);
    if (type == "answer") return on_description(session, SdpType::kAnswer, message);
    if (type == "broadcast") return on_broadcast(session, message);
    if (type == "direct") return on_direct(session, message);
    if (type == "describe-track") return on_describe_track(session, message);
    if (type == "layer-wish") return on_layer_wish(session, message);
    if (type == "video-limit") return on_video_limit(session, message);
    dispatch_rare(session, type, message);
}

void Service::Impl::dispatch_rare(Session& session, std::string_view type, const Json& message) {
    if (type == "set-metadata") return on_set_metadata(session, message);
    if (type == "mesh-connected") return on_mesh_connected(session);
    if (type == "mesh-failed") return on_mesh_failed(session, message);
    if (type == "remove-participant") return on_remove(session, message);
    if (type == "mute-participant") return on_mute(session, message);
    if (type == "close-room") return on_close_room(session, message);
}

}  // namespace parley::signal
