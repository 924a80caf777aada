// Replays a fuzz target's corpus, and seeded mutations of it, as an ordinary unit test, so that
// every build exercises every parser with hostile bytes even where no fuzzer runs.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "base/source_dir_testing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

std::string folder() {
    return std::string(parley::kSourceDir) + PARLEY_CORPUS;
}

std::vector<Input> load_corpus() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<Input> corpus;
    for (const auto& file : files) {
        std::ifstream stream(file, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(stream),
                            std::istreambuf_iterator<char>());
    }
    return corpus;
}

void run(const Input& input) {
    LLVMFuzzerTestOneInput(input.data(), input.size());
}

// One of: flip bits, set a byte to an interesting value, cut, repeat a piece, insert.
void mutate(Input& input, std::mt19937_64& random) {
    static constexpr std::uint8_t kInteresting[] = {0, 1, 3, 4, 15, 16, 63, 64, 127, 128, 254, 255};
    if (input.empty()) {
        input.push_back(static_cast<std::uint8_t>(random()));
        return;
    }
    const std::size_t at = random() % input.size();
    switch (random() % 6) {
        case 0: input[at] ^= static_cast<std::uint8_t>(1U << (random() % 8)); break;
        case 1: input[at] = kInteresting[random() % std::size(kInteresting)]; break;
        case 2: input[at] = static_cast<std::uint8_t>(random()); break;
        case 3: input.resize(at); break;
        case 4: {
            const std::size_t end = at + random() % (input.size() - at);
            const Input piece(input.begin() + static_cast<std::ptrdiff_t>(at),
                              input.begin() + static_cast<std::ptrdiff_t>(end));
            if (input.size() < 4096) {
                input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), piece.begin(),
                             piece.end());
            }
            break;
        }
        default:
            input.insert(input.begin() + static_cast<std::ptrdiff_t>(at),
                         static_cast<std::uint8_t>(random()));
    }
}

TEST(Corpus, EveryInputIsSurvived) {
    const auto corpus = load_corpus();
    ASSERT_FALSE(corpus.empty()) << "no corpus in " << folder();
    for (const auto& input : corpus) run(input);
    run({});
}

TEST(Corpus, SeededMutationsAreSurvived) {
    const auto corpus = load_corpus();
    ASSERT_FALSE(corpus.empty());
    std::mt19937_64 random(20250101);
    for (int round = 0; round < 20'000; ++round) {
        Input input = corpus[random() % corpus.size()];
        for (std::uint64_t edits = 1 + random() % 6; edits > 0; --edits) mutate(input, random);
        run(input);
    }
}

TEST(Corpus, EveryTruncationIsSurvived) {
    for (const auto& input : load_corpus()) {
        for (std::size_t size = 0; size < std::min<std::size_t>(input.size(), 2048); ++size) {
            run(Input(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size)));
        }
    }
}

}  // namespace
