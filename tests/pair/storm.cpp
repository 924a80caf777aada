#include "tests/pair/storm.hpp"

#include <algorithm>

#include "net/demux.hpp"
#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

constexpr std::uint16_t kFirstPort = 1024;

}  // namespace

Storm::Storm(std::uint64_t seed, signal::Config config)
    : secret_(seed),
      random_(seed * 31 + 7),
      ciphers_(crypto::make_cipher_engine(crypto::CipherPreference::kFastest)),
      service_(std::make_unique<signal::Service>(std::move(config), secret_)) {
    const WallTime wall{1'700'000'000'000'000};
    server_dtls_ = crypto::make_openssl_dtls_context(*crypto::Certificate::generate(wall));
    client_dtls_ = crypto::make_openssl_dtls_context(*crypto::Certificate::generate(wall));
    node::NodeConfig node_config;
    ice::Candidate candidate;
    candidate.address = server_;
    candidate.base = server_;
    node_config.candidates = {candidate};
    node_config.wall = {now, wall};
    node_ = std::make_unique<node::Node>(
        node_config, peer::TransportServices{server_dtls_, ciphers_.get(), &secret_, &random_});
}

net::SocketAddress Storm::address(std::size_t guest) const {
    return {net::IpAddress::v4(198, 51, 100, 1), static_cast<std::uint16_t>(kFirstPort + guest)};
}

Guest& Storm::open(const std::string& room, bool publishes, bool resumes) {
    const std::size_t index = guests.size();
    Guest& guest = *guests.emplace_back(std::make_unique<Guest>());
    const peer::TransportServices services{client_dtls_, ciphers_.get(), &secret_, &random_};
    guest.client = std::make_unique<Client>(services, "guest" + std::to_string(index),
                                            address(index), random_, now);
    guest.client->publish(kAudio, "opus", {}, now);
    guest.client->publish(kVideo, "VP8", {}, now);
    guest.connection = signal::ConnectionId(index + 1);
    guest.room = room;
    guest.publishes = publishes;
    guest.opened = now;
    by_connection_[guest.connection.value] = index;
    signal::ConnectionInfo info;
    info.id = guest.connection;
    // Everybody is at home, so that limits for an address are no matter.
    info.remote = {net::IpAddress::v4(static_cast<std::uint32_t>(0x0A00'0001 + index)), 40'000};
    service_->open(info, now);
    signal::Json join{{"type", "join"}, {"room", room}};
    if (resumes) join["capabilities"] = {{"resume", true}};
    say(index, join);
    return guest;
}

void Storm::leave(Guest& guest) {
    service_->handle_closed(guest.connection, now, 1001);
    guest.gone = true;
}

void Storm::vanish(Guest& guest) {
    service_->handle_closed(guest.connection, now, 1006);
    guest.gone = true;
}

void Storm::ask_for_keyframes(Guest& guest) {
    peer::Receiver& receiver = guest.client->peer().receiver();
    for (auto& stream : receiver.streams()) {
        if (stream.codec == media::Codec::kVp8) receiver.request_keyframe(stream);
    }
    guest.due = now;
}

bool Storm::sees(const Guest& guest, std::size_t streams) {
    std::size_t seen = 0;
    for (const auto& [ssrc, heard] : guest.client->heard()) {
        seen += heard.codec == media::Codec::kVp8 && heard.keyframe_starts > 0 ? 1 : 0;
    }
    return seen >= streams;
}

void Storm::run(Duration duration) {
    const Instant end = now + duration;
    while (now < end) {
        step();
        now += 1ms;
    }
}

void Storm::step() {
    carry_texts();
    if (service_->next_timeout() <= now) service_->handle_timeout(now);
    drain_service();
    carry_datagrams();
    drive_node();
    drain_service();
    for (std::size_t i = 0; i < guests.size(); ++i) {
        Guest& guest = *guests[i];
        if (guest.gone) continue;
        if (guest.publishes && !silent) publish(guest);
        if (guest.due > now) continue;
        if (guest.client->peer().next_timeout() <= now) guest.client->peer().handle_timeout(now);
        drain_client(i);
    }
}

void Storm::carry_texts() {
    while (!texts_up_.empty() && texts_up_.front().at <= now) {
        const Text text = std::move(texts_up_.front());
        texts_up_.pop_front();
        const Guest& guest = *guests[text.guest];
        if (!guest.gone) service_->handle_text(guest.connection, text.text, now);
    }
    while (!texts_down_.empty() && texts_down_.front().at <= now) {
        const Text text = std::move(texts_down_.front());
        texts_down_.pop_front();
        if (!guests[text.guest]->gone) on_text(*guests[text.guest], text.text);
    }
}

void Storm::say(std::size_t guest, const signal::Json& message) {
    texts_up_.push_back({now + delay, guest, message.dump()});
}

void Storm::say_description(std::size_t guest, std::string_view type, const std::string& sdp) {
    say(guest, {{"type", type}, {"to", "sfu"}, {"sdp", {{"type", type}, {"sdp", sdp}}}});
}

void Storm::on_text(Guest& guest, const std::string& text) {
    const auto says = [&](std::string_view type) {
        return text.find("\"type\":\"" + std::string(type) + "\"") != std::string::npos;
    };
    // Most of it is news of others, which costs the test more to parse than the server to say.
    const bool joined = says("joined");
    if (says("error")) errors.push_back(text);
    if (!joined && !says("answer") && !says("offer")) return;
    const std::size_t index = by_connection_[guest.connection.value];
    if (joined) {
        guest.joined = now;
        say_description(index, "offer", guest.client->offer(now));
    } else {
        const signal::Json message = signal::Json::parse(text);
        const bool answer = signal::text_of(message, "type") == "answer";
        guest.client->handle({{},
                              answer ? signal::SdpType::kAnswer : signal::SdpType::kOffer,
                              std::string(signal::text_of(message["sdp"], "sdp")),
                              {}},
                             now);
        if (!guest.client->answer.empty()) {
            say_description(index, "answer", std::exchange(guest.client->answer, {}));
        }
    }
    guest.due = now;
}

void Storm::carry_datagrams() {
    while (!up_.empty() && up_.front().at <= now) {
        Flight flight = std::move(up_.front());
        up_.pop_front();
        if (socket_octets_ + flight.bytes.size() > kSocketBuffer) {
            ++socket_drops;
            continue;
        }
        socket_octets_ += flight.bytes.size();
        most_socket_octets = std::max(most_socket_octets, socket_octets_);
        socket_.push_back(std::move(flight));
    }
    while (!down_.empty() && down_.front().at <= now) {
        Flight flight = std::move(down_.front());
        down_.pop_front();
        Guest& guest = *guests[flight.guest];
        if (guest.gone) continue;
        net::Datagram datagram{{net::Protocol::kUdp, address(flight.guest), server_, 0},
                               flight.bytes};
        (void)guest.client->peer().handle_receive(datagram, *guest.client, now);
        guest.due = now;
    }
}

// A millisecond of one processor: first what has arrived, then commands, then what is to be sent.
void Storm::drive_node() {
    budget_ = std::min<Duration>(budget_ + 1ms, 1ms);
    while (budget_ > Duration{} && !socket_.empty()) {
        Flight flight = std::move(socket_.front());
        socket_.pop_front();
        socket_octets_ -= flight.bytes.size();
        const bool handshake = net::classify(flight.bytes) == net::PacketClass::kDtls;
        budget_ -= handshake ? kHandshakeDatagram : kDatagramIn;
        net::Datagram datagram{{net::Protocol::kUdp, server_, address(flight.guest), 0},
                               flight.bytes};
        node_->handle_receive(datagram, now);
    }
    while (budget_ > Duration{} && !commands_.empty()) {
        budget_ -= std::holds_alternative<signal::RemoteDescription>(commands_.front())
                       ? kDescription
                       : kDatagramIn;
        node_->handle_command(commands_.front(), now);
        commands_.pop_front();
    }
    if (node_->next_timeout() <= now) node_->handle_timeout(now);
    drain_node();
}

void Storm::drain_node() {
    while (const auto transmit = node_->poll_transmit(now, scratch_)) {
        const std::size_t stride = transmit->segment == 0 ? transmit->size : transmit->segment;
        for (std::size_t at = 0; at < transmit->size; at += stride) {
            budget_ -= kDatagramOut;
            if (random_.uniform() < loss) continue;
            const auto piece =
                BytesView(scratch_).subspan(at, std::min(stride, transmit->size - at));
            down_.push_back({now + delay,
                             std::size_t{transmit->path.remote.port} - kFirstPort,
                             {piece.begin(), piece.end()}});
        }
    }
    while (const auto event = node_->poll_event()) service_->handle_media_event(*event, now);
}

void Storm::drain_service() {
    while (auto output = service_->poll_output()) {
        if (auto* text = std::get_if<signal::SendText>(&*output)) {
            texts_down_.push_back(
                {now + delay, by_connection_[text->connection.value], std::move(text->text)});
        } else if (const auto* ping = std::get_if<signal::SendPing>(&*output)) {
            const Guest& guest = *guests[by_connection_[ping->connection.value]];
            if (!guest.gone) service_->handle_pong(ping->connection, now);
        }
    }
    while (auto command = service_->poll_media_command()) commands_.push_back(std::move(*command));
    most_commands = std::max(most_commands, commands_.size());
}

// Little, so that the storm is what costs: five small frames and five packets of audio a second.
void Storm::publish(Guest& guest) {
    const auto ms = to_ms(now.time_since_epoch());
    if (ms % 200 != 0) return;
    const std::uint64_t requests = guest.client->keyframe_requests();
    const bool keyframe = guest.picture == 0 || requests > guest.answered;
    guest.answered = requests;
    const std::vector<std::uint8_t> opus(40, 0x78);
    guest.client->send(0, opus, static_cast<std::uint32_t>(ms * 48), false, "", now);
    const auto frame = vp8_packet(guest.picture++, true, keyframe, 160, 90, 200);
    guest.client->send(1, frame, static_cast<std::uint32_t>(ms * 90), true, "", now);
    guest.due = now;
}

void Storm::drain_client(std::size_t index) {
    Guest& guest = *guests[index];
    peer::Peer& peer = guest.client->peer();
    while (guest.asked.size() < guest.client->keyframe_requests()) guest.asked.push_back(now);
    while (peer.transport().poll_event()) {
    }
    const auto put = [&](BytesView bytes) {
        if (random_.uniform() < loss) return;
        up_.push_back({now + delay, index, {bytes.begin(), bytes.end()}});
    };
    while (const auto transmit = peer.poll_transmit(now, scratch_)) {
        put(BytesView(scratch_).first(transmit->size));
    }
    for (const auto& [path, bytes] : guest.client->outgoing) put(bytes);
    guest.client->outgoing.clear();
    guest.due = peer.next_timeout();
}

}  // namespace parley::testing
