// The signaling service: rooms, sessions and resume buffers as one machine. It speaks the messages
// of docs/signaling.md (shapes in schema/) with clients, and MediaCommand/MediaEvent with the media
// nodes. It owns no socket, clock or thread: the server feeds it and takes what it says.
// Left out: HTTP, WebSocket framing, token signatures (the server verifies and passes a grant).

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "net/address.hpp"
#include "signal/config.hpp"
#include "signal/media_messages.hpp"

namespace parley::signal {

/// One WebSocket. The server allocates these and never reuses one.
using ConnectionId = StrongId<struct ConnectionIdTag, std::uint64_t>;

/// What a verified room token allows.
struct RoomGrant {
    std::string room;      // the only room it opens; empty: any
    std::string identity;  // who the token speaks for
    std::string name;      // display name, may be empty
    bool may_publish = true;
    bool may_subscribe = true;
    bool admin = false;
    Instant expires = kNever;  // joins are refused from then on; who is in stays in
};

struct ConnectionInfo {
    ConnectionId id;
    net::SocketAddress remote;
    std::string origin;
    std::optional<RoomGrant> grant;
    std::string topology;               // of ?topology=, verbatim; empty when absent
    std::string resume_token;           // of ?resume=, verbatim; empty when absent
    std::uint64_t resume_last_seq = 0;  // of ?lastSeq=
};

/// WebSocket close codes (RFC 6455 §7.4; 4000 and up are Parley's, see docs/signaling.md).
enum class CloseCode : std::uint16_t {
    kNormal = 1000,
    kGoingAway = 1001,
    kAbnormal = 1006,
    kInvalidData = 1007,
    kPolicy = 1008,
    kTooBig = 1009,
    kTryAgainLater = 1013,
    kReplaced = 4000,
    kHeartbeat = 4001,
    kRemoved = 4002,
    kRoomClosed = 4003,
};

struct SendText {
    ConnectionId connection;
    std::string text;
    /// News of a crowd, that may wait a few milliseconds for more of the kind: a write for each
    /// piece to each member is most of what a large room's joins cost.
    bool may_wait = false;
};
struct SendPing {
    ConnectionId connection;
};
/// The service has forgotten the connection; the server sends what is queued, then this code.
struct Close {
    ConnectionId connection;
    std::uint16_t code = 1000;
    std::string reason;  // at most 123 octets
};
using Output = std::variant<SendText, SendPing, Close>;

/// The answer to an administrator's request.
enum class AdminResult : std::uint8_t { kOk, kNotFound, kUnsupported };

struct Counters {
    // Gauges.
    std::uint64_t connections = 0;
    std::uint64_t rooms = 0;
    std::uint64_t participants = 0;
    std::uint64_t detached = 0;  // participants whose socket is away
    std::uint64_t rooms_sfu = 0;
    std::uint64_t rooms_mesh = 0;
    // Totals.
    std::uint64_t connections_opened = 0;
    std::uint64_t connections_refused = 0;
    std::uint64_t joins = 0;
    std::uint64_t heartbeat_timeouts = 0;
    std::uint64_t resumes_ok = 0;
    std::uint64_t resumes_gap = 0;
    std::uint64_t resumes_failed = 0;
    std::uint64_t resume_evictions = 0;
    std::uint64_t rate_limited = 0;
    std::uint64_t topology_switches = 0;
    std::uint64_t media_failures = 0;
    std::uint64_t messages_out = 0;
    std::vector<std::pair<std::string, std::uint64_t>> messages_in;  // by type, known types only
    std::vector<std::pair<std::string, std::uint64_t>> errors;       // by code
    std::vector<std::pair<std::string, std::uint64_t>> qualities;  // participants by quality, gauge
};

class Schemas;

class Service {
 public:
    /// `random` makes client ids and resume tokens; it must outlive the service.
    Service(Config config, SecretRandom& random);
    /// Shares the schemas: for those who make many services.
    Service(Config config, SecretRandom& random, std::shared_ptr<const Schemas> schemas);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // ---- clients ----
    void open(const ConnectionInfo& info, Instant now);
    void handle_text(ConnectionId id, std::string_view json, Instant now);
    void handle_pong(ConnectionId id, Instant now);
    /// The socket is gone. `code`: what the client's close frame said, kAbnormal without one. A
    /// client that says 1000 or 1001 has left for good; another may resume.
    void handle_closed(ConnectionId id, Instant now, std::uint16_t code = 1006);

    // ---- media nodes ----
    void handle_media_event(const MediaEvent& event, Instant now);

    // ---- time ----
    void handle_timeout(Instant now);
    Instant next_timeout() const;

    // ---- results; call until empty after each of the above ----
    std::optional<Output> poll_output();
    std::optional<MediaCommand> poll_media_command();

    // ---- life ----
    /// Tells every client; refuses new connections and joins; closes all at the deadline, or each
    /// when it has left.
    void begin_shutdown(Instant now, Duration grace);
    bool shutting_down() const;
    /// Nobody is connected any more: the server may stop before the deadline.
    bool idle() const;

    // ---- administration ----
    /// {"rooms":[...]}: the body of GET /api/v1/rooms.
    nlohmann::json list_rooms(Instant now) const;
    /// The body of GET /api/v1/rooms/{room}; nothing when there is no such room.
    std::optional<nlohmann::json> room_detail(std::string_view room, Instant now) const;
    /// The body of GET /api/v1/rooms/{room}/participants/{id}/timeline: what a participant was sent
    /// in the last minutes, and why; nothing when there is no such participant.
    std::optional<nlohmann::json> timeline(std::string_view room, std::string_view participant,
                                           Instant now) const;
    AdminResult remove_participant(std::string_view room, std::string_view participant,
                                   std::string_view reason, Instant now);
    /// `track` empty: all audio of the participant.
    AdminResult mute_participant(std::string_view room, std::string_view participant,
                                 std::string_view track, bool muted, Instant now);
    AdminResult close_room(std::string_view room, std::string_view reason, Instant now);
    Counters counters() const;
    const Config& config() const;

    class Impl;

 private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace parley::signal
