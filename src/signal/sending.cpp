// Everything that goes out passes here: numbering, the resume buffer, errors.

#include <utility>

#include "signal/impl.hpp"

namespace parley::signal {
namespace {

/// From so many members on a room is a crowd, whose news need not be sent one by one.
constexpr std::size_t kCrowd = 16;

}  // namespace

void Service::Impl::send_raw(ConnectionId connection, std::string text, bool may_wait) {
    ++totals_.messages_out;
    outputs_.push_back(SendText{connection, std::move(text), may_wait});
}

void Service::Impl::send_text(Session& session, const std::string& text, StateKind kind,
                              bool may_wait) {
    if (!session.numbered()) {
        if (session.connection) send_raw(*session.connection, text, may_wait);
        return;
    }
    // `text` is an object with at least `type`; its number goes before the closing brace.
    std::string numbered(text, 0, text.size() - 1);
    numbered += ",\"seq\":" + std::to_string(++session.sent_seq) + "}";
    totals_.resume_evictions += session.missed.push(session.sent_seq, numbered, kind, now_);
    if (session.connection) send_raw(*session.connection, std::move(numbered), may_wait);
}

void Service::Impl::send(Session& session, const Json& message, StateKind kind) {
    send_text(session, to_text(message), kind);
}

void Service::Impl::send_room(const Room& room, const Json& message, const Session* except,
                              StateKind kind) {
    const auto text = to_text(message);
    const bool crowd = room.members.size() >= kCrowd;
    for (auto* member : room.members) {
        if (member != except) send_text(*member, text, kind, crowd);
    }
}

Json Service::Impl::error_json(ErrorCode code, const ErrorDetail& detail) {
    ++errors_[std::to_underlying(code)];
    const auto& text = describe(code);
    Json error{{"type", "error"},
               {"message", text.message},
               {"code", text.name},
               {"cause", detail.cause.empty() ? std::string(text.cause) : detail.cause},
               {"remedy", detail.remedy.empty() ? text.remedy : detail.remedy}};
    if (!detail.field.empty()) error["field"] = detail.field;
    if (!detail.in_reply_to.empty()) error["inReplyTo"] = detail.in_reply_to;
    if (detail.reply_seq) error["replySeq"] = *detail.reply_seq;
    if (detail.target) error["targetId"] = *detail.target;
    if (detail.offset) error["offset"] = *detail.offset;
    return error;
}

void Service::Impl::send_error(Session& session, ErrorCode code, const ErrorDetail& detail) {
    send(session, error_json(code, detail));
}

ErrorDetail about(const Json& message) {
    ErrorDetail detail{.in_reply_to = text_of(message, "type")};
    const auto seq = message.find("seq");
    if (seq != message.end() && seq->is_number_unsigned() && *seq > 0) {
        detail.reply_seq = seq->get<std::uint64_t>();
    }
    return detail;
}

}  // namespace parley::signal
