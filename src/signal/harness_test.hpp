// A signaling service in virtual time with its sockets and its media node played by the test.
// Checks every message that the service says against schema/server/.

#pragma once

#include <gtest/gtest.h>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "signal/json.hpp"
#include "signal/schema.hpp"
#include "signal/service.hpp"

namespace parley::signal {

class Harness {
 public:
    struct Client {
        std::vector<Json> inbox;  // of this socket, oldest first
        int may_wait = 0;         // of those, messages that the server may hold back
        std::optional<Close> closed;
        int pings = 0;
    };

    explicit Harness(Config config = {}) : service(std::move(config), secret_, schemas_) {}

    /// Opens a socket and returns its id.
    ConnectionId open(ConnectionInfo info = {}) {
        info.id = ConnectionId(++last_);
        if (!info.remote.valid()) info.remote = *net::SocketAddress::parse("192.0.2.1:50000");
        clients.try_emplace(info.id);
        service.open(info, now);
        drain();
        return info.id;
    }
    ConnectionId open_with(RoomGrant grant) {
        ConnectionInfo info;
        info.grant = std::move(grant);
        return open(std::move(info));
    }
    ConnectionId open_from(std::string_view address) {
        ConnectionInfo info;
        info.remote = *net::SocketAddress::parse(address);
        return open(std::move(info));
    }

    void say(ConnectionId id, const Json& message) { say_text(id, message.dump()); }
    void say_text(ConnectionId id, std::string_view text) {
        service.handle_text(id, text, now);
        drain();
    }
    void drop(ConnectionId id, std::uint16_t code = 1006) {
        service.handle_closed(id, now, code);
        drain();
    }
    void event(const MediaEvent& one) {
        service.handle_media_event(one, now);
        drain();
    }
    /// Takes what an administrator's call left.
    void settle() { drain(); }
    /// Lets time pass; timers fire at their times. Sockets that answer pings keep doing so.
    void advance(Duration duration, bool answer_pings = true) {
        const Instant end = now + duration;
        while (service.next_timeout() <= end) {
            now = std::max(now, service.next_timeout());
            service.handle_timeout(now);
            drain(answer_pings);
        }
        now = end;
    }

    /// Opens, joins, returns the socket and the client id.
    std::pair<ConnectionId, std::string> join(std::string_view room, Json extra = Json::object(),
                                              ConnectionInfo info = {}) {
        const auto id = open(std::move(info));
        Json message{{"type", "join"}, {"room", room}};
        message.update(extra);
        say(id, message);
        return {id, clients[id].inbox.empty()
                        ? ""
                        : std::string(text_of(clients[id].inbox[0], "clientId"))};
    }

    std::vector<Json> all(ConnectionId id, std::string_view type) const {
        std::vector<Json> found;
        for (const auto& message : clients.at(id).inbox) {
            if (text_of(message, "type") == type) found.push_back(message);
        }
        return found;
    }
    /// The newest message of this type; null without one.
    Json last(ConnectionId id, std::string_view type) const {
        auto found = all(id, type);
        return found.empty() ? Json() : found.back();
    }
    std::vector<std::string> types(ConnectionId id) const {
        std::vector<std::string> found;
        for (const auto& message : clients.at(id).inbox)
            found.emplace_back(text_of(message, "type"));
        return found;
    }
    std::string last_code(ConnectionId id) const {
        const auto error = last(id, "error");
        return error.is_null() ? "" : std::string(text_of(error, "code"));
    }
    void forget(ConnectionId id) { clients[id].inbox.clear(); }
    bool is_closed(ConnectionId id) const { return clients.at(id).closed.has_value(); }

    template <typename Command>
    std::vector<Command> commands_of() const {
        std::vector<Command> found;
        for (const auto& command : commands) {
            if (const auto* one = std::get_if<Command>(&command)) found.push_back(*one);
        }
        return found;
    }
    PeerId last_peer() const {
        const auto created = commands_of<CreatePeer>();
        return created.empty() ? PeerId() : created.back().peer;
    }
    std::uint64_t error_count(std::string_view code) const {
        for (const auto& [name, count] : service.counters().errors) {
            if (name == code) return count;
        }
        return 0;
    }

    Instant now{1000s};
    std::map<ConnectionId, Client> clients;
    std::vector<MediaCommand> commands;

 private:
    void take(SendText&& output) {
        auto& client = clients.at(output.connection);
        ASSERT_FALSE(client.closed) << "spoken to after the close: " << output.text;
        auto message = Json::parse(output.text, nullptr, false);
        ASSERT_FALSE(message.is_discarded()) << output.text;
        const auto type = std::string(text_of(message, "type"));
        ASSERT_TRUE(schemas_->knows("server", type)) << output.text;
        if (const auto violation = schemas_->check("server", type, message)) {
            FAIL() << violation->field << " " << violation->problem << ": " << output.text;
        }
        client.inbox.push_back(std::move(message));
        if (output.may_wait) ++client.may_wait;
    }
    void drain(bool answer_pings = true) {
        while (auto output = service.poll_output()) {
            if (auto* text = std::get_if<SendText>(&*output)) take(std::move(*text));
            if (auto* close = std::get_if<Close>(&*output)) {
                EXPECT_LE(close->reason.size(), 123U);
                clients.at(close->connection).closed = *close;
            }
            if (auto* ping = std::get_if<SendPing>(&*output)) {
                ++clients.at(ping->connection).pings;
                if (answer_pings) service.handle_pong(ping->connection, now);
            }
        }
        while (auto command = service.poll_media_command()) commands.push_back(std::move(*command));
    }

    SeededSecret secret_{7};
    std::shared_ptr<const Schemas> schemas_ = std::make_shared<const Schemas>();
    std::uint64_t last_ = 0;

 public:
    Service service;
};

inline Json offer_for(std::string_view to, std::string_view sdp = "v=0\r\n") {
    Json message{{"type", "offer"}, {"sdp", {{"type", "offer"}, {"sdp", sdp}}}};
    if (!to.empty()) message["to"] = to;
    return message;
}
inline Json answer_for(std::string_view to, std::string_view sdp = "v=0\r\n") {
    Json message{{"type", "answer"}, {"sdp", {{"type", "answer"}, {"sdp", sdp}}}};
    if (!to.empty()) message["to"] = to;
    return message;
}
inline Json resumable() {
    return {{"capabilities", {{"resume", true}}}};
}
inline Json can_mesh() {
    return {{"capabilities", {{"topology", {"mesh", "sfu"}}}}};
}

}  // namespace parley::signal
