#include "sfu/reported_loss.hpp"

#include <algorithm>
#include <utility>

namespace parley::sfu {
namespace {

// Five seconds of audio: what the first report of a browser is about.
constexpr std::uint64_t kFirstReport = 250;

}  // namespace

LossSample ReportedLoss::on_block(const rtp::ReportBlock& block, std::uint64_t sent) {
    const Mark now{block.highest_sequence, block.cumulative_lost};
    const auto before = std::exchange(last_, now);
    if (!before) {
        const auto expected = static_cast<std::uint32_t>(std::min(sent, kFirstReport));
        return {expected, expected * block.fraction_lost / 256};
    }
    const std::uint32_t expected = now.highest_sequence - before->highest_sequence;
    if (expected > kMaxExpected) return {};
    // Duplicates and what comes late make it fall.
    const std::int64_t lost = std::int64_t{now.cumulative_lost} - before->cumulative_lost;
    return {expected, static_cast<std::uint32_t>(std::clamp<std::int64_t>(lost, 0, expected))};
}

}  // namespace parley::sfu
