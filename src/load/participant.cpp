#include "load/participant.hpp"

#include <algorithm>
#include <utility>

#include "ice/candidate.hpp"
#include "load/send_time.hpp"
#include "rtp/extension_values.hpp"

namespace parley::load {
namespace {

using signal::Json;
using signal::text_of;

constexpr std::size_t kMaxJsonDepth = 64;
/// The server takes a client for gone after 10 s of silence.
constexpr Duration kPingInterval = 4s;

peer::PeerConfig peer_config(const Role& role, const Options& options, Random& random) {
    peer::PeerConfig config;
    config.ice.controlling = true;
    auto& capabilities = config.negotiation.capabilities;
    capabilities.drop_feedback(options.rfc8888 ? peer::kTransportWideFeedback
                                               : peer::kCongestionFeedback);
    for (auto& extension : capabilities.video.extensions) {
        using rtp::ExtensionType;
        const bool layer =
            extension.type == ExtensionType::kRid || extension.type == ExtensionType::kRepairedRid;
        if (layer) extension.send = true;
    }
    config.negotiation.may_receive = role.receives;
    config.negotiation.may_offer_first = true;
    config.negotiation.role_for_actpass = sdp::Setup::kActive;
    config.negotiation.session_id = random() >> 2;
    config.local_ssrc = Ssrc(random.next_u32() | 1);
    config.cname = role.name;
    return config;
}

/// UDP candidates of the server, in its order.
std::vector<ice::Candidate> udp_candidates(const peer::Peer& peer) {
    std::vector<ice::Candidate> result;
    const auto& remote = peer.negotiator().remote_transport();
    if (!remote) return result;
    for (const auto& text : remote->candidates) {
        const auto candidate = ice::parse_candidate(text);
        const bool udp =
            candidate && candidate->protocol == net::Protocol::kUdp && candidate->address.valid();
        if (udp) result.push_back(*candidate);
    }
    return result;
}

/// Most of what a server says in a large room is about others, and reading it would cost more than
/// the media. The last "type" is the message's own, or one of these is not in it.
bool concerns_us(std::string_view text) {
    constexpr std::string_view kKey = "\"type\":\"";
    const auto at = text.rfind(kKey);
    if (at == std::string_view::npos) return true;
    const auto type = text.substr(at + kKey.size());
    for (const std::string_view other :
         {"participant-", "track-published\"", "track-changed\"", "track-unpublished\"",
          "active-speakers\"", "connection-quality\"", "pong\"", "subscription-status\""}) {
        if (type.starts_with(other)) return false;
    }
    return true;
}

}  // namespace

Participant::Participant(Services& services, Role role, std::uint64_t seed)
    : services_(services),
      role_(std::move(role)),
      seed_(seed),
      socket_(services.server, services.random) {}

void Participant::start(Instant now) {
    started_at_ = now;
    socket_.connect();
    if (socket_.failed()) fail("signaling", socket_.failure());
}

void Participant::fail(std::string cause, std::string text) {
    if (failure_) return;
    failure_ = Failure{std::move(cause), std::move(text)};
    stage_ = Stage::kFailed;
    next_timeout_ = kNever;
}

void Participant::give_up() {
    switch (stage_) {
        case Stage::kSignaling:
            return fail("signaling", "the server did not answer on the WebSocket");
        case Stage::kNegotiating: return fail("negotiation", "the server did not answer the offer");
        case Stage::kConnecting: break;
        default: return;
    }
    const auto& ice = peer_->transport().ice();
    if (connected_) {
        fail("media", "connected, but no media came");
    } else if (!ice.selected_path()) {
        fail("ice",
             "no path: the server's UDP port did not answer. Is it open, and does the server "
             "announce an address that is reachable from here (--announce)?");
    } else {
        fail("dtls", "the DTLS handshake did not finish");
    }
}

// ---- signaling ----

void Participant::on_signaling_ready(Instant now) {
    socket_.on_ready();
    while (auto text = socket_.poll_text()) {
        if (!concerns_us(*text)) continue;
        const auto message = signal::parse_json(*text, kMaxJsonDepth);
        if (message && message->is_object()) on_message(*message, now);
    }
    if (socket_.failed() && !failure_) {
        fail(joined() ? "lost" : "signaling", socket_.failure());
    }
}

void Participant::on_message(const Json& message, Instant now) {
    const auto type = text_of(message, "type");
    if (type == "welcome") {
        const Json join{{"type", "join"},
                        {"room", role_.room},
                        {"topology", "sfu"},
                        {"metadata", {{"name", role_.name}}}};
        socket_.send_text(signal::to_text(join));
        ping_due_ = now + kPingInterval;
        next_timeout_ = std::min(next_timeout_, ping_due_);
    } else if (type == "joined") {
        negotiate(now);
    } else if (type == "offer" || type == "answer") {
        on_description(message, now);
    } else if (type == "error") {
        on_error(message);
    } else if (type == "track-layers") {
        if (publisher_) publisher_->on_track_layers(read_track_layers(message), now);
        next_timeout_ = now;  // to look at what is due
    } else if (type == "subscription-layers") {
        const std::size_t switches = layers_.on_message(message);
        layer_switches_ += services_.window.contains(now) ? switches : 0;
    }
}

void Participant::negotiate(Instant now) {
    if (peer_) {
        return fail(joined() ? "lost" : "negotiation", "the server began the session anew");
    }
    stage_ = Stage::kNegotiating;
    peer_ = std::make_unique<peer::Peer>(
        services_.transport, peer_config(role_, services_.options, services_.random), now);
    out_.emplace(OutContext{*peer_, nullptr, services_.anchor});
    static const MediaLoops kNothing;
    const MediaLoops& loops = role_.publishes ? services_.loops : kNothing;
    publisher_.emplace(loops, services_.options.spread, role_.name, *out_, services_.random);
    publisher_->announce(services_.random, now);
    send_description("offer", peer_->create_offer(now));
}

void Participant::send_description(std::string_view type, const std::string& sdp) {
    socket_.send_text(
        signal::to_text({{"type", type}, {"to", "sfu"}, {"sdp", {{"type", type}, {"sdp", sdp}}}}));
}

void Participant::on_description(const Json& message, Instant now) {
    const auto sdp = message.find("sdp");
    if (!peer_ || sdp == message.end() || !sdp->is_object()) return;
    const auto refused = [&](const peer::NegotiationError& error) {
        fail("negotiation", "the server's description was refused: " + error.cause);
    };
    if (text_of(message, "type") == "offer") {
        const auto answer = peer_->accept_offer(text_of(*sdp, "sdp"), now);
        if (!answer) return refused(answer.error());
        send_description("answer", *answer);
    } else {
        const auto accepted = peer_->accept_answer(text_of(*sdp, "sdp"), now);
        if (!accepted) return refused(accepted.error());
        if (!port_ && !open_port(now)) return;
    }
    drain(now);
}

bool Participant::open_port(Instant now) {
    for (const auto& candidate : udp_candidates(*peer_)) {
        const auto local = Port::local_address_towards(candidate.address);
        if (!local.valid()) continue;
        auto port = Port::open(local, services_.buffers);
        if (!port) {
            fail("socket", port.error());
            return false;
        }
        port_.emplace(std::move(*port));
        port_->emulate(services_.options.link, seed_);
        out_->port = &*port_;
        ice::Candidate own;
        own.address = own.base = port_->local();
        peer_->transport().add_local_candidate(own, now);
        stage_ = Stage::kConnecting;
        return true;
    }
    fail("ice",
         "the server offers no UDP address that is reachable from here; does it announce the right "
         "one (--announce)?");
    return false;
}

void Participant::on_error(const Json& message) {
    std::string text(text_of(message, "message"));
    for (const auto* key : {"cause", "remedy"}) {
        const auto more = text_of(message, key);
        if (!more.empty()) text += " " + std::string(more);
    }
    if (joined()) return;  // what was agreed stays in force
    fail("refused", text);
    failure_->code = text_of(message, "code");
}

void Participant::leave(Instant now) {
    if (peer_ && port_) {
        peer_->close(now);
        while (const auto transmit = peer_->poll_transmit(now, port_->space())) {
            port_->commit(*transmit, now);
        }
        port_->flush();
    }
    socket_.close();
    next_timeout_ = kNever;
}

// ---- media ----

void Participant::on_media_ready() {
    if (failed() || !port_) return;
    const Instant now = port_->receive([&](net::Datagram& datagram, Instant when) {
        (void)peer_->handle_receive(datagram, *this, when);
    });
    drain(now);
}

void Participant::handle_timeout(Instant now) {
    if (failed()) return;
    if (ping_due_ <= now) {
        ping_due_ = now + kPingInterval;
        socket_.send_text(R"({"type":"ping"})");
    }
    if (!peer_ || !port_) return drain(now);
    port_->handle_timeout(now, [&](net::Datagram& datagram, Instant when) {
        (void)peer_->handle_receive(datagram, *this, when);
    });
    if (peer_->next_timeout() <= now) peer_->handle_timeout(now);
    publisher_->handle_timeout(now, services_.window);
    drain(now);
}

void Participant::drain(Instant now) {
    next_timeout_ = ping_due_;
    if (!peer_ || !port_) return;
    while (const auto event = peer_->transport().poll_event()) {
        if (const auto* changed = std::get_if<peer::ConnectionChanged>(&*event)) {
            note_state(*changed, now);
        }
    }
    if (failed()) return;
    while (const auto transmit = peer_->poll_transmit(now, port_->space())) {
        port_->commit(*transmit, now);
    }
    port_->flush();
    next_timeout_ = std::min(
        {ping_due_, peer_->next_timeout(), publisher_->next_timeout(), port_->next_timeout()});
}

void Participant::note_state(const peer::ConnectionChanged& changed, Instant now) {
    if (changed.state == peer::ConnectionState::kConnected) {
        connected_ = true;
        publisher_->start(now);
        note_joined(now);
        return;
    }
    const bool over = changed.state == peer::ConnectionState::kFailed ||
                      changed.state == peer::ConnectionState::kClosed;
    if (!over) return;
    const bool path = peer_->transport().ice().selected_path().has_value();
    fail(joined() ? "lost"
         : path   ? "dtls"
                  : "ice",
         "the media connection ended: " + changed.reason);
}

void Participant::note_joined(Instant now) {
    if (!connected_ || stage_ != Stage::kConnecting) return;
    // Publishers come first: there is nothing yet that they could wait for.
    if (!role_.publishes && role_.expected_streams > 0 && streams_seen_ == 0) return;
    stage_ = Stage::kJoined;
    joined_at_ = now;
}

void Participant::on_media(peer::IncomingPacket& incoming, Instant now) {
    const peer::ReceiveStream& stream = *incoming.stream;
    const std::size_t index = stream.index;
    if (index >= streams_.size()) streams_.resize(index + 1);
    ReceivedStream& received = streams_[index];
    if (!received.seen) {
        received.seen = true;
        received.video = media::is_video(stream.codec);
        ++streams_seen_;
        note_joined(now);
    }
    const auto& ids = peer_->receiver().sections()[stream.section].extensions;
    const auto sent =
        rtp::read_abs_capture_time(ids.find(incoming.packet, rtp::ExtensionType::kAbsCaptureTime));
    if (!sent) return;
    const Instant left = sent_at(sent->capture, services_.anchor);
    if (!services_.window.contains(left)) return;
    const bool fresh = received.packets.on_packet(incoming.packet.sequence_number,
                                                  incoming.packet.bytes.size(), incoming.recovered);
    if (fresh) services_.delays.record(now - left);
}

void Participant::on_nack(Ssrc media, std::uint16_t sequence_number, Instant now) {
    publisher_->on_nack(media, sequence_number, now, services_.window);
}

void Participant::on_keyframe_request(Ssrc media, Instant) {
    publisher_->on_keyframe_request(media);
}

}  // namespace parley::load
