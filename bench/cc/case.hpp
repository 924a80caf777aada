// A case: a network, its flows and what is expected of them; one run of it by one seed.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "bench/cc/figure.hpp"

namespace parley::bench {

/// What is said of every run, whatever is expected of it. Missing where it makes no sense.
struct Summary {
    std::optional<double> utilisation;  // percent of the capacity, all flows, after five seconds
    double queue_p50 = 0;               // milliseconds
    double queue_p95 = 0;
    double queue_max = 0;
    std::optional<double> convergence;  // seconds, the slowest
    std::optional<double> fairness;     // Jain's index
    double loss = 0;                    // percent of media packets
    std::optional<double> freeze;       // percent of the time, the worst flow
};

/// For the drawing: values at even times.
struct Line {
    enum class Role { kCapacity, kMedia, kTcp, kTarget, kQueue };
    std::string name;
    Role role = Role::kMedia;
    std::vector<double> values;  // kbit/s, or milliseconds of queue; negative: none
};

struct Plot {
    Duration step{};
    std::vector<Line> lines;
};

struct Run {
    std::vector<Figure> figures;
    Summary summary;
    Plot plot;
    std::uint64_t hash = 0;  // of everything that happened
};

struct Case {
    std::string id;     // for --case and file names
    std::string title;  // a line of the table
    std::function<Run(std::uint64_t seed)> run;
};

/// RFC 8867's cases 5.1 to 5.8 and their variants.
std::vector<Case> rmcat_cases();
/// More of the same kind: queues that mark, several bottlenecks.
std::vector<Case> more_rmcat_cases();
/// Scenarios of libwebrtc's and str0m's own tests, whose pass bands are known.
std::vector<Case> steady_band_cases();
std::vector<Case> changing_band_cases();
std::vector<Case> losing_band_cases();
std::vector<Case> marking_band_cases();
/// All of them, in the order of the table.
std::vector<Case> all_cases();

}  // namespace parley::bench
