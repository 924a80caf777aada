#include "server/media_threads.hpp"

#include <algorithm>
#include <functional>

#include "crypto/certificate.hpp"
#include "ice/candidate.hpp"
#include "runtime/clock.hpp"
#include "runtime/interfaces.hpp"
#include "server/listener.hpp"
#include "server/log.hpp"
#include "server/media_thread.hpp"

namespace parley::server {
namespace {

// Two milliseconds of a gigabit a core, many times over: bursts of joins and keyframes fit.
constexpr int kSocketBuffer = 8 * 1024 * 1024;

ice::Candidate host_candidate(const net::SocketAddress& address, const net::SocketAddress& base,
                              net::Protocol protocol, std::uint16_t preference) {
    ice::Candidate candidate;
    candidate.protocol = protocol;
    candidate.type = ice::CandidateType::kHost;
    candidate.tcp_type =
        protocol == net::Protocol::kTcp ? ice::TcpType::kPassive : ice::TcpType::kNone;
    candidate.address = address;
    candidate.base = base;
    candidate.foundation = ice::make_foundation(candidate.type, address.ip, protocol);
    candidate.priority =
        ice::candidate_priority(candidate.type, protocol, candidate.tcp_type, preference);
    return candidate;
}

/// Where TCP is accepted, as clients reach it: a listener on all addresses is reached on those of
/// media; one on loopback only where media is there too.
std::vector<net::SocketAddress> tcp_addresses(const MediaSettings& settings,
                                              const std::vector<runtime::UdpSocket>& sockets) {
    std::vector<net::SocketAddress> addresses;
    const auto add = [&](const net::SocketAddress& address) {
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
            addresses.push_back(address);
        }
    };
    for (const auto& listener : settings.tcp_listeners) {
        if (listener.ip.is_unspecified()) {
            for (const auto& ip : settings.announce) {
                if (ip.family() == listener.ip.family()) add({ip, listener.port});
            }
        }
        for (const auto& socket : sockets) {
            const net::IpAddress& ip = socket.local().ip;
            const bool reaches = listener.ip.is_unspecified() ? listener.ip.is_v6() || ip.is_v4()
                                                              : listener.ip == ip;
            if (reaches) add({ip, listener.port});
        }
    }
    return addresses;
}

/// Public addresses first: simple clients take only the first one that they see. UDP before TCP.
std::vector<ice::Candidate> make_candidates(const MediaSettings& settings,
                                            const std::vector<runtime::UdpSocket>& sockets) {
    std::vector<ice::Candidate> candidates;
    std::uint16_t preference = 65535;
    for (const auto& ip : settings.announce) {
        const auto same_family = std::find_if(sockets.begin(), sockets.end(), [&](const auto& s) {
            return s.local().ip.family() == ip.family();
        });
        if (same_family == sockets.end()) continue;
        const net::SocketAddress base = same_family->local();
        candidates.push_back(
            host_candidate({ip, base.port}, base, net::Protocol::kUdp, preference--));
    }
    for (const auto& socket : sockets) {
        const bool listed = std::any_of(candidates.begin(), candidates.end(),
                                        [&](const auto& c) { return c.address == socket.local(); });
        if (listed) continue;
        candidates.push_back(
            host_candidate(socket.local(), socket.local(), net::Protocol::kUdp, preference--));
    }
    for (const auto& address : tcp_addresses(settings, sockets)) {
        candidates.push_back(host_candidate(address, address, net::Protocol::kTcp, preference--));
    }
    return candidates;
}

std::expected<std::vector<runtime::UdpSocket>, std::string> open_sockets(
    const std::vector<net::IpAddress>& addresses, std::uint16_t port) {
    std::vector<runtime::UdpSocket> sockets;
    for (const auto& ip : addresses) {
        auto socket = runtime::UdpSocket::open({ip, port}, kSocketBuffer);
        if (!socket) {
            const auto& failure = socket.error();
            const auto owner =
                failure.port_taken ? find_port_owner(port, PortKind::kUdp) : std::string();
            return std::unexpected(failure.text + (owner.empty() ? "" : " It is " + owner + "."));
        }
        sockets.push_back(std::move(*socket));
    }
    return sockets;
}

MetricFamily refused_connections(const runtime::TcpFigures& figures) {
    MetricFamily family{"parley_media_tcp_refused_total",
                        "TCP connections with media refused or closed by the server, by reason",
                        MetricKind::kCounter,
                        {}};
    for (std::size_t r = 0; r < figures.refused.size(); ++r) {
        const auto reason = static_cast<runtime::TcpRefusal>(r);
        family.samples.push_back({{{"reason", std::string(runtime::name(reason))}},
                                  static_cast<double>(figures.of(reason))});
    }
    return family;
}

}  // namespace

MediaThreads::MediaThreads(SecretRandom& secret) : secret_(secret) {}

MediaThreads::~MediaThreads() {
    MediaThreads::stop();
}

std::expected<void, std::string> MediaThreads::start(const MediaSettings& settings,
                                                     std::function<void()> wake) {
    const auto certificate = crypto::Certificate::generate(runtime::wall_now());
    if (certificate) dtls_ = crypto::make_openssl_dtls_context(*certificate);
    if (!dtls_) return std::unexpected("cannot make the DTLS certificate: OpenSSL refused");

    const auto addresses =
        settings.addresses.empty() ? runtime::media_addresses() : settings.addresses;
    if (addresses.empty()) {
        return std::unexpected(
            "no network address for media was found. Name one in the configuration: "
            "[media] addresses = [\"192.0.2.7\"]");
    }
    const unsigned count = settings.threads != 0
                               ? settings.threads
                               : std::max(1U, std::thread::hardware_concurrency());
    if (settings.port + count - 1 > 65'535) {
        return std::unexpected("media threads need ports up to " +
                               std::to_string(settings.port + count - 1) +
                               ", which do not exist. Choose a lower --media-port.");
    }
    for (unsigned i = 0; i < count; ++i) {
        // Port 0 (tests) lets the kernel choose; else thread k has port + k.
        const auto port = static_cast<std::uint16_t>(settings.port == 0 ? 0 : settings.port + i);
        auto sockets = open_sockets(addresses, port);
        if (!sockets) {
            threads_.clear();
            return std::unexpected(sockets.error());
        }
        MediaThread::Options options;
        options.index = i;
        options.node.candidates = make_candidates(settings, *sockets);
        options.node.video_codecs = settings.video_codecs;
        options.node.loudest_audio = settings.loudest_audio;
        options.node.last_video = settings.last_video;
        options.node.shard = i;
        options.node.shards = settings.spread_above > 0 ? count : 1;
        options.node.estimate = settings.estimate;
        options.node.wall = runtime::wall_anchor();
        options.dtls = dtls_;
        options.seed = secret_.next_u64();
        options.wake = wake;
        options.relay = [this, i](node::ShardIndex to, node::RelayMessage&& message) {
            return threads_[to]->relay(i, std::move(message));
        };
        if (i + 1 < count) {
            options.pass_on = [this, i](runtime::AdoptedConnection connection) {
                return threads_[i + 1]->adopt(std::move(connection));
            };
        }
        description_ += description_.empty() ? "udp " : ", ";
        for (const auto& socket : *sockets) {
            if (&socket != &sockets->front()) description_ += " ";
            description_ += socket.local().to_string();
        }
        threads_.push_back(std::make_unique<MediaThread>(std::move(options), std::move(*sockets)));
    }
    spread_above_ = settings.spread_above;
    for (const auto& thread : threads_) thread->start();
    log::debug("media: {} threads, SRTP ciphers by {}", threads_.size(), threads_[0]->cipher());
    return {};
}

void MediaThreads::stop() {
    for (const auto& thread : threads_) thread->stop();
    threads_.clear();
}

// The room's own thread, until there are so many that others take their share; then the thread with
// the fewest of them.
std::size_t MediaThreads::choose_thread(const std::string& room) const {
    const std::size_t home = std::hash<std::string>{}(room) % threads_.size();
    const auto found = members_of_room_.find(room);
    if (spread_above_ == 0 || found == members_of_room_.end()) return home;
    std::size_t best = home;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        const std::size_t thread = (home + i) % threads_.size();
        if (found->second[thread] < spread_above_) return thread;
        if (found->second[thread] < found->second[best]) best = thread;
    }
    return best;
}

void MediaThreads::count_member(const std::string& room, std::size_t thread) {
    auto& counts = members_of_room_[room];
    counts.resize(threads_.size());
    ++counts[thread];
}

void MediaThreads::forget_member(signal::PeerId peer) {
    const auto place = place_of_peer_.find(peer);
    const auto room = members_of_room_.find(place->second.room);
    --room->second[place->second.thread];
    if (std::ranges::all_of(room->second, [](std::size_t count) { return count == 0; })) {
        members_of_room_.erase(room);
    }
    place_of_peer_.erase(place);
}

void MediaThreads::post(signal::MediaCommand command) {
    if (threads_.empty()) return;
    signal::PeerId peer;
    std::visit(
        [&](const auto& value) {
            if constexpr (requires { value.peer; }) {
                peer = value.peer;
            } else {
                peer = value.subscriber;
            }
        },
        command);
    const auto* create = std::get_if<signal::CreatePeer>(&command);
    if (create != nullptr && !place_of_peer_.contains(peer)) {
        const std::size_t thread = choose_thread(create->room);
        place_of_peer_[peer] = {thread, create->room};
        count_member(create->room, thread);
    }
    const auto found = place_of_peer_.find(peer);
    if (found == place_of_peer_.end()) return;
    const std::size_t index = found->second.thread;
    if (std::holds_alternative<signal::ClosePeer>(command)) forget_member(peer);
    if (!threads_[index]->post(std::move(command))) {
        log::error("media thread {} does not keep up: a command was lost", index);
    }
}

bool MediaThreads::congested() const {
    return std::any_of(threads_.begin(), threads_.end(),
                       [](const auto& thread) { return thread->congested(); });
}

std::optional<signal::MediaEvent> MediaThreads::poll_event() {
    if (events_.empty()) {
        for (const auto& thread : threads_) {
            thread->drain_events(
                [&](signal::MediaEvent&& event) { events_.push_back(std::move(event)); });
        }
    }
    if (events_.empty()) return {};
    auto event = std::move(events_.front());
    events_.pop_front();
    return event;
}

bool MediaThreads::adopt_tcp(runtime::AdoptedConnection&& connection) {
    return !threads_.empty() && threads_[0]->adopt(std::move(connection));
}

std::vector<MetricFamily> MediaThreads::metrics() const {
    MetricFamily members{"parley_media_peers", "Peers on media threads", MetricKind::kGauge, {}};
    MetricFamily rooms{"parley_media_rooms", "Rooms on media threads", MetricKind::kGauge, {}};
    MetricFamily datagrams{
        "parley_media_datagrams_total", "Datagrams received and sent", MetricKind::kCounter, {}};
    MetricFamily bytes{
        "parley_media_bytes_total", "Octets received and sent", MetricKind::kCounter, {}};
    MetricFamily redundant{"parley_media_redundant_frames_total",
                           "Audio frames found in redundancy that came (in) and sent as redundancy "
                           "(out)",
                           MetricKind::kCounter,
                           {}};
    MetricFamily relayed{"parley_media_relayed_packets_total",
                         "Packets of large rooms that came from other media threads",
                         MetricKind::kCounter,
                         {}};
    MetricFamily connections{"parley_media_tcp_connections",
                             "TCP connections with media, by whether a peer has proven its path",
                             MetricKind::kGauge,
                             {}};
    MetricFamily drops{
        "parley_media_drops_total", "Packets dropped, by reason", MetricKind::kCounter, {}};
    trace::DropCounters all_drops;
    runtime::TcpFigures tcp;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        const auto [stats, of_tcp] = threads_[i]->stats();
        const std::pair<std::string, std::string> thread{"thread", std::to_string(i)};
        members.samples.push_back({{thread}, static_cast<double>(stats.members)});
        rooms.samples.push_back({{thread}, static_cast<double>(stats.rooms)});
        datagrams.samples.push_back(
            {{thread, {"direction", "in"}}, static_cast<double>(stats.datagrams_in)});
        datagrams.samples.push_back(
            {{thread, {"direction", "out"}}, static_cast<double>(stats.datagrams_out)});
        bytes.samples.push_back(
            {{thread, {"direction", "in"}}, static_cast<double>(stats.bytes_in)});
        bytes.samples.push_back(
            {{thread, {"direction", "out"}}, static_cast<double>(stats.bytes_out)});
        redundant.samples.push_back(
            {{thread, {"direction", "in"}}, static_cast<double>(stats.frames_found)});
        redundant.samples.push_back(
            {{thread, {"direction", "out"}}, static_cast<double>(stats.frames_copied)});
        relayed.samples.push_back({{thread}, static_cast<double>(stats.relayed)});
        for (std::size_t r = 0; r < static_cast<std::size_t>(trace::Drop::kCount); ++r) {
            const auto reason = static_cast<trace::Drop>(r);
            all_drops.add(reason, stats.drops.of(reason));
        }
        const auto proven = static_cast<double>(of_tcp.open - of_tcp.unproven);
        connections.samples.push_back({{thread, {"proven", "yes"}}, proven});
        connections.samples.push_back(
            {{thread, {"proven", "no"}}, static_cast<double>(of_tcp.unproven)});
        for (std::size_t r = 0; r < tcp.refused.size(); ++r) tcp.refused[r] += of_tcp.refused[r];
    }
    for (std::size_t r = 0; r < static_cast<std::size_t>(trace::Drop::kCount); ++r) {
        const auto reason = static_cast<trace::Drop>(r);
        drops.samples.push_back({{{"reason", std::string(trace::name(reason))}},
                                 static_cast<double>(all_drops.of(reason))});
    }
    return {members, rooms,       datagrams,
            bytes,   redundant,   relayed,
            drops,   connections, refused_connections(tcp)};
}

std::string MediaThreads::describe() const {
    return description_;
}

std::string MediaThreads::problem() const {
    return threads_.empty() ? "no media thread runs" : std::string();
}

}  // namespace parley::server
