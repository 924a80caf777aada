#include "tests/pair/world.hpp"

#include <algorithm>

#include "rtp/extension_values.hpp"
#include "rtp/rtcp_writer.hpp"

namespace parley::testing {
namespace {

peer::PeerConfig client_config(net::SocketAddress address, Random& random,
                               const Client::Configure& configure) {
    peer::PeerConfig config;
    config.ice.controlling = true;
    config.negotiation.may_offer_first = true;
    config.negotiation.role_for_actpass = sdp::Setup::kActive;
    config.negotiation.session_id = random() >> 2;
    config.local_ssrc = Ssrc(random.next_u32() | 1);
    config.cname = "client";
    ice::Candidate candidate;
    candidate.address = address;
    candidate.base = address;
    config.candidates = {candidate};
    config.negotiation.capabilities.drop_feedback(peer::kCongestionFeedback);  // as most browsers
    if (configure) configure(config);
    return config;
}

sdp::Codec codec_named(const std::string& name) {
    const auto capabilities = peer::Capabilities::sfu();
    for (const auto* kind : {&capabilities.audio, &capabilities.video}) {
        for (const auto& codec : kind->codecs) {
            if (codec.is(name)) return codec;
        }
    }
    return {};
}

}  // namespace

std::vector<std::uint8_t> vp8_packet(std::uint16_t picture_id, bool first, bool keyframe,
                                     std::uint16_t width, std::uint16_t height, std::size_t size) {
    std::vector<std::uint8_t> packet{static_cast<std::uint8_t>(0x80 | (first ? 0x10 : 0)), 0x80,
                                     static_cast<std::uint8_t>(0x80 | (picture_id >> 8)),
                                     static_cast<std::uint8_t>(picture_id)};
    if (first) {  // RFC 6386 §9.1: frame tag, and for keyframes the start code and the size
        packet.push_back(keyframe ? 0x10 : 0x11);
        packet.insert(packet.end(), {0, 0});
        if (keyframe) {
            packet.insert(packet.end(), {0x9D, 0x01, 0x2A});
            packet.insert(
                packet.end(),
                {static_cast<std::uint8_t>(width), static_cast<std::uint8_t>(width >> 8),
                 static_cast<std::uint8_t>(height), static_cast<std::uint8_t>(height >> 8)});
        }
    }
    packet.resize(std::max(packet.size(), size), 0x5A);
    return packet;
}

Client::Client(const peer::TransportServices& services, std::string name,
               net::SocketAddress address, Random& random, Instant now, const Configure& configure)
    : name_(std::move(name)),
      address_(address),
      peer_(services, client_config(address, random, configure), now),
      random_(random) {}

void Client::publish(sdp::MediaKind kind, const std::string& codec, std::vector<std::string> rids,
                     Instant now) {
    peer::SenderSpec spec;
    spec.kind = kind;
    for (std::size_t at = 0; at < codec.size();) {
        const std::size_t end = std::min(codec.find(',', at), codec.size());
        spec.codecs.push_back(codec_named(codec.substr(at, end - at)));
        at = end + 1;
    }
    spec.stream_id = name_;
    spec.track_id = name_ + codec;
    spec.cname = name_;
    spec.ssrc = Ssrc(random_.next_u32() | 1);
    spec.rtx_ssrc = Ssrc(random_.next_u32() | 1);
    spec.rids = rids;
    spec.red = red && kind == sdp::MediaKind::kAudio;
    Sent sent;
    if (rids.empty()) {
        sent.layers.push_back({"", spec.ssrc, 1000});
    } else {
        for (const auto& rid : rids) sent.layers.push_back({rid, Ssrc(random_.next_u32() | 1)});
    }
    sent.sender = peer_.negotiator().add_sender(std::move(spec), now);
    sent_.push_back(std::move(sent));
}

void Client::handle(const signal::LocalDescription& description, Instant now) {
    mappings = description.tracks;
    if (description.type == signal::SdpType::kAnswer) {
        const auto done = peer_.accept_answer(description.sdp, now);
        PARLEY_ASSERT(done.has_value());
    } else {
        auto made = peer_.accept_offer(description.sdp, now);
        PARLEY_ASSERT(made.has_value());
        answer = std::move(*made);
    }
}

void Client::send(std::size_t track, BytesView payload, std::uint32_t timestamp, bool marker,
                  const std::string& rid, Instant) {
    Sent& sent = sent_[track];
    const auto* section = peer_.negotiator().section_of(sent.sender);
    if (section == nullptr) return;
    for (auto& layer : sent.layers) {
        if (layer.rid != rid) continue;
        send_as(track, {marker, section->payload_type, layer.next++, timestamp, layer.ssrc},
                payload, rid);
    }
}

void Client::send_as(std::size_t track, const rtp::HeaderWriter::Fields& fields, BytesView payload,
                     const std::string& rid) {
    const auto* section = peer_.negotiator().section_of(sent_[track].sender);
    if (section == nullptr) return;
    std::array<std::uint8_t, 1500> out{};
    rtp::HeaderWriter writer(out, fields);
    const auto extensions = section->extension_map();
    if (const auto id = extensions.id(rtp::ExtensionType::kMid)) {
        writer.add_extension(id, as_bytes(section->mid));
    }
    if (const auto id = extensions.id(rtp::ExtensionType::kRid); id != 0 && !rid.empty()) {
        writer.add_extension(id, as_bytes(rid));
    }
    if (const auto id = extensions.id(rtp::ExtensionType::kAudioLevel); id != 0 && audio_level) {
        writer.add_extension(id, rtp::write_audio_level({true, *audio_level}));
    }
    const std::size_t header = writer.finish();
    std::copy(payload.begin(), payload.end(), out.begin() + static_cast<std::ptrdiff_t>(header));
    if (const auto transmit = peer_.send_rtp(out, header + payload.size())) {
        const auto bytes = BytesView(out).first(transmit->size);
        outgoing.emplace_back(transmit->path,
                              std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
    }
}

void Client::send_remb(Bitrate bitrate) {
    std::array<std::uint8_t, 1500> out{};
    rtp::RtcpWriter writer(BytesSpan(out).first(1200));
    const std::array sources{Ssrc(1)};
    writer.remb(Ssrc(1), bitrate, sources);
    if (const auto transmit = peer_.send_rtcp(out, writer.size())) {
        const auto bytes = BytesView(out).first(transmit->size);
        outgoing.emplace_back(transmit->path,
                              std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
    }
}

void Client::on_media(peer::IncomingPacket& incoming, Instant now) {
    if (on_packet) on_packet(incoming);
    Heard& heard = heard_[incoming.packet.ssrc.value];
    ++heard.packets;
    heard.recovered += incoming.recovered ? 1 : 0;
    heard.mid = peer_.receiver().sections()[incoming.stream->section].mid;
    heard.codec = incoming.stream->codec;
    if (incoming.frame.keyframe && incoming.frame.start_of_frame) ++heard.keyframe_starts;
    if (incoming.frame.width > 0) heard.width = incoming.frame.width;
    heard.sequence_numbers.insert(incoming.packet.sequence_number);
    if (heard.last != Instant{}) heard.longest_gap = std::max(heard.longest_gap, now - heard.last);
    heard.last = now;
}

Duration Client::take_gap(media::Codec codec, Instant now) {
    Duration longest{};
    for (auto& [ssrc, heard] : heard_) {
        if (heard.codec != codec) continue;
        longest = std::max({longest, std::exchange(heard.longest_gap, {}), now - heard.last});
    }
    return longest;
}
void Client::on_sender_report(peer::ReceiveStream&, Instant) {}
void Client::on_report_block(const rtp::ReportBlock&, Instant) {}
void Client::on_nack(Ssrc, std::uint16_t, Instant) {
    ++nacks_;
}
void Client::on_keyframe_request(Ssrc, Instant) {
    ++keyframe_requests_;
}
void Client::on_remb(Bitrate, Instant) {}

World::World(std::uint64_t seed, node::NodeConfig config, crypto::CipherPreference ciphers)
    : secret_(seed), random_(seed * 31 + 7), ciphers_(crypto::make_cipher_engine(ciphers)) {
    const WallTime wall{1'700'000'000'000'000};
    server_dtls_ = crypto::make_openssl_dtls_context(*crypto::Certificate::generate(wall));
    client_dtls_ = crypto::make_openssl_dtls_context(*crypto::Certificate::generate(wall));
    config.wall = {now, wall};
    for (std::size_t shard = 0; shard < config.shards; ++shard) {
        const auto port = static_cast<std::uint16_t>(7882 + shard);
        servers_.push_back({net::IpAddress::v4(192, 0, 2, 1), port});
        ice::Candidate candidate;
        candidate.address = servers_.back();
        candidate.base = servers_.back();
        config.candidates = {candidate};
        config.shard = shard;
        nodes_.push_back(std::make_unique<node::Node>(
            config, peer::TransportServices{server_dtls_, ciphers_.get(), &secret_, &random_}));
    }
}

peer::TransportServices World::services() {
    return {client_dtls_, ciphers_.get(), &secret_, &random_};
}

Client& World::add_client(const std::string& name, const std::string& room, bool may_publish,
                          bool may_subscribe) {
    const auto index = static_cast<std::uint8_t>(++next_id_);
    const net::SocketAddress address{net::IpAddress::v4(198, 51, 100, index), 5000};
    clients_.push_back(
        std::make_unique<Client>(services(), name, address, random_, now, configure));
    by_id_[signal::PeerId(index)] = clients_.back().get();
    shard_of_[signal::PeerId(index)] = shard_of_next;
    command(signal::CreatePeer{signal::PeerId(index), room, name, may_publish, may_subscribe});
    return *clients_.back();
}

signal::PeerId World::id_of(const Client& client) const {
    for (const auto& [id, known] : by_id_) {
        if (known == &client) return id;
    }
    return {};
}

void World::command(const signal::MediaCommand& command) {
    const auto peer = std::visit(
        [](const auto& value) {
            if constexpr (requires { value.peer; }) {
                return value.peer;
            } else {
                return value.subscriber;
            }
        },
        command);
    nodes_[shard_of_[peer]]->handle_command(command, now);
}

void World::negotiate(Client& client) {
    command(signal::RemoteDescription{id_of(client), signal::SdpType::kOffer, client.offer(now)});
}

void World::leave(Client& client) {
    command(signal::ClosePeer{id_of(client), "left"});
    by_id_.erase(id_of(client));
    std::erase_if(clients_, [&](const auto& known) { return known.get() == &client; });
}

void World::restart_ice(Client& client) {
    client.peer().transport().restart_ice(now);
    negotiate(client);
}

void World::wish(Client& client, const std::string& track, signal::LayerWish wish,
                 std::uint16_t width, std::uint16_t height) {
    command(signal::SetLayerWish{id_of(client), track, wish, width, height, {}});
}

void World::inject(const net::SocketAddress& from, std::vector<std::uint8_t> bytes) {
    wire_.emplace(now + delay, Flight{from, server(), std::move(bytes)});
}

void World::send(net::SocketAddress from, net::SocketAddress to, BytesView bytes) {
    if (lost && lost(from, to, bytes)) return;
    const bool media = !bytes.empty() && bytes[0] >= 128;
    if (media && random_.uniform() < loss) return;
    Instant leaves = now;
    if (const auto found = bottlenecks_.find(to); found != bottlenecks_.end()) {
        Bottleneck& link = found->second;
        if (link.queue(now) > link.depth) {
            ++link.dropped;
            return;
        }
        constexpr std::size_t kHeaders = 28;  // IPv4 and UDP
        const auto bits = static_cast<std::int64_t>(bytes.size() + kHeaders) * 8;
        link.free_at = std::max(link.free_at, now) + Duration(bits * 1'000'000'000 / link.rate.bps);
        link.longest = std::max(link.longest, link.queue(now));
        link.bytes += bytes.size();
        leaves = link.free_at;
    }
    wire_.emplace(leaves + delay,
                  Flight{from, to, std::vector<std::uint8_t>(bytes.begin(), bytes.end())});
}

Bottleneck& World::limit(const Client& client, Bitrate rate, Duration depth) {
    Bottleneck& link = bottlenecks_[client.address()];
    link.rate = rate;
    link.depth = depth;
    return link;
}

void World::send_train(const net::Transmit& transmit, BytesView bytes) {
    const std::size_t stride = transmit.segment == 0 ? transmit.size : transmit.segment;
    trains += transmit.segment == 0 ? 0 : 1;
    for (std::size_t at = 0; at < transmit.size; at += stride) {
        send(transmit.path.local, transmit.path.remote,
             bytes.subspan(at, std::min(stride, transmit.size - at)));
    }
}

void World::step() {
    while (!wire_.empty() && wire_.begin()->first <= now) {
        const Instant at = wire_.begin()->first;
        Flight flight = std::move(wire_.begin()->second);
        wire_.erase(wire_.begin());
        deliver(flight, at);
    }
    deliver_relayed();
    for (const auto& node : nodes_) {
        if (node->next_timeout() > now) continue;
        ++wakeups;
        node->handle_timeout(now);
    }
    drain_node();
    for (const auto& client : clients_) {
        if (client->peer().next_timeout() <= now) client->peer().handle_timeout(now);
        drain_client(*client);
    }
}

void World::deliver(Flight& flight, Instant at) {
    net::Datagram datagram{{net::Protocol::kUdp, flight.to, flight.from, 0}, flight.bytes};
    for (std::size_t shard = 0; shard < servers_.size(); ++shard) {
        if (flight.to != servers_[shard]) continue;
        const bool media = net::classify(flight.bytes) == net::PacketClass::kRtp;
        if (media && around_media && shard == 0) return forward_measured(datagram);
        return nodes_[shard]->handle_receive(datagram, now);
    }
    for (const auto& client : clients_) {
        if (client->address() != flight.to) continue;
        (void)client->peer().handle_receive(datagram, *client, at);
    }
}

void World::forward_measured(net::Datagram& datagram) {
    drain_node();
    std::vector<std::pair<net::Transmit, std::vector<std::uint8_t>>> sent(64);
    for (auto& [transmit, bytes] : sent) bytes.resize(32 * net::kMaxDatagram);
    std::size_t count = 0;
    around_media(true);
    nodes_[0]->handle_receive(datagram, now);
    while (count < sent.size()) {
        const auto transmit = nodes_[0]->poll_transmit(now, sent[count].second);
        if (!transmit) break;
        sent[count++].first = *transmit;
    }
    around_media(false);
    for (std::size_t i = 0; i < count; ++i) {
        const auto& [transmit, bytes] = sent[i];
        send_train(transmit, bytes);
    }
}

void World::drain_node() {
    for (std::size_t shard = 0; shard < nodes_.size(); ++shard) {
        drain_node(shard);
        relay(shard);
    }
}

// The mailbox keeps the order of what one node says to another, and nothing else.
void World::relay(std::size_t shard) {
    while (auto outgoing = nodes_[shard]->poll_relay()) {
        if (on_relay) on_relay(outgoing->message);
        Instant& at = mail_at_[{shard, outgoing->to}];
        at = std::max(at, now + Duration(static_cast<std::int64_t>(
                                    random_.uniform() * static_cast<double>(relay_delay.count()))));
        mail_.emplace(at, Relayed{shard, outgoing->to, std::move(outgoing->message)});
    }
}

void World::deliver_relayed() {
    while (!mail_.empty() && mail_.begin()->first <= now) {
        Relayed relayed = std::move(mail_.begin()->second);
        mail_.erase(mail_.begin());
        const bool measured = around_relayed && node::packets_in(relayed.message) > 0;
        if (measured) around_relayed(true);
        nodes_[relayed.to]->handle_relay(relayed.from, std::move(relayed.message), now);
        if (measured) around_relayed(false);
    }
}

void World::drain_node(std::size_t shard) {
    node::Node& node = *nodes_[shard];
    while (const auto transmit = node.poll_transmit(now, scratch_)) {
        send_train(*transmit, scratch_);
    }
    while (auto event = node.poll_event()) {
        if (auto* description = std::get_if<signal::LocalDescription>(&*event)) {
            const auto found = by_id_.find(description->peer);
            if (found == by_id_.end()) continue;
            Client& client = *found->second;
            client.handle(*description, now);
            if (client.answer.empty()) continue;
            command(signal::RemoteDescription{description->peer, signal::SdpType::kAnswer,
                                              std::exchange(client.answer, {})});
        } else if (auto* peer_stats = std::get_if<signal::PeerStats>(&*event)) {
            stats[peer_stats->peer] = std::move(*peer_stats);
        } else {
            events.push_back(std::move(*event));
        }
    }
}

void World::drain_client(Client& client) {
    while (client.peer().transport().poll_event()) {
    }
    while (const auto transmit = client.peer().poll_transmit(now, scratch_)) {
        send(client.address(), transmit->path.remote, BytesView(scratch_).first(transmit->size));
    }
    for (const auto& [path, bytes] : client.outgoing) send(client.address(), path.remote, bytes);
    client.outgoing.clear();
}

}  // namespace parley::testing
