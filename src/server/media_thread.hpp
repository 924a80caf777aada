// One media thread: its sockets, its loop, its node, and the mailboxes to the control thread.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "crypto/cipher_engine.hpp"
#include "crypto/dtls_engine.hpp"
#include "crypto/secure_random.hpp"
#include "node/node.hpp"
#include "runtime/mailbox.hpp"
#include "runtime/media_loop.hpp"
#include "server/relay_outbox.hpp"
#include "signal/media_messages.hpp"

namespace parley::server {

class MediaThread {
 public:
    struct Options {
        std::size_t index = 0;
        node::NodeConfig node;
        std::shared_ptr<const crypto::DtlsContext> dtls;
        std::uint64_t seed = 0;
        std::function<void()> wake;  // from any thread: events are waiting
        /// Takes what this thread has to say to another; false, and untouched, when that one does
        /// not keep up.
        RelayOutbox::Relay relay;
        /// Who gets a TCP connection whose ufrag this thread does not know; empty: nobody.
        std::function<bool(runtime::AdoptedConnection)> pass_on;
    };
    MediaThread(Options options, std::vector<runtime::UdpSocket> sockets);
    ~MediaThread();

    void start();
    void stop();

    bool post(signal::MediaCommand command) { return commands_.post(std::move(command)); }
    /// False, and `connection` untouched, when too many wait.
    bool adopt(runtime::AdoptedConnection&& connection) {
        return adoptions_.post(std::move(connection));
    }
    /// From another media thread. Media gets only half of the room, so that what is said but once
    /// still fits. False, and the message untouched, when too many wait.
    bool relay(node::ShardIndex from, node::RelayMessage&& message);
    /// Calls `take(signal::MediaEvent&&)` for everything that waits. From the control thread.
    template <typename Take>
    void drain_events(Take&& take) {
        events_.drain(std::forward<Take>(take));
    }
    bool congested() const { return commands_.size() > kMaxCommands / 2; }
    struct Stats {
        node::NodeStats node;
        runtime::TcpFigures tcp;
    };
    Stats stats() const;
    std::string cipher() const { return std::string(ciphers_->name()); }

    /// Commands of the control thread: a storm of joins fits; beyond it the server stops reading
    /// client sockets (MediaPlane::congested()).
    static constexpr std::size_t kMaxCommands = 65'536;
    static constexpr std::size_t kMaxEvents = 262'144;
    static constexpr std::size_t kMaxAdoptions = 1024;
    /// Of other media threads: batches of packets, and what goes with them.
    static constexpr std::size_t kMaxRelayed = 8192;

 private:
    struct Relayed {
        node::ShardIndex from = 0;
        node::RelayMessage message;
    };

    void run();
    void take_commands();
    void give_events();
    void give_relayed();
    void adopt_or_pass_on(runtime::AdoptedConnection connection);

    Options options_;
    RelayOutbox outbox_;
    crypto::SystemRandom secret_;
    Random random_;
    std::unique_ptr<crypto::CipherEngine> ciphers_;
    node::Node node_;
    runtime::MediaLoop<node::Node> loop_;
    runtime::Mailbox<signal::MediaCommand> commands_{kMaxCommands};
    runtime::Mailbox<runtime::AdoptedConnection> adoptions_{kMaxAdoptions};
    runtime::Mailbox<signal::MediaEvent> events_{kMaxEvents};
    runtime::Mailbox<Relayed> relayed_{kMaxRelayed};
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
    mutable std::mutex stats_mutex_;
    Stats stats_;  // a copy for the control thread, renewed each second
    Instant next_stats_{};
};

}  // namespace parley::server
