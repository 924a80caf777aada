#include "server/media_thread.hpp"

#include <pthread.h>

#include "net/framing.hpp"
#include "server/log.hpp"
#include "stun/message.hpp"

namespace parley::server {
namespace {

peer::TransportServices services(const MediaThread::Options& options, crypto::CipherEngine& ciphers,
                                 SecretRandom& secret, Random& random) {
    return {options.dtls, &ciphers, &secret, &random};
}

/// The local ufrag of the STUN message in the first frame, if there is one.
std::string_view first_ufrag(const runtime::AdoptedConnection& connection) {
    return stun::local_ufrag(net::first_frame(connection.already_read)).value_or("");
}

}  // namespace

MediaThread::MediaThread(Options options, std::vector<runtime::UdpSocket> sockets)
    : options_(std::move(options)),
      outbox_(options_.relay),
      random_(options_.seed),
      ciphers_(crypto::make_cipher_engine(crypto::CipherPreference::kFastest)),
      node_(options_.node, services(options_, *ciphers_, secret_, random_)),
      loop_(node_, std::move(sockets)) {
    loop_.watch_mailbox(commands_.fd());
    loop_.watch_mailbox(adoptions_.fd());
    loop_.watch_mailbox(relayed_.fd());
}

MediaThread::~MediaThread() {
    stop();
}

void MediaThread::start() {
    thread_ = std::thread([this] { run(); });
}

void MediaThread::stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    adoptions_.post({});  // wakes the loop so that it sees the flag
    thread_.join();
}

void MediaThread::run() {
    ::pthread_setname_np(::pthread_self(), ("media-" + std::to_string(options_.index)).c_str());
    loop_.run(
        stopping_, [this] { take_commands(); },
        [this] {
            give_relayed();
            give_events();
        });
}

void MediaThread::take_commands() {
    const Instant now = runtime::now();
    commands_.drain([&](signal::MediaCommand&& command) { node_.handle_command(command, now); });
    relayed_.drain([&](Relayed&& relayed) {
        node_.handle_relay(relayed.from, std::move(relayed.message), now);
    });
    adoptions_.drain([&](runtime::AdoptedConnection&& connection) {
        if (connection.fd) adopt_or_pass_on(std::move(connection));
    });
    if (now < next_stats_) return;
    next_stats_ = now + 1s;
    const std::lock_guard lock(stats_mutex_);
    stats_ = {node_.stats(), loop_.tcp_figures()};
}

void MediaThread::adopt_or_pass_on(runtime::AdoptedConnection connection) {
    if (node_.knows_ufrag(first_ufrag(connection))) return loop_.adopt(std::move(connection));
    if (options_.pass_on) {
        if (!options_.pass_on(std::move(connection))) {
            loop_.on_refused(runtime::TcpRefusal::kThreadBusy);
        }
        return;
    }
    // Nobody knows it: the connection closes with its descriptor.
    loop_.on_refused(runtime::TcpRefusal::kUnknownUfrag);
}

bool MediaThread::relay(node::ShardIndex from, node::RelayMessage&& message) {
    if (node::may_be_lost(message) && relayed_.size() > kMaxRelayed / 2) return false;
    using Wake = runtime::Mailbox<Relayed>::Wake;
    const auto wake = node::is_returned_batch(message) ? Wake::kNever : Wake::kNow;
    Relayed relayed{from, std::move(message)};
    if (relayed_.post(std::move(relayed), wake)) return true;
    message = std::move(relayed.message);
    return false;
}

void MediaThread::give_relayed() {
    const Instant now = runtime::now();
    outbox_.retry(now);
    while (auto outgoing = node_.poll_relay()) {
        const auto lost = outbox_.send(outgoing->to, std::move(outgoing->message), now);
        if (lost > 0) node_.on_relay_full(lost);
    }
}

void MediaThread::give_events() {
    bool any = false;
    // While the control thread does not keep up, figures that the next second replaces make room
    // for facts that nobody repeats.
    const bool behind = events_.size() > kMaxEvents / 2;
    while (auto event = node_.poll_event()) {
        if (behind && std::holds_alternative<signal::PeerStats>(*event)) continue;
        any = events_.post(std::move(*event)) || any;
    }
    if (any) options_.wake();
}

MediaThread::Stats MediaThread::stats() const {
    const std::lock_guard lock(stats_mutex_);
    return stats_;
}

}  // namespace parley::server
