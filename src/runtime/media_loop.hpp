// The loop of one media thread, written once for every machine it may drive: wait, hand in a whole
// receive batch, hand in messages and due timeouts, then drain what the machine wants to send.

#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <concepts>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <sys/epoll.h>
#include <utility>
#include <vector>

#include "net/datagram.hpp"
#include "net/demux.hpp"
#include "runtime/admission.hpp"
#include "runtime/adopted_connection.hpp"
#include "runtime/clock.hpp"
#include "runtime/file_descriptor.hpp"
#include "runtime/send_queue.hpp"
#include "runtime/tcp_connection.hpp"
#include "runtime/tcp_figures.hpp"
#include "runtime/udp_socket.hpp"

namespace parley::runtime {

/// What the loop needs of a machine (ARCHITECTURE.md, "The four shapes").
template <typename M>
concept DrivenMachine = requires(M machine, net::Datagram& datagram, Instant now, BytesSpan out,
                                 const net::Path& path) {
    machine.handle_receive(datagram, now);
    machine.handle_timeout(now);
    { machine.next_timeout() } -> std::convertible_to<Instant>;
    { machine.poll_transmit(now, out) } -> std::convertible_to<std::optional<net::Transmit>>;
    machine.handle_connection_closed(path, now);
    { machine.knows_path(path) } -> std::convertible_to<bool>;
    machine.on_send_failures(std::uint32_t{});
};

/// TCP connections of one media thread; further ones are closed.
inline constexpr std::size_t kMaxMediaConnections = 4096;
/// Those among them whose path nobody has proven, in all and of one client. A client's first frame
/// usually is an authenticated check, which proves it before it counts: however many share an
/// address, they come in.
inline constexpr std::size_t kMaxUnproven = 1024;
inline constexpr std::size_t kMaxUnprovenOfClient = 16;
/// Clients repeat a check that got no answer within a second: time for several.
inline constexpr Duration kProofTime = 3s;

/// How long epoll may wait: until the deadline, at most `cap`.
timespec wait_time(Instant deadline, Instant now, Duration cap);

template <DrivenMachine Machine>
class MediaLoop {
 public:
    /// A TCP connection that carries no proven path `proof_time` after it came is closed.
    MediaLoop(Machine& machine, std::vector<UdpSocket> sockets, Duration proof_time = kProofTime)
        : machine_(machine),
          sockets_(std::move(sockets)),
          proof_time_(proof_time),
          epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        for (std::size_t i = 0; i < sockets_.size(); ++i) watch(sockets_[i].fd(), kSocketKey | i);
    }

    const std::vector<UdpSocket>& sockets() const { return sockets_; }
    TcpFigures tcp_figures() const {
        TcpFigures figures = figures_;
        figures.open = connections_.size();
        figures.unproven = unproven_.size();
        return figures;
    }
    /// Counts one that does not even get here.
    void on_refused(TcpRefusal reason) { figures_.refuse(reason); }

    /// Wakes the loop when the descriptor becomes readable; `before` of run() then looks.
    void watch_mailbox(int fd) { watch(fd, kMailboxKey); }

    /// Takes over a TCP connection. Its path's connection id is unique for the loop's life.
    void adopt(AdoptedConnection adopted) {
        if (connections_.size() >= kMaxMediaConnections) {
            return figures_.refuse(TcpRefusal::kTooMany);  // closes it
        }
        const std::uint64_t id = ++last_connection_;
        const net::Path path{net::Protocol::kTcp, adopted.local, adopted.remote, id};
        const Instant now = runtime::now();
        auto [entry, _] = connections_.try_emplace(
            id, TcpConnection(std::move(adopted.fd), path, now), std::move(adopted.place));
        Connection& connection = entry->second;
        watch(connection.tcp.fd(), kConnectionKey | id);
        const auto status = connection.tcp.feed(adopted.already_read, [&](net::Datagram& datagram) {
            return take(connection, datagram, now);
        });
        if (status != TcpConnection::Status::kOpen) return end_connection(entry, status, now);
        if (connection.proven) return;
        auto waiting = unproven_.enter(path.remote.ip);
        if (waiting) {
            connection.waiting = std::move(*waiting);
        } else {
            figures_.refuse(TcpRefusal::kTooManyUnproven);
            connections_.erase(entry);
        }
    }

    /// Runs until `stop` is set. Each turn calls `before()` once datagrams were handed in, to hand
    /// in what the mailboxes hold, and `after()` once the machine was drained, to take its events.
    template <typename Before, typename After>
    void run(const std::atomic<bool>& stop, Before&& before, After&& after) {
        std::array<epoll_event, 64> ready{};
        while (!stop.load(std::memory_order_relaxed)) {
            const Instant start = runtime::now();
            const timespec wait = wait_time(machine_.next_timeout(), start, 1s);
            const int count = ::epoll_pwait2(epoll_.get(), ready.data(),
                                             static_cast<int>(ready.size()), &wait, nullptr);
            const Instant now = runtime::now();
            for (int i = 0; i < count; ++i) serve(ready[static_cast<std::size_t>(i)], now);
            before();
            const Instant then = runtime::now();  // not before what the mailboxes brought
            if (machine_.next_timeout() <= then) machine_.handle_timeout(then);
            drain(then);
            sweep_connections(then);
            after();
        }
        drain(runtime::now());
        after();
    }

 private:
    struct Connection {
        TcpConnection tcp;
        Admission::Place place;
        Admission::Place waiting = {};  // among the unproven
        bool proven = false;            // at some time
    };
    using Connections = std::map<std::uint64_t, Connection>;

    static constexpr std::uint64_t kSocketKey = std::uint64_t{1} << 62;
    static constexpr std::uint64_t kMailboxKey = std::uint64_t{2} << 62;
    static constexpr std::uint64_t kConnectionKey = std::uint64_t{3} << 62;
    static constexpr std::uint64_t kKeyMask = std::uint64_t{3} << 62;

    void watch(int fd, std::uint64_t key, std::uint32_t events = EPOLLIN) {
        epoll_event event{};
        event.events = events;
        event.data.u64 = key;
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) {
            ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
        }
    }

    void serve(const epoll_event& event, Instant now) {
        const std::uint64_t index = event.data.u64 & ~kKeyMask;
        switch (event.data.u64 & kKeyMask) {
            case kSocketKey: receive(sockets_[index], now); break;
            case kConnectionKey: serve_connection(index, event.events, now); break;
            default: break;  // a mailbox: before() looks
        }
    }

    void receive(UdpSocket& socket, Instant now) {
        // A few batches a turn: enough to catch up, bounded so that timers stay on time.
        for (int round = 0; round < 4; ++round) {
            const std::size_t count = socket.receive_batch(
                [&](net::Datagram& datagram) { machine_.handle_receive(datagram, now); });
            if (count < UdpSocket::kReceiveBatch) break;
            drain(now);
        }
    }

    void serve_connection(std::uint64_t id, std::uint32_t events, Instant now) {
        const auto entry = connections_.find(id);
        if (entry == connections_.end()) return;
        Connection& connection = entry->second;
        auto status = TcpConnection::Status::kOpen;
        if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
            status = connection.tcp.receive(
                [&](net::Datagram& datagram) { return take(connection, datagram, now); });
        }
        if (status == TcpConnection::Status::kOpen && (events & EPOLLOUT) != 0) {
            status = connection.tcp.flush();
            if (!connection.tcp.wants_write()) watch(connection.tcp.fd(), kConnectionKey | id);
        }
        if (status != TcpConnection::Status::kOpen) end_connection(entry, status, now);
    }

    /// Hands a frame in, and looks whether it has proven the path. False for what nobody may send
    /// before that.
    bool take(Connection& connection, net::Datagram& datagram, Instant now) {
        if (connection.proven) {
            machine_.handle_receive(datagram, now);
            return true;
        }
        if (net::classify(datagram.bytes) != net::PacketClass::kStun) return false;
        machine_.handle_receive(datagram, now);
        connection.proven = machine_.knows_path(connection.tcp.path());
        if (connection.proven) connection.waiting.leave();
        return true;
    }

    void end_connection(Connections::iterator entry, TcpConnection::Status status, Instant now) {
        using Status = TcpConnection::Status;
        if (status == Status::kStopped) figures_.refuse(TcpRefusal::kNotStun);
        if (status == Status::kTooLarge) figures_.refuse(TcpRefusal::kFrameTooLarge);
        const net::Path path = entry->second.tcp.path();
        connections_.erase(entry);
        machine_.handle_connection_closed(path, now);
    }

    /// Closes what nobody has proven in time, and what the peers that had proven it have left.
    void sweep_connections(Instant now) {
        if (now < next_sweep_) return;
        next_sweep_ = now + std::min<Duration>(1s, proof_time_);
        for (auto entry = connections_.begin(); entry != connections_.end();) {
            const auto here = entry++;
            const Connection& connection = here->second;
            const bool young = now - connection.tcp.since() < proof_time_;
            if (young || machine_.knows_path(connection.tcp.path())) continue;
            if (!connection.proven) figures_.refuse(TcpRefusal::kNotProven);
            connections_.erase(here);
        }
    }

    void drain(Instant now) {
        while (true) {
            const BytesSpan space = queue_.space();
            const auto transmit = machine_.poll_transmit(now, space);
            if (!transmit) break;
            if (transmit->path.protocol == net::Protocol::kTcp) {
                send_tcp(*transmit, space.first(transmit->size));
                continue;
            }
            queue_.add(*transmit);
            if (queue_.full()) flush();
        }
        flush();
    }

    void flush() {
        const SendResult result = queue_.flush(sockets_);
        if (result.failed > 0) machine_.on_send_failures(result.failed);
    }

    void send_tcp(const net::Transmit& transmit, BytesView bytes) {
        const auto entry = connections_.find(transmit.path.connection);
        const std::size_t step = transmit.segment == 0 ? bytes.size() : transmit.segment;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            const auto piece = bytes.subspan(at, std::min(step, bytes.size() - at));
            if (entry == connections_.end() || !entry->second.tcp.send(piece)) {
                machine_.on_send_failures(1);
            }
        }
        if (entry != connections_.end() && entry->second.tcp.wants_write()) {
            watch(entry->second.tcp.fd(), kConnectionKey | entry->first, EPOLLIN | EPOLLOUT);
        }
    }

    Machine& machine_;
    std::vector<UdpSocket> sockets_;
    Duration proof_time_;
    FileDescriptor epoll_;
    Connections connections_;
    Admission unproven_{{kMaxUnproven, kMaxUnprovenOfClient}};
    TcpFigures figures_;
    std::uint64_t last_connection_ = 0;
    Instant next_sweep_{};
    SendQueue queue_;
};

}  // namespace parley::runtime
