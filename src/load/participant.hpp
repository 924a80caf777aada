// One participant: its signaling, its peer, its socket, what it publishes and what it counts.
// Driven by Swarm, which owns the time and the waiting.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/histogram.hpp"
#include "load/layer_watch.hpp"
#include "load/media_loops.hpp"
#include "load/port.hpp"
#include "load/publisher.hpp"
#include "load/reception.hpp"
#include "load/signaling_socket.hpp"
#include "load/tally.hpp"
#include "peer/peer.hpp"
#include "signal/json.hpp"

namespace parley::load {

/// What the participants of a run share. Outlives them.
struct Services {
    const Options& options;
    const MediaLoops& loops;
    const ServerAddress& server;
    peer::TransportServices transport;
    WallAnchor anchor;
    PortBuffers& buffers;
    Random& random;
    Window window;
    Histogram delays;
};

/// Why a participant did not take part, or ceased to.
struct Failure {
    std::string cause;  // "signaling", "refused", "negotiation", "ice", "dtls", "media", "lost"
    std::string text;   // for people
    std::string code;   // the server's, of an error that it sent
};

struct Role {
    std::string name;
    std::string room;
    bool publishes = false;
    bool receives = false;
    std::size_t expected_streams = 0;  // that it shall get
};

class Participant final : public peer::PeerObserver {
 public:
    enum class Stage : std::uint8_t { kSignaling, kNegotiating, kConnecting, kJoined, kFailed };

    Participant(Services& services, Role role, std::uint64_t seed);

    // ---- driven by Swarm ----
    /// Opens the WebSocket; the join is timed from here.
    void start(Instant now);
    void on_signaling_ready(Instant now);
    void on_media_ready();
    void handle_timeout(Instant now);
    Instant next_timeout() const { return next_timeout_; }
    void leave(Instant now);
    void fail(std::string cause, std::string text);
    /// A join that took too long fails with what it was waiting for.
    void give_up();

    int signaling_fd() const { return socket_.fd(); }
    bool wants_write() const { return socket_.wants_write(); }
    /// -1 until there is one.
    int media_fd() const { return port_ ? port_->fd() : -1; }

    // ---- questions ----
    const Role& role() const { return role_; }
    Stage stage() const { return stage_; }
    bool failed() const { return stage_ == Stage::kFailed; }
    bool joined() const { return stage_ == Stage::kJoined; }
    const std::optional<Failure>& failure() const { return failure_; }
    /// It joined, whatever became of it later.
    bool ever_joined() const { return joined_at_ != Instant{}; }
    Duration join_time() const { return joined_at_ - started_at_; }
    Instant started_at() const { return started_at_; }
    /// Everything that it shall get has begun to arrive.
    bool complete() const { return streams_seen_ >= role_.expected_streams; }
    const std::vector<ReceivedStream>& streams() const { return streams_; }
    const Publisher* publisher() const { return publisher_ ? &*publisher_ : nullptr; }
    std::uint64_t packets_unsent() const { return port_ ? port_->unsent() : 0; }
    std::uint64_t layer_switches() const { return layer_switches_; }

    // ---- peer::PeerObserver ----
    void on_media(peer::IncomingPacket& incoming, Instant now) override;
    void on_sender_report(peer::ReceiveStream&, Instant) override {}
    void on_report_block(const rtp::ReportBlock&, Instant) override {}
    void on_nack(Ssrc media, std::uint16_t sequence_number, Instant now) override;
    void on_keyframe_request(Ssrc media, Instant now) override;
    void on_remb(Bitrate, Instant) override {}

 private:
    void on_message(const signal::Json& message, Instant now);
    void on_description(const signal::Json& message, Instant now);
    void on_error(const signal::Json& message);
    void send_description(std::string_view type, const std::string& sdp);
    void negotiate(Instant now);
    bool open_port(Instant now);
    void drain(Instant now);
    void note_state(const peer::ConnectionChanged& changed, Instant now);
    void note_joined(Instant now);

    Services& services_;
    Role role_;
    std::uint64_t seed_;
    SignalingSocket socket_;
    std::unique_ptr<peer::Peer> peer_;
    std::optional<Port> port_;
    std::optional<OutContext> out_;
    std::optional<Publisher> publisher_;

    Stage stage_ = Stage::kSignaling;
    bool connected_ = false;
    std::optional<Failure> failure_;
    Instant started_at_{};
    Instant joined_at_{};
    Instant next_timeout_ = kNever;
    Instant ping_due_ = kNever;

    std::vector<ReceivedStream> streams_;  // by stream index
    std::size_t streams_seen_ = 0;
    std::uint64_t layer_switches_ = 0;
    LayerWatch layers_;
};

}  // namespace parley::load
