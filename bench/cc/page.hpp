// What a run of all cases leaves behind: the table, the drawings, the figures over time.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/cc/case.hpp"

namespace parley::bench {

struct CaseResult {
    Case what;
    std::vector<Run> runs;  // by seed, from 1
    std::vector<Judged> judged;
};

/// The figures and the general part of every case, for a terminal.
std::string text_table(const CaseResult& result);
/// The same for documentation; `figures` is where the drawings are, seen from there.
std::string markdown_tables(const std::vector<CaseResult>& results);

/// Rates above, the queue below, over time.
std::string drawing(const Case& what, const Plot& plot);
/// A line for each moment.
std::string csv(const Plot& plot);

/// Replaces what stands between the page's marks; false if it has none.
bool replace_results(const std::filesystem::path& page, const std::string& tables);

}  // namespace parley::bench
