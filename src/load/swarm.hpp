// All participants of a run on one thread: waits for their sockets and timers, lets them join a few
// at a time, publishers first, and measures once all are there.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "crypto/secure_random.hpp"
#include "load/course.hpp"
#include "load/participant.hpp"
#include "load/report.hpp"

namespace parley::load {

class Swarm {
 public:
    /// `milestone`: a phase begins, which must not be left out.
    using Progress = std::function<void(const std::string& line, bool milestone)>;

    Swarm(const Options& options, const MediaLoops& loops, const ServerAddress& server,
          Progress progress);

    /// Runs to the end; SIGINT and SIGTERM end it early with what was measured until then.
    Report run();

 private:
    void add_participants();
    void wait(Instant now);
    void serve(std::uint64_t key, Instant now);
    void run_timers(Instant now);
    /// Watches new sockets, forgets failed ones, and notes when it wants to be called.
    void settle(std::size_t index, Instant now);
    void watch(int fd, std::uint64_t key, std::uint32_t events);

    void advance(Instant now);
    void start_joins(Instant now);
    Attendance attendance() const;
    std::uint64_t packets_unsent() const;
    void report_progress(Instant now, bool milestone);
    Report make_report() const;
    /// By whom else publishes in the receiver's room.
    std::vector<Published> published_to(const Participant& receiver) const;
    void leave_all(Instant now);

    const Options& options_;
    Progress progress_;
    crypto::SystemRandom secret_;
    Random random_;  // seeded by it
    std::unique_ptr<crypto::CipherEngine> ciphers_;
    PortBuffers buffers_;
    Services services_;
    runtime::FileDescriptor epoll_;
    runtime::FileDescriptor signals_;

    struct Watched {
        bool media = false;
        bool writing = false;
        bool pending = false;  // its join is under way
        bool present = false;  // it has joined and was not lost
    };
    std::vector<std::unique_ptr<Participant>> participants_;
    std::vector<Watched> watched_;
    std::vector<Instant> deadlines_;
    std::size_t started_ = 0;
    std::size_t pending_ = 0;
    std::size_t present_ = 0;

    Course course_;
    Instant next_progress_{};
    Duration cpu_at_start_{};
    Duration cpu_{};
    std::uint64_t unsent_at_start_ = 0;
    std::uint64_t unsent_ = 0;
};

}  // namespace parley::load
