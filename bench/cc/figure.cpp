#include "bench/cc/figure.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace parley::bench {

double Band::margin(double value) const {
    return std::min(value - low, high - value);
}

const char* to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::kBetter: return "better";
        case Verdict::kInside: return "inside";
        case Verdict::kWorse: break;
    }
    return "worse";
}

Verdict judge(const Figure& figure, double value) {
    if (figure.target.holds(value)) return Verdict::kBetter;
    if (figure.accepted && figure.accepted->holds(value)) return Verdict::kInside;
    return Verdict::kWorse;
}

std::vector<Judged> judge(const std::vector<std::vector<Figure>>& runs) {
    std::vector<Judged> result;
    if (runs.empty()) return result;
    for (std::size_t i = 0; i < runs.front().size(); ++i) {
        Judged judged{.figure = runs.front()[i]};
        std::vector<double> values;
        for (const auto& run : runs) values.push_back(run.at(i).value);
        const Band& target = judged.figure.target;
        judged.worst = *std::min_element(values.begin(), values.end(), [&](double a, double b) {
            return target.margin(a) < target.margin(b);
        });
        judged.figure.value = median(std::move(values));
        judged.median_verdict = judge(judged.figure, judged.figure.value);
        judged.worst_verdict = judge(judged.figure, judged.worst);
        result.push_back(std::move(judged));
    }
    return result;
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    if (values.size() % 2 == 1 || !std::isfinite(values[half])) return values[half];
    return (values[half - 1] + values[half]) / 2;
}

double percentile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    const auto rank = static_cast<std::size_t>(
        std::ceil(share * static_cast<double>(values.size())) - (share > 0 ? 1 : 0));
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::min(rank, values.size() - 1));
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

std::string to_text(double value) {
    if (!std::isfinite(value)) return "never";
    char text[32];
    const double size = std::abs(value);
    const int digits = size >= 100 || value == std::round(value) ? 0 : size >= 10 ? 1 : 2;
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string to_text(const Band& band) {
    const bool below = std::isfinite(band.high);
    if (std::isfinite(band.low)) {
        if (band.low == band.high) return to_text(band.low);
        return below ? to_text(band.low) + "–" + to_text(band.high) : "≥ " + to_text(band.low);
    }
    return below ? "≤ " + to_text(band.high) : "any";
}

}  // namespace parley::bench
