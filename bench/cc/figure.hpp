// A figure of a run, what it should be, and what the ten runs of a case say together.

#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace parley::bench {

/// Both ends belong to it.
struct Band {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();

    bool holds(double value) const { return value >= low && value <= high; }
    /// How far inside the nearer end a value is; negative outside.
    double margin(double value) const;
};

constexpr Band at_least(double value) {
    return {.low = value};
}
constexpr Band at_most(double value) {
    return {.high = value};
}

struct Figure {
    std::string name;
    std::string unit;
    double value = 0;  // infinite: it never came to that
    Band target;
    /// What libwebrtc's own test of the scenario lets pass.
    std::optional<Band> accepted;
};

enum class Verdict {
    kBetter,  // within the target
    kInside,  // within what libwebrtc accepts
    kWorse,
};
const char* to_string(Verdict verdict);

/// A figure over the seeds of a case.
struct Judged {
    Figure figure;  // its value is the median
    double worst = 0;
    Verdict median_verdict = Verdict::kBetter;
    Verdict worst_verdict = Verdict::kBetter;
};

Verdict judge(const Figure& figure, double value);
/// `runs`: the figures of each seed, in the same order each time.
std::vector<Judged> judge(const std::vector<std::vector<Figure>>& runs);

double median(std::vector<double> values);
/// `share` of 0.95 is the 95th percentile; 0 of nothing.
double percentile(std::vector<double> values, double share);

std::string to_text(const Band& band);
std::string to_text(double value);

}  // namespace parley::bench
