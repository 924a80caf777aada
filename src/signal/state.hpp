// What the signaling service remembers: connections (sockets), sessions (participants, who may
// outlive a socket) and rooms.

#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "base/token_bucket.hpp"
#include "net/address.hpp"
#include "signal/json.hpp"
#include "signal/resume_buffer.hpp"
#include "signal/service.hpp"
#include "signal/timeline.hpp"

namespace parley::signal {

struct Room;
struct Session;

struct Connection {
    ConnectionInfo info;
    net::IpAddress address;  // what limits count: IPv6 without its host part
    Session* session = nullptr;
    TokenBucket messages;
    Instant heard;
    std::uint64_t pinged_seq = 0;  // last numbered message before the outstanding ping
    bool pinged = false;
    std::uint32_t bad_json = 0;      // in a row
    std::uint32_t rate_limited = 0;  // since the allowance was last whole
    Instant rate_error_at{};
};

/// The octets that a client may have passed on to others.
inline TokenBucket relay_allowance(const Limits& limits, Instant now) {
    constexpr double kSecondsAtOnce = 4;
    const auto rate = static_cast<double>(limits.relayed_bytes_per_second);
    const auto burst = std::max(kSecondsAtOnce * rate, static_cast<double>(limits.relayed_bytes));
    return {rate, burst, now};
}

enum class Quality : std::uint8_t { kExcellent, kGood, kFair, kPoor };
std::string_view to_string(Quality quality);

/// What a client announced in its join.
struct Capabilities {
    bool mesh = false;               // an auto room may place it in a mesh
    bool topology_messages = false;  // moves on `topology`
    bool resume = false;
};

struct Session {
    Session(std::string client_id, std::uint64_t number, const Limits& limits, Instant now)
        : id(std::move(client_id)),
          serial(number),
          missed(limits.resume_messages, limits.resume_bytes),
          relayed(relay_allowance(limits, now)) {}

    std::string id;
    std::uint64_t serial;
    std::optional<ConnectionId> connection;  // nothing while the socket is away
    net::SocketAddress remote;
    std::optional<RoomGrant> grant;
    std::uint64_t force_muted_in = 0;  // serial of the room in which all its audio was muted

    // Resume.
    std::string token;
    std::string used_token;  // valid until the client speaks on the socket that used it
    std::uint64_t sent_seq = 0;
    std::uint64_t client_seq = 0;
    ResumeBuffer missed;

    TokenBucket relayed;  // octets that others get; a new socket does not renew it

    // Of the present room; reset by leaving.
    Room* room = nullptr;
    Instant joined;
    Json metadata = Json::object();
    Capabilities can;
    bool mesh_connected = false;
    std::optional<PeerId> peer;
    PeerState state = PeerState::kNew;
    bool server_offer_outstanding = false;
    bool server_offer_voided = false;  // by an offer of the client that is not judged yet
    std::uint32_t candidates = 0;      // since the last description
    std::map<std::string, TrackInfo, std::less<>> tracks;
    std::set<std::string, std::less<>> described;
    std::set<std::string, std::less<>> wishes;
    std::optional<PeerStats> stats;
    Timeline timeline;
    std::optional<Quality> quality;
    Json layers = Json::array();  // as last told
    bool layers_changed = false;

    bool numbered() const { return room != nullptr && can.resume; }
    bool may_publish() const { return !grant || grant->may_publish; }
    bool may_subscribe() const { return !grant || grant->may_subscribe; }
    bool admin() const { return grant && grant->admin; }
};

struct Room {
    std::string name;
    std::uint64_t serial = 0;
    Topology wanted = Topology::kSfu;
    bool mesh = false;  // now
    Instant created;
    std::vector<Session*> members;  // in order of arrival
    std::optional<Instant> linger;  // until then old mesh peers may still talk
    std::vector<SpeakerLevel> speakers;
    bool quality_changed = false;
    Instant status_sent{};

    Session* find(std::string_view id) const;
    bool is_auto_mesh() const { return mesh && wanted == Topology::kAuto; }
};

}  // namespace parley::signal
