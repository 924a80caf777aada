// The inside of the signaling service. One class, its members spread by idea: connections.cpp
// (sockets, heartbeat), dispatch.cpp (from text to handler), rooms.cpp (join, leave), topology.cpp
// (mesh and its move to the SFU), relay.cpp (descriptions, candidates, application messages),
// media.cpp (what nodes say), status.cpp (quality, layers), resume.cpp, moderation.cpp, report.cpp
// (the API's JSON and counters).

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/token_bucket.hpp"
#include "signal/errors.hpp"
#include "signal/json.hpp"
#include "signal/messages.hpp"
#include "signal/schema.hpp"
#include "signal/service.hpp"
#include "signal/state.hpp"
#include "signal/timers.hpp"

namespace parley::signal {

/// What an error says beyond its code.
struct ErrorDetail {
    std::string_view in_reply_to;
    std::optional<std::uint64_t> reply_seq;
    std::string field;
    std::string cause;        // instead of the table's
    std::string_view remedy;  // instead of the table's
    std::optional<std::string> target;
    std::optional<std::size_t> offset;
};

class Service::Impl {
 public:
    Impl(Config config, SecretRandom& random, std::shared_ptr<const Schemas> schemas);

    // connections.cpp
    void open(const ConnectionInfo& info);
    void handle_pong(ConnectionId id);
    void handle_closed(ConnectionId id, std::uint16_t code);
    void handle_timeout();
    void begin_shutdown(Duration grace);

    // dispatch.cpp
    void handle_text(ConnectionId id, std::string_view text);

    // media.cpp
    void handle_media_event(const MediaEvent& event);

    // moderation.cpp
    AdminResult remove_participant(std::string_view room, std::string_view participant,
                                   std::string_view reason);
    AdminResult mute_participant(std::string_view room, std::string_view participant,
                                 std::string_view track, bool muted);
    AdminResult close_room(std::string_view room, std::string_view reason);

    // report.cpp
    Json list_rooms() const;
    std::optional<Json> room_detail(std::string_view room) const;
    std::optional<Json> timeline(std::string_view room, std::string_view participant) const;
    Counters counters() const;

    Config config_;
    SecretRandom& random_;
    std::shared_ptr<const Schemas> schemas_;
    Instant now_{};  // of the call that is being served
    std::deque<Output> outputs_;
    std::deque<MediaCommand> commands_;
    Timers timers_;
    bool shutting_down_ = false;
    std::unordered_map<ConnectionId, std::unique_ptr<Connection>> connections_;

 private:
    struct AddressUse {
        std::size_t connections = 0;
        TokenBucket joins;
        TokenBucket messages;
    };

    // connections.cpp
    bool admit(const ConnectionInfo& info);
    void refuse(ConnectionId id, ErrorCode code, CloseCode close);
    AddressUse& use_of(const net::IpAddress& address);
    void forget_idle_addresses();
    void forget_connection(Connection& connection);
    void close_connection(Connection& connection, CloseCode code, std::string_view reason);
    void lose_socket(Session& session, bool for_good);
    void on_heartbeat(std::uint64_t serial);
    void say_welcome(Connection& connection);
    void close_all();
    Connection* find(ConnectionId id);
    Connection* connection_of(Session& session);

    // dispatch.cpp
    bool within_rate(Connection& connection);
    bool may_pass_on(Connection& connection, const Json& message, std::size_t size);
    void refuse_json(Connection& connection, const JsonError& error);
    bool is_repeated(Session& session, std::string_view type, const Json& message);
    void dispatch(Connection& connection, std::string_view type, const Json& message);
    void dispatch_in_room(Session& session, std::string_view type, const Json& message);
    void dispatch_rare(Session& session, std::string_view type, const Json& message);

    // Sending (sending.cpp).
    void send(Session& session, const Json& message, StateKind kind = StateKind::kNone);
    void send_text(Session& session, const std::string& text, StateKind kind,
                   bool may_wait = false);
    void send_room(const Room& room, const Json& message, const Session* except = nullptr,
                   StateKind kind = StateKind::kNone);
    void send_raw(ConnectionId connection, std::string text, bool may_wait = false);
    Json error_json(ErrorCode code, const ErrorDetail& detail);
    void send_error(Session& session, ErrorCode code, const ErrorDetail& detail);

    // rooms.cpp
    Session& create_session(Connection& connection);
    void destroy_session(Session& session);
    std::string fresh_client_id();
    void on_join(Connection& connection, const Json& message);
    std::optional<Topology> wanted_topology(const Connection& connection, const Json& message,
                                            ErrorDetail& detail);
    std::optional<ErrorCode> check_join(Connection& connection, const Json& message,
                                        Topology wanted, ErrorDetail& detail);
    Room& enter_room(std::string_view name, Topology wanted);
    void say_joined(Session& session);
    std::string joined_text(const Session& session, Json peers,
                            const Session* without = nullptr) const;
    void leave_room(Session& session, std::string_view reason);
    void forget_membership(Session& session);
    void remove_room(Room& room);
    void on_set_metadata(Session& session, const Json& message);
    bool metadata_fits(const Json& message) const;

    // topology.cpp
    void settle_topology(Room& room, Session& newcomer);
    void move_to_sfu(Room& room, std::string_view reason, const Session* newcomer);
    void tell_moved(Session& member, std::string_view reason, const Session* newcomer);
    void connect_to_sfu(Session& session);
    void on_mesh_connected(Session& session);
    void on_mesh_failed(Session& session, const Json& message);
    void on_mesh_timer(std::uint64_t serial);

    // relay.cpp
    void on_description(Session& session, SdpType type, const Json& message);
    void on_candidate(Session& session, const Json& message);
    void on_broadcast(Session& session, const Json& message);
    void on_direct(Session& session, const Json& message);
    /// nullptr with `to_sfu` false: nobody (an error was sent).
    struct Target {
        Session* peer = nullptr;
        bool to_sfu = false;
    };
    Target find_target(Session& session, const Json& message);
    void relay(Session& from, Session& to, const Json& message);
    bool count_candidate(Session& session, const Json& message);

    // media.cpp
    Session* session_of(PeerId peer);
    void on_event(const LocalDescription& event);
    void on_event(const DescriptionRefused& event);
    void on_event(const PeerStateChanged& event);
    void on_event(const MediaKeysUsedUp& event);
    void on_event(const TrackPublished& event);
    void on_event(const TrackUnpublished& event);
    void on_event(const SubscriptionChanged& event);
    void on_event(const TrackLayers& event);
    void on_event(const ActiveSpeakers& event);
    void on_event(const PeerStats& event);
    void on_describe_track(Session& session, const Json& message);
    void on_layer_wish(Session& session, const Json& message);
    void on_video_limit(Session& session, const Json& message);

    // status.cpp
    void schedule_status(Room& room);
    void update_quality(Session& session);
    void update_layers(Session& session);
    void on_status_timer(std::uint64_t serial);

    // resume.cpp
    std::string fresh_token();
    void issue_token(Session& session);
    void drop_token(std::string& token);
    Session* find_by_token(std::string_view token);
    static bool matches(std::string_view kept, std::string_view presented);
    /// Nothing on success, else why not.
    std::optional<ErrorCode> resume(Connection& connection, std::string_view token,
                                    std::uint64_t last_seq);
    void attach(Connection& connection, Session& session);
    void rotate_token(Session& session, std::string_view presented);
    void on_resume(Connection& connection, const Json& message);
    void on_ping(Connection& connection, const Json& message);

    // moderation.cpp
    void on_remove(Session& session, const Json& message);
    void on_mute(Session& session, const Json& message);
    void on_close_room(Session& session, const Json& message);
    bool require_admin(Session& session, const Json& message);
    void evict(Session& session, const Json& message, CloseCode code, std::string_view reason);
    void evict_all(Room& room, std::string_view reason);
    AdminResult force_mute(Room& room, std::string_view participant, std::string_view track,
                           bool muted);

    // report.cpp
    Json participant_report(const Session& session) const;

    Room* find_room(std::string_view name);
    Room* room_by_serial(std::uint64_t serial);
    Session* session_by_serial(std::uint64_t serial);

    std::map<std::string, std::unique_ptr<Session>, std::less<>> sessions_;  // by client id
    std::map<std::string, std::unique_ptr<Room>, std::less<>> rooms_;        // by name
    std::unordered_map<std::uint64_t, Session*> sessions_by_serial_;
    std::unordered_map<std::uint64_t, Room*> rooms_by_serial_;
    std::unordered_map<PeerId, Session*> peers_;
    std::map<std::string, Session*, std::less<>> tokens_;  // by their public part
    std::unordered_map<net::IpAddress, AddressUse> addresses_;
    std::uint64_t last_serial_ = 0;
    std::uint64_t last_peer_ = 0;
    std::size_t detached_ = 0;

    Counters totals_;  // the totals only; gauges are counted when asked for
    std::map<std::string, std::uint64_t, std::less<>> messages_in_;
    std::vector<std::uint64_t> errors_;                        // by code
    std::map<std::string, std::uint64_t> description_errors_;  // the nodes' codes: a fixed few
};

/// The refused message's type and number, for an error about it.
ErrorDetail about(const Json& message);

}  // namespace parley::signal
