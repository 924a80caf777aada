// What an operator sets about signaling: limits, timers, topology, ICE servers. Every limit is
// finite; docs/signaling.md has the same table.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace parley::signal {

/// How the participants of a room are connected. kAuto: mesh for two that can, else SFU.
enum class Topology : std::uint8_t { kSfu, kMesh, kAuto };

/// "sfu", "mesh", "auto"; nothing for other texts ("mcu" included: not offered yet).
std::optional<Topology> topology_from(std::string_view text);
std::string_view to_string(Topology topology);

struct Limits {
    std::size_t rooms = 10'000;
    std::size_t participants_per_room = 100;
    /// Mesh costs every client one connection per other participant.
    std::size_t participants_per_mesh = 8;
    std::size_t connections = 20'000;
    std::size_t connections_per_address = 500;
    /// Sessions whose socket dropped and that may still resume.
    std::size_t detached_sessions = 20'000;
    std::uint32_t joins_per_minute_per_address = 600;

    /// Longest text frame. The server closes longer ones with 1009 before they are complete.
    std::size_t message_bytes = 1024 * 1024;
    std::uint32_t messages_per_second = 50;
    std::uint32_t message_burst = 300;
    /// Longest message that is passed on to others as it is: `broadcast` and `direct`.
    std::size_t relayed_bytes = 128 * 1024;
    /// Octets a second that one client may have passed on; four seconds' worth may come at once.
    /// Below what is kept for those who receive them.
    std::size_t relayed_bytes_per_second = 192 * 1024;
    /// Of all connections of an address together. Five seconds' worth may come at once.
    std::uint32_t messages_per_second_per_address = 1'000;
    /// Messages dropped by the rate limit, without a pause that restores the burst, before the
    /// connection is closed (1008).
    std::uint32_t rate_limited_messages = 1'000;
    /// Unparseable messages in a row before the connection is closed (1007).
    std::uint32_t bad_json_messages = 3;

    std::size_t json_depth = 64;
    std::size_t metadata_bytes = 16 * 1024;
    /// Candidates that may follow one offer or answer.
    std::uint32_t candidates_per_description = 200;
    std::size_t layer_wishes = 1'000;
    /// No setting: as many as a media node keeps.
    std::size_t described_sections = 64;

    std::size_t resume_messages = 1'000;
    std::size_t resume_bytes = 1024 * 1024;
};

/// RTCIceServer, as it is handed to clients in welcome and joined.
struct IceServer {
    std::vector<std::string> urls;
    std::string username;
    std::string credential;
};

struct Config {
    Limits limits;
    /// For rooms whose first join names no topology.
    Topology topology = Topology::kSfu;
    /// Joining needs a grant from a verified token.
    bool grant_required = false;
    std::vector<IceServer> ice_servers;
    /// A silent connection is asked after this time and given up after the second (a half-open
    /// socket is noticed within 10 s).
    Duration heartbeat_idle = 5s;
    Duration heartbeat_dead = 10s;
    /// A client whose socket dropped keeps its place for this long.
    Duration resume_window = 30s;
    /// An `auto` room of two that does not report its mesh connected in this time moves to the SFU.
    Duration mesh_connect = 3s;
    /// After a move to the SFU, messages between the old mesh peers still pass for this long.
    Duration mesh_linger = 10s;
    /// Connection quality and layers are told at most this often.
    Duration status_interval = 1s;
};

}  // namespace parley::signal
