// One media thread's whole server as a machine: peers, rooms and forwarding. It owns no socket,
// clock or thread; runtime::MediaLoop drives it in life, tests drive it in virtual time.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/datagram.hpp"
#include "net/demux.hpp"
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
    // How large the tables are that remotes fill.
    std::uint64_t paths = 0;
    std::uint64_t ufrags = 0;
    std::uint64_t sources = 0;
    trace::DropCounters drops;
    std::uint64_t frames_copied = 0;  // of audio, sent along with later ones
    std::uint64_t frames_found = 0;   // of audio, found in later packets
    std::uint64_t relayed = 0;        // packets that came from other nodes
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
    /// What another node of the process said, in the order in which it said it.
    void handle_relay(ShardIndex from, RelayMessage&& message, Instant now);
    /// What this one has to say to others; until empty, after each turn.
    std::optional<RelayBox::Outgoing> poll_relay() { return context_.relay.poll(); }
    /// The other node does not keep up: so many packets did not get there.
    void on_relay_full(std::size_t packets) {
        context_.drops.add(trace::Drop::kRelayFull, packets);
    }
    void handle_connection_closed(const net::Path& path, Instant now);
    /// Whether a peer has proven this path; a TCP connection that nobody proves is closed.
    bool knows_path(const net::Path& path) const { return by_path_.contains(path); }
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

    /// Who has proven a path, and when it was last heard there.
    struct PathOwner {
        Member* member = nullptr;
        Instant heard{};
    };
    /// An address that a peer's media came from and that ICE is asking about.
    struct Probe {
        net::Path path;
        Member* member = nullptr;
    };
    /// The last words of a peer that is gone.
    struct Farewell {
        net::Transmit transmit;
        std::vector<std::uint8_t> bytes;
    };

    void on(const signal::CreatePeer& command, Instant now);
    void on(const signal::ClosePeer& command, Instant now);
    void on(const signal::RemoteDescription& command, Instant now);
    void on(const signal::RemoteCandidate& command, Instant now);
    void on(const signal::DescribeTrack& command, Instant now);
    void on(const signal::ForceMute& command, Instant now);
    void on(const signal::SetLayerWish& command, Instant now);
    void on(const signal::SetVideoLimit& command, Instant now);

    void on(ShardIndex from, RelayBatch&& batch, Instant now);
    void on(ShardIndex from, ShardOpened&& opened, Instant now);
    void on(ShardIndex from, ShardClosed&& closed, Instant now);
    void on(ShardIndex from, TrackOffered&& offered, Instant now);
    void on(ShardIndex from, TrackWithdrawn&& withdrawn, Instant now);
    void on(ShardIndex from, LayersTurned&& turned, Instant now);
    void on(ShardIndex from, SenderReported&& report, Instant now);
    void on(ShardIndex from, LayersWished&& wished, Instant now);
    void on(ShardIndex from, KeyframeWished&& wished, Instant now);
    Room* find_room(const std::string& name);
    Track* find_replica(RelayId id);
    Track* find_offered(RelayId id);

    Member* member_for(net::Datagram& datagram, net::PacketClass kind, PathOwner*& owner,
                       Instant now);
    Member* prober_of(const net::Path& path);
    void claim(const net::Path& path, Member& member, Instant now);
    Member* find(signal::PeerId id);
    bool recognise_media(net::Datagram& datagram, Instant now);
    void remove(Member& member, Instant now);
    void keep_farewell(Member& member, Instant now);
    std::optional<net::Transmit> poll_farewell(BytesSpan out);
    void look_ahead(Instant now);
    void spread_news();
    void ask_for_keyframes(Instant now);
    void count_out(const net::Transmit& transmit);
    void settle(Member& member, Instant now);
    void update_ufrags(Member& member);
    Room& room_named(const std::string& name);
    void rearm(Member& member);
    void rearm(Room& room);

    Context context_;
    std::map<std::string, std::unique_ptr<Room>> rooms_;
    std::unordered_map<signal::PeerId, std::unique_ptr<Member>> members_;
    std::unordered_map<net::Path, PathOwner> by_path_;
    std::unordered_map<std::string, Member*, TextHash, std::equal_to<>> by_ufrag_;
    std::vector<Member*> member_of_timer_;
    std::vector<Room*> room_of_timer_;
    std::size_t working_ = 0;    // how far poll_transmit has come in the work list
    std::vector<Probe> probes_;  // at most kMaxProbes, the oldest is replaced
    std::size_t next_probe_ = 0;
    std::deque<Farewell> farewells_;
    Instant recognition_window_{};
    std::uint32_t recognitions_ = 0;
    std::uint64_t datagrams_in_ = 0;
    std::uint64_t bytes_in_ = 0;
    std::uint64_t datagrams_out_ = 0;
    std::uint64_t bytes_out_ = 0;
    std::uint64_t relayed_ = 0;
};

}  // namespace parley::node
