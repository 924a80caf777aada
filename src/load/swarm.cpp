#include "load/swarm.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "base/assert.hpp"
#include "crypto/certificate.hpp"
#include "runtime/clock.hpp"

namespace parley::load {
namespace {

constexpr Duration kProgressInterval = 1s;
constexpr Duration kTick = 20ms;
constexpr std::uint64_t kSignalKey = ~std::uint64_t{0};

/// Of this process, in user and kernel mode.
Duration cpu_time() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) {
        return Duration(std::int64_t{time.tv_sec} * 1'000'000'000 +
                        std::int64_t{time.tv_usec} * 1000);
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

runtime::FileDescriptor watch_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    return runtime::FileDescriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

peer::TransportServices transport_services(crypto::CipherEngine& ciphers, SecretRandom& secret,
                                           Random& random) {
    crypto::DtlsContextOptions options;
    options.profiles = {crypto::SrtpProfile::kAeadAes128Gcm};
    // All share a certificate: making one takes longer than a handshake.
    const auto certificate = crypto::Certificate::generate(runtime::wall_now());
    PARLEY_ASSERT(certificate);
    return {crypto::make_openssl_dtls_context(*certificate, options), &ciphers, &secret, &random};
}

}  // namespace

Swarm::Swarm(const Options& options, const MediaLoops& loops, const ServerAddress& server,
             Progress progress)
    : options_(options),
      progress_(std::move(progress)),
      random_(options.seed * 0x9E3779B97F4A7C15 + secret_.next_u64()),
      ciphers_(crypto::make_cipher_engine(crypto::CipherPreference::kFastest)),
      services_{options,
                loops,
                server,
                transport_services(*ciphers_, secret_, random_),
                runtime::wall_anchor(),
                buffers_,
                random_,
                {},
                {}},
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      signals_(watch_signals()),
      course_(CoursePlan{options.duration, options.link.delay, options.participants(),
                         options.simulcast}) {
    watch(signals_.get(), kSignalKey, EPOLLIN);
    add_participants();
}

void Swarm::add_participants() {
    const std::size_t streams =
        (services_.loops.video.empty() ? 0U : 1U) + (services_.loops.audio.empty() ? 0U : 1U);
    const auto add = [&](bool publishes, std::size_t room, std::size_t number) {
        Role role;
        role.room =
            options_.rooms == 1 ? options_.room : fmt::format("{}-{}", options_.room, room + 1);
        role.name = fmt::format("{}-{}", publishes ? "publisher" : "subscriber", number + 1);
        role.publishes = publishes;
        role.receives = !publishes || options_.meeting;
        const std::size_t others = options_.publishers - (publishes ? 1 : 0);
        role.expected_streams = role.receives ? others * streams : 0;
        participants_.push_back(std::make_unique<Participant>(
            services_, std::move(role), options_.seed * 1'000'003 + participants_.size()));
    };
    for (const bool publishes : {true, false}) {
        const std::size_t count = publishes ? options_.publishers : options_.subscribers;
        for (std::size_t number = 0; number < count; ++number) {
            for (std::size_t room = 0; room < options_.rooms; ++room) add(publishes, room, number);
        }
    }
    watched_.resize(participants_.size());
    deadlines_.resize(participants_.size(), kNever);
}

Report Swarm::run() {
    while (course_.phase() != Phase::kDone) {
        const Instant now = runtime::now();
        advance(now);
        wait(now);
    }
    Report report = make_report();
    leave_all(runtime::now());
    return report;
}

void Swarm::watch(int fd, std::uint64_t key, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = key;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) {
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
    }
}

void Swarm::wait(Instant now) {
    const Instant due = *std::ranges::min_element(deadlines_);
    const Duration left = std::clamp<Duration>(due - now, Duration::zero(), kTick);
    const timespec timeout{0, static_cast<long>(left.count())};
    std::array<epoll_event, 256> ready;
    const int count = ::epoll_pwait2(epoll_.get(), ready.data(), static_cast<int>(ready.size()),
                                     &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
        serve(ready[static_cast<std::size_t>(i)].data.u64, runtime::now());
        // What is published must not wait behind what is received.
        if (i % 16 == 15) run_timers(runtime::now());
    }
    run_timers(runtime::now());
}

void Swarm::serve(std::uint64_t key, Instant now) {
    if (key == kSignalKey) {
        signalfd_siginfo info{};
        while (::read(signals_.get(), &info, sizeof info) > 0) course_.interrupt();
        return;
    }
    const auto index = static_cast<std::size_t>(key / 2);
    Participant& participant = *participants_[index];
    if (participant.failed()) return;
    if (key % 2 == 0) {
        participant.on_signaling_ready(now);
    } else {
        participant.on_media_ready();
    }
    settle(index, now);
}

void Swarm::run_timers(Instant now) {
    for (std::size_t i = 0; i < deadlines_.size(); ++i) {
        if (deadlines_[i] > now) continue;
        participants_[i]->handle_timeout(now);
        settle(i, now);
    }
}

void Swarm::settle(std::size_t index, Instant now) {
    Participant& participant = *participants_[index];
    Watched& watched = watched_[index];
    if (watched.pending && (participant.joined() || participant.failed())) {
        watched.pending = false;
        --pending_;
    }
    if (participant.joined() != watched.present) {
        watched.present = participant.joined();
        watched.present ? ++present_ : --present_;
    }
    if (participant.failed()) {
        if (watched.media) {
            ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, participant.media_fd(), nullptr);
            watched.media = false;
        }
        participant.leave(now);
        deadlines_[index] = kNever;
        return;
    }
    if (!watched.media && participant.media_fd() >= 0) {
        watched.media = true;
        watch(participant.media_fd(), 2 * index + 1, EPOLLIN);
    }
    if (participant.wants_write() != watched.writing) {
        watched.writing = participant.wants_write();
        const std::uint32_t events = watched.writing ? EPOLLIN | EPOLLOUT : EPOLLIN;
        watch(participant.signaling_fd(), 2 * index, events);
    }
    deadlines_[index] = participant.next_timeout();
}

// ---- phases ----

void Swarm::advance(Instant now) {
    const Phase before = course_.phase();
    if (before == Phase::kJoining && !course_.interrupted()) start_joins(now);
    course_.advance(attendance(), now);
    services_.window = course_.window();
    const Phase phase = course_.phase();
    const bool milestone = phase != before && phase != Phase::kDone;
    if (milestone && phase == Phase::kMeasuring) {
        cpu_at_start_ = cpu_time();
        unsent_at_start_ = packets_unsent();
    } else if (milestone && phase == Phase::kDraining) {
        cpu_ = cpu_time() - cpu_at_start_;
        unsent_ = packets_unsent() - unsent_at_start_;
    }
    if (milestone || now >= next_progress_) report_progress(now, milestone);
}

Attendance Swarm::attendance() const {
    Attendance attendance;
    attendance.joining = started_ < participants_.size() || pending_ > 0;
    attendance.present = present_;
    // Asked for while it matters only: there may be thousands.
    attendance.complete =
        course_.phase() == Phase::kSettling && std::ranges::all_of(participants_, [](auto& one) {
            return !one->joined() || one->complete();
        });
    return attendance;
}

void Swarm::start_joins(Instant now) {
    const std::size_t publishers = options_.publishers * options_.rooms;
    const Duration patience = join_timeout(options_.link.delay);
    for (std::size_t i = 0; i < started_; ++i) {
        if (!watched_[i].pending || now - participants_[i]->started_at() < patience) continue;
        participants_[i]->give_up();
        settle(i, now);
    }
    while (started_ < participants_.size() && pending_ < options_.parallel) {
        // Subscribers time their joins by the first packet, so there must be somebody to send it.
        if (started_ == publishers && pending_ > 0) return;
        const std::size_t index = started_++;
        watched_[index].pending = true;
        ++pending_;
        participants_[index]->start(now);
        settle(index, now);
    }
}

std::uint64_t Swarm::packets_unsent() const {
    std::uint64_t count = 0;
    for (const auto& participant : participants_) count += participant->packets_unsent();
    return count;
}

void Swarm::report_progress(Instant now, bool milestone) {
    next_progress_ = now + kProgressInterval;
    const Phase phase = course_.phase();
    const auto joined = std::ranges::count_if(participants_, &Participant::ever_joined);
    const auto failed = std::ranges::count_if(participants_, &Participant::failed);
    const auto lost = joined - static_cast<std::ptrdiff_t>(present_);
    std::string line = fmt::format("{} of {} joined", joined, participants_.size());
    if (failed > lost) line += fmt::format(", {} failed", failed - lost);
    if (lost > 0) line += fmt::format(", {} lost", lost);
    if (phase == Phase::kSettling) line += "; settling";
    if (phase == Phase::kDraining) line += "; measured";
    if (phase == Phase::kMeasuring && milestone) {
        line += fmt::format("; measuring for {:.0f} s", to_seconds(options_.duration));
    } else if (phase == Phase::kMeasuring) {
        Report so_far;
        for (const auto& participant : participants_) {
            count_received(participant->streams(), {}, false, so_far);
        }
        so_far.duration = now - services_.window.start;
        line += fmt::format("; {:.0f} of {:.0f} s: {} packets, {:.1f} Mbit/s, {} missing",
                            to_seconds(so_far.duration), to_seconds(options_.duration),
                            so_far.received, so_far.bitrate() / 1e6, so_far.gaps);
    }
    progress_(line, milestone);
}

// ---- the end ----

Report Swarm::make_report() const {
    Report report;
    report.participants = participants_.size();
    report.interrupted = course_.interrupted();
    if (services_.window.start != kNever) {
        report.duration = services_.window.end - services_.window.start;
    }
    report.cpu = cpu_;
    report.unsent = unsent_;
    std::vector<Duration> joins;
    for (const auto& participant : participants_) {
        if (const auto& failure = participant->failure()) {
            auto& count = report.failures[failure->cause];
            if (count.count++ == 0) count.text = failure->text;
        }
        if (!participant->ever_joined()) continue;
        ++report.joined;
        joins.push_back(participant->join_time());
        report.publishers += participant->role().publishes ? 1 : 0;
        report.receivers += participant->role().receives ? 1 : 0;
        if (const auto* publisher = participant->publisher()) {
            const Published published = publisher->published();
            report.sent += published.video_packets + published.audio_packets;
            report.resent += publisher->resent();
            report.keyframe_requests += publisher->keyframe_requests();
        }
        report.layer_switches += participant->layer_switches();
        if (!participant->role().receives) continue;
        count_received(participant->streams(), published_to(*participant),
                       options_.simulcast || options_.svc, report);
    }
    report.join_p50 = percentile(joins, 0.5);
    report.join_p99 = percentile(joins, 0.99);
    report.delay_p50 = services_.delays.percentile(0.5);
    report.delay_p99 = services_.delays.percentile(0.99);
    return report;
}

std::vector<Published> Swarm::published_to(const Participant& receiver) const {
    std::vector<Published> result;
    for (const auto& other : participants_) {
        const auto* publisher = other->publisher();
        if (other.get() == &receiver || publisher == nullptr || !other->ever_joined()) continue;
        if (other->role().room == receiver.role().room) result.push_back(publisher->published());
    }
    return result;
}

void Swarm::leave_all(Instant now) {
    for (const auto& participant : participants_) participant->leave(now);
}

}  // namespace parley::load
