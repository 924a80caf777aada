#include "server/server.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <deque>
#include <malloc.h>
#include <sys/resource.h>
#include <unordered_map>

#include "base/assert.hpp"
#include "runtime/admission.hpp"
#include "runtime/clock.hpp"
#include "runtime/interfaces.hpp"
#include "server/certificates.hpp"
#include "server/connection.hpp"
#include "server/control.hpp"
#include "server/listener.hpp"
#include "server/log.hpp"
#include "server/memory_return.hpp"

namespace parley::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// How often deadlines of connections are looked at.
constexpr auto kTick = std::chrono::milliseconds(100);
/// When the process is out of descriptors, accepting rests for this long.
constexpr auto kAcceptPause = std::chrono::milliseconds(200);
/// Media events taken in one turn, so that sockets get theirs.
constexpr int kEventsPerTurn = 1024;
/// How long news of a crowd wait for more: people do not notice, and who joins at once with others
/// is told of in one write.
constexpr Duration kNewsPatience = 50ms;
constexpr std::size_t kScratchBytes = 16 * 1024;  // one TLS record
/// After the grace, what remains for close frames to leave.
constexpr Duration kLastFlush = 1s;

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

signal::Config service_config(const Settings& settings) {
    signal::Config config = settings.signal;
    config.grant_required = !settings.access.secret.empty() && !settings.server.insecure_open;
    return config;
}

}  // namespace

class Server::Impl final : public Control {
 public:
    Impl(Settings settings, MediaPlane& media, SecretRandom& random)
        : settings_(std::move(settings)),
          media_(media),
          service_(service_config(settings_), random),
          admission_({settings_.signal.limits.connections,
                      settings_.signal.limits.connections_per_address}),
          service_timer_(io_),
          news_timer_(io_),
          tick_(io_),
          signals_(io_),
          scratch_(kScratchBytes) {}

    ~Impl() override {
        if (media_started_) media_.stop();
    }
    std::expected<void, std::string> start();
    void run(bool handle_signals);
    void request_stop() {
        asio::post(io_, [this] { on_stop_requested(); });
    }
    std::vector<net::SocketAddress> listening() const {
        std::vector<net::SocketAddress> out;
        for (const auto& listener : listeners_) out.push_back(listener.address);
        return out;
    }

 private:
    // Control
    const Settings& settings() const override { return settings_; }
    Counters& counters() override { return counters_; }
    const crypto::TlsContext* tls() const override {
        return certificate_ ? &certificate_->context : nullptr;
    }
    BytesSpan scratch() override { return scratch_; }
    RequestTime time() const override {
        return {runtime::now(), runtime::wall_now().unix_seconds()};
    }
    bool reads_paused() const override { return reads_paused_; }
    bool stopping() const override { return stopping_; }
    Routed route(HttpRequest request, const Caller& caller) override;
    signal::ConnectionId new_socket_id() override { return signal::ConnectionId(++last_id_); }
    void websocket_opened(Connection& connection, signal::ConnectionInfo info) override;
    void websocket_text(signal::ConnectionId id, std::string_view text) override;
    void websocket_pong(signal::ConnectionId id) override;
    void websocket_closed(signal::ConnectionId id, std::uint16_t code) override;
    bool adopt_tcp(runtime::AdoptedConnection connection) override;
    void forget(Connection& connection) override;

    std::expected<void, std::string> load_app();
    std::expected<void, std::string> bind_listeners();
    std::expected<void, std::string> start_media();
    void print_banner() const;
    std::string url_of(const net::SocketAddress& address) const;

    void accept(Listener& listener);
    void on_accepted(tcp::socket socket, const net::SocketAddress& listener);
    void on_signal(int number);
    void on_stop_requested();
    void on_tick();
    void arm_tick();
    void arm_service_timer();
    void drain_media_events();
    void pump();
    bool pump_once();
    void deliver(signal::Output output);
    void flush_news();
    void look_whether_media_caught_up();
    void finish_when_quiet();

    Settings settings_;
    MediaPlane& media_;
    Counters counters_;
    MemoryReturn memory_return_;
    StaticFiles files_;
    std::optional<LoadedCertificate> certificate_;
    signal::Service service_;
    std::unique_ptr<Router> router_;
    runtime::Admission admission_;  // of all connections, also those that media threads adopted

    asio::io_context io_{1};
    asio::steady_timer service_timer_;
    asio::steady_timer news_timer_;
    asio::steady_timer tick_;
    asio::signal_set signals_;
    std::vector<Listener> listeners_;
    std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
    std::unordered_map<signal::ConnectionId, Connection*> sockets_;
    std::uint64_t last_id_ = 0;
    std::vector<std::uint8_t> scratch_;

    std::deque<std::pair<signal::ConnectionId, std::uint16_t>> closed_;
    std::vector<signal::ConnectionId> with_news_;  // what waits there is sent when the timer ends
    bool pumping_ = false;
    bool reads_paused_ = false;
    bool stopping_ = false;
    bool media_started_ = false;
    Instant stop_deadline_ = kNever;
    Instant service_armed_ = kNever;
    std::atomic<bool> wake_pending_{false};
};

// ---- start --------------------------------------------------------------------------------------

std::expected<void, std::string> Server::Impl::load_app() {
    const auto directory = find_web_directory(settings_.server.web);
    if (directory.empty()) {
        log::warn(
            "the web app is not installed; pages are missing until --web names its directory");
        return {};
    }
    auto files = StaticFiles::load(directory, settings_.http.web_bytes);
    if (!files) return std::unexpected(files.error());
    files_ = std::move(*files);
    log::debug("web app: {} files of {}", files_.count(), directory);
    return {};
}

std::expected<void, std::string> Server::Impl::bind_listeners() {
    std::string skipped;
    for (const auto& address : settings_.server.addresses) {
        auto listener = listen_on(io_, address);
        if (listener) {
            listeners_.push_back(std::move(*listener));
            continue;
        }
        // A machine without IPv6 still serves 127.0.0.1.
        const bool can_do_without =
            listener.error().no_such_address && address.ip.is_loopback() && address.ip.is_v6();
        if (!can_do_without) return std::unexpected(listener.error().text);
        skipped = listener.error().text;
    }
    if (listeners_.empty()) return std::unexpected(skipped);
    if (!skipped.empty()) log::debug("{}", skipped);
    return {};
}

std::expected<void, std::string> Server::Impl::start_media() {
    MediaSettings media;
    media.port = settings_.media.port;
    media.threads = settings_.media.threads;
    media.addresses = settings_.media.addresses;
    media.announce = settings_.media.announce;
    media.video_codecs = settings_.media.video_codecs;
    media.loudest_audio = settings_.media.loudest_audio;
    media.last_video = settings_.media.last_video;
    media.spread_above = settings_.media.spread_above;
    media.estimate = {Bitrate::from_kbps(settings_.media.min_kbps),
                      Bitrate::from_kbps(settings_.media.start_kbps),
                      Bitrate::from_kbps(settings_.media.max_kbps)};
    if (settings_.media.tcp) media.tcp_listeners = listening();
    auto started = media_.start(media, [this] {
        if (wake_pending_.exchange(true)) return;
        asio::post(io_, [this] { drain_media_events(); });
    });
    media_started_ = started.has_value();
    return started;
}

std::expected<void, std::string> Server::Impl::start() {
    raise_descriptor_limit();
    auto certificate = load_certificate(settings_);
    if (!certificate) return std::unexpected(certificate.error());
    certificate_ = std::move(*certificate);
    if (certificate_) {
        for (const auto& warning : certificate_->warnings) log::warn("{}", warning);
    }
    if (auto loaded = load_app(); !loaded) return loaded;
    if (auto bound = bind_listeners(); !bound) return bound;
    router_ = std::make_unique<Router>(settings_, service_, media_, files_, counters_, time());
    if (auto started = start_media(); !started) return started;
    for (auto& listener : listeners_) accept(listener);
    arm_tick();
    arm_service_timer();
    print_banner();
    return {};
}

std::string Server::Impl::url_of(const net::SocketAddress& address) const {
    const std::string scheme = certificate_ ? "https://" : "http://";
    const auto port = ":" + std::to_string(address.port);
    // Browsers give camera and microphone to "localhost" without TLS.
    if (address.ip.is_loopback()) return scheme + "localhost" + port;
    if (!address.ip.is_unspecified()) return scheme + address.to_string();
    // What another machine may type: a few addresses, or none where the list says little.
    std::string urls = scheme + "localhost" + port;
    const auto addresses = runtime::media_addresses();
    constexpr std::size_t kMostNamed = 3;
    if (addresses.size() > kMostNamed) return urls + " and on all addresses of this machine";
    for (const auto& ip : addresses) {
        const bool reached = ip.is_v4() || address.ip.is_v6();
        if (!ip.is_loopback() && reached) {
            urls += " " + scheme + net::SocketAddress{ip, address.port}.to_string();
        }
    }
    return urls;
}

void Server::Impl::print_banner() const {
    std::string urls;
    bool only_local = true;
    for (const auto& listener : listeners_) {
        only_local = only_local && listener.address.ip.is_loopback();
        const auto url = url_of(listener.address);
        if (urls.find(url) == std::string::npos) urls += (urls.empty() ? "" : ", ") + url;
    }
    log::info("Parley {} serves {}", PARLEY_VERSION, urls);
    if (const auto media = media_.describe(); !media.empty()) log::info("media: {}", media);
    if (settings_.server.insecure_open) {
        log::warn("rooms are open to everybody who reaches this server (insecure_open)");
    } else if (settings_.access.secret.empty()) {
        log::info("rooms are open to this machine, no token is needed");
    } else {
        log::info("rooms need a token; make one with: parley token --room ROOM --identity NAME");
    }
    if (certificate_) {
        const auto& info = certificate_->context.certificate();
        log::info("TLS certificate {} until {}, SHA-256 {}", info.subject, info.not_after,
                  info.sha256_fingerprint);
    }
    if (only_local) {
        log::info(
            "only this machine can connect; to open it to the network: {}parley serve "
            "--listen :8443 --tls self",
            settings_.access.secret.empty() ? "PARLEY_SECRET=$(openssl rand -hex 32) " : "");
    } else if (!certificate_) {
        log::warn(
            "without TLS, browsers give camera and microphone only to http://localhost; use "
            "--tls CERT,KEY or --tls self, or a proxy that speaks TLS");
    }
}

// ---- accepting ----------------------------------------------------------------------------------

void Server::Impl::accept(Listener& listener) {
    listener.acceptor.async_accept([this, &listener](const boost::system::error_code& error,
                                                     tcp::socket socket) {
        if (stopping_ || error == asio::error::operation_aborted) return;
        if (!error) {
            on_accepted(std::move(socket), listener.address);
            return accept(listener);
        }
        if (error != asio::error::no_descriptors && error != asio::error::no_buffer_space &&
            error != asio::error::no_memory) {
            return accept(listener);  // that client gave up; the next may not
        }
        log::error("cannot accept: {}; raise the limit of open files (ulimit -n)", error.message());
        auto pause = std::make_shared<asio::steady_timer>(io_, kAcceptPause);
        pause->async_wait([this, pause, &listener](const boost::system::error_code& stopped) {
            if (!stopped && !stopping_) accept(listener);
        });
    });
}

void Server::Impl::on_accepted(tcp::socket socket, const net::SocketAddress& listener) {
    boost::system::error_code error;
    const auto remote = socket.remote_endpoint(error);
    if (error) return;  // gone already
    const auto local = socket.local_endpoint(error);
    if (error) return;
    ++counters_.connections_accepted;
    const Caller caller{to_address(remote), listener.ip.is_loopback(), false};
    auto place = admission_.enter(caller.remote.ip);
    if (!place) {
        const bool many = place.error() == runtime::Admission::Refusal::kTooMany;
        return counters_.drop(many ? Drop::kTooManyConnections : Drop::kTooManyFromAddress);
    }
    socket.native_non_blocking(true, error);
    if (!error) socket.set_option(tcp::no_delay(true), error);
    if (error) return;
    auto connection = std::make_shared<Connection>(*this, std::move(socket), to_address(local),
                                                   caller, std::move(*place));
    connections_.emplace(connection.get(), connection);
    connection->start();
}

void Server::Impl::forget(Connection& connection) {
    const auto found = connections_.find(&connection);
    if (found == connections_.end()) return;
    // The caller may be a member of it: it dies when the stack is unwound.
    asio::post(io_, [kept = std::move(found->second)] {});
    connections_.erase(found);
}

// ---- requests and sockets -----------------------------------------------------------------------

Routed Server::Impl::route(HttpRequest request, const Caller& caller) {
    counters_.connections_open = admission_.size();
    auto routed = router_->route(std::move(request), caller, time());
    pump();  // the API may have changed rooms
    return routed;
}

void Server::Impl::websocket_opened(Connection& connection, signal::ConnectionInfo info) {
    sockets_.emplace(info.id, &connection);
    ++counters_.websockets_opened;
    counters_.websockets_open = sockets_.size();
    service_.open(info, runtime::now());
    pump();
}

void Server::Impl::websocket_text(signal::ConnectionId id, std::string_view text) {
    service_.handle_text(id, text, runtime::now());
    pump();
}

void Server::Impl::websocket_pong(signal::ConnectionId id) {
    service_.handle_pong(id, runtime::now());
    pump();
}

void Server::Impl::websocket_closed(signal::ConnectionId id, std::uint16_t code) {
    sockets_.erase(id);
    counters_.websockets_open = sockets_.size();
    closed_.emplace_back(id, code);
    pump();
}

bool Server::Impl::adopt_tcp(runtime::AdoptedConnection connection) {
    return media_started_ && media_.adopt_tcp(std::move(connection));
}

// ---- the service --------------------------------------------------------------------------------

void Server::Impl::deliver(signal::Output output) {
    const auto connection_of = [this](signal::ConnectionId id) -> std::shared_ptr<Connection> {
        const auto found = sockets_.find(id);
        return found == sockets_.end() ? nullptr : found->second->shared_from_this();
    };
    if (const auto* text = std::get_if<signal::SendText>(&output)) {
        const auto connection = connection_of(text->connection);
        if (!connection) return;
        if (!text->may_wait) return connection->send_text(text->text);
        if (!connection->send_text_later(text->text)) return;
        with_news_.push_back(text->connection);
        if (with_news_.size() > 1) return;
        news_timer_.expires_after(kNewsPatience);
        news_timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error) flush_news();
        });
    } else if (const auto* ping = std::get_if<signal::SendPing>(&output)) {
        if (const auto connection = connection_of(ping->connection)) connection->send_ping();
    } else if (const auto* close = std::get_if<signal::Close>(&output)) {
        const auto connection = connection_of(close->connection);
        if (!connection) return;
        sockets_.erase(close->connection);
        counters_.websockets_open = sockets_.size();
        connection->close_websocket(close->code, close->reason);
    }
}

void Server::Impl::flush_news() {
    for (const auto id : std::exchange(with_news_, {})) {
        const auto found = sockets_.find(id);
        if (found == sockets_.end()) continue;
        const auto connection = found->second->shared_from_this();
        connection->send_waiting();
    }
    pump();
}

/// True when there was anything to do.
bool Server::Impl::pump_once() {
    bool worked = false;
    while (auto command = service_.poll_media_command()) {
        media_.post(std::move(*command));
        worked = true;
    }
    while (auto output = service_.poll_output()) {
        deliver(std::move(*output));
        worked = true;
    }
    while (!closed_.empty()) {
        const auto [id, code] = closed_.front();
        closed_.pop_front();
        service_.handle_closed(id, runtime::now(), code);
        worked = true;
    }
    return worked;
}

void Server::Impl::pump() {
    // Delivering may close a connection, which ends up here again: the outer call goes on.
    if (pumping_) return;
    pumping_ = true;
    while (pump_once()) {
    }
    pumping_ = false;
    if (!reads_paused_ && media_.congested()) {
        reads_paused_ = true;
        ++counters_.reads_paused;
    }
    arm_service_timer();
    finish_when_quiet();
}

void Server::Impl::arm_service_timer() {
    const auto next = service_.next_timeout();
    if (next == service_armed_) return;
    service_armed_ = next;
    if (next == kNever) {
        service_timer_.cancel();
        return;
    }
    service_timer_.expires_after(std::max(Duration::zero(), next - runtime::now()));
    service_timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        service_armed_ = kNever;
        service_.handle_timeout(runtime::now());
        pump();
        arm_service_timer();
    });
}

void Server::Impl::drain_media_events() {
    wake_pending_ = false;
    const auto now = runtime::now();
    int taken = 0;
    for (; taken < kEventsPerTurn; ++taken) {
        const auto event = media_.poll_event();
        if (!event) break;
        service_.handle_media_event(*event, now);
    }
    pump();
    look_whether_media_caught_up();
    if (taken == kEventsPerTurn && !wake_pending_.exchange(true)) {
        asio::post(io_, [this] { drain_media_events(); });
    }
}

void Server::Impl::look_whether_media_caught_up() {
    if (!reads_paused_ || media_.congested()) return;
    reads_paused_ = false;
    std::vector<std::shared_ptr<Connection>> waiting;
    for (const auto& [id, connection] : sockets_) waiting.push_back(connection->shared_from_this());
    for (const auto& connection : waiting) connection->resume();
}

// ---- time and the end ---------------------------------------------------------------------------

void Server::Impl::arm_tick() {
    tick_.expires_after(kTick);
    tick_.async_wait([this](const boost::system::error_code& error) {
        if (!error) on_tick();
    });
}

void Server::Impl::on_tick() {
    const auto now = runtime::now();
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(connections_.size());
    for (const auto& [key, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->check_deadline(now);
    look_whether_media_caught_up();
    // Opened and closed: each that is open counts once, each that is not twice.
    const auto turnover = 2 * counters_.connections_accepted - connections_.size();
    if (memory_return_.due(turnover, now)) (void)::malloc_trim(0);  // all threads' heaps
    finish_when_quiet();
    arm_tick();
}

void Server::Impl::on_signal(int number) {
    log::info("{}: {}", number == SIGINT ? "interrupt" : "termination asked for",
              stopping_ ? "stopping at once" : "telling clients; a second one stops at once");
    on_stop_requested();
    signals_.async_wait([this](const boost::system::error_code& error, int next) {
        if (!error) on_signal(next);
    });
}

void Server::Impl::on_stop_requested() {
    if (stopping_) {
        io_.stop();
        return;
    }
    stopping_ = true;
    for (auto& listener : listeners_) {
        boost::system::error_code ignored;
        listener.acceptor.close(ignored);
    }
    const auto now = runtime::now();
    stop_deadline_ = now + settings_.server.shutdown_grace + kLastFlush;
    service_.begin_shutdown(now, settings_.server.shutdown_grace);
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [key, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->resume();
    pump();
}

void Server::Impl::finish_when_quiet() {
    if (!stopping_ || io_.stopped()) return;
    const bool quiet = service_.idle() && connections_.empty();
    if (!quiet && runtime::now() < stop_deadline_) return;
    io_.stop();
}

void Server::Impl::run(bool handle_signals) {
    std::signal(SIGPIPE, SIG_IGN);
    if (handle_signals) {
        signals_.add(SIGINT);
        signals_.add(SIGTERM);
        signals_.async_wait([this](const boost::system::error_code& error, int number) {
            if (!error) on_signal(number);
        });
    }
    while (!io_.stopped()) {
        try {
            io_.run();
        } catch (const std::exception& error) {
            // Of a library below: one request must not end the others' calls.
            log::error("unexpected: {}", error.what());
        }
    }
    // Without listeners or clients any more; their destructors must not call back into a half-dead
    // server.
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [key, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->drop();
    listeners_.clear();
    if (media_started_) media_.stop();
    media_started_ = false;
    log::info("stopped");
}

Server::Server(Settings settings, MediaPlane& media, SecretRandom& random)
    : impl_(std::make_unique<Impl>(std::move(settings), media, random)) {}
Server::~Server() = default;
std::expected<void, std::string> Server::start() {
    return impl_->start();
}
void Server::run(bool handle_signals) {
    impl_->run(handle_signals);
}
void Server::request_stop() {
    impl_->request_stop();
}
std::vector<net::SocketAddress> Server::listening() const {
    return impl_->listening();
}

}  // namespace parley::server
