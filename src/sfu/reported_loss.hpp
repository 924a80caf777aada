// What a receiver lost between two of its reports (RFC 3550 §6.4.1), in packets: fractions alone
// would give a stream of a few packets the same say as one of many.

#pragma once

#include <cstdint>
#include <optional>

#include "rtp/rtcp.hpp"

namespace parley::sfu {

struct LossSample {
    std::uint32_t expected = 0;
    std::uint32_t lost = 0;
};

/// Of one stream.
class ReportedLoss {
 public:
    /// More packets between two reports than this are a receiver that began anew.
    static constexpr std::uint32_t kMaxExpected = 20'000;

    /// `sent`: packets sent to it so far, for the first report.
    LossSample on_block(const rtp::ReportBlock& block, std::uint64_t sent);

 private:
    struct Mark {
        std::uint32_t highest_sequence = 0;
        std::int32_t cumulative_lost = 0;
    };
    std::optional<Mark> last_;
};

}  // namespace parley::sfu
