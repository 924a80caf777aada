#include "bench/cc/page.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <sstream>

namespace parley::bench {
namespace {

std::string padded(std::string text, std::size_t width) {
    // Width in characters: the tables have a few that UTF-8 writes as more than one octet.
    const auto characters = static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
    if (characters < width) text.append(width - characters, ' ');
    return text;
}

std::string with_unit(double value, const std::string& unit) {
    const std::string text = to_text(value);
    return unit.empty() || text == "never" ? text : text + " " + unit;
}

using Read = std::function<std::optional<double>(const Summary&)>;

/// The median over the seeds, then the worst where `high_is_bad` says which end that is.
std::string over_seeds(const std::vector<Run>& runs, bool high_is_bad, const Read& read) {
    std::vector<double> values;
    for (const Run& run : runs) {
        if (const auto value = read(run.summary)) values.push_back(*value);
    }
    if (values.empty()) return "–";
    const double worst = high_is_bad ? *std::max_element(values.begin(), values.end())
                                     : *std::min_element(values.begin(), values.end());
    return to_text(median(std::move(values))) + " / " + to_text(worst);
}

struct General {
    const char* name;
    bool high_is_bad;
    Read read;
};

const std::vector<General>& general() {
    static const std::vector<General> all = {
        {"use, %", false, [](const Summary& s) { return s.utilisation; }},
        {"queue p50, ms", true, [](const Summary& s) { return std::optional(s.queue_p50); }},
        {"queue p95, ms", true, [](const Summary& s) { return std::optional(s.queue_p95); }},
        {"queue max, ms", true, [](const Summary& s) { return std::optional(s.queue_max); }},
        {"convergence, s", true, [](const Summary& s) { return s.convergence; }},
        {"fairness", false, [](const Summary& s) { return s.fairness; }},
        {"loss, %", true, [](const Summary& s) { return std::optional(s.loss); }},
        {"frozen, %", true, [](const Summary& s) { return s.freeze; }},
    };
    return all;
}

std::string accepted_text(const Figure& figure) {
    return figure.accepted ? to_text(*figure.accepted) : "–";
}

}  // namespace

std::string text_table(const CaseResult& result) {
    std::string text = result.what.id + "  " + result.what.title + "\n";
    for (const Judged& judged : result.judged) {
        const Figure& figure = judged.figure;
        text += "  " + padded(figure.name, 46) + padded(with_unit(figure.value, figure.unit), 24) +
                padded("worst " + to_text(judged.worst), 15) +
                padded("target " + to_text(figure.target), 18) +
                padded("libwebrtc " + accepted_text(figure), 22) +
                to_string(judged.median_verdict) + " / " + to_string(judged.worst_verdict) + "\n";
    }
    text += "   ";
    for (const General& one : general()) {
        text += std::string(" ") + one.name + " " +
                over_seeds(result.runs, one.high_is_bad, one.read) + ";";
    }
    text.back() = '\n';
    return text;
}

std::string markdown_tables(const std::vector<CaseResult>& results) {
    std::string page =
        "| case | figure | median | worst | target | libwebrtc accepts | median is | worst is |\n"
        "|---|---|---|---|---|---|---|---|\n";
    for (const CaseResult& result : results) {
        std::string name =
            "[" + result.what.id + "](" + result.what.id + ".svg) " + result.what.title;
        for (const Judged& judged : result.judged) {
            const Figure& figure = judged.figure;
            const auto verdict = [](Verdict value) {
                const std::string text = to_string(value);
                return value == Verdict::kBetter ? text : "**" + text + "**";
            };
            page += "| " + name + " | " + figure.name + " | " +
                    with_unit(figure.value, figure.unit) + " | " + to_text(judged.worst) + " | " +
                    to_text(figure.target) + " | " + accepted_text(figure) + " | " +
                    verdict(judged.median_verdict) + " | " + verdict(judged.worst_verdict) + " |\n";
            name.clear();
        }
    }
    page += "\nThe whole of each run, median / worst seed:\n\n| case |";
    std::string rule = "\n|---|";
    for (const General& one : general()) {
        page += std::string(" ") + one.name + " |";
        rule += "---|";
    }
    page += rule + "\n";
    for (const CaseResult& result : results) {
        page += "| " + result.what.id + " |";
        for (const General& one : general()) {
            page += " " + over_seeds(result.runs, one.high_is_bad, one.read) + " |";
        }
        page += "\n";
    }
    return page;
}

std::string csv(const Plot& plot) {
    std::ostringstream text;
    text << "seconds";
    for (const Line& line : plot.lines) text << "," << line.name;
    text << "\n";
    const std::size_t points = plot.lines.empty() ? 0 : plot.lines.front().values.size();
    for (std::size_t i = 0; i < points; ++i) {
        text << to_seconds(plot.step) * static_cast<double>(i);
        for (const Line& line : plot.lines) {
            text << ",";
            if (line.values[i] >= 0) text << line.values[i];
        }
        text << "\n";
    }
    return text.str();
}

bool replace_results(const std::filesystem::path& page, const std::string& tables) {
    constexpr std::string_view kBegin = "<!-- results -->\n";
    constexpr std::string_view kEnd = "<!-- end of results -->";
    std::ifstream in(page);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto begin = text.find(kBegin);
    const auto end = text.find(kEnd);
    if (begin == std::string::npos || end == std::string::npos || end < begin) return false;
    text.replace(begin + kBegin.size(), end - begin - kBegin.size(), tables);
    std::ofstream(page) << text;
    return true;
}

}  // namespace parley::bench
