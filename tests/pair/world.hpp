// A media node and its clients in one thread and in virtual time: real ICE, DTLS, SRTP and RTP over
// a wire with delay and loss, replayed from a seed.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crypto/certificate.hpp"
#include "crypto/cipher_engine.hpp"
#include "crypto/dtls_engine.hpp"
#include "node/node.hpp"
#include "peer/peer.hpp"

namespace parley::testing {

/// What a client got on one SSRC.
struct Heard {
    std::uint64_t packets = 0;
    std::uint64_t keyframe_starts = 0;
    std::uint64_t recovered = 0;
    std::string mid;
    media::Codec codec = media::Codec::kUnknown;
    std::uint16_t width = 0;
    std::set<std::uint16_t> sequence_numbers;
    Instant last{};
    Duration longest_gap{};  // between packets
};

/// A link towards one address: it passes octets at a rate, keeps so much waiting, and drops the
/// rest.
struct Bottleneck {
    Bitrate rate;
    Duration depth = 300ms;
    Instant free_at{};   // when it has passed all it has
    Duration longest{};  // that a datagram waited
    std::uint64_t dropped = 0;
    std::uint64_t bytes = 0;  // passed

    Duration queue(Instant now) const { return std::max(free_at - now, Duration(0)); }
};

/// A participant made of the same peer as the server's, on the offering side.
class Client final : public peer::PeerObserver {
 public:
    using Configure = std::function<void(peer::PeerConfig&)>;
    Client(const peer::TransportServices& services, std::string name, net::SocketAddress address,
           Random& random, Instant now, const Configure& configure = {});

    /// Announces a track to send; with rids it is simulcast. Codecs by name, with commas between.
    void publish(sdp::MediaKind kind, const std::string& codec, std::vector<std::string> rids,
                 Instant now);
    /// Also wants to receive a kind in a section of its own offer (recvonly is what it lacks).
    std::string offer(Instant now) { return peer_.create_offer(now); }
    void handle(const signal::LocalDescription& description, Instant now);
    /// Sends one packet of the track that was published n-th.
    void send(std::size_t track, BytesView payload, std::uint32_t timestamp, bool marker,
              const std::string& rid, Instant now);

    /// Sends any packet in the section of that track; its source and payload type as given.
    void send_as(std::size_t track, const rtp::HeaderWriter::Fields& fields, BytesView payload,
                 const std::string& rid = {});

    /// Says as a receiver what the path carries (REMB).
    void send_remb(Bitrate bitrate);

    peer::Peer& peer() { return peer_; }
    /// Where the track that was published n-th goes; nullptr before it is agreed upon.
    const peer::Section* section_of(std::size_t track) {
        return peer_.negotiator().section_of(sent_[track].sender);
    }
    const std::string& name() const { return name_; }
    const std::map<std::uint32_t, Heard>& heard() const { return heard_; }
    /// The longest time without a packet of the codec since the last call.
    Duration take_gap(media::Codec codec, Instant now);
    const net::SocketAddress& address() const { return address_; }
    void move_to(net::SocketAddress address) { address_ = address; }
    std::uint64_t keyframe_requests() const { return keyframe_requests_; }
    std::uint64_t nacks() const { return nacks_; }
    std::vector<signal::TrackMapping> mappings;
    std::vector<std::pair<net::Path, std::vector<std::uint8_t>>> outgoing;
    std::string answer;  // waiting to be carried to the node
    bool retransmit = true;
    std::optional<std::uint8_t> audio_level = 20;  // of what is sent (RFC 6464); empty: not said
    bool red = false;  // audio published from now on may be redundant (RFC 2198)
    std::function<void(const peer::IncomingPacket&)> on_packet;  // sees all that arrives

    // ---- peer::PeerObserver ----
    void on_media(peer::IncomingPacket& incoming, Instant now) override;
    void on_sender_report(peer::ReceiveStream& stream, Instant now) override;
    void on_report_block(const rtp::ReportBlock& block, Instant now) override;
    void on_nack(Ssrc media, std::uint16_t sequence_number, Instant now) override;
    void on_keyframe_request(Ssrc media, Instant now) override;
    void on_remb(Bitrate bitrate, Instant now) override;

 private:
    struct Layer {
        std::string rid;
        Ssrc ssrc;
        std::uint16_t next = 1000;
    };
    struct Sent {
        peer::SenderId sender;
        std::vector<Layer> layers;
    };

    std::string name_;
    net::SocketAddress address_;
    peer::Peer peer_;
    Random& random_;
    std::vector<Sent> sent_;
    std::map<std::uint32_t, Heard> heard_;
    std::uint64_t keyframe_requests_ = 0;
    std::uint64_t nacks_ = 0;
};

class World {
 public:
    explicit World(std::uint64_t seed, node::NodeConfig config = {},
                   crypto::CipherPreference ciphers = crypto::CipherPreference::kFastest);

    Client& add_client(const std::string& name, const std::string& room = "room",
                       bool may_publish = true, bool may_subscribe = true);
    /// Carries the client's offer to the node; its answer comes back by itself.
    void negotiate(Client& client);
    void leave(Client& client);
    /// The client restarts ICE with its next offer, which goes out now.
    void restart_ice(Client& client);
    void wish(Client& client, const std::string& track, signal::LayerWish wish,
              std::uint16_t width = 0, std::uint16_t height = 0);
    void command(const signal::MediaCommand& command);
    /// Of several nodes (NodeConfig::shards), that to which clients go from now on.
    std::size_t shard_of_next = 0;
    /// How long what the nodes say to each other waits in the mailbox: up to this, in order.
    Duration relay_delay = 2ms;
    /// Looks at what one node says to another.
    std::function<void(const node::RelayMessage&)> on_relay;

    /// What goes to the client passes at this rate from now on, and waits for so long at most.
    Bottleneck& limit(const Client& client, Bitrate rate, Duration depth = 300ms);
    void unlimit(const Client& client) { bottlenecks_.erase(client.address()); }

    /// Lets time pass. `each` is called once a millisecond before the machines are driven.
    template <typename Each>
    void run(Duration duration, Each&& each) {
        const Instant end = now + duration;
        while (now < end) {
            each();
            step();
            now += 1ms;
        }
    }
    void run(Duration duration) {
        run(duration, [] {});
    }
    /// Until the condition holds; false after `limit`.
    template <typename Condition>
    bool run_until(Condition&& condition, Duration limit) {
        const Instant end = now + limit;
        while (now < end) {
            if (condition()) return true;
            step();
            now += 1ms;
        }
        return condition();
    }
    bool connected(Client& client) const {
        return client.peer().transport().state() == peer::ConnectionState::kConnected;
    }

    Instant now{3600s};
    Duration delay = 10ms;                   // each way
    double loss = 0;                         // of datagrams, both ways, once media flows
    std::vector<signal::MediaEvent> events;  // what signaling was told, descriptions excepted
    std::map<signal::PeerId, signal::PeerStats> stats;
    /// Called with true before and false after the node handles an RTP packet and sends what came
    /// of it: for tests that measure the packet path.
    std::function<void(bool)> around_media;
    /// The same while another node's packets are taken in.
    std::function<void(bool)> around_relayed;
    /// Looks at every datagram that is put on the wire; true: it is lost.
    std::function<bool(const net::SocketAddress& from, const net::SocketAddress& to, BytesView)>
        lost;
    Client::Configure configure;  // of clients that are added from now on
    std::uint64_t trains = 0;     // that the node sent, of several datagrams
    std::uint64_t wakeups = 0;    // how often the node's timers were due

    node::Node& node(std::size_t shard = 0) { return *nodes_[shard]; }
    Random& random() { return random_; }
    signal::PeerId id_of(const Client& client) const;
    net::SocketAddress server() const { return servers_[0]; }
    /// Every datagram that goes over the wire, before loss: for tests that look or inject.
    void inject(const net::SocketAddress& from, std::vector<std::uint8_t> bytes);

 private:
    struct Flight {
        net::SocketAddress from;
        net::SocketAddress to;
        std::vector<std::uint8_t> bytes;
    };

    void step();
    void deliver(Flight& flight, Instant at);
    void drain_node();
    void drain_node(std::size_t shard);
    void relay(std::size_t shard);
    void deliver_relayed();
    void forward_measured(net::Datagram& datagram);
    void drain_client(Client& client);
    void send(net::SocketAddress from, net::SocketAddress to, BytesView bytes);
    void send_train(const net::Transmit& transmit, BytesView bytes);
    peer::TransportServices services();

    SeededSecret secret_;
    Random random_;
    std::unique_ptr<crypto::CipherEngine> ciphers_;
    std::shared_ptr<const crypto::DtlsContext> server_dtls_;
    std::shared_ptr<const crypto::DtlsContext> client_dtls_;
    struct Relayed {
        std::size_t from = 0;
        std::size_t to = 0;
        node::RelayMessage message;
    };
    std::vector<net::SocketAddress> servers_;
    std::vector<std::unique_ptr<node::Node>> nodes_;
    std::map<signal::PeerId, std::size_t> shard_of_;
    std::multimap<Instant, Relayed> mail_;
    std::map<std::pair<std::size_t, std::size_t>, Instant> mail_at_;  // the newest of each pair
    std::vector<std::unique_ptr<Client>> clients_;
    std::map<signal::PeerId, Client*> by_id_;
    std::multimap<Instant, Flight> wire_;
    std::map<net::SocketAddress, Bottleneck> bottlenecks_;
    std::uint64_t next_id_ = 0;
    std::vector<std::uint8_t> scratch_ = std::vector<std::uint8_t>(65'536);
};

/// A VP8 packet with a 15-bit picture id (RFC 7741 §4.2); a keyframe says its size.
std::vector<std::uint8_t> vp8_packet(std::uint16_t picture_id, bool first, bool keyframe,
                                     std::uint16_t width, std::uint16_t height, std::size_t size);

}  // namespace parley::testing
