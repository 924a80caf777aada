// Virtual time: what happens next, in one thread, from one seed. Events of the same instant run in
// the order in which they were asked for, so a run depends on nothing but its seed; the log's hash
// says whether two runs were the same.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"

namespace parley::sim {

class World;

/// A hash over everything that happened (FNV-1a over 64-bit words): equal runs, equal hashes.
class EventLog {
 public:
    void add(std::uint64_t word) {
        hash_ = (hash_ ^ word) * 0x100000001B3;
        ++count_;
    }
    std::uint64_t hash() const { return hash_; }
    std::uint64_t count() const { return count_; }

 private:
    std::uint64_t hash_ = 0xCBF29CE484222325;
    std::uint64_t count_ = 0;
};

/// Calls its action at the instant it was last armed for. Must live as long as its world runs.
class Timer {
 public:
    using Action = std::function<void(Instant now)>;

    Timer(World& world, Action action) : world_(world), action_(std::move(action)) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// Replaces the deadline; one that has passed is now. kNever disarms.
    void arm(Instant deadline);
    void disarm() { deadline_ = kNever; }
    bool armed() const { return deadline_ != kNever; }
    Instant deadline() const { return deadline_; }

 private:
    friend class World;
    World& world_;
    Action action_;
    Instant deadline_ = kNever;
    Instant scheduled_ = kNever;  // the earliest event that the world holds for this timer
};

class World {
 public:
    /// Not zero, so that nobody takes "never set" for the beginning.
    static constexpr Instant kBeginning{std::chrono::seconds(1000)};

    explicit World(std::uint64_t seed) : random_(seed) {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    Instant now() const { return now_; }
    /// Time since the beginning.
    Duration elapsed() const { return now_ - kBeginning; }
    /// Runs once, so long after the beginning.
    void at(Duration since_beginning, Timer::Action action);
    /// Handles everything up to and at that time since the beginning.
    void run_until(Duration since_beginning);

    /// A generator of its own for each part, so that a change to one leaves the others' draws
    /// alone.
    Random fork() { return Random(random_()); }
    EventLog& log() { return log_; }
    const EventLog& log() const { return log_; }

 private:
    friend class Timer;
    struct Entry {
        Instant at{};
        std::uint64_t order = 0;
        Timer* timer = nullptr;
    };
    void push(Instant at, Timer* timer);
    Entry pop();

    Instant now_ = kBeginning;
    std::uint64_t order_ = 0;
    std::vector<Entry> heap_;
    std::vector<std::unique_ptr<Timer>> once_;
    Random random_;
    EventLog log_;
};

}  // namespace parley::sim
