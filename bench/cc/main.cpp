// Congestion control judged in virtual time: every case with ten seeds, the figures beside their
// targets. A run depends on nothing but its seed, so on any machine the table is the same.
//
//   bench_cc [--case ID]... [--seeds N] [--jobs N] [--docs DIR] [--csv DIR] [--list]

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/cc/page.hpp"

namespace parley::bench {
namespace {

struct Options {
    std::vector<std::string> cases;
    unsigned seeds = 10;
    unsigned jobs = 1;
    std::filesystem::path docs;  // drawings, and the page that has the table
    std::filesystem::path csv;
    bool list = false;
};

bool parse_number(std::string_view text, unsigned& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value > 0;
}

bool parse(int count, char** arguments, Options& options) {
    for (int i = 1; i < count; ++i) {
        const std::string_view name = arguments[i];
        if (name == "--list") {
            options.list = true;
            continue;
        }
        if (++i == count) return false;
        const std::string_view value = arguments[i];
        if (name == "--case") {
            options.cases.emplace_back(value);
        } else if (name == "--docs") {
            options.docs = value;
        } else if (name == "--csv") {
            options.csv = value;
        } else if (name == "--seeds") {
            if (!parse_number(value, options.seeds)) return false;
        } else if (name == "--jobs") {
            if (!parse_number(value, options.jobs)) return false;
        } else {
            return false;
        }
    }
    return true;
}

CaseResult run_case(const Case& what, const Options& options) {
    CaseResult result{.what = what, .runs = std::vector<Run>(options.seeds), .judged = {}};
    std::atomic<unsigned> next{0};
    const auto work = [&] {
        for (unsigned i = next++; i < options.seeds; i = next++) result.runs[i] = what.run(i + 1);
    };
    {
        std::vector<std::jthread> others;
        for (unsigned i = 1; i < options.jobs; ++i) others.emplace_back(work);
        work();
    }
    std::vector<std::vector<Figure>> figures;
    for (const Run& run : result.runs) figures.push_back(run.figures);
    result.judged = judge(figures);
    return result;
}

bool write(const std::filesystem::path& folder, const std::string& name, const std::string& text) {
    std::filesystem::create_directories(folder);
    std::ofstream out(folder / name);
    out << text;
    return bool(out.flush());
}

struct Count {
    int figures = 0;
    int median_misses = 0;
    int worst_misses = 0;
};

Count count(const std::vector<CaseResult>& results) {
    Count all;
    for (const CaseResult& result : results) {
        for (const Judged& judged : result.judged) {
            ++all.figures;
            if (judged.median_verdict != Verdict::kBetter) ++all.median_misses;
            if (judged.worst_verdict != Verdict::kBetter) ++all.worst_misses;
        }
    }
    return all;
}

int run(const Options& options) {
    std::vector<CaseResult> results;
    for (const Case& what : all_cases()) {
        if (!options.cases.empty() &&
            std::ranges::find(options.cases, what.id) == options.cases.end()) {
            continue;
        }
        if (options.list) {
            std::printf("%-18s %s\n", what.id.c_str(), what.title.c_str());
            continue;
        }
        results.push_back(run_case(what, options));
        std::printf("%s\n", text_table(results.back()).c_str());
        std::fflush(stdout);
        // The drawing is of the first seed.
        const Plot& plot = results.back().runs.front().plot;
        if ((!options.docs.empty() &&
             !write(options.docs, what.id + ".svg", drawing(what, plot))) ||
            (!options.csv.empty() && !write(options.csv, what.id + ".csv", csv(plot)))) {
            std::fprintf(stderr, "bench_cc: cannot write the files of %s\n", what.id.c_str());
            return 1;
        }
    }
    if (options.list) return 0;
    if (results.empty()) {
        std::fprintf(stderr, "bench_cc: no such case; --list names them\n");
        return 2;
    }
    const Count all = count(results);
    std::printf("%d figures: %d within the target by median, %d with every seed\n", all.figures,
                all.figures - all.median_misses, all.figures - all.worst_misses);
    // The page has all cases or it is left alone.
    if (!options.docs.empty() && options.cases.empty() &&
        !replace_results(options.docs / "README.md", markdown_tables(results))) {
        std::fprintf(stderr, "bench_cc: %s has no place for results\n",
                     (options.docs / "README.md").c_str());
        return 1;
    }
    return 0;
}

}  // namespace
}  // namespace parley::bench

int main(int count, char** arguments) {
    parley::bench::Options options;
    if (!parley::bench::parse(count, arguments, options)) {
        std::fprintf(stderr,
                     "usage: bench_cc [--case ID]... [--seeds N] [--jobs N] [--docs DIR] "
                     "[--csv DIR] [--list]\n");
        return 2;
    }
    return parley::bench::run(options);
}
