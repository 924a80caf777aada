// For tests: two or more agents joined by links in virtual time, with loss, delay, NATs that rebind
// and TCP connections. Header only, so that it is in no library.

#pragma once

#include <deque>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ice/agent.hpp"
#include "net/demux.hpp"

namespace parley::ice::testing {

inline net::SocketAddress at(const char* text) {
    return *net::SocketAddress::parse(text);
}

inline Candidate host_candidate(const net::SocketAddress& address,
                                net::Protocol protocol = net::Protocol::kUdp,
                                TcpType tcp_type = TcpType::kNone) {
    Candidate candidate;
    candidate.address = address;
    candidate.protocol = protocol;
    candidate.tcp_type = tcp_type;
    return candidate;
}

/// One agent, its addresses, and what it said.
struct Host {
    Host(std::uint64_t seed, Config config)
        : secret(seed), random(seed), agent(std::move(config), secret, random) {}

    SeededSecret secret;
    Random random;
    Agent agent;
    std::vector<std::pair<Instant, Event>> events;
    /// Public address of a local one; identity when absent.
    std::map<net::SocketAddress, net::SocketAddress> nat;
    std::vector<net::SocketAddress> locals;
    std::set<net::SocketAddress> mute;  // local addresses whose outgoing packets are lost
    bool answers_checks = true;         // false: its success responses never leave
    std::vector<Instant> media_received;
    std::size_t media_refused = 0;
    std::size_t stun_sent = 0;
    std::set<net::SocketAddress> stun_sent_to;

    template <typename T>
    std::size_t count() const {
        std::size_t n = 0;
        for (const auto& [when, event] : events) n += std::holds_alternative<T>(event) ? 1 : 0;
        return n;
    }
    bool connected() const {
        return agent.state() == State::kConnected || agent.state() == State::kCompleted;
    }
    std::vector<State> states() const {
        std::vector<State> list;
        for (const auto& [when, event] : events) {
            if (const auto* changed = std::get_if<StateChanged>(&event)) {
                list.push_back(changed->state);
            }
        }
        return list;
    }
};

class World {
 public:
    explicit World(std::uint64_t seed = 1) : random_(seed), seed_(seed) {}

    Host& add(Config config, std::vector<const char*> addresses) {
        hosts_.push_back(std::make_unique<Host>(++seed_ * 7919, std::move(config)));
        auto& host = *hosts_.back();
        for (const auto* text : addresses) {
            host.locals.push_back(at(text));
            host.agent.add_local_candidate(host_candidate(at(text)), now);
        }
        return host;
    }

    void exchange_credentials(Host& a, Host& b) {
        a.agent.set_remote_credentials(b.agent.local_credentials(), now);
        b.agent.set_remote_credentials(a.agent.local_credentials(), now);
    }
    /// What the description of `from` lists, given to `to`: never more than public addresses.
    void list_candidates(Host& from, Host& to) {
        for (const auto& candidate : from.agent.local_candidates()) {
            to.agent.add_remote_candidate(candidate, now);
        }
        to.agent.set_remote_end_of_candidates(now);
    }
    void join(Host& a, Host& b) {
        exchange_credentials(a, b);
        list_candidates(a, b);
        list_candidates(b, a);
    }

    void run_for(Duration duration) {
        run_until(now + duration, [] { return false; });
    }
    /// Runs until `done` or the time is over; true if done.
    bool run_until(Instant end, const std::function<bool()>& done) {
        int rounds_now = 0;
        while (true) {
            drain();
            if (done()) return true;
            auto next = queue_.empty() ? kNever : queue_.begin()->first;
            for (const auto& host : hosts_) next = std::min(next, host->agent.next_timeout());
            for (const auto& source : media_) next = std::min(next, source.next);
            if (next > end) {
                now = std::max(now, end);
                return false;
            }
            rounds_now = next > now ? 0 : rounds_now + 1;
            if (rounds_now > 10'000) {
                ADD_FAILURE() << "time stands still";
                return false;
            }
            now = std::max(now, next);
            deliver();
            play();
            for (const auto& host : hosts_) {
                if (host->agent.next_timeout() <= now) host->agent.handle_timeout(now);
            }
        }
    }
    bool run_within(Duration duration, const std::function<bool()>& done) {
        return run_until(now + duration, done);
    }

    /// From now on `host` sends a media packet every `interval` to its selected path.
    void start_media(Host& host, Duration interval = 20ms) {
        media_.push_back({&host, now, interval});
    }
    void stop_media(Host& host) {
        std::erase_if(media_, [&](const Source& source) { return source.host == &host; });
    }
    /// Any octets, as if they came from `source`.
    Result<Handled, Error> inject(Host& to, const net::Path& path,
                                  std::vector<std::uint8_t> bytes) {
        net::Datagram datagram{path, bytes};
        const auto result = to.agent.handle_receive(datagram, now);
        return result;
    }
    void rebind(Host& host, const net::SocketAddress& local, const char* new_public) {
        host.nat[local] = at(new_public);
    }
    /// Takes the replies and checks of a host without sending them.
    std::vector<std::pair<net::Path, std::vector<std::uint8_t>>> take(Host& host) {
        std::vector<std::pair<net::Path, std::vector<std::uint8_t>>> taken;
        std::array<std::uint8_t, net::kMaxDatagram> out{};
        while (const auto transmit = host.agent.poll_transmit(now, out)) {
            taken.emplace_back(transmit->path, std::vector<std::uint8_t>(
                                                   out.begin(), out.begin() + transmit->size));
        }
        return taken;
    }

    Instant now{1000s};
    Duration delay = 20ms;  // one way
    Duration jitter{};
    double loss = 0;
    /// Returns true for a packet to lose; sees public addresses.
    std::function<bool(const net::SocketAddress& from, const net::SocketAddress& to, BytesView)>
        lose;

 private:
    struct Packet {
        Host* to;
        net::Path path;
        std::vector<std::uint8_t> bytes;
    };
    struct Source {
        Host* host;
        Instant next;
        Duration interval;
    };

    void drain() {
        std::array<std::uint8_t, net::kMaxDatagram> out{};
        for (const auto& host : hosts_) {
            while (const auto transmit = host->agent.poll_transmit(now, out)) {
                ++host->stun_sent;
                host->stun_sent_to.insert(transmit->path.remote);
                const auto message = stun::Message::parse(BytesView(out).first(transmit->size));
                ASSERT_TRUE(message);
                const bool answer = message->message_class() == stun::Class::kSuccess;
                if (answer && !host->answers_checks) continue;
                send(*host, transmit->path, BytesView(out).first(transmit->size));
            }
            while (auto event = host->agent.poll_event()) take_event(*host, std::move(*event));
        }
    }

    void take_event(Host& host, Event event) {
        if (const auto* wanted = std::get_if<TcpConnectWanted>(&event)) {
            const net::Path path{net::Protocol::kTcp, wanted->local, wanted->remote,
                                 ++connections_};
            host.agent.on_tcp_connected(path, now);
        }
        host.events.emplace_back(now, std::move(event));
    }

    void send(Host& from, const net::Path& path, BytesView bytes) {
        if (from.mute.contains(path.local)) return;
        const auto mapped = from.nat.find(path.local);
        const auto source = mapped == from.nat.end() ? path.local : mapped->second;
        if (lose && lose(source, path.remote, bytes)) return;
        if (random_.uniform() < loss) return;
        const auto extra = Duration(
            static_cast<Duration::rep>(static_cast<double>(jitter.count()) * random_.uniform()));
        for (const auto& host : hosts_) {
            for (const auto& local : host->locals) {
                const auto inbound = host->nat.find(local);
                const auto reachable = inbound == host->nat.end() ? local : inbound->second;
                if (reachable != path.remote) continue;
                net::Path seen{path.protocol, local, source, path.connection};
                queue_.emplace(now + delay + extra,
                               Packet{host.get(), seen, {bytes.begin(), bytes.end()}});
            }
        }
    }

    void deliver() {
        while (!queue_.empty() && queue_.begin()->first <= now) {
            auto packet = std::move(queue_.extract(queue_.begin()).mapped());
            auto& agent = packet.to->agent;
            if (net::classify(packet.bytes) == net::PacketClass::kStun) {
                net::Datagram datagram{packet.path, packet.bytes};
                (void)agent.handle_receive(datagram, now);
            } else if (agent.proven(packet.path)) {
                packet.to->media_received.push_back(now);
                agent.on_media(packet.path, now);
            } else {
                ++packet.to->media_refused;
                agent.on_media_from_unproven_path(packet.path, now);
            }
        }
    }

    void play() {
        for (auto& source : media_) {
            if (source.next > now) continue;
            source.next = now + source.interval;
            const std::vector<std::uint8_t> packet{0x80, 0x60, 0, 1};
            if (const auto& path = source.host->agent.selected_path()) {
                send(*source.host, *path, packet);
            }
        }
    }

    std::vector<std::unique_ptr<Host>> hosts_;
    std::multimap<Instant, Packet> queue_;
    std::vector<Source> media_;
    Random random_;
    std::uint64_t seed_;
    std::uint64_t connections_ = 0;
};

}  // namespace parley::ice::testing
