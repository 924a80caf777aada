// What a run found, and how it is told: a table for people, one JSON object for programs.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace parley::load {

struct FailureCount {
    std::uint64_t count = 0;
    std::string text;  // of the first
};

struct Report {
    std::uint64_t participants = 0;  // that were to join
    std::uint64_t joined = 0;
    std::uint64_t publishers = 0;  // that joined
    std::uint64_t receivers = 0;
    std::map<std::string, FailureCount> failures;  // by cause
    Duration join_p50{};
    Duration join_p99{};
    Duration duration{};  // the measured time
    std::uint64_t sent = 0;
    std::uint64_t resent = 0;
    std::uint64_t unsent = 0;  // datagrams of all that this machine's own sockets refused
    std::uint64_t expected = 0;
    std::uint64_t received = 0;
    std::uint64_t gaps = 0;             // sequence numbers that never came
    std::uint64_t streams_missing = 0;  // of which a receiver got nothing at all
    std::uint64_t recovered = 0;
    std::uint64_t bytes = 0;
    std::uint64_t layer_switches = 0;
    std::uint64_t keyframe_requests = 0;
    Duration delay_p50{};
    Duration delay_p99{};
    Duration cpu{};  // of this process in the measured time
    bool interrupted = false;

    /// 0 to 1; more than expected is no loss.
    double loss() const;
    double bitrate() const;  // bits per second, of all receivers
    /// Who had joined, and was gone before the end.
    std::uint64_t lost() const;
    /// Of the program: 0 when somebody joined, nobody was refused and nobody was lost; else 1.
    int exit_code() const;
};

/// One line.
std::string to_json(const Report& report);
std::string to_table(const Report& report);
/// That it was interrupted before anything was measured, in one line; empty otherwise.
std::string interruption_line(const Report& report);
/// A line for each cause of failure, with how many it concerns and the first one's text.
std::vector<std::string> failure_lines(const Report& report);

/// The value that the share of all stays at or below; sorts `values`.
Duration percentile(std::vector<Duration>& values, double share);

}  // namespace parley::load
