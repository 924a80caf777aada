// One media thread's whole server as a machine: peers, rooms and forwarding. It owns no socket,
// clock or thread; runtime::MediaLoop drives it in life, tests drive it in virtual time.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "net/datagram.hpp"
#include "node/context.hpp"
#include "node/member.hpp"
#include "node/room.hpp"
#include "node/timer_queue.hpp"
#include "signal/media_messages.hpp"

namespace parley::node {

/// Figures of one node for /metrics.
struct NodeStats {
    std::uint64_t members = 0;
    std::uint64_t rooms = 0;
    std::uint64_t datagrams_in = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t datagrams_out = 0;
    std::uint64_t bytes_out = 0;
    trace::DropCounters drops;
};

class Node {
 public:
    Node(NodeConfig config, const peer::TransportServices& services);
    ~Node();

    // ---- the five functions of a machine ----
    void handle_receive(net::Datagram& datagram, Instant now);
    void handle_timeout(Instant now);
    Instant next_timeout() const;
    std::optional<net::Transmit> poll_transmit(Instant now, BytesSpan out);
    std::optional<signal::MediaEvent> poll_event();

    // ---- what the driver tells besides ----
    void handle_command(const signal::MediaCommand& command, Instant now);
    void handle_connection_closed(std::uint64_t connection, Instant now);
    void on_send_failures(std::uint32_t count) {
        context_.drops.add(trace::Drop::kSendFailed, count);
    }

    /// Whether a local ufrag belongs to this node.
    bool knows_ufrag(std::string_view ufrag) const;
    NodeStats stats() const;

 private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    void on(const signal::CreatePeer& command, Instant now);
    void on(const signal::ClosePeer& command, Instant now);
    void on(const signal::RemoteDescription& command, Instant now);
    void on(const signal::RemoteCandidate& command, Instant now);
    void on(const signal::DescribeTrack& command, Instant now);
    void on(const signal::ForceMute& command, Instant now);
    void on(const signal::SetLayerWish& command, Instant now);

    Member* member_for(net::Datagram& datagram, Instant now);
    Member* find(signal::PeerId id);
    bool recognise_media(net::Datagram& datagram, Instant now);
    void remove(Member& member, Instant now);
    void settle(Member& member, Instant now);
    void update_ufrags(Member& member);
    Room& room_named(const std::string& name);
    void rearm(Member& member);
    void rearm(Room& room);

    Context context_;
    std::map<std::string, std::unique_ptr<Room>> rooms_;
    std::unordered_map<signal::PeerId, std::unique_ptr<Member>> members_;
    std::unordered_map<net::Path, Member*> by_path_;
    std::unordered_map<std::string, Member*, TextHash, std::equal_to<>> by_ufrag_;
    std::vector<Member*> member_of_timer_;
    std::vector<Room*> room_of_timer_;
    std::size_t working_ = 0;  // how far poll_transmit has come in the work list
    Instant recognition_window_{};
    std::uint32_t recognitions_ = 0;
    std::uint64_t datagrams_in_ = 0;
    std::uint64_t bytes_in_ = 0;
    std::uint64_t datagrams_out_ = 0;
    std::uint64_t bytes_out_ = 0;
};

}  // namespace parley::node
